/**
 * The register of foreign operators, by effective date (from when a status applies: `valid`, days) and by what was known. That is read as of
 * a list: lists are numbered in the order of their commits, and the clock may be wrong when one is applied. The knowledge dates (`known`)
 * are when that was. Intervals include their start and exclude their end. No version is changed: one that is superseded gets an end of
 * knowledge, and the new one is inserted beside it.
 */

import type { Selectable } from 'kysely';
import type { RegisterFact } from '../model/clearance/answer.ts';
import { addDays } from '../model/day.ts';
import { namesAndRoles, recordOfText } from '../model/record/record-text.ts';
import type { Departure } from '../model/list/list.ts';
import type { Day, ListRecord } from '../model/record/record.ts';
import { oneOf } from './bulk.ts';
import type { Reader } from './database.ts';
import { openDay, openMoment, type Tables } from './tables.ts';

export type Version = Selectable<Tables['register_version']>;
export type Status = RegisterFact['status'];

/** The versions of a partner's operators once the list with this ordinal was applied, and no later one. */
export function versionsAsOf(reader: Reader, partner: string, list: number) {
  return reader
    .selectFrom('register_version')
    .selectAll()
    .where('partner', '=', partner)
    .where('from_list', '<=', list)
    .where('to_list', '>', list);
}

/**
 * The newest version effective on or before the day, as of a list (ordinal). Its `validTo` (inclusive) may be before the day: the operator
 * has then expired, which the caller has to state. `validFrom`: since when the operator has this status. Before the first version it is
 * that one, whose `validFrom` is after the day.
 */
export async function findStatus(
  reader: Reader,
  partner: string,
  identifier: string,
  day: Day,
  list: number,
): Promise<RegisterFact | undefined> {
  const versions = versionsAsOf(reader, partner, list).where('identifier', '=', identifier);
  const newest = versions.where('valid_from', '<=', day).orderBy('valid_from', 'desc');
  const row = (await newest.executeTakeFirst()) ?? (await versions.orderBy('valid_from').executeTakeFirst());
  return row && factOf(row);
}

/** findStatus for several operators of a partner in one query, by identifier. Unknown ones are absent. */
export async function findStatuses(
  reader: Reader,
  partner: string,
  identifiers: readonly string[],
  day: Day,
  list: number,
): Promise<ReadonlyMap<string, RegisterFact>> {
  const rows = await versionsAsOf(reader, partner, list)
    .where(oneOf(reader, 'identifier', identifiers))
    .where('valid_from', '<=', day)
    .orderBy('valid_from')
    .execute();
  return new Map(rows.map((row) => [row.identifier, factOf(row)]));
}

/**
 * The message that stated what was known of an operator once the list of this number (`KR/1/00418`) was applied; that list itself where the
 * register has no such operator. Undefined where the list is not known.
 */
export async function sourceMessage(
  reader: Reader,
  partner: string,
  list: string,
  identifier: string,
): Promise<string | undefined> {
  const [, epoch, sequence] = list.split('/').map(Number);
  const applied = await reader
    .selectFrom('list')
    .select(['message_id', 'ordinal'])
    .where('partner', '=', partner)
    .where('direction', '=', 'in')
    .where('epoch_no', '=', epoch ?? 0)
    .where('sequence', '=', sequence ?? 0)
    .orderBy('ordinal', 'desc')
    .executeTakeFirst();
  if (applied === undefined) return undefined;
  const versions = versionsAsOf(reader, partner, applied.ordinal).where('identifier', '=', identifier);
  const newest = await versions.orderBy('from_list', 'desc').orderBy('n', 'desc').executeTakeFirst();
  return newest?.source_message ?? applied.message_id;
}

/** All that was ever known of an operator, the newest knowledge first, by the day from which it applies. */
export async function versionsOf(reader: Reader, partner: string, identifier: string): Promise<readonly Version[]> {
  const versions = reader.selectFrom('register_version').selectAll().where('partner', '=', partner);
  const own = versions.where('identifier', '=', identifier).orderBy('from_list', 'desc').orderBy('valid_from', 'desc');
  return await own.execute();
}

/**
 * The current record of every operator on a partner's list, as published, or of those with these identifiers. 40,000 records take about
 * 50 MB.
 */
export async function currentRecords(
  reader: Reader,
  partner: string,
  identifiers?: readonly string[],
): Promise<ListRecord[]> {
  if (identifiers?.length === 0) return [];
  const all = reader
    .selectFrom('register_version')
    .select(['identifier', 'details'])
    .where('partner', '=', partner)
    .where('known_to', '=', openMoment)
    .where('status', 'in', ['active', 'suspended'])
    .orderBy('valid_from');
  const chosen = identifiers === undefined ? all : all.where(oneOf(reader, 'identifier', identifiers));
  const rows = await chosen.execute();
  const newest = new Map(rows.map(({ identifier, details }) => [identifier, details]));
  return [...newest.values()].map((details) => detailsOf(details) as ListRecord);
}

/** The columns from which a fact is made. */
export const factColumns = ['identifier', 'status', 'valid_from', 'valid_to', 'name', 'details'] as const;

export function factOf(row: Pick<Version, (typeof factColumns)[number]>): RegisterFact {
  const { latin, local, roles } = listedOf(row.details);
  return {
    identifier: row.identifier,
    status: row.status,
    validFrom: row.valid_from,
    ...(row.valid_to === openDay ? {} : { validTo: addDays(row.valid_to, -1) }),
    ...(row.name === null ? {} : { name: row.name }),
    ...(latin === '' || local === '' ? {} : { otherName: local }),
    roles,
  };
}

type Listed = ReturnType<typeof namesAndRoles>;

/** A departure has no names and roles. */
function listedOf(text: string): Listed {
  if (text.startsWith('[')) return namesAndRoles(text);
  const details = JSON.parse(text) as ListRecord | Departure;
  if (!('roles' in details)) return { latin: '', local: '', roles: [] };
  const { name, roles } = details;
  return { latin: name.latin ?? '', local: name.local ?? '', roles };
}

/** Records are stored as JSON arrays and departures as objects; rows of an older store have records as objects, too. */
export function detailsOf(text: string): ListRecord | Departure {
  return text.startsWith('[') ? recordOfText(text) : (JSON.parse(text) as ListRecord | Departure);
}
