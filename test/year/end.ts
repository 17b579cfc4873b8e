/** What is true after a simulated time: which lists differ, which numbers were given twice, and how large the store is. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { sqliteFile } from '../../gateway/store/database.ts';
import { findStream } from '../../gateway/store/streams.ts';
import type { Side } from './side.ts';

export interface Size {
  readonly day: number;
  /** Bytes of all bodies, of the file, and of the signed checkpoints beside it. */
  readonly bodies: number;
  readonly file: number;
  readonly checkpoints: number;
  readonly rows: Readonly<Record<string, number>>;
}

export async function sizeOf(side: Side, day: number): Promise<Size> {
  const { db, config } = side.gateway();
  const sizes = db.sql.selectFrom('body').select(({ fn }) => fn.sum<number>(fn('length', ['bytes'])).as('bytes'));
  const { bytes } = await sizes.executeTakeFirstOrThrow();
  const { rows: tables } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'
    and name not like 'sqlite%' and name not like 'kysely%' order by name`.execute(db.sql);
  const counts = await Array.fromAsync(tables, async ({ name }) => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(db.sql);
    return [name, rows[0]?.n ?? 0] as const;
  });
  const file = statSync(sqliteFile(config.store) ?? '').size;
  const checkpoints = statSync(join(config.data, 'log', 'checkpoints')).size;
  return { day, bodies: bytes, file, checkpoints, rows: Object.fromEntries(counts) };
}

/** Tables that keep a row for each list or key of a partner, or decision of a person, as docs/backup.md says. */
const keptForEver = ['body', 'inbox', 'inbound_id', 'list', 'event', 'operator_import', 'log_node', 'partner_key'];
/** Until the file of checkpoints is full, their leaf hashes stay. */
const keptLonger = ['log_retired'];

/** Tables that grew from the middle to the end, though what they keep is bounded. */
export function growthBeyond(middle: Size, end: Size): readonly string[] {
  return Object.entries(end.rows).flatMap(([name, rows]) => {
    const before = middle.rows[name] ?? 0;
    const isFree = keptForEver.includes(name) || keptLonger.includes(name) || rows < 200;
    return isFree || rows <= 1.3 * before ? [] : [`${name} grew from ${String(before)} to ${String(rows)} rows`];
  });
}

/** Sent and received. */
export async function messagesOf(side: Side): Promise<number> {
  const { sql } = side.gateway().db;
  const tables = (['message', 'inbox'] as const).map((table) =>
    sql
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow(),
  );
  return (await Promise.all(tables)).reduce((sum, { n }) => sum + n, 0);
}

/** In each direction the receiver holds the list that was sent. */
export async function differences(us: Side, others: readonly Side[]): Promise<readonly string[]> {
  const both = others.flatMap((other) => [[us, other] as const, [other, us] as const]);
  const faults = both.map(async ([from, to]) => {
    const sent = (await findStream(from.gateway().db.sql, to.country, 'out'))?.position;
    const held = (await findStream(to.gateway().db.sql, from.country, 'in'))?.position;
    // Where lists state no chain, each side computes its own.
    const isChained = from.gateway().partners.get(to.country)?.adapter.stream.discipline === 'chained';
    const agrees = isChained ? isDeepStrictEqual(held, sent) : held?.root === sent?.root;
    return sent !== undefined && agrees ? [] : [`${to.country} holds another list of ${from.country} than was sent`];
  });
  return (await Promise.all(faults)).flat();
}

/** Of the lists that partners took from us. */
export async function repeatedNumbers(others: readonly Side[]): Promise<readonly string[]> {
  const faults = others.map(async ({ country, gateway }) => {
    const lists = gateway().db.sql.selectFrom('list').select(['epoch_no', 'sequence']).where('direction', '=', 'in');
    const numbers = (await lists.execute()).map(
      ({ epoch_no: epoch, sequence }) => `${String(epoch)}/${String(sequence)}`,
    );
    return new Set(numbers).size < numbers.length ? [`${country} took a number twice`] : [];
  });
  return (await Promise.all(faults)).flat();
}
