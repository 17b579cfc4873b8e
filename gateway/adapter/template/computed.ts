/** Values that a template computes, numbers of rows and counts: they are written, compared when read, and not kept. */

import { GatewayError } from '../../model/errors.ts';
import { openColumns, columnText } from '../../model/record/columns.ts';
import { readRecordAt, type PackedRecords } from '../../model/record/packed-records.ts';
import type { ListPath } from '../../model/record/record.ts';
import { listLayout } from '../../model/record/record-text.ts';
import { invalid, invalidValue, withPlace } from '../faults.ts';
import { buildChain, makeHole, type ChainSpec, type Hole } from './hole-chain.ts';
import type { Field, Slot } from './message-fields.ts';
import type { CountedList, TemplateScope } from './scope.ts';

export function isComputed(path: string): boolean {
  return path === '#' || path.startsWith('count:');
}

type ComputedSpec = Omit<ChainSpec, 'field'> & { readonly path: string; readonly optional: boolean };

/** `{#}`, `{#|from:0}`, `{count:records}`. Throws E_ADAPTER_INVALID. */
export function parseComputed(scope: TemplateScope, { path, optional, steps, wire, at }: ComputedSpec): Hole {
  if (optional) throw invalid(`${path} is never absent`, at, 'Remove the question mark.');
  const slot = scope.slots;
  scope.slots += 2;
  const from = /^from:(\d{1,9})$/u.exec(steps[0] ?? '')?.[1];
  const changes = path === '#' && from !== undefined ? steps.slice(1) : steps;
  const counted = path === '#' ? [] : countedLists(scope, path, at);
  const get = path === '#' ? () => scope.row + Number(from ?? 1) : counter(scope, path, counted);
  const field: Field = { path, kind: 'count', words: [], optional: false, free: false, get };
  const hole = makeHole({ field, optional, slot, ...buildChain(scope.context, { field, steps: changes, wire, at }) });
  if (path !== '#') {
    scope.counts.push({ slot, at, counted, countIn: get });
    return { ...hole, kept: false, isCount: true };
  }
  if (scope.list === undefined)
    throw invalid('there are no rows here to be numbered', at, 'Use {#} in a repeated part.');
  return {
    ...hole,
    kept: false,
    read(theirs) {
      if (hole.read(theirs) !== get(undefined)) throw invalidValue('not the number of this row');
      return undefined;
    },
  };
}

const countGrammar = /^(\w+)(?:\[([\w.]+)=([^[\]=]+)\])?$/u;

/** None for `count:lines`, which counts the items of all lists. */
function countedLists({ item, list: inside }: TemplateScope, path: string, at: string): CountedList[] {
  if (inside !== undefined) throw invalid(`${path} stands in a repeated part`, at, 'Put it outside, into the message.');
  if (path === 'count:lines') return [];
  const known = item.lists.map((list) => list.path).join(', ');
  return path
    .slice('count:'.length)
    .split('+')
    .map((one) => {
      const [, name, of, value = ''] = countGrammar.exec(one) ?? [];
      const list = item.lists.find((each) => each.path === name);
      if (list === undefined) throw invalid(`there is no list ${one} to count`, at, `Use lines, or lists: ${known}.`);
      if (of === undefined) return { list };
      const field = list.items.fields.find((each) => each.path === of);
      if (field !== undefined && (field.path === 'grade' || field.words.includes(value)))
        return { list, only: { field, value } };
      throw invalid(`${one} counts nothing`, at, 'Name a status, grade or other word of ours: records[status=active].');
    });
}

function counter(scope: TemplateScope, path: string, counted: readonly CountedList[]): (message: unknown) => number {
  const sum = (lists: readonly CountedList[], message: unknown): number =>
    lists.reduce((total, each) => total + countOf(each, message), 0);
  if (path !== 'count:lines') return (message) => sum(counted, message);
  return (message) => {
    const shown = scope.item.lists.filter((list) => scope.lists.has(list.path)).map((list) => ({ list }));
    return (scope.fixedLines ?? 0) + sum(shown, message);
  };
}

/** Records are objects, or packed. */
function countOf({ list, only }: CountedList, message: unknown): number {
  const items = list.get(message) as readonly unknown[] | PackedRecords;
  if ('bytes' in items) return only === undefined ? items.count : countPacked(items, only);
  return only === undefined ? items.length : items.filter((item) => only.field.get(item) === only.value).length;
}

function countPacked(records: PackedRecords, { field, value }: NonNullable<CountedList['only']>): number {
  const columns = openColumns();
  const column = listLayout.column[field.path as ListPath];
  let count = 0;
  for (let i = 0; i < records.count; i += 1) {
    readRecordAt(columns, records, i);
    if (columnText(columns, column) === value) count += 1;
  }
  return count;
}

/** Reads a value into its slot; that of a count with its place. */
export function readSlot(hole: Hole, theirs: string, slots: Slot[], at: () => string): void {
  if (hole.parts !== undefined) return readParts(hole.parts, theirs, (part, text) => readSlot(part, text, slots, at));
  slots[hole.slot] = hole.read(theirs);
  if (hole.isCount === true) slots[hole.slot + 1] = at();
}

/** Reads each of the values in one; one that is absent is not read. Throws E_VALUE_INVALID, E_ELEMENT_MISSING. */
export function readParts(
  { holes, split }: NonNullable<Hole['parts']>,
  theirs: string,
  read: (part: Hole, text: string) => void,
): void {
  const texts = split(theirs);
  for (const [i, part] of holes.entries()) {
    const text = texts[i];
    if (text !== undefined) read(part, text);
    else if (part.kept && !part.optional) throw new GatewayError('E_ELEMENT_MISSING', `there is no ${part.path} in it`);
  }
}

/** Throws E_VALUE_INVALID for a count other than that of the message. */
export function checkCounts({ counts }: TemplateScope, slots: readonly Slot[], message: unknown): void {
  for (const { slot, countIn } of counts) {
    const [stated, count] = [slots[slot], countIn(message)];
    if (stated === count) continue;
    throw withPlace(invalidValue(`${String(stated)} are stated, and there are ${count}`), String(slots[slot + 1]));
  }
}

/** Throws E_ADAPTER_INVALID for a count that the reader of a message could not compare. */
export function requireCountable({ counts, lists, fixedLines }: TemplateScope): void {
  for (const { at, counted } of counts) {
    if (counted.length === 0 && fixedLines === undefined)
      throw invalid('count:lines is for CSV and fixed width', at, 'Count lists: {count:records}.');
    for (const { list, only } of counted) {
      const shown = lists.get(list.path);
      if (shown === undefined) throw invalid(`the template does not carry the list ${list.path}`, at);
      if (only !== undefined && shown.lossy.has(only.field.path))
        throw invalid(`${only.field.path} is not read as it was written, and cannot be counted`, at);
    }
  }
}
