/**
 * Reads messages by the plan of an XML template, from the tokens of a document in canonical form. Elements must be in the order of
 * the template, and content that the template does not show is refused. The values of records are read into columns
 * (record-values.ts), all others into objects. Paths are built for errors only.
 */

import { GatewayError } from '../../model/errors.ts';
import {
  attributeToken,
  kindMask,
  nameShift,
  startTag,
  textToken,
  valueText,
  type CanonicalXml,
} from '../../model/canonical-tokens.ts';
import type { ListMessage } from '../../model/list/list.ts';
import { openPacker, closePacker } from '../../model/record/packed-records.ts';
import { withPlace } from '../faults.ts';
import { checkCounts, readSlot } from '../template/computed.ts';
import { buildItem, type Hole, type TemplateScope } from '../template/holes.ts';
import type { Slot } from '../template/message-fields.ts';
import { byNamespaceAndName } from './canonical-plan.ts';
import { leftTest } from './departed.ts';
import { resolveTokens, openNameTable, registerName, type NameTable } from './name-table.ts';
import { closeRecord, openRecordReader, openRecordValues, type RecordReader } from './record-values.ts';
import {
  isBlank,
  isBlankToken,
  currentPath,
  errorAt,
  shorten,
  withoutFlags,
  type AttributeNode,
  type ElementNode,
  type ListItem,
  type ReadState,
  type ReadValue,
} from './reading.ts';
import { isRequired, type ElementPlan } from './plan.ts';

/** A reader of messages by this plan, whose records are packed. It keeps caches between messages. */
export function xmlReader(plan: ElementPlan, scope: TemplateScope): (document: CanonicalXml) => unknown {
  const names = openNameTable();
  const root = nodeOf(plan, names, undefined);
  const holdsRecords = scope.lists.has('records');
  return (document) => {
    const reading = openReadState(document, names);
    const slots = new Array<Slot>(scope.slots).fill(undefined);
    readRoot(reading, root, slots);
    const built = buildItem(scope, slots);
    const message = holdsRecords ? { ...(built as ListMessage), records: closePacker(reading.packer) } : built;
    checkCounts(scope, slots, message);
    return message;
  };
}

function openReadState(document: CanonicalXml, names: NameTable): ReadState {
  const packer = openPacker();
  return {
    ...{ document, numbers: document.tokens.numbers, tokens: resolveTokens(names, document.names), at: 0 },
    ...{ open: [], repetition: [], packer, record: openRecordValues(document.bytes) },
  };
}

function nodeOf(plan: ElementPlan, names: NameTable, record: RecordReader | undefined): ElementNode {
  const { each, content } = plan;
  const inside = record ?? (each?.path === 'records' ? openRecordReader(each.scope) : undefined);
  const attributes = plan.attributes.toSorted(byNamespaceAndName).map((one): AttributeNode => {
    return {
      plan: one,
      name: registerName(names, attributeToken, one),
      readValue: valueReader(one.value, inside, `/@${one.name}`),
    };
  });
  return {
    ...{ plan, attributes, name: registerName(names, startTag, plan) },
    discriminator: plan.discriminator && {
      name: registerName(names, attributeToken, plan.discriminator),
      value: plan.discriminator.value,
    },
    readText: content.is === 'text' ? valueReader(content.value, inside, '') : undefined,
    children: content.is === 'text' ? [] : content.children.flatMap((child) => childNode(child, content.children)),
    // The roles of a record are values of the record.
    item:
      each === undefined || record !== undefined ? undefined : { scope: each.scope, slot: each.slot, record: inside },
  };

  function childNode(child: ElementPlan, all: readonly ElementPlan[]): ElementNode[] {
    if (child.left !== undefined) return [];
    const node = nodeOf(child, names, inside);
    const gone = child.each?.path === 'records' ? all.find(({ left }) => left !== undefined) : undefined;
    if (gone?.left === undefined) return [node];
    return [{ ...node, gone: { node: nodeOf(gone, names, undefined), hasLeft: leftTest(gone.left, names) } }];
  }
}

function valueReader(value: string | Hole, record: RecordReader | undefined, at: string): ReadValue {
  if (typeof value === 'string') return fixedValueReader(value, at);
  const inRecord = record?.columnReader(value);
  return (reading, slots, token) => {
    try {
      if (inRecord !== undefined) inRecord(reading.record, reading.document, token);
      else readSlot(value, token < 0 ? '' : valueText(reading.document, token), slots, () => currentPath(reading) + at);
    } catch (error) {
      throw withPlace(error, currentPath(reading) + at);
    }
  };
}

function fixedValueReader(value: string, at: string): ReadValue {
  const fixed = Buffer.from(value);
  return (reading, _, token) => {
    const { document, numbers } = reading;
    const [start = 0, end = 0] = token < 0 ? [] : [numbers[token + 1], numbers[token + 2]];
    if (fixed.length === end - start && fixed.every((byte, i) => document.bytes[start + i] === byte)) return;
    const text = token < 0 ? '' : valueText(document, token);
    if (text === value || (value === '' && isBlank(text))) return;
    if (value === '') throw errorAt(reading, 'E_ELEMENT_UNKNOWN', 'text where none belongs', at);
    throw errorAt(reading, 'E_VALUE_INVALID', 'not the text agreed', at);
  };
}

function readRoot(reading: ReadState, root: ElementNode, slots: Slot[]): void {
  const { document, numbers, tokens } = reading;
  const token = numbers[0] ?? 0;
  if (token !== tokens[root.name])
    throw withPlace(
      new GatewayError('E_ELEMENT_UNKNOWN', `the root is not ${root.plan.name}`),
      `/${shorten(document.names[token >>> nameShift]?.name ?? '')}`,
    );
  reading.open.push(root);
  reading.repetition.push(0);
  reading.at = 1;
  readElement(reading, root, slots);
}

/** Reads an element from after the token of its start tag to after its end tag. */
function readElement(reading: ReadState, node: ElementNode, slots: Slot[]): void {
  readAttributes(reading, node, slots);
  if (node.readText === undefined) readChildren(reading, node, slots);
  else readTextContent(reading, node, node.readText, slots);
  // The end tag.
  reading.at += 1;
}

function readAttributes(reading: ReadState, node: ElementNode, slots: Slot[]): void {
  const { numbers, tokens } = reading;
  const { attributes } = node;
  const first = reading.at;
  let required = 0;
  let next = 0;
  for (let token = numbers[reading.at] ?? 0; (token & kindMask) === attributeToken; token = numbers[reading.at] ?? 0) {
    const name = withoutFlags(token);
    let i = next;
    while (i < attributes.length && tokens[attributes[i]?.name ?? 0] !== name) i += 1;
    const found = attributes[i];
    if (found !== undefined) {
      next = i + 1;
      if (isRequired(found.plan)) required += 1;
      found.readValue(reading, slots, reading.at);
    } else refuseUnlessIgnored(reading, node, token);
    reading.at += 3;
  }
  if (required === node.plan.requiredAttributes) return;
  throw missingAttribute(reading, node, first);
}

function refuseUnlessIgnored(reading: ReadState, { plan }: ElementNode, token: number): void {
  const name = reading.document.names[token >>> nameShift]?.name ?? '';
  if (plan.ignoredAttributes.some((each) => each.name === name)) return;
  throw errorAt(reading, 'E_ELEMENT_UNKNOWN', 'the template does not show this attribute', `/@${shorten(name)}`);
}

function missingAttribute(reading: ReadState, { attributes }: ElementNode, first: number): unknown {
  const { numbers, tokens } = reading;
  const given = new Set<number>();
  for (let at = first; at < reading.at; at += 3) given.add(withoutFlags(numbers[at] ?? 0));
  const missing = attributes.find(({ plan, name }) => isRequired(plan) && !given.has(tokens[name] ?? -1));
  return errorAt(reading, 'E_ELEMENT_MISSING', 'an attribute is missing', `/@${missing?.plan.name ?? ''}`);
}

function readTextContent(reading: ReadState, node: ElementNode, take: ReadValue, slots: Slot[]): void {
  const at = reading.at;
  const isText = ((reading.numbers[at] ?? 0) & kindMask) === textToken;
  const next = isText ? at + 3 : at;
  if (((reading.numbers[next] ?? 0) & kindMask) === startTag) {
    reading.at = next;
    throw unexpectedElement(reading, node);
  }
  if (isText || !node.plan.mayBeEmpty) take(reading, slots, isText ? at : -1);
  reading.at = next;
}

function readChildren(reading: ReadState, node: ElementNode, slots: Slot[]): void {
  const { numbers } = reading;
  let next = 0;
  let repeated = 0;
  for (;;) {
    const token = numbers[reading.at] ?? 0;
    const kind = token & kindMask;
    if (kind === textToken) {
      if (!isBlankToken(reading)) throw errorAt(reading, 'E_ELEMENT_UNKNOWN', 'text between elements', '');
      reading.at += 3;
    } else if (kind !== startTag) {
      requireNone(reading, node, next, node.children.length);
      return;
    } else {
      const i = childAt(reading, node, next);
      const child = node.children[i];
      if (child === undefined) {
        skipIgnored(reading, node);
        continue;
      }
      requireNone(reading, node, next, i);
      const isList = child.plan.each !== undefined;
      repeated = isList && i === next ? repeated + 1 : 1;
      readChild(reading, child, slots, repeated);
      next = isList ? i : i + 1;
      if (!isList) repeated = 0;
    }
  }
}

/** The index of the child whose start tag is next; the number of children when there is none. */
function childAt({ document, numbers, tokens, at }: ReadState, { children }: ElementNode, from: number): number {
  const token = numbers[at];
  for (let i = from; i < children.length; i += 1) {
    const child = children[i];
    if (child === undefined || tokens[child.name] !== token) continue;
    if (child.discriminator === undefined || isDiscriminated(child.discriminator)) return i;
  }
  return children.length;

  function isDiscriminated({ name, value }: NonNullable<ElementNode['discriminator']>): boolean {
    for (let next = at + 1; ((numbers[next] ?? 0) & kindMask) === attributeToken; next += 3)
      if (withoutFlags(numbers[next] ?? 0) === tokens[name]) return valueText(document, next) === value;
    return value === undefined;
  }
}

function readChild(reading: ReadState, found: ElementNode, outer: Slot[], repetition: number): void {
  reading.at += 1;
  const child = found.gone?.hasLeft(reading) === true ? found.gone.node : found;
  const { item } = child;
  reading.open.push(child);
  reading.repetition.push(repetition);
  if (child.plan.each !== undefined) child.plan.each.scope.row = repetition - 1;
  if (item === undefined) readElement(reading, child, outer);
  else {
    const slots = item.record?.open(reading.record) ?? new Array<Slot>(item.scope.slots).fill(undefined);
    readElement(reading, child, slots);
    closeItem(reading, item, slots, outer);
  }
  reading.open.pop();
  reading.repetition.pop();
}

function closeItem(reading: ReadState, { scope, slot, record }: ListItem, slots: Slot[], outer: Slot[]): void {
  try {
    if (record !== undefined) closeRecord(record, reading.record, reading.packer);
    else ((outer[slot] ??= []) as unknown[]).push(buildItem(scope, slots));
  } catch (error) {
    throw withPlace(error, currentPath(reading));
  }
}

/** The children from one index to before another are absent: they must be optional. */
function requireNone(reading: ReadState, { children }: ElementNode, from: number, to: number): void {
  for (let i = from; i < to; i += 1) {
    const child = children[i]?.plan;
    if (child === undefined || child.optional || child.each !== undefined) continue;
    throw errorAt(reading, 'E_ELEMENT_MISSING', 'an element is missing', `/${child.name}`);
  }
}

function skipIgnored(reading: ReadState, node: ElementNode): void {
  const { numbers, document } = reading;
  const name = document.names[(numbers[reading.at] ?? 0) >>> nameShift];
  const isIgnored = node.plan.ignored.some((each) => each.name === name?.name && each.namespace === name.namespace);
  if (!isIgnored) throw unexpectedElement(reading, node);
  let depth = 0;
  do {
    const kind = (numbers[reading.at] ?? 0) & kindMask;
    if (kind === startTag) depth += 1;
    else if (kind !== textToken && kind !== attributeToken) depth -= 1;
    reading.at += kind === textToken || kind === attributeToken ? 3 : 1;
  } while (depth > 0);
}

function unexpectedElement(reading: ReadState, { children }: ElementNode): unknown {
  const token = reading.numbers[reading.at] ?? 0;
  const name = reading.document.names[token >>> nameShift]?.name ?? '';
  const known = children.some((child) => reading.tokens[child.name] === token);
  const detail = known ? 'the element stands twice, or in the wrong place' : 'the template does not show this element';
  return errorAt(reading, 'E_ELEMENT_UNKNOWN', detail, `/${shorten(name)}`);
}
