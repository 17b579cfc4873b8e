/** Writes and reads messages by the plan of a JSON template; nothing that the template does not show is passed over. */

import type { ErrorCode } from '../model/errors.ts';
import { misfit, placed } from './faults.ts';
import { buildItem, type Hole, type Scope } from './holes.ts';
import type { JsonPlan, MemberPlan } from './json-template.ts';
import type { Slot } from './shapes.ts';

type Writer = (item: unknown) => string;
type EachPlan = JsonPlan & { readonly is: 'each' };
type ObjectPlan = JsonPlan & { readonly is: 'object' };

type Step =
  | { readonly is: 'once'; readonly write: Writer }
  | { readonly is: 'each'; readonly plan: EachPlan; readonly write: Writer };

const chunkLength = 65_536;

/** Writes messages after a plan, in chunks. Throws with the place of the value that cannot be written, as a JSON Pointer. */
export function jsonEncoder(plan: JsonPlan): (message: unknown) => Generator<string> {
  const steps = stepsOf(plan);
  return function* encode(message) {
    let text = '';
    for (const step of steps) {
      if (step.is === 'once') {
        text += step.write(message);
        continue;
      }
      const items = step.plan.get(message);
      for (let i = 0; i < items.length; i += 1) {
        text += (i === 0 ? '\n' : ',\n') + writeItem(step.plan.path, step.write, items[i], i);
        if (text.length > chunkLength) {
          yield text;
          text = '';
        }
      }
    }
    yield `${text}\n`;
  };
}

/** One item of a list as it stands in a message; for showing a single record. */
export function jsonItemWriter(plan: JsonPlan, list: string): Writer | undefined {
  return stepsOf(plan).find((step) => step.is === 'each' && step.plan.path === list)?.write;
}

function writeItem(path: string, write: Writer, item: unknown, index: number): string {
  try {
    return write(item);
  } catch (error) {
    throw placed(error, `/${path}/${index}`);
  }
}

// Nothing at the level of the message itself may be absent, so its commas are known beforehand.
function stepsOf(plan: JsonPlan): Step[] {
  if (plan.is === 'each') return [once('['), { is: 'each', plan, write: writer(plan.item) }, once(']')];
  if (plan.is !== 'object' || !holdsList(plan)) return [{ is: 'once', write: writer(plan) }];
  const members = plan.members.flatMap(({ name, plan: inner }, i) => [
    once(`${i === 0 ? '' : ','}${JSON.stringify(name)}:`),
    ...stepsOf(inner),
  ]);
  return [once('{'), ...members, once('}')];
}

function once(text: string): Step {
  return { is: 'once', write: () => text };
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
      return (item) =>
        `[${plan
          .get(item)
          .map((each, i) => writeItem(plan.path, write, each, i))
          .join(',')}]`;
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
      throw placed(misfit('E_VALUE_INVALID', 'the value holds half a character'), `/${hole.path.replaceAll('.', '/')}`);
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

/** Reads a message that was parsed already. Throws with the JSON Pointer of what the template does not show. */
export function readJsonMessage(plan: JsonPlan, scope: Scope, value: unknown): unknown {
  const slots = emptySlots(scope);
  readValue(plan, value, slots);
  return buildItem(scope, slots);
}

function emptySlots(scope: Scope): Slot[] {
  return new Array<Slot>(scope.slots).fill(undefined);
}

function readValue(plan: JsonPlan, value: unknown, slots: Slot[]): void {
  switch (plan.is) {
    case 'fixed':
      if (value !== plan.value) throw misfit('E_VALUE_INVALID', 'not the value agreed');
      return;
    case 'hole':
      slots[plan.hole.slot] = plan.hole.read(scalarText(plan.hole, value));
      return;
    case 'each':
      slots[plan.slot] = readItems(plan, value);
      return;
    case 'object':
      readMembers(plan, value, slots);
      return;
  }
}

function scalarText(hole: Hole, value: unknown): string {
  if (hole.numeric) {
    if (typeof value !== 'number') throw misfit('E_VALUE_INVALID', 'not a number');
    return String(value);
  }
  if (typeof value !== 'string') throw misfit('E_VALUE_INVALID', 'not a text');
  return value;
}

function readItems(plan: EachPlan, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw misfit('E_VALUE_INVALID', 'not a list');
  return value.map((each: unknown, i) => {
    try {
      const slots = emptySlots(plan.scope);
      readValue(plan.item, each, slots);
      return buildItem(plan.scope, slots);
    } catch (error) {
      throw placed(error, `/${i}`);
    }
  });
}

function readMembers(plan: ObjectPlan, value: unknown, slots: Slot[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw misfit('E_VALUE_INVALID', 'not an object');
  const given = value as Readonly<Record<string, unknown>>;
  let read = 0;
  for (const member of plan.members) {
    if (Object.hasOwn(given, member.name)) {
      read += 1;
      readMember(member, given[member.name], slots);
    } else if (!member.optional) {
      throw fault('E_ELEMENT_MISSING', 'a member is missing', member.name);
    }
  }
  const names = Object.keys(given);
  if (names.length === read) return;
  const unknown = names.find(
    (name) => !plan.ignored.includes(name) && !plan.members.some((member) => member.name === name),
  );
  if (unknown !== undefined) throw fault('E_ELEMENT_UNKNOWN', 'the template does not show this member', unknown);
}

function readMember({ name, plan }: MemberPlan, value: unknown, slots: Slot[]): void {
  try {
    readValue(plan, value, slots);
  } catch (error) {
    throw placed(error, `/${pointerPart(name)}`);
  }
}

function fault(code: ErrorCode, detail: string, name: string): unknown {
  return placed(misfit(code, detail), `/${pointerPart(name)}`);
}

// RFC 6901. A name comes from the sender; it is shown so that the sender finds it, but never at any length.
function pointerPart(name: string): string {
  const escaped = name.replaceAll('~', '~0').replaceAll('/', '~1');
  return escaped.length > 60 ? `${escaped.slice(0, 60)}…` : escaped;
}
