/** Finds, page by page, the operators that lists changed: a list of a hundred thousand must not block other work. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Reader } from './database.ts';
import type { Version } from './register.ts';
import { openOrdinal } from './tables.ts';

interface Since {
  /** The largest known row number of a version. */
  readonly newest: number;
  /** Ordinals of lists: the known one, and the one up to which changes are wanted. */
  readonly from: number;
  readonly to: number;
  /** Versions read at a time. */
  readonly page: number;
}

type Changed = Pick<Version, 'n' | 'to_list' | 'identifier'>;

/** Yields pages of the operators whose versions lists added or superseded since then, each operator once. Other work runs between pages. */
export async function* changedOperators(
  reader: Reader,
  partner: string,
  since: Since,
): AsyncGenerator<readonly string[]> {
  const known = new Set<string>();
  for (const pages of [addedVersions(reader, partner, since), supersededVersions(reader, partner, since)])
    for await (const versions of pages) {
      const fresh = new Set(versions.map(({ identifier }) => identifier)).difference(known);
      for (const identifier of fresh) known.add(identifier);
      if (fresh.size > 0) yield [...fresh];
      await nextTurn();
    }
}

async function* addedVersions(
  reader: Reader,
  partner: string,
  { newest, page }: Since,
): AsyncGenerator<readonly Changed[]> {
  // By row number: the partner's index would lead to all its versions.
  const versions = versionsOf(reader, page)
    .where(sql`partner || ''`, '=', partner)
    .orderBy('n');
  let last: number | undefined = newest;
  while (last !== undefined) {
    const rows: readonly Changed[] = await versions.where('n', '>', last).execute();
    yield rows;
    last = rows.length < page ? undefined : rows.at(-1)?.n;
  }
}

async function* supersededVersions(
  reader: Reader,
  partner: string,
  { from, to, page }: Since,
): AsyncGenerator<readonly Changed[]> {
  const versions = versionsOf(reader, page)
    .where('partner', '=', partner)
    .where('to_list', '<=', to)
    .where('to_list', '<', sql.lit(openOrdinal));
  let last: Pick<Changed, 'n' | 'to_list'> | undefined = { to_list: from, n: Number.MAX_SAFE_INTEGER };
  while (last !== undefined) {
    // First the rest of one list, then the others: a single condition for both would skip what was already read of the list.
    const rest: readonly Changed[] = await versions
      .where('to_list', '=', last.to_list)
      .where('n', '>', last.n)
      .orderBy('n')
      .execute();
    const later = versions.where('to_list', '>', last.to_list).orderBy('to_list').orderBy('n');
    const rows: readonly Changed[] = rest.length < page ? [...rest, ...(await later.execute())] : rest;
    yield rows;
    last = rows.length < page ? undefined : rows.at(-1);
  }
}

function versionsOf(reader: Reader, page: number) {
  return reader.selectFrom('register_version').select(['n', 'to_list', 'identifier']).limit(page);
}
