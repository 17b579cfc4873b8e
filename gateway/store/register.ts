/**
 * The register of foreign operators, on two axes of time: when something was true (`valid`, days), and when we knew it
 * (`known`, moments). Intervals include their begin and exclude their end. What was known is never changed: a version
 * that turns out otherwise is closed in knowledge, and what is known now is written beside it.
 */

import type { Selectable } from 'kysely';
import type { RegisterFact } from '../model/clearance/answer.ts';
import { recordOfText } from '../model/list/digest.ts';
import type { Departure, ListRecord } from '../model/list/list.ts';
import type { Day, Moment } from '../model/record/domestic-record.ts';
import { oneOf } from './bulk.ts';
import type { Reader } from './database.ts';
import { openDay, openMoment } from './tables.ts';
import type { RegisterTable } from './tables.ts';

export type Version = Selectable<RegisterTable>;
export type Status = RegisterFact['status'];

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

export const nextDay = (day: Day): Day => shiftDay(day, 1);
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
