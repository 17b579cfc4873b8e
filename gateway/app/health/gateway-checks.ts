/** What is examined of the gateway itself: its store, the rights of its files, the clock, the disk and its keys. */

import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { examineLog } from '../../audit/seal-log.ts';
import { asGatewayError, isGatewayError } from '../../model/errors.ts';
import { sqliteFile } from '../../store/database.ts';
import { clockJumps, lastEvent } from '../../store/events.ts';
import { filesOf } from '../../store/sqlite-file.ts';
import { behindLastCommit } from '../clock-watch.ts';
import type { OpenGateway } from '../composition.ts';
import { daysLeft, freeBytes } from './disk-growth.ts';
import { dayMs, examineEnd, fail, ok, warn, type Finding } from './finding.ts';
import { measure } from './measures.ts';

const clockWarningDays = 7;
const leastFreeBytes = 1024 ** 3;
/** Until the disk is full, as it grows now. */
const leastDays = 14;
const shownDays = 365;

export async function examineStore({ config, db }: OpenGateway, tryWriting: () => Promise<void>): Promise<Finding> {
  const file = sqliteFile(config.store);
  if (file !== undefined && !existsSync(file)) return ok('store', 'none yet; the first command that writes makes it');
  try {
    await tryWriting();
    return ok('store', `${db.engine}, durable, can be written`, [measure('mra_store_writable', {}, 1)]);
  } catch (error) {
    const { code, detail, fix } = asGatewayError(error);
    const failed = fail('store', `${code}: ${detail}`, fix ?? 'Look at the log.', 'store_unwritable');
    return { ...failed, measures: [measure('mra_store_writable', {}, 0)] };
  }
}

/** Whether the log is the one of which the last checkpoint was signed; `mra audit verify` examines every entry of it. */
export async function examineAudit({ db, config, home }: OpenGateway): Promise<Finding> {
  try {
    const last = await examineLog(db, join(config.data, 'log'), home.country);
    if (last === undefined) return ok('log', 'no checkpoint was signed yet; mra serve signs one every few seconds');
    return ok('log', `entries up to ${last.size} are those that were signed`);
  } catch (error) {
    if (!isGatewayError(error) || !['E_LOG_ALTERED', 'E_KEY_MISSING'].includes(error.code)) throw error;
    return fail('log', error.detail, error.fix ?? 'mra audit verify names the entries.', 'log_altered');
  }
}

/** Names of operators are in the store, and keys beside it: no other account of the machine may read them. */
export function examinePrivacy({ config }: OpenGateway): readonly Finding[] {
  if (process.platform === 'win32') return []; // it has no such bits
  const file = sqliteFile(config.store);
  const files = file === undefined ? [] : filesOf(file).filter((name) => existsSync(name));
  const folders = new Set([config.data, ...(file === undefined ? [] : [dirname(file)])]);
  const open = [...[...folders].filter((name) => existsSync(name)), ...files].filter(
    (path) => (statSync(path).mode & 0o077) !== 0,
  );
  const fix = `Run chmod go-rwx ${open.join(' ')}`;
  return [
    open.length === 0
      ? ok('privacy', 'only this account can enter the data folder')
      : fail('privacy', `other accounts can read ${open.join(', ')}`, fix, 'files_exposed'),
  ];
}

/** The last commit is dated ahead of the clock, or a gateway that served recorded a jump. */
export async function examineClock(gateway: OpenGateway): Promise<Finding> {
  const fix =
    'Let NTP set the clock. Answers rest on the list stored last; compare the times of lists: mra list show PARTNER.';
  const behind = await behindLastCommit(gateway);
  if (behind !== 0) return fail('clock', `${inSeconds(-behind)} behind the last commit`, fix, 'clock_wrong');
  const jump = await lastEvent(gateway.db.sql, clockJumps);
  if (jump === undefined || gateway.now().getTime() - Date.parse(jump.at) > clockWarningDays * dayMs)
    return ok('clock', `no jump in ${clockWarningDays} days`);
  const { milliseconds } = JSON.parse(jump.detail ?? '{}') as { readonly milliseconds: number };
  const way = milliseconds < 0 ? 'backwards' : 'forwards';
  return warn('clock', `jumped ${inSeconds(Math.abs(milliseconds))} ${way} at ${jump.at}`, fix, 'clock_wrong');
}

const inSeconds = (milliseconds: number): string => `${Math.ceil(milliseconds / 1000)} s`;

export async function examineDisk({ config, now }: OpenGateway): Promise<Finding> {
  let folder = config.data;
  while (!existsSync(folder)) folder = dirname(folder); // it is made by the first command that writes
  const free = await freeBytes(folder);
  const days = daysLeft(config.data, { at: now().getTime(), free });
  const growth = days === undefined || days > shownDays ? '' : `, full in ${Math.floor(days)} days as it grows now`;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free at ${config.data}${growth}`;
  const measures = [measure('mra_disk_free_bytes', {}, free)];
  const isFull = free <= leastFreeBytes;
  if (!isFull && (days === undefined || days > leastDays)) return ok('disk', detail, measures);
  const fix = 'Free some space: the gateway accepts nothing that it cannot store.';
  return { ...(isFull ? fail : warn)('disk', detail, fix, 'disk_full'), measures };
}

export function examineKeys({ keyring, now }: OpenGateway): readonly Finding[] {
  if (keyring.list().length === 0) return [warn('keys', 'there are none yet', 'Make them: mra key new.')];
  const { nextTls } = keyring;
  return keyring.list().map(({ name, notAfter }) => {
    const check = `key ${name}`;
    const fix = name.startsWith('tls')
      ? 'Run mra key rotate-tls, and give its certificate to the partners.'
      : 'Create a new key, and exchange its certificate with the partners.';
    const term = (at: number) => measure('mra_key_expiry_timestamp_seconds', { key: name }, at);
    if (name === 'tls' && nextTls !== undefined && nextTls.from < notAfter)
      return ok(check, `another one from ${nextTls.from} on`, [term(Date.parse(notAfter) / 1000)]);
    const causes = ['key_expiring', 'key_expired'] as const;
    return examineEnd({ check, fix, causes, measure: term }, new Date(notAfter), now());
  });
}
