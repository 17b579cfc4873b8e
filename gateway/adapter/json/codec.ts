/** Writes and reads messages by the plan of a JSON template. Members that the template does not show are refused. */

import { GatewayError, isGatewayError, type ErrorCode } from '../../model/errors.ts';
import { invalidValue, withPlace } from '../faults.ts';
import { readSlot } from '../template/computed.ts';
import { readItem, writeItem, type Hole, type TemplateScope } from '../template/holes.ts';
import type { GonePlan, JsonPlan, MemberPlan } from './template.ts';
import type { Slot } from '../template/message-fields.ts';

type Writer = (item: unknown) => string;
type EachPlan = JsonPlan & { readonly is: 'each' };
type ObjectPlan = JsonPlan & { readonly is: 'object' };

/** A member of the message: a single value, a list whose items are written one by one, or an object that contains such a list. */
type Member =
  | { readonly is: 'whole'; readonly lead: string; readonly write: Writer }
  | { readonly is: 'list'; readonly lead: string; readonly plan: EachPlan; readonly write: Writer }
  | {
      readonly is: 'group';
      readonly lead: string;
      readonly members: readonly Member[];
      isPresent(message: unknown): boolean;
    };

/** Text that was written and not yet returned. `fresh`: the innermost object has no member so far. */
interface OutputBuffer {
  text: string;
  fresh: boolean;
}

const chunkLength = 65_536;

/** Writes messages in chunks. Errors name the JSON Pointer of the value. */
export function jsonEncoder(plan: JsonPlan): (message: unknown) => Generator<string> {
  const members = membersOf(plan);
  return function* encode(message) {
    const unsent: OutputBuffer = { text: '{', fresh: true };
    yield* writeMembers(members, message, unsent);
    yield `${unsent.text}}\n`;
  };
}

function* writeMembers(members: readonly Member[], message: unknown, unsent: OutputBuffer): Generator<string> {
  for (const member of members) {
    switch (member.is) {
      case 'whole': {
        const value = member.write(message);
        if (value !== '') startMember(unsent, member.lead + value);
        break;
      }
      case 'list':
        yield* writeList(member, message, unsent);
        break;
      case 'group':
        if (!member.isPresent(message)) break;
        startMember(unsent, `${member.lead}{`);
        unsent.fresh = true;
        yield* writeMembers(member.members, message, unsent);
        unsent.text += '}';
        unsent.fresh = false;
    }
  }
}

function* writeList(
  { lead, plan, write }: Member & { is: 'list' },
  message: unknown,
  unsent: OutputBuffer,
): Generator<string> {
  const items = plan.get(message);
  if (items.length === 0 && plan.optional && (plan.gone?.get(message).length ?? 0) === 0) return;
  startMember(unsent, `${lead}[`);
  for (let i = 0; i < items.length; i += 1) {
    unsent.text += (i === 0 ? '\n' : ',\n') + writeItem(write, items[i], plan, i);
    if (unsent.text.length > chunkLength) {
      yield unsent.text;
      unsent.text = '';
    }
  }
  const { gone } = plan;
  const writeGone = gone && writer(gone.item);
  for (const [i, item] of (gone?.get(message) ?? []).entries())
    if (gone && writeGone)
      unsent.text += (items.length + i === 0 ? '\n' : ',\n') + writeItem(writeGone, item, gone, i, items.length + i);
  unsent.text += ']';
}

function startMember(unsent: OutputBuffer, text: string): void {
  unsent.text += unsent.fresh ? text : `,${text}`;
  unsent.fresh = false;
}

/** Encodes one item of a list, for previews of single records. */
export function jsonItemWriter(plan: JsonPlan, list: string): Writer | undefined {
  return listsIn(membersOf(plan)).find((member) => member.plan.path === list)?.write;
}

function listsIn(members: readonly Member[]): (Member & { is: 'list' })[] {
  return members.flatMap((member) => {
    if (member.is === 'list') return [member];
    return member.is === 'group' ? listsIn(member.members) : [];
  });
}

function membersOf(plan: JsonPlan): Member[] {
  const members = plan.is === 'object' ? plan.members : [];
  return members.map(({ name, plan: inner }): Member => {
    const lead = `${JSON.stringify(name)}:`;
    if (inner.is === 'each') return { is: 'list', lead, plan: inner, write: writer(inner.item) };
    if (!holdsList(inner)) return { is: 'whole', lead, write: writer(inner) };
    return { is: 'group', lead, members: membersOf(inner), isPresent: (message) => isPresent(inner, message) };
  });
}

function isPresent(plan: JsonPlan, message: unknown): boolean {
  switch (plan.is) {
    case 'fixed':
      return true;
    case 'hole':
      return !plan.hole.optional || plan.hole.isPresent(message);
    case 'each':
      return !plan.optional || plan.get(message).length > 0;
    case 'object':
      return plan.members.length === 0 || plan.members.some((member) => isPresent(member.plan, message));
  }
}

function holdsList(plan: JsonPlan): boolean {
  return plan.is === 'each' || (plan.is === 'object' && plan.members.some((member) => holdsList(member.plan)));
}

/** The value as JSON text; empty when it is absent. */
function writer(plan: JsonPlan): Writer {
  switch (plan.is) {
    case 'fixed': {
      const fixed = JSON.stringify(plan.value);
      return () => fixed;
    }
    case 'hole':
      return holeWriter(plan.hole);
    case 'each': {
      const write = writer(plan.item);
      return (item) => {
        const items = plan.get(item);
        if (items.length === 0 && plan.optional) return '';
        return `[${items.map((each, i) => writeItem(write, each, plan, i)).join(',')}]`;
      };
    }
    case 'object':
      return objectWriter(plan);
  }
}

function holeWriter(hole: Hole): Writer {
  return (item) => {
    const text = hole.write(item);
    if (text === undefined) return '';
    if (hole.numeric) return text;
    if (!text.isWellFormed())
      throw withPlace(invalidValue('the value contains a lone surrogate'), `/${hole.path.replaceAll('.', '/')}`);
    return JSON.stringify(text);
  };
}

function objectWriter({ members }: ObjectPlan): Writer {
  const writers = members.map(({ name, plan, optional }) => ({
    lead: `${JSON.stringify(name)}:`,
    write: writer(plan),
    optional,
  }));
  const allOptional = members.length > 0 && members.every(({ optional }) => optional);
  return (item) => {
    let text = '';
    for (const { lead, write } of writers) {
      const value = write(item);
      if (value !== '') text += (text === '' ? '' : ',') + lead + value;
    }
    return text === '' && allOptional ? '' : `{${text}}`;
  };
}

/** Reads a parsed message. Errors name the JSON Pointer of the member or value. */
export function readJsonMessage(plan: JsonPlan, scope: TemplateScope, value: unknown): unknown {
  return readItem(scope, (slots) => readValue(plan, value, slots));
}

function readValue(plan: JsonPlan, value: unknown, slots: Slot[]): void {
  switch (plan.is) {
    case 'fixed':
      if (value !== plan.value) throw invalidValue('not the agreed value');
      return;
    case 'hole':
      readSlot(plan.hole, scalarText(plan.hole, value), slots, () => plan.pointer);
      return;
    case 'each':
      if (plan.gone === undefined) slots[plan.slot] = readItems(plan, value);
      else readMixed(plan, plan.gone, value, slots);
      return;
    case 'object':
      readMembers(plan, value, slots);
      return;
  }
}

function scalarText(hole: Hole, value: unknown): string {
  if (hole.numeric) {
    if (typeof value !== 'number') throw invalidValue('not a number');
    return String(value);
  }
  if (typeof value !== 'string') throw invalidValue('not a text');
  return value;
}

type ItemPlan = Pick<EachPlan, 'scope' | 'item'>;

function readItems(plan: EachPlan, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw invalidValue('not a list');
  return value.map((each: unknown, i) => readOne(plan, each, i));
}

function readOne({ scope, item }: ItemPlan, value: unknown, i: number): unknown {
  scope.row = i;
  try {
    return readItem(scope, (slots) => readValue(item, value, slots));
  } catch (error) {
    throw withPlace(error, `/${i}`);
  }
}

/** Records, and operators that left among them. */
function readMixed(plan: EachPlan, gone: GonePlan, value: unknown, slots: Slot[]): void {
  if (!Array.isArray(value)) throw invalidValue('not a list');
  const [records, departures]: [unknown[], unknown[]] = [[], []];
  for (const [i, each] of value.entries() as ArrayIterator<[number, unknown]>) {
    if (hasLeft(gone, each)) departures.push(readOne(gone, each, i));
    else records.push(readOne(plan, each, i));
  }
  slots[plan.slot] = records;
  slots[gone.slot] = departures;
}

/** By its code: one that is no reason to leave is read, or refused, as the state of a record. */
function hasLeft({ member, reason }: GonePlan, value: unknown): boolean {
  const stated: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, member) : undefined;
  if (typeof stated !== 'string') return false;
  try {
    readSlot(reason, stated, [], () => '');
    return true;
  } catch (error) {
    if (isGatewayError(error)) return false;
    throw error;
  }
}

function readMembers(plan: ObjectPlan, value: unknown, slots: Slot[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidValue('not an object');
  const given = value as Readonly<Record<string, unknown>>;
  let read = 0;
  for (const member of plan.members) {
    if (Object.hasOwn(given, member.name)) {
      read += 1;
      readMember(member, given[member.name], slots);
    } else if (!member.optional) {
      throw memberError('E_ELEMENT_MISSING', 'a member is missing', member.name);
    }
  }
  const names = Object.keys(given);
  if (names.length === read) return;
  const known = [...plan.ignored, ...plan.members.map(({ name }) => name)];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw memberError('E_ELEMENT_UNKNOWN', 'the template does not show this member', unknown);
}

function readMember({ name, plan }: MemberPlan, value: unknown, slots: Slot[]): void {
  try {
    readValue(plan, value, slots);
  } catch (error) {
    throw withPlace(error, `/${pointerToken(name)}`);
  }
}

function memberError(code: ErrorCode, detail: string, name: string): unknown {
  return withPlace(new GatewayError(code, detail), `/${pointerToken(name)}`);
}

// RFC 6901. Names come from the sender, so their length is limited.
function pointerToken(name: string): string {
  const escaped = name.replaceAll('~', '~0').replaceAll('/', '~1');
  return escaped.length > 60 ? `${escaped.slice(0, 60)}…` : escaped;
}
