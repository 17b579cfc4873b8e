/** What a list for one partner says today: who may be seen, and what that changes for the partner. */

import { createHash } from 'node:crypto';
import type { ListFormat } from './adapter/adapter.ts';
import type { Partner } from './gateway.ts';
import { bucketOf } from './model/digest.ts';
import { departureOf, eligibility, type Ineligible, type ListTerms } from './model/eligibility.ts';
import { isGatewayError } from './model/errors.ts';
import type { Departure, ListMessage, ListRecord } from './model/list.ts';
import { differences } from './model/list-difference.ts';
import { changeMirror, entryOf, findEntry, mirrorOf } from './model/mirror.ts';
import type { Bucket, MirrorChange, MirrorEntry } from './model/mirror.ts';
import type { Day, DomesticRecord } from './model/record.ts';
import { dayAt } from './model/day.ts';
import type { Reader } from './store/database.ts';
import { loadBuckets } from './store/mirrors.ts';
import { allOperators, changedOperators, operatorRevision } from './store/operators.ts';
import type { Shown, Stream } from './store/streams.ts';

export interface ListContent {
  readonly kind: ListMessage['kind'];
  readonly records: readonly ListRecord[];
  readonly departures: readonly Departure[];
  /** Of the records, by identifier. */
  readonly entries: ReadonlyMap<string, MirrorEntry>;
  /** The buckets the change was worked out from. */
  readonly held: ReadonlyMap<number, Bucket>;
  readonly mirror: MirrorChange;
  readonly leftOut: ReadonlyMap<Ineligible, number>;
  readonly shown: Shown;
}

interface Wanted {
  readonly partner: Partner;
  readonly stream: Stream | undefined;
  readonly kind: ListMessage['kind'];
  /** Today at home. */
  readonly today: Day;
  readonly now: Date;
  /** Identifiers of operators whose record was tried and cannot be written. */
  readonly unwritable: ReadonlySet<string>;
}

/** One of our operators as this partner may see it, or why it may not. */
interface Seen {
  readonly operator: DomesticRecord;
  readonly identifier: string;
  readonly record: ListRecord | undefined;
  /** It may be seen but not written: what the partner holds of it stays. */
  readonly stays: boolean;
}

/**
 * Reads the operators that changed since the last list, and the buckets of the mirror they lie in; all of them for a full
 * list, and where the terms or the layout changed, since then everybody may be seen differently.
 */
export async function listContent(reader: Reader, wanted: Wanted): Promise<ListContent> {
  const { kind, stream } = wanted;
  const view = viewOf(wanted);
  // Read before the operators: what changes meanwhile is looked at again next time.
  const shown = { revision: await operatorRevision(reader), terms: view.digest };
  if (kind === 'full' || stream === undefined) return await fullContent(reader, view, { ...wanted, shown });
  return stream.shown.terms === shown.terms
    ? await changedContent(reader, view, { ...wanted, stream, shown })
    : await comparedContent(reader, view, { ...wanted, stream, shown });
}

interface View {
  see(operator: DomesticRecord, leftOut: Map<Ineligible, number>): Seen;
  /** Over all that decides who may be seen and how. */
  readonly digest: string;
}

function viewOf({ partner, now, unwritable }: Wanted): View {
  const { arrangement, identifiers, timeZone } = partner.adapter;
  const { list } = partner.adapter.on(dayAt(now, timeZone));
  const form = identifiers.ours;
  const terms: ListTerms = { arrangement, needs: list.needs, form };
  const deciding = [list.fingerprint, list.needs, arrangement.grades, form.form, form.grammar.source];
  return {
    digest: createHash('sha256').update(JSON.stringify(deciding)).digest('hex'),
    see(operator, leftOut) {
      const judged = eligibility(operator, terms);
      const identifier = form.toIdentifier(operator.code);
      const record = judged.eligible && !unwritable.has(identifier) ? seenOf(list, judged.entry) : undefined;
      const reasons = judged.eligible ? (['value_not_writable'] as const) : judged.reasons;
      if (record === undefined) for (const reason of reasons) leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
      return { operator, identifier, record, stays: judged.eligible };
    },
  };
}

/** Undefined when nothing is left of a value after what the layout makes of it. */
function seenOf(list: ListFormat, entry: ListRecord): ListRecord | undefined {
  try {
    return list.asSeen(entry);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_VALUE_INVALID') return undefined;
    throw error;
  }
}

async function fullContent(reader: Reader, view: View, wanted: Wanted & { shown: Shown }): Promise<ListContent> {
  const { shown } = wanted;
  const leftOut = new Map<Ineligible, number>();
  const records: ListRecord[] = [];
  const entries = new Map<string, MirrorEntry>();
  const held = await toldByFullLists(reader, wanted);
  for await (const batch of allOperators(reader)) {
    for (const operator of batch) {
      const { record, identifier } = view.see(operator, leftOut);
      if (record !== undefined) {
        records.push(record);
        entries.set(identifier, entryOf(record));
      } else if (held.has(identifier)) held.set(identifier, operator);
    }
  }
  const left = [...held].filter(([identifier]) => !entries.has(identifier));
  const departures = left.map(([identifier, operator]) => departed(wanted, identifier, operator));
  const mirror = mirrorOf([...entries.values()]);
  return { kind: 'full', records, departures, entries, held: new Map(), mirror, leftOut, shown };
}

/** Who a partner holds that takes full lists only: where one of them left, the list itself must say why. */
async function toldByFullLists(
  reader: Reader,
  { partner, stream }: Wanted,
): Promise<Map<string, DomesticRecord | undefined>> {
  if (stream === undefined || partner.adapter.lists.kinds.includes('delta')) return new Map();
  const buckets = await loadBuckets(reader, stream.id, 'all');
  return new Map([...buckets.values()].flat().map(({ identifier }) => [identifier, undefined]));
}

function departed({ partner, today }: Wanted, identifier: string, operator: DomesticRecord | undefined): Departure {
  return departureOf(operator, identifier, today, partner.adapter.arrangement.grades);
}

interface Held extends Wanted {
  readonly stream: Stream;
  readonly shown: Shown;
}

/** Everybody against everything held. */
async function comparedContent(reader: Reader, view: View, held: Held): Promise<ListContent> {
  const { stream, shown } = held;
  const buckets = await loadBuckets(reader, stream.id, 'all');
  const leaves = new Map([...buckets.values()].flat().map(({ identifier, leaf }) => [identifier, leaf]));
  const leftOut = new Map<Ineligible, number>();
  const wanted: { record: ListRecord; leaf: string; entry: MirrorEntry }[] = [];
  const unseen = new Map<string, DomesticRecord>();
  for await (const batch of allOperators(reader)) {
    for (const operator of batch) {
      const { record, identifier, stays } = view.see(operator, leftOut);
      if (record === undefined) {
        if (stays) leaves.delete(identifier);
        else if (leaves.has(identifier)) unseen.set(identifier, operator);
        continue;
      }
      const entry = entryOf(record);
      wanted.push({ record, leaf: entry.leaf, entry });
    }
  }
  const { added, changed, left } = differences(leaves, wanted);
  const departures = left.map((identifier) => departed(held, identifier, unseen.get(identifier)));
  const all = new Map(wanted.map(({ entry }) => [entry.identifier, entry]));
  const records = [...added, ...changed];
  return { ...delta({ records, departures, all, buckets, stream }), leftOut, shown };
}

/** Those that changed since the last list against what is held of them. */
async function changedContent(reader: Reader, view: View, held: Held): Promise<ListContent> {
  const { stream, shown } = held;
  const leftOut = new Map<Ineligible, number>();
  const seen = new Map<string, Seen>();
  for await (const batch of changedOperators(reader, stream.shown.revision)) {
    for (const operator of batch) {
      const one = view.see(operator, leftOut);
      seen.set(one.identifier, one);
    }
  }
  const numbers = new Set([...seen.keys()].map(bucketOf));
  const buckets = await loadBuckets(reader, stream.id, [...numbers]);
  const records: ListRecord[] = [];
  const departures: Departure[] = [];
  const all = new Map<string, MirrorEntry>();
  for (const { operator, identifier, record, stays } of seen.values()) {
    const before = findEntry(buckets, identifier);
    if (record === undefined) {
      if (before !== undefined && !stays) departures.push(departed(held, identifier, operator));
      continue;
    }
    const entry = entryOf(record);
    if (before?.leaf === entry.leaf) continue;
    records.push(record);
    all.set(identifier, entry);
  }
  return { ...delta({ records, departures, all, buckets, stream }), leftOut, shown };
}

interface Delta {
  readonly records: readonly ListRecord[];
  readonly departures: readonly Departure[];
  /** Entries of the records at least. */
  readonly all: ReadonlyMap<string, MirrorEntry>;
  readonly buckets: ReadonlyMap<number, Bucket>;
  readonly stream: Stream;
}

function delta({ records, departures, all, buckets, stream }: Delta): Omit<ListContent, 'leftOut' | 'shown'> {
  const puts = records.flatMap(({ identifier }) => all.get(identifier) ?? []);
  const gone = departures.map(({ identifier }) => identifier);
  const mirror = changeMirror(stream.mirror, buckets, puts, gone);
  return { kind: 'delta', records, departures, entries: all, held: buckets, mirror };
}
