/** The list diff for one partner: the operators that it may see today, compared with those that it holds. */

import { createHash } from 'node:crypto';
import type { IdentifierForm } from '../adapter/adapter.ts';
import type { Partner } from '../gateway.ts';
import { openColumns, readColumns } from '../model/record/columns.ts';
import { dayAt } from '../model/day.ts';
import { bucketOf } from '../model/list/digest.ts';
import { departureOf, identifierOf, type IneligibilityReason, type ListTerms } from '../model/record/eligibility.ts';
import type { Departure, ListMessage } from '../model/list/list.ts';
import { compareByLeaf } from '../model/list/list-difference.ts';
import { beginMirrorChange, entriesIn, findEntry, mirrorOf } from '../model/list/mirror.ts';
import type { Bucket, MirrorEntry, OpenMirrorChange } from '../model/list/mirror.ts';
import { domesticLayout, operatorOfText } from '../model/record/record-text.ts';
import { operatorPacker, type PackOperator } from '../model/record/partner-view.ts';
import {
  dropRecord,
  openPacker,
  closePacker,
  pickRecords,
  type PackedRecords,
} from '../model/record/packed-records.ts';
import type { Day, DomesticRecord } from '../model/record/record.ts';
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

export interface ListDiff {
  readonly kind: ListMessage['kind'];
  readonly records: PackedRecords;
  readonly departures: readonly Departure[];
  /** Deltas only: the mirror entries of the records, in the same order. */
  readonly entries: readonly MirrorEntry[];
  /** Deltas only: the buckets before the change. */
  readonly held: ReadonlyMap<number, Bucket>;
  /** Full list: the mirror after it. Delta: the mirror before it; list sequencing adds the changes. */
  readonly mirror: OpenMirrorChange;
  readonly leftOut: ReadonlyMap<IneligibilityReason, number>;
  readonly watermark: Watermark;
}

interface DiffRequest {
  readonly partner: Partner;
  readonly stream: Stream | undefined;
  readonly kind: ListMessage['kind'];
  /** The current day in the home time zone. */
  readonly today: Day;
  readonly now: Date;
  /** Identifiers of operators whose records could not be encoded. */
  readonly unencodable: ReadonlySet<string>;
}

/**
 * For a delta, reads the operators that changed since the last list, and their buckets of the mirror. Reads all operators for a full list,
 * and after a change of the terms or the layout, which may affect every operator.
 */
export async function diffList(reader: Reader, wanted: DiffRequest): Promise<ListDiff> {
  const { kind, stream } = wanted;
  const view = visibilityFor(wanted);
  // Read before the operators: those that change meanwhile are read again for the next list.
  const watermark = { revision: await operatorRevision(reader), terms: view.terms };
  if (kind === 'full' || stream === undefined) return await diffFullList(reader, view, { ...wanted, watermark });
  return stream.watermark.terms === watermark.terms
    ? await diffChangedOperators(reader, view, { ...wanted, stream, watermark })
    : await diffAllOperators(reader, view, { ...wanted, stream, watermark });
}

/** The rules that decide which of our operators this partner sees, and how. */
interface Visibility {
  readonly packing: PackOperator;
  readonly form: IdentifierForm;
  readonly unencodable: ReadonlySet<string>;
  /** Digest of everything that determines which operators the partner sees, and how. */
  readonly terms: string;
}

function visibilityFor({ partner, now, unencodable }: DiffRequest): Visibility {
  const { arrangement, identifiers, timeZone } = partner.adapter;
  const { list } = partner.adapter.formatsOn(dayAt(now, timeZone));
  const form = identifiers.ours;
  const terms: ListTerms = { arrangement, requiredPaths: list.requiredPaths, form };
  return { packing: operatorPacker(terms, list.view), form, unencodable, terms: termsDigest(partner, now) };
}

/** Changes when the terms or the layout change in a way that affects which operators the partner sees, or how. */
export function termsDigest({ adapter }: Pick<Partner, 'adapter'>, now: Date): string {
  const { arrangement, identifiers, timeZone } = adapter;
  const { list } = adapter.formatsOn(dayAt(now, timeZone));
  const { form, grammar } = identifiers.ours;
  const deciding = [list.fingerprint, list.requiredPaths, arrangement.grades, form, grammar.source];
  return createHash('sha256').update(JSON.stringify(deciding)).digest('hex');
}

/** The operators that the partner may see, and the reasons why the others are left out. */
interface VisibleOperators {
  readonly records: PackedRecords;
  readonly entries: readonly MirrorEntry[];
  readonly leftOut: ReadonlyMap<IneligibilityReason, number>;
}

/** An operator that the partner may not see. */
interface HiddenOperator {
  readonly identifier: string;
  /** True if its record cannot be encoded: the partner keeps the version that it holds. */
  readonly stays: boolean;
  /** Number of records packed before this one was read. */
  readonly after: number;
  operator(): DomesticRecord;
}

const notEncodable: readonly IneligibilityReason[] = ['value_not_writable'];

async function allOperators(reader: Reader): Promise<{ pages: AsyncIterable<OperatorPage>; most: number }> {
  return { pages: operatorPages(reader), most: await countOperators(reader) };
}

/** Reads operators as the partner will see them; `onHidden` is called for each operator that it may not see. */
async function readOperators(
  { pages, most }: { readonly pages: AsyncIterable<OperatorPage>; readonly most: number },
  { packing, form, unencodable }: Visibility,
  onHidden: (unseen: HiddenOperator) => void,
): Promise<VisibleOperators> {
  const packer = openPacker(most);
  const entries: MirrorEntry[] = [];
  const columns = openColumns();
  const leftOut = new Map<IneligibilityReason, number>();
  for await (const page of pages) {
    // Operators are separated by newlines.
    for (let at = 0, end: number; at < page.length; at = end + 1) {
      end = readColumns(columns, domesticLayout, page, at);
      let seen = packing(columns, packer);
      if ('leaf' in seen && unencodable.has(seen.identifier)) {
        dropRecord(packer);
        seen = notEncodable;
      }
      if ('leaf' in seen) entries.push(seen);
      else {
        for (const reason of seen) leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
        const [identifier, stays] = [identifierOf(columns, { form }), seen.includes('value_not_writable')];
        const record = page.subarray(at, end);
        onHidden({ identifier, stays, after: entries.length, operator: () => operatorOfText(record.toString()) });
      }
    }
  }
  return { records: closePacker(packer), entries, leftOut };
}

async function diffFullList(
  reader: Reader,
  view: Visibility,
  wanted: DiffRequest & { watermark: Watermark },
): Promise<ListDiff> {
  const { watermark } = wanted;
  const held = await heldByFullListPartner(reader, wanted);
  const { records, entries, leftOut } = await readOperators(
    await allOperators(reader),
    view,
    ({ identifier, operator }) => {
      if (held.has(identifier)) held.set(identifier, operator());
    },
  );
  for (const { identifier } of held.size === 0 ? [] : entries) held.delete(identifier);
  const departures = [...held].map(([identifier, operator]) => departureFor(wanted, identifier, operator));
  const mirror = mirrorOf(entries);
  return { kind: 'full', records, departures, entries: [], held: new Map(), mirror, leftOut, watermark };
}

/** The operators held by a partner whose full lists state every departure: it accepts full lists only, or cannot tell them from deltas. */
async function heldByFullListPartner(
  reader: Reader,
  { partner, stream }: DiffRequest,
): Promise<Map<string, DomesticRecord | undefined>> {
  const { lists, stream: rules } = partner.adapter;
  if (stream === undefined || (lists.kinds.includes('delta') && rules.upsert !== true)) return new Map();
  const buckets = await loadBuckets(reader, stream.id, 'all');
  return new Map(entriesIn(buckets).map(({ identifier }) => [identifier, undefined]));
}

function departureFor(
  { partner, today }: DiffRequest,
  identifier: string,
  operator: DomesticRecord | undefined,
): Departure {
  return departureOf(operator, identifier, today, partner.adapter.arrangement.grades);
}

interface DeltaRequest extends DiffRequest {
  readonly stream: Stream;
  readonly watermark: Watermark;
}

/** Compares all operators with everything the partner holds. */
async function diffAllOperators(reader: Reader, view: Visibility, held: DeltaRequest): Promise<ListDiff> {
  const { stream, watermark } = held;
  const buckets = await loadBuckets(reader, stream.id, 'all');
  const leaves = new Map(entriesIn(buckets).map(({ identifier, leaf }) => [identifier, leaf]));
  const unseen = new Map<string, DomesticRecord>();
  const { records, entries, leftOut } = await readOperators(
    await allOperators(reader),
    view,
    ({ identifier, stays, operator }) => {
      if (stays) leaves.delete(identifier);
      else if (leaves.has(identifier)) unseen.set(identifier, operator());
    },
  );
  const numbered = entries.map(({ identifier, leaf }, number) => ({ record: { identifier, number }, leaf }));
  const { added, changed, left } = compareByLeaf(leaves, numbered);
  const departures = left.map((identifier) => departureFor(held, identifier, unseen.get(identifier)));
  const numbers = [...added, ...changed].map(({ number }) => number);
  return { ...deltaDiff({ records, entries, numbers, departures, buckets, stream }), leftOut, watermark };
}

/** Compares the operators that changed since the last list with those that the partner holds. */
async function diffChangedOperators(reader: Reader, view: Visibility, held: DeltaRequest): Promise<ListDiff> {
  const { stream, watermark } = held;
  const unseen: HiddenOperator[] = [];
  const pages = changedOperators(reader, stream.watermark.revision);
  const { records, entries, leftOut } = await readOperators({ pages, most: 0 }, view, (one) => unseen.push(one));
  const latest = latestStates(entries, unseen);
  const buckets = await loadBuckets(reader, stream.id, [...new Set([...latest.keys()].map(bucketOf))]);
  const numbers: number[] = [];
  const departures: Departure[] = [];
  for (const [identifier, one] of latest) {
    const before = findEntry(buckets, identifier);
    if (typeof one === 'number') {
      if (before?.leaf !== entries[one]?.leaf) numbers.push(one);
    } else if (before !== undefined && !one.stays) departures.push(departureFor(held, identifier, one.operator()));
  }
  return { ...deltaDiff({ records, entries, numbers, departures, buckets, stream }), leftOut, watermark };
}

/** The latest state of each operator: the index of its record, or its absence. An operator that changed during the read occurs twice. */
function latestStates(
  entries: readonly MirrorEntry[],
  unseen: readonly HiddenOperator[],
): ReadonlyMap<string, number | HiddenOperator> {
  const latest = new Map<string, number | HiddenOperator>();
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
  /** All visible operators, and the indices of those that the partner does not hold in this version. */
  readonly records: PackedRecords;
  readonly entries: readonly MirrorEntry[];
  readonly numbers: readonly number[];
  readonly departures: readonly Departure[];
  readonly buckets: ReadonlyMap<number, Bucket>;
  readonly stream: Stream;
}

function deltaDiff({
  records,
  entries: all,
  numbers,
  departures,
  buckets,
  stream,
}: Delta): Omit<ListDiff, 'leftOut' | 'watermark'> {
  const entries = numbers.flatMap((number) => all[number] ?? []);
  const mirror = beginMirrorChange(stream.mirror);
  return { kind: 'delta', records: pickRecords(records, numbers), departures, entries, held: buckets, mirror };
}
