/** What a list for one partner says today: who may be seen, and what that changes for the partner. */

import { createHash } from 'node:crypto';
import type { IdentifierForm } from '../adapter/adapter.ts';
import type { Partner } from '../gateway.ts';
import { openColumns, readColumns } from '../model/record/columns.ts';
import { dayAt } from '../model/day.ts';
import { bucketOf } from '../model/list/digest.ts';
import { departureOf, identifierOf, type Ineligible, type ListTerms } from '../model/record/eligibility.ts';
import type { Departure, ListMessage } from '../model/list/list.ts';
import { differences } from '../model/list/list-difference.ts';
import { beginChange, entriesIn, findEntry, mirrorOf } from '../model/list/mirror.ts';
import type { Bucket, MirrorEntry, OpenChange } from '../model/list/mirror.ts';
import { domesticLayout, operatorOfText } from '../model/record/record-text.ts';
import { operatorPacking, type OperatorPacking } from '../model/record/partner-view.ts';
import { dropRecord, openPacker, packed, pickRecords, type PackedRecords } from '../model/record/packed-records.ts';
import type { Day, DomesticRecord } from '../model/record/domestic-record.ts';
import type { Reader } from '../store/database.ts';
import { loadBuckets } from '../store/mirrors.ts';
import {
  changedOperators,
  countOperators,
  operatorPages,
  operatorRevision,
  type OperatorPage,
} from '../store/operators.ts';
import type { Watermark, Stream } from '../store/streams.ts';

export interface ListContent {
  readonly kind: ListMessage['kind'];
  readonly records: PackedRecords;
  readonly departures: readonly Departure[];
  /** Of the records of a change, in their order. */
  readonly entries: readonly MirrorEntry[];
  /** The buckets the change was worked out from. */
  readonly held: ReadonlyMap<number, Bucket>;
  /** What the partner will hold: of a full list this very list, of a change what it holds now, until its messages are numbered. */
  readonly mirror: OpenChange;
  readonly leftOut: ReadonlyMap<Ineligible, number>;
  readonly watermark: Watermark;
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

/**
 * Reads the operators that changed since the last list, and the buckets of the mirror they lie in; all of them for a full
 * list, and where the terms or the layout changed, since then everybody may be seen differently.
 */
export async function listContent(reader: Reader, wanted: Wanted): Promise<ListContent> {
  const { kind, stream } = wanted;
  const view = viewOf(wanted);
  // Read before the operators: what changes meanwhile is looked at again next time.
  const watermark = { revision: await operatorRevision(reader), terms: view.terms };
  if (kind === 'full' || stream === undefined) return await fullContent(reader, view, { ...wanted, watermark });
  return stream.watermark.terms === watermark.terms
    ? await changedContent(reader, view, { ...wanted, stream, watermark })
    : await comparedContent(reader, view, { ...wanted, stream, watermark });
}

/** How this partner sees our operators. */
interface View {
  readonly packing: OperatorPacking;
  readonly form: IdentifierForm;
  readonly unwritable: ReadonlySet<string>;
  /** Digest over all that decides who may be seen and how. */
  readonly terms: string;
}

function viewOf({ partner, now, unwritable }: Wanted): View {
  const { arrangement, identifiers, timeZone } = partner.adapter;
  const { list } = partner.adapter.on(dayAt(now, timeZone));
  const form = identifiers.ours;
  const terms: ListTerms = { arrangement, needs: list.needs, form };
  const deciding = [list.fingerprint, list.needs, arrangement.grades, form.form, form.grammar.source];
  return {
    packing: operatorPacking(terms, list.view),
    form,
    unwritable,
    terms: createHash('sha256').update(JSON.stringify(deciding)).digest('hex'),
  };
}

/** What was seen of operators that were read. */
interface Seen {
  readonly records: PackedRecords;
  readonly entries: readonly MirrorEntry[];
  readonly leftOut: ReadonlyMap<Ineligible, number>;
}

/** An operator the partner may not see. */
interface Unseen {
  readonly identifier: string;
  /** It may be seen but not written: what the partner holds of it stays. */
  readonly stays: boolean;
  /** How many records had been packed when it was read. */
  readonly after: number;
  operator(): DomesticRecord;
}

const notWritable: readonly Ineligible[] = ['value_not_writable'];

async function everybody(reader: Reader): Promise<{ pages: AsyncIterable<OperatorPage>; most: number }> {
  return { pages: operatorPages(reader), most: await countOperators(reader) };
}

/** Looks at operators as the partner will see them; `tell` is told of those it may not see. */
async function look(
  { pages, most }: { readonly pages: AsyncIterable<OperatorPage>; readonly most: number },
  { packing, form, unwritable }: View,
  tell: (unseen: Unseen) => void,
): Promise<Seen> {
  const packer = openPacker(most);
  const entries: MirrorEntry[] = [];
  const columns = openColumns();
  const leftOut = new Map<Ineligible, number>();
  for await (const page of pages) {
    // A line end stands between two operators.
    for (let at = 0, end = 0; at < page.length; at = end + 1) {
      const [start, after] = [at, entries.length];
      end = readColumns(columns, domesticLayout, page, start);
      let seen = packing(columns, packer);
      if ('leaf' in seen && unwritable.has(seen.identifier)) {
        dropRecord(packer);
        seen = notWritable;
      }
      if ('leaf' in seen) {
        entries.push(seen);
        continue;
      }
      for (const reason of seen) leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
      const identifier = identifierOf(columns, { form });
      const stays = seen.includes('value_not_writable');
      tell({ identifier, stays, after, operator: () => operatorOfText(page.toString('utf8', start, end)) });
    }
  }
  return { records: packed(packer), entries, leftOut };
}

async function fullContent(
  reader: Reader,
  view: View,
  wanted: Wanted & { watermark: Watermark },
): Promise<ListContent> {
  const { watermark } = wanted;
  const held = await toldByFullLists(reader, wanted);
  const { records, entries, leftOut } = await look(await everybody(reader), view, ({ identifier, operator }) => {
    if (held.has(identifier)) held.set(identifier, operator());
  });
  for (const { identifier } of held.size === 0 ? [] : entries) held.delete(identifier);
  const departures = [...held].map(([identifier, operator]) => departed(wanted, identifier, operator));
  const mirror = mirrorOf(entries);
  return { kind: 'full', records, departures, entries: [], held: new Map(), mirror, leftOut, watermark };
}

/** Who a partner holds that takes full lists only: where one of them left, the list itself must say why. */
async function toldByFullLists(
  reader: Reader,
  { partner, stream }: Wanted,
): Promise<Map<string, DomesticRecord | undefined>> {
  if (stream === undefined || partner.adapter.lists.kinds.includes('delta')) return new Map();
  const buckets = await loadBuckets(reader, stream.id, 'all');
  return new Map(entriesIn(buckets).map(({ identifier }) => [identifier, undefined]));
}

function departed({ partner, today }: Wanted, identifier: string, operator: DomesticRecord | undefined): Departure {
  return departureOf(operator, identifier, today, partner.adapter.arrangement.grades);
}

interface Held extends Wanted {
  readonly stream: Stream;
  readonly watermark: Watermark;
}

/** Everybody against everything held. */
async function comparedContent(reader: Reader, view: View, held: Held): Promise<ListContent> {
  const { stream, watermark } = held;
  const buckets = await loadBuckets(reader, stream.id, 'all');
  const leaves = new Map(entriesIn(buckets).map(({ identifier, leaf }) => [identifier, leaf]));
  const unseen = new Map<string, DomesticRecord>();
  const { records, entries, leftOut } = await look(await everybody(reader), view, ({ identifier, stays, operator }) => {
    if (stays) leaves.delete(identifier);
    else if (leaves.has(identifier)) unseen.set(identifier, operator());
  });
  const numbered = entries.map(({ identifier, leaf }, number) => ({ record: { identifier, number }, leaf }));
  const { added, changed, left } = differences(leaves, numbered);
  const departures = left.map((identifier) => departed(held, identifier, unseen.get(identifier)));
  const numbers = [...added, ...changed].map(({ number }) => number);
  return { ...delta({ records, entries, numbers, departures, buckets, stream }), leftOut, watermark };
}

/** Those that changed since the last list against what is held of them. */
async function changedContent(reader: Reader, view: View, held: Held): Promise<ListContent> {
  const { stream, watermark } = held;
  const unseen: Unseen[] = [];
  const pages = changedOperators(reader, stream.watermark.revision);
  const { records, entries, leftOut } = await look({ pages, most: 0 }, view, (one) => unseen.push(one));
  const latest = latestOf(entries, unseen);
  const buckets = await loadBuckets(reader, stream.id, [...new Set([...latest.keys()].map(bucketOf))]);
  const numbers: number[] = [];
  const departures: Departure[] = [];
  for (const [identifier, one] of latest) {
    const before = findEntry(buckets, identifier);
    if (typeof one === 'number') {
      if (before?.leaf !== entries[one]?.leaf) numbers.push(one);
    } else if (before !== undefined && !one.stays) departures.push(departed(held, identifier, one.operator()));
  }
  return { ...delta({ records, entries, numbers, departures, buckets, stream }), leftOut, watermark };
}

/** What was seen last of each operator, the number of its record where it may be seen: one that changed while it was read comes twice. */
function latestOf(entries: readonly MirrorEntry[], unseen: readonly Unseen[]): ReadonlyMap<string, number | Unseen> {
  const latest = new Map<string, number | Unseen>();
  let next = 0;
  for (let number = 0; number <= entries.length; number += 1) {
    for (let one = unseen[next]; one !== undefined && one.after <= number; one = unseen[next]) {
      latest.set(one.identifier, one);
      next += 1;
    }
    const entry = entries[number];
    if (entry !== undefined) latest.set(entry.identifier, number);
  }
  return latest;
}

interface Delta {
  /** All that were seen, and which of them the partner does not hold like this. */
  readonly records: PackedRecords;
  readonly entries: readonly MirrorEntry[];
  readonly numbers: readonly number[];
  readonly departures: readonly Departure[];
  readonly buckets: ReadonlyMap<number, Bucket>;
  readonly stream: Stream;
}

function delta({
  records,
  entries: all,
  numbers,
  departures,
  buckets,
  stream,
}: Delta): Omit<ListContent, 'leftOut' | 'watermark'> {
  const entries = numbers.flatMap((number) => all[number] ?? []);
  const mirror = beginChange(stream.mirror);
  return { kind: 'delta', records: pickRecords(records, numbers), departures, entries, held: buckets, mirror };
}
