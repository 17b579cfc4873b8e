/** Proof that only what a memorandum names leaves: a list with another value in any other field is encoded to the same bytes. */

import { getterOf, setPath } from '../../model/paths.ts';
import { departureReasons, type ListMessage } from '../../model/list/list.ts';
import { listFields, roles, type ListRecord } from '../../model/record/record.ts';
import { seededRandom } from '../../model/seeded-random.ts';
import type { Adapter, ListFormat } from '../adapter.ts';
import { refusalOf, type Failure } from './failures.ts';
import { inventList } from './generate.ts';
import { encodeText } from './message-text.ts';

/** The first field that shows in a message although it is not named; undefined where none does, and without a memorandum. */
export function unnamedFieldShown(
  adapter: Adapter,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Failure | undefined {
  const { memorandum } = adapter;
  if (memorandum === undefined) return undefined;
  const changes = Object.entries(changesOf(adapter)).filter(([path]) => !memorandum.fields.includes(path));
  for (const format of new Set(adapter.periods.map((day) => adapter.formatsOn(day).list)))
    for (let run = 0; run < runs; run += 1) {
      const list = inventList(adapter, seededRandom(seed + run), format);
      const shown = changes.find(([, change]) => shows(format, list, change));
      if (shown !== undefined)
        return { at: format.template, detail: `${shown[0]} shows in a message, and the memorandum does not name it` };
    }
  return undefined;
}

type Change = (list: ListMessage) => ListMessage;

/** Each field of a record or departure gets another value. What is filled in is the same in every message. */
function changesOf({ list: { view } }: Adapter): Readonly<Record<string, Change>> {
  const filled = (path: string): boolean => typeof view.values[path as keyof typeof view.values] === 'object';
  const fields = listFields.filter(({ listed }) => !filled(listed));
  return {
    ...Object.fromEntries(fields.map(({ listed, kind, words }) => [listed, inRecords(listed, other(kind, words))])),
    roles: (list) => ({
      ...list,
      records: list.records.map((each) => ({ ...each, roles: roles.filter((role) => !each.roles.includes(role)) })),
    }),
    'departure.reason': (list) => ({
      ...list,
      departures: list.departures.map((each) => ({ ...each, reason: next(departureReasons, each.reason) })),
    }),
    'departure.since': (list) => ({
      ...list,
      departures: list.departures.map((each) => ({ ...each, since: other('day')(each.since) })),
    }),
  };
}

function inRecords(path: string, change: (before: string) => string): Change {
  return (list) => ({
    ...list,
    records: list.records.map((each) => {
      const changed = structuredClone(each) as ListRecord & Record<string, unknown>;
      const before = getterOf(path)(each);
      setPath(changed, path, change(typeof before === 'string' ? before : ''));
      return changed;
    }),
  });
}

function other(kind: 'text' | 'words' | 'day', words: readonly string[] = []): (before: string) => string {
  if (kind === 'words') return (before) => next(words, before);
  if (kind === 'day') return (before) => (before === '2031-07-19' ? '2032-08-20' : '2031-07-19');
  return (before) => (before === 'OTHER 7' ? 'OTHER 8' : 'OTHER 7');
}

function next<T extends string>(words: readonly T[], before: string): T {
  const at = words.findIndex((word) => word === before);
  return words[(at + 1) % words.length] ?? (before as T);
}

/** A value that the format refuses shows, too. */
function shows(format: ListFormat, list: ListMessage, change: Change): boolean {
  let [before, after] = ['', ''];
  if (refusalOf(() => (before = encodeText(format, list))) !== undefined) return false;
  return refusalOf(() => (after = encodeText(format, change(list)))) !== undefined || after !== before;
}
