/**
 * Reads a message by the plan of its XML template, event by event; nothing that the template does not show is passed over.
 * Elements stand in the order of the template. Paths of places are put together only when there is something to complain of.
 */

import type { BodyDecoder, XmlAttribute } from '../../model/message-body.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { ListMessage, ListRecord } from '../../model/list/list.ts';
import {
  dropRecord,
  openPacker,
  packed,
  packRecord,
  type PackedList,
  type RecordPacker,
} from '../../model/record/packed-records.ts';
import { misfit, placed } from '../faults.ts';
import { buildItem, type Hole, type Scope } from '../template/holes.ts';
import type { Slot } from '../template/message-fields.ts';
import { packedReader } from './packed-decoder.ts';
import { fixedValue, isRequired, type ElementPlan } from './template.ts';

/** The state of one element that is open. Each depth has one, used again for every element there: a list has hundreds of thousands. */
interface Frame {
  readonly parent: Frame | undefined;
  /** That of the depth below. */
  inner: Frame | undefined;
  plan: ElementPlan;
  /** Values of the message or item this element belongs to; in `own` if it is an item itself. */
  slots: Slot[];
  own: Slot[];
  /** Which child of the plan may come next. */
  next: number;
  /** How often the child at `next` has come already. */
  count: number;
  text: string;
}

const noChildren: readonly ElementPlan[] = [];
const noAttributes: readonly XmlAttribute[] = [];

/** How far the reading of one message has come. */
interface Reading {
  readonly root: ElementPlan;
  /** Values of the message itself. */
  readonly slots: Slot[];
  /** Where the records go that are not kept as objects. */
  readonly packer: RecordPacker | undefined;
  frame: Frame | undefined;
  /** How many elements are open inside one that is dropped, itself included. */
  ignoredDepth: number;
  begun: boolean;
}

type XmlDecoder<T> = BodyDecoder<T> & { readonly format: 'xml' };

/** A decoder for one message; `result` gives what was built once the last element was closed. */
export function xmlDecoder(root: ElementPlan, scope: Scope): XmlDecoder<unknown> {
  return decoderOf(openReading(root, scope), scope);
}

/** Makes decoders for lists whose records are packed: from bytes to bytes where they are plain, else one by one as objects. */
export function packedXmlDecoders(root: ElementPlan, scope: Scope): () => XmlDecoder<PackedList> {
  const parent = parentOfRecords(root);
  const plan = childrenOf(parent).find(isRecord);
  const element = { namespace: '', name: '', ...plan, attributes: noAttributes };
  const openReader = plan && packedReader(plan);
  return () => {
    const packer = openPacker();
    const reading = openReading(root, scope, packer);
    const read = openReader?.(packer);
    const { result, ...decoder } = decoderOf(reading, scope);
    return {
      ...decoder,
      take(document, at) {
        const { frame, ignoredDepth } = reading;
        if (read === undefined || frame === undefined || frame.plan !== parent || ignoredDepth > 0) return -1;
        const end = read(document, at);
        // Moved on as by its event. Where it does not belong, an element of this name may have to be dropped.
        if (end >= 0 && nextChild(frame, element) === undefined) dropRecord(packer);
        return end;
      },
      // The scope was opened for lists.
      result: () => ({ ...(result() as ListMessage), records: packed(packer) }),
    };
  };
}

function openReading(root: ElementPlan, scope: Scope, packer?: RecordPacker): Reading {
  return { root, slots: emptySlots(scope), packer, frame: undefined, ignoredDepth: 0, begun: false };
}

function decoderOf(reading: Reading, scope: Scope): XmlDecoder<unknown> {
  return {
    format: 'xml',
    events: {
      open: (namespace, name, attributes) => open(reading, namespace, name, attributes),
      text: (more) => text(reading, more),
      close: () => close(reading),
    },
    result() {
      if (!reading.begun || reading.frame !== undefined) throw misfit('E_XML_MALFORMED', 'the document ended early');
      return buildItem(scope, reading.slots);
    },
  };
}

function isRecord({ each }: ElementPlan): boolean {
  return each?.path === 'records';
}

/** The element that holds the records. */
function parentOfRecords(plan: ElementPlan): ElementPlan | undefined {
  const children = childrenOf(plan);
  if (children.some(isRecord)) return plan;
  return children.map(parentOfRecords).find((found) => found !== undefined);
}

function childrenOf(plan: ElementPlan | undefined): readonly ElementPlan[] {
  return plan?.content.is === 'elements' ? plan.content.children : noChildren;
}

function open(reading: Reading, namespace: string, name: string, attributes: readonly XmlAttribute[]): void {
  if (reading.ignoredDepth > 0) {
    reading.ignoredDepth += 1;
    return;
  }
  if (reading.frame === undefined) {
    reading.begun = true;
    reading.frame = openRoot(reading.root, reading.slots, { namespace, name });
  } else {
    const child = nextChild(reading.frame, { namespace, name, attributes });
    if (child === undefined) {
      reading.ignoredDepth = 1;
      return;
    }
    reading.frame = openChild(reading.frame, child);
  }
  readAttributes(reading.frame, attributes);
}

function text({ frame, ignoredDepth }: Reading, more: string): void {
  if (ignoredDepth > 0 || frame === undefined) return;
  if (frame.plan.content.is === 'text') frame.text += more;
  else if (!isBlank(more)) throw complaint('E_ELEMENT_UNKNOWN', 'text between elements', frame);
}

function close(reading: Reading): void {
  if (reading.ignoredDepth > 0) {
    reading.ignoredDepth -= 1;
  } else if (reading.frame !== undefined) {
    closeElement(reading.frame, reading.packer);
    reading.frame = reading.frame.parent;
  }
}

function emptySlots(scope: Scope): Slot[] {
  return new Array<Slot>(scope.slots).fill(undefined);
}

function openRoot(plan: ElementPlan, slots: Slot[], { namespace, name }: { namespace: string; name: string }): Frame {
  const frame: Frame = { parent: undefined, inner: undefined, plan, slots, own: slots, next: 0, count: 1, text: '' };
  if (namespace === plan.namespace && name === plan.name) return frame;
  throw placed(misfit('E_ELEMENT_UNKNOWN', `the root is not ${plan.name}`), `/${shorten(name)}`);
}

function openChild(parent: Frame, plan: ElementPlan): Frame {
  const { slots } = parent;
  const frame = (parent.inner ??= { parent, inner: undefined, plan, slots, own: [], next: 0, count: 0, text: '' });
  frame.plan = plan;
  frame.slots = plan.each === undefined ? slots : ownSlots(frame, plan.each.scope);
  frame.next = 0;
  frame.count = 0;
  frame.text = '';
  return frame;
}

/** Builders copy what they need, so one item's slots serve the next. */
function ownSlots(frame: Frame, scope: Scope): Slot[] {
  if (frame.own.length === scope.slots) frame.own.fill(undefined);
  else frame.own = emptySlots(scope);
  return frame.own;
}

/** The plan of the element that comes, or undefined when it is to be dropped. Moves the parent on. */
function nextChild(
  frame: Frame,
  { namespace, name, attributes }: { namespace: string; name: string; attributes: readonly XmlAttribute[] },
): ElementPlan | undefined {
  const { ignored } = frame.plan;
  const children = childrenOf(frame.plan);
  for (let i = frame.next; i < children.length; i += 1) {
    const child = children[i];
    if (child?.name !== name || child.namespace !== namespace) continue;
    if (child.told !== undefined && fixedValue(attributes, child.told.namespace, child.told.name) !== child.told.value)
      continue;
    requireNone(frame, i);
    if (child.each === undefined) {
      frame.next = i + 1;
      frame.count = 0;
    } else {
      frame.count = frame.next === i ? frame.count + 1 : 1;
      frame.next = i;
    }
    return child;
  }
  if (ignored.some((each) => each.name === name && each.namespace === namespace)) return undefined;
  const known = children.some((child) => child.name === name && child.namespace === namespace);
  const detail = known ? 'the element stands twice, or in the wrong place' : 'the template does not show this element';
  throw complaint('E_ELEMENT_UNKNOWN', detail, frame, `/${shorten(name)}`);
}

/** Children before `until` that were passed over must be ones that may be absent. */
function requireNone(frame: Frame, until: number): void {
  if (frame.next >= until || frame.plan.content.is !== 'elements') return;
  for (let i = frame.next; i < until; i += 1) {
    const child = frame.plan.content.children[i];
    if (child === undefined || child.optional || child.each !== undefined) continue;
    throw complaint('E_ELEMENT_MISSING', 'an element is missing', frame, `/${child.name}`);
  }
  frame.next = until;
  frame.count = 0;
}

function readAttributes(frame: Frame, attributes: readonly XmlAttribute[]): void {
  const plans = frame.plan.attributes;
  let required = 0;
  for (const { namespace, name, value } of attributes) {
    const plan = plans.find((each) => each.name === name && each.namespace === namespace);
    if (plan === undefined && frame.plan.ignoredAttributes.some((each) => each.name === name)) continue;
    if (plan === undefined)
      throw complaint('E_ELEMENT_UNKNOWN', 'the template does not show this attribute', frame, `/@${shorten(name)}`);
    if (isRequired(plan)) required += 1;
    take(frame, plan.value, value, `/@${name}`);
  }
  if (required === frame.plan.requiredAttributes) return;
  const missing = plans.find(
    (plan) =>
      isRequired(plan) && !attributes.some(({ name, namespace }) => name === plan.name && namespace === plan.namespace),
  );
  throw complaint('E_ELEMENT_MISSING', 'an attribute is missing', frame, `/@${missing?.name ?? ''}`);
}

function closeElement(frame: Frame, packer: RecordPacker | undefined): void {
  const { content, each } = frame.plan;
  if (content.is === 'elements') requireNone(frame, content.children.length);
  else take(frame, content.value, frame.text, '');
  if (each === undefined || frame.parent === undefined) return;
  try {
    const item = buildItem(each.scope, frame.slots);
    // Of the shape that the list's scope was opened for.
    if (packer !== undefined && each.path === 'records') packRecord(packer, item as ListRecord);
    else ((frame.parent.slots[each.slot] ??= []) as unknown[]).push(item);
  } catch (error) {
    throw placed(error, pathOf(frame));
  }
}

function take(frame: Frame, value: string | Hole, text: string, at: string): void {
  if (typeof value === 'string') {
    if (text === value || (value === '' && isBlank(text))) return;
    if (value === '') throw complaint('E_ELEMENT_UNKNOWN', 'text where none belongs', frame, at);
    throw complaint('E_VALUE_INVALID', 'not the text agreed', frame, at);
  }
  try {
    frame.slots[value.slot] = value.read(text);
  } catch (error) {
    throw placed(error, pathOf(frame) + at);
  }
}

function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code !== 32 && code !== 10 && code !== 9 && code !== 13) return false;
  }
  return true;
}

function complaint(code: ErrorCode, detail: string, frame: Frame, more = ''): unknown {
  return placed(misfit(code, detail), pathOf(frame) + more);
}

/** `/AEOList/AEO[17]/Status`: elements of a list are counted from 1. */
function pathOf(frame: Frame): string {
  const { plan, parent } = frame;
  if (parent === undefined) return `/${plan.name}`;
  return `${pathOf(parent)}/${plan.name}${plan.each === undefined ? '' : `[${parent.count}]`}`;
}

// A name comes from the sender; it is shown so that the sender finds it, but never at any length.
function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
