/** What is true after a simulated time: which lists differ, which numbers were given twice, and how large the store is. */

import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { sqliteFile } from '../../gateway/store/database.ts';
import { findStream } from '../../gateway/store/streams.ts';
import type { Side } from './side.ts';

/** Bytes of all bodies, and of the file. */
export interface Size {
  readonly bodies: number;
  readonly file: number;
}

export async function sizeOf(side: Side): Promise<Size> {
  const { db, config } = side.gateway();
  const sizes = db.sql.selectFrom('body').select(({ fn }) => fn.sum<number>(fn('length', ['bytes'])).as('bytes'));
  const { bytes } = await sizes.executeTakeFirstOrThrow();
  return { bodies: bytes, file: statSync(sqliteFile(config.store) ?? '').size };
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
