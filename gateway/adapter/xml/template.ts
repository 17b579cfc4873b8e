/** Reads an XML template into a plan of elements, attributes and holes, which encoder and decoder follow. */

import { internName, type TextPlace, type XmlAttribute, type XmlEvents } from '../../model/message-body.ts';
import { idAttributeOf } from '../../model/signature-form.ts';
import { invalid } from '../faults.ts';
import { reasonAtStatus } from './departed.ts';
import { isRequired } from './plan.ts';
import type {
  AttributeName,
  AttributePlan,
  Discriminator,
  ElementContent,
  ElementPlan,
  NamespaceDeclaration,
  ValuePlace,
} from './plan.ts';
import {
  parseHole,
  parseRepeatedPart,
  requireCompleteScope,
  hasHole,
  type RepeatedPart,
  type TemplateScope,
} from '../template/holes.ts';

const templateNamespace = 'urn:mra:template';
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

/** Reports namespace declarations as attributes of the xmlns namespace. */
type ReadTemplate = (source: string, events: XmlEvents) => void;

interface TemplateElement {
  readonly namespace: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly place: TextPlace;
  readonly prefixes: ReadonlyMap<string, string>;
  readonly children: TemplateElement[];
  text: string;
}

/** The plan of a template. `file`: its name in errors. Throws E_ADAPTER_INVALID with the line. */
export function planXml(text: string, file: string, scope: TemplateScope, read: ReadTemplate): ElementPlan {
  const root = readSource(text, read);
  const plan = planElement(root, scope, file);
  if (plan.each !== undefined) throw invalid('the root cannot be repeated', placeIn(file, root.place));
  const { rootId: id = idAttributeOf({}) } = scope.context;
  const isReferred = id !== 'none' && scope.item.fields.some(({ path }) => path === 'message.id');
  if (isReferred && !plan.attributes.some((each) => each.namespace === id.namespace && each.name === id.name)) {
    const fix = `Add ${id.name}="{message.id}" to the root.`;
    throw invalid(
      `the root has no attribute ${id.name}, to which the signature refers`,
      placeIn(file, root.place),
      fix,
    );
  }
  requireCompleteScope(scope, file);
  return plan;
}

function readSource(text: string, read: ReadTemplate): TemplateElement {
  const top: TemplateElement[] = [];
  const open: TemplateElement[] = [];
  read(text, {
    open(namespace, name, attributes, place) {
      const parent = open.at(-1);
      const prefixes = new Map(parent?.prefixes ?? [['xml', 'http://www.w3.org/XML/1998/namespace']]);
      for (const { namespace: of, name: prefix, value } of attributes) {
        if (of === xmlnsNamespace) prefixes.set(prefix === 'xmlns' ? '' : prefix, value);
      }
      const source = { namespace, name, attributes, place, prefixes, children: [], text: '' };
      (parent?.children ?? top).push(source);
      open.push(source);
    },
    text(more) {
      const element = open.at(-1);
      if (element !== undefined) element.text += more;
    },
    close: () => void open.pop(),
  });
  const [root] = top;
  if (root === undefined) throw invalid('the template is empty', '');
  return root;
}

function planElement(source: TemplateElement, outer: TemplateScope, file: string): ElementPlan {
  const at = placeIn(file, source.place);
  const each = repeatOf(source, outer, at);
  const scope = each?.scope ?? outer;
  const attributes = planAttributes(source, scope, at);
  const kept = source.children.filter((child) => !isIgnoredElement(child));
  const content = planContent(source, kept, scope, file);
  if (each !== undefined) requireCompleteScope(scope, at);
  return {
    namespace: internName(source.namespace),
    name: internName(source.name),
    tag: tagOf(source, source.namespace, source.name, true),
    declarations: declarationsOf(source),
    attributes,
    requiredAttributes: attributes.filter(isRequired).length,
    without: withoutOf(source, at),
    discriminator: undefined,
    content,
    each,
    optional: each === undefined && isOptional(attributes, content),
    mayBeEmpty: attributes.some(({ value }) => typeof value !== 'string') && isOptional([], content),
    ignored: source.children.filter(isIgnoredElement).map(({ namespace, name }) => ({ namespace, name })),
    ignoredAttributes: source.attributes.filter(isIgnoredAttribute),
  };
}

function planContent(
  source: TemplateElement,
  kept: readonly TemplateElement[],
  scope: TemplateScope,
  file: string,
): ElementContent {
  const at = placeIn(file, source.place);
  if (kept.length === 0 && source.children.length === 0) {
    // White space around holes and fixed texts is not part of them.
    const text = source.text.trim();
    return { is: 'text', value: hasHole(text) ? parseHole(scope, text, at) : text };
  }
  if (source.text.trim() !== '') throw invalid('text between elements', at, 'Give the text an element of its own.');
  const children = kept.map((child) => planElement(child, scope, file));
  const lefts = children.map((child) => leftAmong(child, children, at));
  const alone = children.filter((_, i) => lefts[i] === undefined);
  return {
    is: 'elements',
    children: children.map((child, i) => {
      const left = lefts[i];
      return left === undefined ? { ...child, discriminator: discriminatorOf(child, alone, at) } : { ...child, left };
    }),
  };
}

/** Of departures that have the name of the records beside them. */
function leftAmong(child: ElementPlan, all: readonly ElementPlan[], at: string): ValuePlace | undefined {
  if (child.each?.path !== 'departures') return undefined;
  const records = all.find(
    ({ each, namespace, name }) => each?.path === 'records' && namespace === child.namespace && name === child.name,
  );
  return records && reasonAtStatus(records, child, at);
}

/** The attribute that distinguishes siblings of one name: each has another fixed value, and one may be without it. */
function discriminatorOf(child: ElementPlan, all: readonly ElementPlan[], at: string): Discriminator | undefined {
  const namesakes = all.filter(({ namespace, name }) => namespace === child.namespace && name === child.name);
  if (namesakes.length < 2 && child.without === undefined) return undefined;
  for (const attribute of [...child.attributes, ...(child.without === undefined ? [] : [child.without])]) {
    const values = namesakes.map((one) => (isWithout(one, attribute) ? null : fixedValue(one, attribute)));
    if (values.length < 2 || values.includes(undefined) || new Set(values).size < values.length) continue;
    return { namespace: attribute.namespace, name: attribute.name, value: fixedValue(child, attribute) };
  }
  throw invalid(
    'two sibling elements have the same name, or none has the attribute of t:without',
    at,
    'Give each an attribute with another fixed value; one may have t:without in its place. Departures among the records show {reason} where those show {status}.',
  );
}

function isWithout({ without }: ElementPlan, { namespace, name }: AttributeName): boolean {
  return without?.namespace === namespace && without.name === name;
}

/** The value of an attribute without a hole. */
function fixedValue({ attributes }: ElementPlan, { namespace, name }: AttributeName): string | undefined {
  const value = attributes.find((each) => each.namespace === namespace && each.name === name)?.value;
  return typeof value === 'string' ? value : undefined;
}

function planAttributes(source: TemplateElement, scope: TemplateScope, at: string): AttributePlan[] {
  return source.attributes
    .filter(({ namespace }) => namespace !== templateNamespace && namespace !== xmlnsNamespace)
    .filter((attribute) => !isIgnoredAttribute(attribute))
    .map(({ namespace, name, value }) => ({
      namespace,
      name,
      tag: tagOf(source, namespace, name, namespace === ''),
      value: hasHole(value) ? parseHole(scope, value, at) : value,
    }));
}

function repeatOf(source: TemplateElement, scope: TemplateScope, at: string): RepeatedPart | undefined {
  for (const { namespace, name } of source.attributes) {
    if (namespace === templateNamespace && !['each', 'ignore', 'without'].includes(name)) {
      throw invalid(`there is no t:${name}`, at, 'Use t:each, t:without or t:ignore.');
    }
  }
  const path = source.attributes.find(
    ({ namespace, name }) => namespace === templateNamespace && name === 'each',
  )?.value;
  return path === undefined ? undefined : parseRepeatedPart(scope, path, at);
}

/** The attribute in `t:without="lang"`; a prefix is one of the template's. */
function withoutOf({ attributes, prefixes }: TemplateElement, at: string): AttributeName | undefined {
  const written = attributes.find(
    ({ namespace, name }) => namespace === templateNamespace && name === 'without',
  )?.value;
  if (written === undefined) return undefined;
  const [name = '', prefix = ''] = written.split(':').reverse();
  const found = { namespace: prefix === '' ? '' : (prefixes.get(prefix) ?? ''), name };
  if (!attributes.some((each) => each.namespace === found.namespace && each.name === name)) return found;
  throw invalid(`the element has the attribute ${written}, and t:without says that it has not`, at);
}

function isIgnoredAttribute({ value }: XmlAttribute): boolean {
  return value === '{ignored}';
}

function isIgnoredElement({ attributes }: TemplateElement): boolean {
  return attributes.some(
    ({ namespace, name, value }) => namespace === templateNamespace && name === 'ignore' && value === 'true',
  );
}

function isOptional(attributes: readonly AttributePlan[], content: ElementContent): boolean {
  const holes = attributes.map(({ value }) => value).filter((value) => typeof value !== 'string');
  if (!holes.every(({ optional }) => optional)) return false;
  if (content.is === 'text')
    return typeof content.value === 'string' ? holes.length > 0 && content.value === '' : content.value.optional;
  return content.children.length > 0 && content.children.every(({ each, optional }) => each?.optional ?? optional);
}

/** The name with the template's prefix for its namespace. `plain`: the prefix may be empty. */
function tagOf({ prefixes }: TemplateElement, namespace: string, name: string, plain: boolean): string {
  if (plain && (prefixes.get('') ?? '') === namespace) return name;
  if (plain && namespace === '') return name;
  const found = [...prefixes].findLast(([prefix, uri]) => prefix !== '' && uri === namespace);
  return found === undefined ? name : `${found[0]}:${name}`;
}

function declarationsOf({ attributes }: TemplateElement): readonly NamespaceDeclaration[] {
  return attributes
    .filter(({ namespace, value }) => namespace === xmlnsNamespace && value !== templateNamespace)
    .map(({ name, value }) => [name === 'xmlns' ? '' : name, value]);
}

function placeIn(file: string, { line }: TextPlace): string {
  return `${file}:${line}`;
}
