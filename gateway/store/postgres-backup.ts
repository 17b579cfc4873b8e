/** Backups of a database on a PostgreSQL server, by its own programs: a dump is the state of one moment, while gateways serve. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kysely, sql } from 'kysely';
import { GatewayError, isSystemError } from '../model/errors.ts';
import { openPostgres } from './postgres.ts';

/** Throws E_SYSTEM_REFUSED. */
export async function dumpDatabase(url: string, file: string): Promise<void> {
  await run('pg_dump', ['--format=custom', '--no-owner', '--no-privileges', '--file', file], url);
}

/** Reads its table of contents. Throws E_BACKUP_INVALID, E_SYSTEM_REFUSED. */
export async function checkDump(file: string): Promise<void> {
  const contents = await run('pg_restore', ['--list', file]).catch((cause: unknown) => {
    if (cause instanceof GatewayError && isSystemError(cause.cause)) throw cause;
    throw new GatewayError('E_BACKUP_INVALID', 'it is no dump of a database', { at: file, cause });
  });
  if (!/ TABLE DATA \S+ counter /u.test(contents))
    throw new GatewayError('E_BACKUP_INVALID', 'the dump is not of a gateway', { at: file });
}

/** In one transaction: all of it or nothing. Throws E_SYSTEM_REFUSED. */
export async function restoreDump(url: string, file: string): Promise<void> {
  await run('pg_restore', ['--exit-on-error', '--single-transaction', '--no-owner', '--no-privileges', file], url);
}

/** Throws E_STORE_OCCUPIED, E_STORE_UNREACHABLE. */
export async function requireEmptyDatabase(url: string): Promise<void> {
  const reader = new Kysely({ dialect: openPostgres(url, (error) => error).openReading() });
  try {
    const { rows } = await sql`select 1 from pg_tables where schemaname = any (current_schemas(false))`.execute(reader);
    if (rows.length === 0) return;
    const fix = 'Create an empty database, name it in the settings, and restore into it.';
    throw new GatewayError('E_STORE_OCCUPIED', 'the database has tables', { fix });
  } finally {
    await reader.destroy();
  }
}

const execute = promisify(execFile);

/** Its output is never quoted: it can quote rows. */
async function run(program: 'pg_dump' | 'pg_restore', words: readonly string[], url?: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mra-backup-'));
  try {
    const target = url === undefined ? [] : [`--dbname=${addressOf(url, join(folder, 'password'))}`];
    const { stdout } = await execute(program, [...target, ...words], { maxBuffer: 2 ** 26 });
    return stdout;
  } catch (cause) {
    const missing = isSystemError(cause) && cause.code === 'ENOENT';
    const detail = missing ? `${program} is not installed` : `${program} failed`;
    const fix = missing
      ? 'Install the client programs of PostgreSQL, of the version of the server or a later one.'
      : `Run ${program} by hand: it says why. The account must own the database, and the program be no older than the server.`;
    throw new GatewayError('E_SYSTEM_REFUSED', detail, { fix, cause });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The password goes to a file: the arguments of a program can be seen by other accounts of the machine. */
function addressOf(url: string, passwordFile: string): string {
  const address = new URL(url);
  if (address.password === '') return url;
  const password = decodeURIComponent(address.password).replaceAll(/[\\:]/gu, String.raw`\$&`);
  writeFileSync(passwordFile, `*:*:*:*:${password}\n`, { mode: 0o600 });
  address.password = '';
  address.searchParams.set('passfile', passwordFile);
  return address.href;
}
