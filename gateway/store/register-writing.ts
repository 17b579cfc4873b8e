/** Applies a list to the register: superseded versions get an end of knowledge, and new versions are inserted beside them. */

import { addDays } from '../model/day.ts';
import { byteMemo } from '../model/byte-memo.ts';
import { columnText, isAbsent, openColumns, type Columns } from '../model/record/columns.ts';
import type { Departure } from '../model/list/list.ts';
import type { Day, ListPath, Moment } from '../model/record/record.ts';
import { readRecordAt, type PackedRecords } from '../model/record/packed-records.ts';
import { listLayout } from '../model/record/record-text.ts';
import { inSlices, insertRows, preparedOneOf, type Value } from './bulk.ts';
import type { Tx } from './database.ts';
import type { Places } from './prepared.ts';
import { mostNamed, recordChanges, type OperatorChange } from './register-changes.ts';
import type { Status, Version } from './register.ts';
import { openDay, openMoment, openOrdinal } from './tables.ts';
import { together } from './transaction.ts';

interface RegisterChange {
  readonly partner: string;
  readonly knownAt: Moment;
  /** The day of `knownAt` in the partner's calendar. */
  readonly today: Day;
  /** Ordinal of the list among those of this partner. */
  readonly list: number;
  readonly sourceMessage: string;
  /** `puts`: the indexes of the records that are new or changed. */
  readonly records: PackedRecords;
  readonly puts: readonly number[];
  readonly departures: readonly Departure[];
}

/** From a day on, an operator has this status. */
interface Statement {
  readonly identifier: string;
  readonly from: Day;
  /** Exclusive. */
  readonly to: Day;
  readonly status: Status;
  readonly name: string | null;
  /** Canonical text of the record as UTF-8, or the departure as JSON. */
  readonly details: string | Uint8Array;
  /** First day on the list. A new operator was active from here to `from`. */
  readonly activeFrom: Day;
}

/** When a statement begins to count, given what is known of the operator. */
interface Start {
  readonly from: Day;
  /** From here to `from`, the operator is active. */
  readonly activeFrom: Day;
  /** From here to `activeFrom`, it is not on the list: the first day that the list states is still to come. */
  readonly absentFrom: Day;
}

/**
 * A record with a status since day D supersedes what was known to apply from D on; the status applies from D to the end of validity.
 * A departure does the same, without an end. An operator is not on the list before its first day. Each operator at most once in a change. Knowledge dates never decrease: if the clock is
 * behind the latest known version, that version's date is used. `before`: as knownVersions has read it. Returns the knowledge date.
 */
export async function applyToRegister(tx: Tx, change: RegisterChange, before?: KnownVersions): Promise<Moment> {
  const known = before ?? (await knownVersions(tx, change));
  let { knownAt } = change;
  const closed: number[] = [];
  for (const statement of known.size === 0 ? [] : statementsOf(change)) {
    const versions = known.get(statement.identifier) ?? [];
    const { absentFrom } = startOf(statement, versions, change.today);
    for (const { n, known_from, valid_to } of versions) {
      if (known_from > knownAt) knownAt = known_from;
      if (valid_to > absentFrom) closed.push(n);
    }
  }
  await together(
    inSlices(closed, async (some) => {
      await closeVersions(tx, some, { knownTo: knownAt, toList: change.list });
    }),
    insertRows(tx, 'register_version', { columns, utf8: ['details'] }, rowsOf(change, known, knownAt)),
    recordChanges(tx, { ...change, knownAt }, changesIn(change, known)),
  );
  return knownAt;
}

type Closing = { readonly knownTo: Moment; readonly toList: number };
const closeVersions = preparedOneOf('n', 'bigint', (reader, isOne, { knownTo, toList }: Places<Closing>) =>
  reader.updateTable('register_version').set({ known_to: knownTo, to_list: toList }).where(isOne),
);

function changesIn(change: RegisterChange, known: KnownVersions): readonly OperatorChange[] | 'many' {
  if (known.size === 0 && change.puts.length > mostNamed) return 'many';
  return Array.from(statementsOf(change), (statement) => {
    const { identifier, status: after } = statement;
    const versions = known.get(identifier) ?? [];
    const { from } = startOf(statement, versions, change.today);
    return { identifier, before: newestOf(versions)?.status, after, from };
  });
}

function newestOf(versions: readonly Version[]): Version | undefined {
  return versions.reduce<Version | undefined>(
    (newest, each) => (newest === undefined || each.valid_from > newest.valid_from ? each : newest),
    undefined,
  );
}

/** A generator, so that a list of tens of thousands takes no memory for its statements. */
function* statementsOf({
  records,
  puts,
  departures,
}: Pick<RegisterChange, 'records' | 'puts' | 'departures'>): Generator<Statement> {
  const recordColumns = openColumns();
  for (const number of puts) {
    readRecordAt(recordColumns, records, number);
    yield statementOfRecord(recordColumns, detailsAt(records, number));
  }
  for (const departure of departures) yield statementOfDeparture(departure);
}

function detailsAt({ bytes, starts }: PackedRecords, number: number): Uint8Array {
  return bytes.subarray((starts[number] ?? 0) + 1, starts[number + 1]);
}

/** Days and statuses, which most records share. */
const words = byteMemo((text) => text);

function statementOfRecord(record: Columns, details: Uint8Array): Statement {
  const { column } = listLayout;
  const word = (path: ListPath): string => {
    const at = column[path];
    return words(record.bytes, record.starts[at] ?? 0, record.ends[at] ?? 0);
  };
  const validTo = word('validTo');
  const name = isAbsent(record, column['name.latin']) ? column['name.local'] : column['name.latin'];
  return {
    identifier: columnText(record, column.identifier),
    from: word('statusSince'),
    to: validTo === '' || validTo >= openDay ? openDay : addDays(validTo, 1),
    status: word('status') as Status,
    name: isAbsent(record, name) ? null : columnText(record, name),
    details,
    activeFrom: word('validFrom'),
  };
}

function statementOfDeparture(departure: Departure): Statement {
  const { identifier, reason, since } = departure;
  const status = reason === 'revoked' || reason === 'withdrawn' ? reason : 'left';
  const details = JSON.stringify(departure);
  return { identifier, from: since, to: openDay, status, name: null, details, activeFrom: since };
}

/**
 * An active operator counts from its first day on the list, or from the day of its status if it was on the list until that first day.
 * Where the first day is still to come, what is known ends today.
 */
function startOf({ status, from, activeFrom }: Statement, versions: readonly Version[], today: Day): Start {
  const ahead = (status === 'active' || status === 'suspended') && activeFrom > today;
  const onList = ahead ? activeFrom : listedSince(versions, activeFrom);
  const first = status === 'active' && activeFrom > from ? laterDay(from, onList) : from;
  const absentFrom = versions.length > 0 && ahead && today < first ? today : first;
  const isNew = versions.length === 0 || absentFrom < first;
  return { from: first, absentFrom, activeFrom: isNew && activeFrom < first ? activeFrom : first };
}

/** The first day from which the operator was on the list without a break until a day. */
function listedSince(versions: readonly Version[], until: Day): Day {
  let since = until;
  const before = versions.filter(({ valid_from }) => valid_from < until);
  for (const { status, valid_from, valid_to } of before.sort((a, b) => (a.valid_from < b.valid_from ? 1 : -1))) {
    if (valid_to < since || (status !== 'active' && status !== 'suspended')) break;
    since = valid_from;
  }
  return since;
}

const laterDay = (one: Day, other: Day): Day => (one > other ? one : other);

const columns = [
  ...['partner', 'source_message', 'known_from', 'known_to', 'from_list', 'to_list'],
  ...['identifier', 'valid_from', 'valid_to', 'status', 'name', 'details'],
];

type Content = Pick<Statement, 'status' | 'name' | 'details'>;

function* rowsOf(change: RegisterChange, known: KnownVersions, knownAt: Moment): Generator<readonly Value[]> {
  const { partner, sourceMessage, list } = change;
  for (const statement of statementsOf(change)) {
    const { identifier, to } = statement;
    const versions = known.get(identifier) ?? [];
    const row = (from: Day, until: Day, { status, name, details }: Content, source = sourceMessage) => {
      return [partner, source, knownAt, openMoment, list, openOrdinal, identifier, from, until, status, name, details];
    };
    const { from, activeFrom, absentFrom } = startOf(statement, versions, change.today);
    const earlier = versions.filter(({ valid_from }) => valid_from < absentFrom);
    for (const version of earlier) {
      if (absentFrom >= version.valid_to) continue;
      // The remaining part of an earlier version keeps its source message.
      yield row(version.valid_from, absentFrom, version, version.source_message);
    }
    if (absentFrom < activeFrom && earlier.length > 0)
      yield row(absentFrom, activeFrom, statementOfDeparture({ identifier, reason: 'left', since: absentFrom }));
    // The period before the status of a new operator; empty intervals are left out. What it is until it becomes active, no list has said.
    const before = from < to ? from : to;
    const isUnsaid = statement.status === 'active' && from > change.today;
    if (activeFrom < before && !isUnsaid) yield row(activeFrom, before, { ...statement, status: 'active' });
    if (from < to) yield row(from, to, statement);
  }
}

type OfPartner = Pick<RegisterChange, 'partner'>;
const openVersions = preparedOneOf('identifier', 'text', (reader, isOne, { partner }: Places<OfPartner>) => {
  const versions = reader.selectFrom('register_version').selectAll().where('partner', '=', partner);
  return versions.where('known_to', '=', openMoment).where(isOne);
});

type KnownVersions = ReadonlyMap<string, readonly Version[]>;

/** What is known of the operators that a list changes. */
export async function knownVersions(
  tx: Tx,
  change: Pick<RegisterChange, 'partner' | 'records' | 'puts' | 'departures'>,
): Promise<KnownVersions> {
  const { partner, puts, departures } = change;
  const any = tx.selectFrom('register_version').select('n').where('partner', '=', partner).limit(1);
  const count = puts.length + departures.length;
  // A first list, which is long, has no earlier versions to search for.
  if (count === 0 || (count > 1 && (await any.executeTakeFirst()) === undefined)) return new Map();
  const identifiers = Array.from(statementsOf(change), ({ identifier }) => identifier);
  const { rows } = await openVersions(tx, identifiers, { partner });
  return Map.groupBy(rows, ({ identifier }) => identifier);
}
