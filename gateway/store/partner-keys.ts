/** Certificates and keys that commands and announcements add, beside those of the settings. A change of any raises `partner_revision`. */

import type { KeyUse, OwnKeyState } from '../model/partner-key.ts';
import type { Digest } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import { advanceCounter, readCounter } from './counters.ts';
import type { Reader, Tx } from './database.ts';
import { changesOne, fromRow, type FromRow } from './rows.ts';
import type { Tables } from './tables.ts';

export type PartnerKey = FromRow<Tables['partner_key']>;
export type StoredPartner = FromRow<Tables['partner_setting']>;

/** Counts the changes: a gateway that finds another number than before takes partners and keys again. */
export function partnerRevision(reader: Reader): Promise<number> {
  return readCounter(reader, 'partner_revision');
}

/** Other changes of partners and keys wait until this transaction ends; gateways that serve take partners again after it. */
export async function changePartners(tx: Tx): Promise<void> {
  await advanceCounter(tx, 'partner_revision');
}

export async function storedPartners(reader: Reader): Promise<readonly StoredPartner[]> {
  const rows = await reader.selectFrom('partner_setting').selectAll().orderBy('partner').execute();
  return rows.map(fromRow);
}

/** Adds a partner, or replaces what was stored of it. */
export async function savePartner(tx: Tx, row: Tables['partner_setting']): Promise<void> {
  const { partner: _, ...changed } = row;
  const insert = tx.insertInto('partner_setting').values(row);
  await insert.onConflict((known) => known.column('partner').doUpdateSet(changed)).execute();
}

/** All, or those of one partner; the oldest first. */
export async function partnerKeys(reader: Reader, partner?: string): Promise<readonly PartnerKey[]> {
  const all = reader.selectFrom('partner_key').selectAll().orderBy('at').orderBy('fingerprint');
  const rows = await (partner === undefined ? all : all.where('partner', '=', partner)).execute();
  return rows.map(fromRow);
}

/** A certificate of a partner: added, or with other days than before. */
export async function saveTheirKey(
  tx: Tx,
  key: {
    readonly partner: string;
    readonly use: KeyUse;
    readonly fingerprint: Digest;
    readonly certificate: string;
    readonly name?: string | undefined;
    readonly from?: Moment | undefined;
    readonly until?: Moment | undefined;
    readonly replaces?: Digest | undefined;
    /** Why it was revoked; absent: it is accepted. */
    readonly revoked?: string | undefined;
    readonly at: Moment;
  },
): Promise<void> {
  const { partner, use, fingerprint, certificate, name, from, until, replaces, revoked, at } = key;
  const state: PartnerKey['state'] = revoked === undefined ? 'accepted' : 'revoked';
  const values = {
    ...{ certificate, state, at, name: name ?? null, from_at: from ?? null, until_at: until ?? null },
    ...{ replaces: replaces ?? null, reason: revoked ?? null },
  };
  const insert = tx.insertInto('partner_key').values({ partner, side: 'theirs', use, fingerprint, ...values });
  await insert
    .onConflict((known) => known.columns(['partner', 'side', 'use', 'fingerprint']).doUpdateSet(values))
    .execute();
}

/** A new key of ours. Throws for a second one that is not settled yet. */
export async function addOwnKey(
  tx: Tx,
  key: Omit<Tables['partner_key'], 'side' | 'reason'> & { readonly state: OwnKeyState },
): Promise<void> {
  await tx
    .insertInto('partner_key')
    .values({ ...key, side: 'ours', reason: null })
    .execute();
}

/** New keys of ours that are not in use yet, of all partners. */
export async function openOwnKeys(reader: Reader): Promise<readonly PartnerKey[]> {
  const open = reader.selectFrom('partner_key').selectAll().where('side', '=', 'ours');
  const rows = await open.where('state', 'in', ['announced', 'probed', 'confirmed']).execute();
  return rows.map(fromRow);
}

/** Moves a key of ours from one state to the next. False: another gateway was first, and nothing changes. */
export async function moveOwnKey(
  tx: Tx,
  { partner, use, fingerprint, state }: Pick<PartnerKey, 'partner' | 'use' | 'fingerprint' | 'state'>,
  to: {
    readonly state: OwnKeyState;
    readonly certificate?: string;
    readonly message_id?: string;
    readonly reason?: string;
    readonly at: Moment;
  },
): Promise<boolean> {
  const update = tx.updateTable('partner_key').set(to).where('partner', '=', partner).where('side', '=', 'ours');
  return await changesOne(
    update.where('use', '=', use).where('fingerprint', '=', fingerprint).where('state', '=', state),
  );
}
