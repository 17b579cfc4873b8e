/**
 * What a template means, said as simply as can be: messages are written by joining strings and read from a tree that saxes made,
 * all values as objects. The reader and the writer of the program are held against this.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, ListFormat } from '../../gateway/adapter/adapter.ts';
import { withPlace } from '../../gateway/adapter/faults.ts';
import { loadManifest, templateTerms } from '../../gateway/adapter/load.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import { buildItem, openTemplateScope, type Hole, type TemplateScope } from '../../gateway/adapter/template/holes.ts';
import { listMessageFields, type Slot } from '../../gateway/adapter/template/message-fields.ts';
import type { TransformContext } from '../../gateway/adapter/template/transforms.ts';
import { canonicalPlan } from '../../gateway/adapter/xml/canonical-plan.ts';
import { escapeAttribute, escapeText, openingTag } from '../../gateway/adapter/xml/escaping.ts';
import type { ElementPlan } from '../../gateway/adapter/xml/plan.ts';
import { planXml } from '../../gateway/adapter/xml/template.ts';
import { GatewayError, type ErrorCode } from '../../gateway/model/errors.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { adapterTools, adaptersFolder } from './adapter-tools.ts';
import { treeOf, type Tree } from './saxes-tree.ts';

export interface Reference {
  write(message: ListMessage): string;
  /** Throws an Error of the parser, or a GatewayError with the place of what the template does not show. */
  read(bytes: Uint8Array): ListMessage;
}

/** The reference for a template of lists. */
export function referenceOf(text: string, context: TransformContext): Reference {
  const scope = openTemplateScope(listMessageFields, context);
  const plan = planXml(text, 'list.xml', scope, (source, events) => adapterTools.readXml(source, events));
  const sorted = canonicalPlan(plan);
  return {
    write: (message) => `<?xml version="1.0" encoding="UTF-8"?>${lines(sorted, message)}\n`,
    read: (bytes) => readRoot(plan, scope, treeOf(bytes)) as ListMessage,
  };
}

/** The references for the XML layouts of an adapter, by layout. */
export async function referencesOf(adapter: Adapter): Promise<ReadonlyMap<ListFormat, Reference>> {
  const { manifest, place } = await loadManifest(join(adaptersFolder, adapter.cc), adapterTools);
  const tables = codeTables(manifest.codes, place);
  const found = new Map<ListFormat, Reference>();
  for (const day of adapter.periods) {
    const format = adapter.formatsOn(day).list;
    const context = {
      tables: tables.tablesOn(day),
      timeZone: manifest.timeZone,
      ...templateTerms(manifest),
    };
    if (format.format === 'xml' && !found.has(format))
      found.set(format, referenceOf(readFileSync(format.template, 'utf8'), context));
  }
  return found;
}

/** Elements that hold lists, and the items of these, stand on lines of their own. */
function lines(plan: ElementPlan, item: unknown): string {
  if (plan.each !== undefined)
    return plan.each
      .get(item)
      .map((one, i) => `\n${inList(plan, one, i)}`)
      .join('');
  if (plan.content.is === 'text' || !holdsList(plan)) {
    const text = element(plan, item);
    return text === '' ? '' : `\n${text}`;
  }
  const inside = plan.content.children.map((child) => lines(child, item)).join('');
  if (plan.optional && !isPresent(plan, item)) return inside;
  return `\n${openingTag(plan)}${attributes(plan, item)}>${inside}\n</${plan.tag}>`;
}

function holdsList({ each, content }: ElementPlan): boolean {
  return each !== undefined || (content.is === 'elements' && content.children.some(holdsList));
}

function inList(plan: ElementPlan, item: unknown, i: number): string {
  try {
    return element(plan, item);
  } catch (error) {
    throw withPlace(error, `/${plan.each?.path ?? ''}/${i}`);
  }
}

function element(plan: ElementPlan, item: unknown): string {
  if (plan.optional && plan.each === undefined && !isPresent(plan, item)) return '';
  return `${openingTag(plan)}${attributes(plan, item)}>${contentOf(plan, item)}</${plan.tag}>`;
}

function contentOf({ content }: ElementPlan, item: unknown): string {
  if (content.is === 'text')
    return escapeText(typeof content.value === 'string' ? content.value : (content.value.write(item) ?? ''));
  return content.children
    .map((child) =>
      child.each === undefined
        ? element(child, item)
        : child.each
            .get(item)
            .map((one, i) => inList(child, one, i))
            .join(''),
    )
    .join('');
}

function attributes(plan: ElementPlan, item: unknown): string {
  return plan.attributes
    .map(({ tag, value }) => {
      const text = typeof value === 'string' ? value : value.write(item);
      return text === undefined ? '' : ` ${tag}="${escapeAttribute(text)}"`;
    })
    .join('');
}

function isPresent({ attributes: own, content }: ElementPlan, item: unknown): boolean {
  const values = [...own.map(({ value }) => value), ...(content.is === 'text' ? [content.value] : [])];
  if (values.some((value) => typeof value !== 'string' && value.isPresent(item))) return true;
  if (content.is === 'text') return false;
  return content.children.some((child) =>
    child.each === undefined ? isPresent(child, item) : child.each.get(item).length > 0,
  );
}

function readRoot(plan: ElementPlan, scope: TemplateScope, tree: Tree): unknown {
  if (tree.name !== plan.name || tree.namespace !== plan.namespace)
    throw refusal('E_ELEMENT_UNKNOWN', `the root is not ${plan.name}`, `/${tree.name}`);
  const slots = new Array<Slot>(scope.slots).fill(undefined);
  readElement(plan, tree, slots, `/${plan.name}`);
  return buildItem(scope, slots);
}

function readElement(plan: ElementPlan, tree: Tree, slots: Slot[], at: string): void {
  readAttributes(plan, tree, slots, at);
  if (plan.content.is === 'text') {
    const inside = tree.children.find((child) => typeof child !== 'string');
    if (inside !== undefined) throw unknownElement(plan, inside, at);
    take(plan.content.value, tree.children.filter((child) => typeof child === 'string').join(''), slots, at);
  } else readChildren(plan, plan.content.children, tree, slots, at);
}

function readAttributes(plan: ElementPlan, tree: Tree, slots: Slot[], at: string): void {
  for (const { namespace, name, value } of tree.attributes) {
    const found = plan.attributes.find((each) => each.name === name && each.namespace === namespace);
    if (found !== undefined) take(found.value, value, slots, `${at}/@${name}`);
    else if (!plan.ignoredAttributes.some((each) => each.name === name))
      throw refusal('E_ELEMENT_UNKNOWN', 'the template does not show this attribute', `${at}/@${name}`);
  }
  const missing = canonicalPlan({ ...plan, content: { is: 'text', value: '' } }).attributes.find(
    ({ namespace, name, value }) =>
      (typeof value === 'string' || !value.optional) &&
      !tree.attributes.some((each) => each.name === name && each.namespace === namespace),
  );
  if (missing !== undefined) throw refusal('E_ELEMENT_MISSING', 'an attribute is missing', `${at}/@${missing.name}`);
}

function readChildren(plan: ElementPlan, plans: readonly ElementPlan[], tree: Tree, slots: Slot[], at: string): void {
  let next = 0;
  let count = 0;
  const passOver = (to: number): void => {
    for (; next < to; next += 1) {
      count = 0;
      const child = plans[next];
      if (child !== undefined && !child.optional && child.each === undefined)
        throw refusal('E_ELEMENT_MISSING', 'an element is missing', `${at}/${child.name}`);
    }
  };
  for (const child of tree.children) {
    if (typeof child === 'string') {
      if (/[^ \t\r\n]/u.test(child)) throw refusal('E_ELEMENT_UNKNOWN', 'text between elements', at);
      continue;
    }
    const found = plans.findIndex((each, i) => i >= next && isElement(each, child));
    const wanted = plans[found];
    if (wanted === undefined) {
      if (plan.ignored.some(({ name, namespace }) => name === child.name && namespace === child.namespace)) continue;
      throw unknownElement(plan, child, at);
    }
    passOver(found);
    count += 1;
    readOne(wanted, child, slots, `${at}/${wanted.name}${wanted.each === undefined ? '' : `[${count}]`}`);
    if (wanted.each === undefined) {
      next += 1;
      count = 0;
    }
  }
  passOver(plans.length);
}

function isElement({ namespace, name, discriminator }: ElementPlan, tree: Tree): boolean {
  if (namespace !== tree.namespace || name !== tree.name) return false;
  if (discriminator === undefined) return true;
  return tree.attributes.some(
    (each) =>
      each.name === discriminator.name &&
      each.namespace === discriminator.namespace &&
      each.value === discriminator.value,
  );
}

function readOne(plan: ElementPlan, tree: Tree, outer: Slot[], at: string): void {
  const { each } = plan;
  if (each === undefined) return readElement(plan, tree, outer, at);
  const slots = new Array<Slot>(each.scope.slots).fill(undefined);
  readElement(plan, tree, slots, at);
  try {
    ((outer[each.slot] ??= []) as unknown[]).push(buildItem(each.scope, slots));
  } catch (error) {
    throw withPlace(error, at);
  }
}

function unknownElement({ content }: ElementPlan, { namespace, name }: Tree, at: string): unknown {
  const plans = content.is === 'elements' ? content.children : [];
  const known = plans.some((each) => each.name === name && each.namespace === namespace);
  const detail = known ? 'the element stands twice, or in the wrong place' : 'the template does not show this element';
  return refusal('E_ELEMENT_UNKNOWN', detail, `${at}/${name}`);
}

function take(value: string | Hole, text: string, slots: Slot[], at: string): void {
  if (typeof value === 'string') {
    if (text === value || (value === '' && !/[^ \t\r\n]/u.test(text))) return;
    if (value === '') throw refusal('E_ELEMENT_UNKNOWN', 'text where none belongs', at);
    throw refusal('E_VALUE_INVALID', 'not the text agreed', at);
  }
  try {
    slots[value.slot] = value.read(text);
  } catch (error) {
    throw withPlace(error, at);
  }
}

function refusal(code: ErrorCode, detail: string, at: string): unknown {
  return withPlace(new GatewayError(code, detail), at);
}
