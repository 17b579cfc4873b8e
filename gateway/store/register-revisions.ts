/** How often the register of each partner was changed, as the store counts it. */

import { CompiledQuery } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import type { Reader } from './database.ts';

/** A reading that takes longer is none: a network that swallows packets is noticed late. */
const longestReadMs = 2_000;

async function inTime<T>(reading: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new GatewayError('E_STORE_UNREACHABLE', `the register was not read within ${longestReadMs} ms`));
  }, longestReadMs);
  try {
    return await Promise.race([reading, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Compiled once: it runs before the queries of every moment. */
const totalOf: CompiledQuery<{ readonly total: number }> = CompiledQuery.raw(
  'select cast(coalesce(sum(revision), 0) as bigint) as total from register_revision',
);

/** The sum of all counts, which only grow. Throws as the store, E_STORE_UNREACHABLE after two seconds. */
export async function readTotal(reader: Reader): Promise<number> {
  const { rows } = await inTime(reader.executeQuery(totalOf));
  return rows[0]?.total ?? 0;
}

/** The count of each partner, likewise. */
export async function readRevisions(reader: Reader): Promise<ReadonlyMap<string, number>> {
  const rows = await inTime(reader.selectFrom('register_revision').selectAll().execute());
  return new Map(rows.map(({ partner, revision }) => [partner, revision]));
}
