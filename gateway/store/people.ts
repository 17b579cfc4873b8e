/** People of the office and their sessions. Secrets are not here: of passwords what scrypt made of them, of links and sessions a digest. */

import type { Moment } from '../model/record/record.ts';
import { oneOf } from './bulk.ts';
import type { Reader, Tx } from './database.ts';
import { changesOne, fromRow, type FromRow } from './rows.ts';
import type { Tables } from './tables.ts';

export type PersonRow = FromRow<Tables['person']>;
type SessionRow = FromRow<Tables['session']>;

/** False: the id is known already, also of a person who is disabled. */
export async function addPersonRow(
  tx: Tx,
  person: Pick<Tables['person'], 'id' | 'name' | 'roles' | 'partner' | 'at' | 'subject'>,
): Promise<boolean> {
  const none = { password: null, link_hash: null, link_until: null, failed: 0, failed_at: null };
  const insert = tx
    .insertInto('person')
    .values({ ...person, ...none, state: 'active' })
    .onConflict((known) => known.column('id').doNothing());
  return await changesOne(insert);
}

export async function listPeople(reader: Reader): Promise<readonly PersonRow[]> {
  return (await reader.selectFrom('person').selectAll().orderBy('id').execute()).map(fromRow);
}

export async function findPerson(
  reader: Reader,
  key: Partial<Pick<Tables['person'], 'id' | 'link_hash' | 'subject'>>,
): Promise<PersonRow | undefined> {
  const [[column, value] = ['id', ''] as const] = Object.entries(key) as ['id' | 'link_hash' | 'subject', string][];
  const row = await reader.selectFrom('person').selectAll().where(column, '=', value).executeTakeFirst();
  return row && fromRow(row);
}

export async function peopleOf(reader: Reader, ids: readonly string[]): Promise<readonly PersonRow[]> {
  const found = reader
    .selectFrom('person')
    .selectAll()
    .where(oneOf(reader, 'id', ids));
  return (await found.execute()).map(fromRow);
}

export async function changePerson(
  tx: Tx,
  id: string,
  change: Partial<Omit<Tables['person'], 'id' | 'at'>>,
): Promise<boolean> {
  return await changesOne(tx.updateTable('person').set(change).where('id', '=', id));
}

export async function addSession(tx: Tx, session: Tables['session']): Promise<void> {
  // Sessions that have ended are of no use to anybody.
  await tx.deleteFrom('session').where('ends_at', '<=', session.created_at).execute();
  await tx.insertInto('session').values(session).execute();
}

export async function findSessionRow(
  reader: Reader,
  hash: string,
  kind: SessionRow['kind'],
): Promise<{ readonly session: SessionRow; readonly person: PersonRow } | undefined> {
  const found = reader.selectFrom('session').selectAll().where('hash', '=', hash).where('kind', '=', kind);
  const session = await found.executeTakeFirst();
  const person = session && (await findPerson(reader, { id: session.person }));
  return session && person && { session: fromRow(session), person };
}

export async function sessionsOf(
  reader: Reader,
  person: string,
  kind: SessionRow['kind'],
): Promise<readonly SessionRow[]> {
  const found = reader.selectFrom('session').selectAll().where('person', '=', person).where('kind', '=', kind);
  return (await found.orderBy('created_at').execute()).map(fromRow);
}

export async function touchSession(tx: Tx, hash: string, at: Moment): Promise<void> {
  await tx.updateTable('session').set({ seen_at: at }).where('hash', '=', hash).execute();
}

/** Of one session, or of all of a person. */
export async function endSessions(
  tx: Tx,
  which: { readonly hash: string } | { readonly person: string },
): Promise<void> {
  const [column, value] = 'hash' in which ? (['hash', which.hash] as const) : (['person', which.person] as const);
  await tx.deleteFrom('session').where(column, '=', value).execute();
}
