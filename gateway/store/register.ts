/**
 * The register of foreign operators, on two axes of time: when something was true (`valid`, days), and when we knew it
 * (`known`, moments). Intervals include their begin and exclude their end. What was known is never changed: a version
 * that turns out otherwise is closed in knowledge, and what is known now is written beside it.
 */

import type { Selectable } from 'kysely';
import type { RegisterFact } from '../model/answer.ts';
import { recordOfText } from '../model/digest.ts';
import type { Departure, ListRecord } from '../model/list.ts';
import type { Published } from '../model/mirror.ts';
import type { Day, Moment } from '../model/record.ts';
import { inSlices, insertMany, oneOf } from './bulk.ts';
import type { Reader, Tx } from './database.ts';
import { openDay, openMoment } from './tables.ts';
import type { RegisterTable } from './tables.ts';

export interface RegisterChange {
  readonly partner: string;
  readonly knownAt: Moment;
  readonly sourceMessage: string;
  /** Records, each with its canonical text, which is what is kept. */
  readonly puts: readonly Pick<Published, 'record' | 'text'>[];
  readonly departures: readonly Departure[];
}

export type Version = Selectable<RegisterTable>;
type NewVersion = Omit<Version, 'n'>;
type Status = RegisterFact['status'];

/** What is stated about one operator: from a day on it has this status. */
interface Statement {
  readonly identifier: string;
  readonly from: Day;
  /** Exclusive. */
  readonly to: Day;
  readonly status: Status;
  readonly name: string | null;
  /** Canonical text of the record, or the departure as JSON. */
  readonly details: string;
  /** Stated along with the first record of an operator: it was active from here to `from`. */
  readonly activeFrom?: Day;
}

/**
 * Applies what a list says. A record with a status since day D: what was known to hold from D on is no longer known, the
 * status holds from D to the end of validity. A departure likewise, without an end.
 * Each operator at most once in a change. Knowledge never runs backwards: should the clock stand before what is known
 * already, the later moment counts. Says that moment.
 */
export async function applyToRegister(tx: Tx, change: RegisterChange): Promise<Moment> {
  const statements = [...change.puts.map(statementOfRecord), ...change.departures.map(statementOfDeparture)];
  const known = await knownVersions(tx, change.partner, statements);
  let knownAt = change.knownAt;
  for (const versions of known.values()) {
    for (const { known_from } of versions) if (known_from > knownAt) knownAt = known_from;
  }
  const closed: number[] = [];
  const written: NewVersion[] = [];
  const fresh = { partner: change.partner, known_from: knownAt, known_to: openMoment };
  for (const statement of statements) {
    const versions = known.get(statement.identifier);
    for (const version of versions ?? []) {
      if (version.valid_to <= statement.from) continue;
      closed.push(version.n);
      if (version.valid_from < statement.from) written.push(cut(version, statement.from, knownAt));
    }
    const source = { ...fresh, source_message: change.sourceMessage };
    if (versions === undefined) pushVersion(written, source, beforeStatement(statement));
    pushVersion(written, source, statement);
  }
  await closeVersions(tx, closed, knownAt);
  await insertMany(tx, 'register_version', written);
  return knownAt;
}

function statementOfRecord({ record, text }: RegisterChange['puts'][number]): Statement {
  const { identifier, status, statusSince, validFrom, validTo, name } = record;
  return {
    identifier,
    from: statusSince,
    to: validTo === undefined || validTo >= openDay ? openDay : nextDay(validTo),
    status,
    name: name.latin ?? name.local ?? null,
    details: text,
    ...(validFrom < statusSince ? { activeFrom: validFrom } : {}),
  };
}

function statementOfDeparture(departure: Departure): Statement {
  const { identifier, reason, since } = departure;
  const status = reason === 'revoked' || reason === 'withdrawn' ? reason : 'left';
  return { identifier, from: since, to: openDay, status, name: null, details: JSON.stringify(departure) };
}

/** The time before the status of an operator seen for the first time; empty when nothing is stated about it. */
function beforeStatement({ activeFrom, ...statement }: Statement): Statement {
  const to = statement.from < statement.to ? statement.from : statement.to;
  return { ...statement, from: activeFrom ?? to, to, status: 'active' };
}

function pushVersion(
  written: NewVersion[],
  source: Pick<NewVersion, 'partner' | 'known_from' | 'known_to' | 'source_message'>,
  { identifier, from, to, status, name, details }: Statement,
): void {
  if (from >= to) return; // an empty interval states nothing
  written.push({
    ...source,
    identifier,
    valid_from: from,
    valid_to: to,
    status,
    name,
    details,
  });
}

/** What is left of a version before a day. It keeps its source: that message said so. */
function cut(version: Version, to: Day, knownAt: Moment): NewVersion {
  const { partner, identifier, valid_from, status, name, details, source_message } = version;
  const known = { known_from: knownAt, known_to: openMoment };
  return { partner, identifier, valid_from, valid_to: to, ...known, status, name, details, source_message };
}

/** What is known now about the operators named, by identifier. */
async function knownVersions(
  tx: Tx,
  partner: string,
  statements: readonly Statement[],
): Promise<ReadonlyMap<string, Version[]>> {
  if (statements.length === 0) return new Map();
  const identifiers = statements.map(({ identifier }) => identifier);
  const rows = await tx
    .selectFrom('register_version')
    .selectAll()
    .where('partner', '=', partner)
    .where('known_to', '=', openMoment)
    .where(oneOf(tx, 'identifier', identifiers))
    .execute();
  return Map.groupBy(rows, ({ identifier }) => identifier);
}

async function closeVersions(tx: Tx, numbers: readonly number[], knownAt: Moment): Promise<void> {
  await inSlices(numbers, async (some) => {
    await tx
      .updateTable('register_version')
      .set({ known_to: knownAt })
      .where(oneOf(tx, 'n', some))
      .execute();
  });
}

/**
 * The newest version that began on or before the day, as known at `knownAt`. Its `validTo` (inclusive) may lie before
 * the day: then the operator has expired, and saying so is the caller's. `validFrom` is since when it has this status.
 */
export async function findStatus(
  reader: Reader,
  partner: string,
  identifier: string,
  day: Day,
  knownAt: Moment,
): Promise<RegisterFact | undefined> {
  const row = await knownAsOf(reader, partner, identifier, knownAt).where('valid_from', '<=', day).executeTakeFirst();
  return row === undefined ? undefined : factOf(row);
}

/** The newest version known at `knownAt`, whenever it is or will be true. */
export async function lastKnown(
  reader: Reader,
  partner: string,
  identifier: string,
  knownAt: Moment,
): Promise<RegisterFact | undefined> {
  const row = await knownAsOf(reader, partner, identifier, knownAt).executeTakeFirst();
  return row === undefined ? undefined : factOf(row);
}

function knownAsOf(reader: Reader, partner: string, identifier: string, knownAt: Moment) {
  return reader
    .selectFrom('register_version')
    .selectAll()
    .where('partner', '=', partner)
    .where('identifier', '=', identifier)
    .where('known_from', '<=', knownAt)
    .where('known_to', '>', knownAt)
    .orderBy('valid_from', 'desc')
    .limit(1);
}

/** What is known of every operator that a partner lists, as published. For a list of 40,000 about 50 MB. */
export async function currentRecords(reader: Reader, partner: string): Promise<ListRecord[]> {
  const rows = await reader
    .selectFrom('register_version')
    .select(['identifier', 'details'])
    .where('partner', '=', partner)
    .where('known_to', '=', openMoment)
    .where('status', 'in', ['active', 'suspended'])
    .orderBy('valid_from')
    .execute();
  const newest = new Map(rows.map(({ identifier, details }) => [identifier, details]));
  return [...newest.values()].map((details) => detailsOf(details) as ListRecord);
}

/** One version with both its intervals. */
export interface HistoryEntry extends RegisterFact {
  /** Absent while it is what we know. */
  readonly knownTo?: Moment;
  /** What the source said: the record, or the departure. */
  readonly details: ListRecord | Departure;
}

/** Everything ever known about an operator, in the order in which it became known. */
export async function historyOf(reader: Reader, partner: string, identifier: string): Promise<HistoryEntry[]> {
  const rows = await reader
    .selectFrom('register_version')
    .selectAll()
    .where('partner', '=', partner)
    .where('identifier', '=', identifier)
    .orderBy('known_from')
    .orderBy('valid_from')
    .execute();
  return rows.map((row) => ({
    ...factOf(row),
    ...(row.known_to === openMoment ? {} : { knownTo: row.known_to }),
    details: detailsOf(row.details),
  }));
}

export function factOf(row: Version): RegisterFact {
  const details = detailsOf(row.details);
  return {
    identifier: row.identifier,
    status: row.status as Status,
    validFrom: row.valid_from,
    ...(row.valid_to === openDay ? {} : { validTo: dayBefore(row.valid_to) }),
    ...(row.name === null ? {} : { name: row.name }),
    roles: 'roles' in details ? details.roles : [],
    knownFrom: row.known_from,
    sourceMessage: row.source_message,
  };
}

/** Texts of records are arrays, those of departures objects; rows of an older store hold records as objects too. */
export function detailsOf(text: string): ListRecord | Departure {
  return text.startsWith('[') ? recordOfText(text) : (JSON.parse(text) as ListRecord | Departure);
}

const nextDay = (day: Day): Day => shiftDay(day, 1);
const dayBefore = (day: Day): Day => shiftDay(day, -1);

function shiftDay(day: Day, days: number): Day {
  const date = new Date(`${day}T00:00:00.000Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** What findStatus says of each of several operators of a partner, by identifier; those unknown are left out. One query. */
export async function findStatuses(
  reader: Reader,
  partner: string,
  identifiers: readonly string[],
  day: Day,
  knownAt: Moment,
): Promise<ReadonlyMap<string, RegisterFact>> {
  const rows = await reader
    .selectFrom('register_version')
    .selectAll()
    .where('partner', '=', partner)
    .where(oneOf(reader, 'identifier', identifiers))
    .where('known_from', '<=', knownAt)
    .where('known_to', '>', knownAt)
    .where('valid_from', '<=', day)
    .orderBy('valid_from')
    .execute();
  return new Map(rows.map((row) => [row.identifier, factOf(row)]));
}
