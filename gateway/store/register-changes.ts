/**
 * What changed in the register, in the order of the commits: one row for each operator of which a list says something else than was known,
 * with a number that has no gaps. Who has read up to a number misses nothing by asking for what comes after it.
 */

import { sql } from 'kysely';
import type { Day, Moment } from '../model/record/record.ts';
import { insertMany, oneOf } from './bulk.ts';
import { advanceCounter, readCounter } from './counters.ts';
import type { Reader, Tx } from './database.ts';
import type { BorderTables, ChangeKind } from './border-tables.ts';
import type { Status } from './register.ts';

/** After these an operator is not recognised any more. */
export const restrictions: readonly ChangeKind[] = ['suspended', 'revoked', 'withdrawn', 'left'];

export interface OperatorChange {
  readonly identifier: string;
  readonly before: Status | undefined;
  readonly after: Status;
  /** First day of what is said. */
  readonly from: Day;
}

interface ListOfChanges {
  readonly partner: string;
  readonly list: number;
  readonly knownAt: Moment;
  /** The day of `knownAt` in the partner's calendar. */
  readonly today: Day;
}

/** More than these of one list are not named one by one, unless they are restrictions. */
export const mostNamed = 5_000;

/** Restrictions first. `changes`: each operator at most once; `many` for a first list that is too long to name them. */
export async function recordChanges(
  tx: Tx,
  { partner, list, knownAt, today }: ListOfChanges,
  changes: readonly OperatorChange[] | 'many',
): Promise<void> {
  const rows = changes === 'many' ? [reloaded(today)] : rowsOf(changes, today);
  if (rows.length === 0) return;
  const first = (await advanceCounter(tx, 'register_change', rows.length)) - rows.length + 1;
  const shared = { partner, list, known_at: knownAt };
  await insertMany(
    tx,
    'register_change',
    rows.map((row, i) => ({ n: first + i, ...shared, ...row })),
  );
}

type ChangeRow = Omit<RegisterChange, 'n' | 'partner' | 'list' | 'known_at'>;

function reloaded(today: Day): ChangeRow {
  const nobody = { identifier: '', status_before: null, status_after: null };
  return { ...nobody, kind: 'reloaded', effective_from: today, is_late: 0 };
}

function rowsOf(changes: readonly OperatorChange[], today: Day): readonly ChangeRow[] {
  const rows = changes.map((change): ChangeRow => {
    const { identifier, before = null, after, from } = change;
    const kind = kindOf(change);
    const isLate = restrictions.includes(kind) && from < today;
    const statuses = { status_before: before, status_after: after };
    return { identifier, kind, ...statuses, effective_from: from, is_late: isLate ? 1 : 0 };
  });
  const { restricting = [], others = [] } = Object.groupBy(rows, ({ kind }) =>
    restrictions.includes(kind) ? 'restricting' : 'others',
  );
  return [...restricting, ...(others.length > mostNamed ? [reloaded(today)] : others)];
}

function kindOf({ before, after }: OperatorChange): ChangeKind {
  if (after === before) return 'updated';
  if (after !== 'active') return after;
  return before === 'suspended' ? 'reinstated' : 'listed';
}

/**
 * Takes changes away. In place of the newest of each partner stands that its register is to be read anew: who asks from an older number on
 * misses nothing.
 */
export async function forgetChanges(tx: Tx, numbers: readonly number[]): Promise<void> {
  const gone = tx.selectFrom('register_change').select(({ fn }) => ['partner', fn.max('n').as('n')]);
  const newest = await gone
    .where(oneOf(tx, 'n', numbers))
    .groupBy('partner')
    .execute();
  const kept = newest.map(({ n }) => n);
  for (const { partner, n } of newest) {
    const earlier = tx.deleteFrom('register_change').where('n', '<', n).where('partner', '=', partner);
    await earlier.where('kind', '=', 'reloaded').execute();
  }
  await tx
    .deleteFrom('register_change')
    .where(
      oneOf(
        tx,
        'n',
        numbers.filter((n) => !kept.includes(n)),
      ),
    )
    .execute();
  await tx
    .updateTable('register_change')
    .set({ kind: 'reloaded', identifier: '', status_before: null, status_after: null, is_late: 0 })
    .where(oneOf(tx, 'n', kept))
    .execute();
}

export type RegisterChange = BorderTables['register_change'];

interface ChangesAsked {
  /** The number of the change read last; 0: from the first. */
  readonly after: number;
  readonly limit: number;
  /** Absent: of every partner. */
  readonly partner?: string | undefined;
  /** `restrictions`: what ends a recognition, and what is to be read anew; `others`: the rest; absent: all. */
  readonly lane?: 'restrictions' | 'others' | undefined;
}

/** Oldest first. */
export async function changesAfter(reader: Reader, asked: ChangesAsked): Promise<readonly RegisterChange[]> {
  const { after, limit, partner, lane } = asked;
  let changes = reader.selectFrom('register_change').selectAll().where('n', '>', after).orderBy('n').limit(limit);
  if (partner !== undefined) changes = changes.where('partner', '=', partner);
  const urgent = [...restrictions, 'reloaded'] as const;
  if (lane !== undefined) changes = changes.where('kind', lane === 'restrictions' ? 'in' : 'not in', urgent);
  return await changes.execute();
}

/** The number of the newest change; 0 before the first. */
export async function newestChange(reader: Reader): Promise<number> {
  return await readCounter(reader, 'register_change');
}

interface LateAsked {
  /** Absent: of every partner. */
  readonly partner?: string | undefined;
  /** When they became known: from here to before there. */
  readonly from: Moment;
  readonly to: Moment;
  /** Only changes with a lower number; absent: all. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Restrictions that count from a day before the one on which they became known; the newest first. */
export async function lateRestrictions(
  reader: Reader,
  { partner, from, to, before = Number.MAX_SAFE_INTEGER, limit }: LateAsked,
): Promise<readonly RegisterChange[]> {
  let late = reader.selectFrom('register_change').selectAll().where('is_late', '=', 1).where('n', '<', before);
  if (partner !== undefined) late = late.where('partner', '=', partner);
  return await late
    .where('known_at', '>=', from)
    .where('known_at', '<', to)
    .orderBy('n', 'desc')
    .limit(limit)
    .execute();
}

interface RestrictionDelay {
  /** From the issue of the list that says so until it took effect here. */
  readonly seconds: number;
  readonly operators: number;
}

/** How long the restrictions took that became known from here to before there; those of one list together. */
export async function restrictionDelays(
  reader: Reader,
  { partner, from, to }: Required<Pick<LateAsked, 'from' | 'to'>> & { readonly partner: string },
): Promise<readonly RestrictionDelay[]> {
  // The kinds as the index on them has them.
  const { rows } = await sql<{ list: number; known_at: Moment; operators: number }>`
    select list, known_at, count(*) as operators from register_change
    where partner = ${partner} and known_at >= ${from} and known_at < ${to}
      and kind in ('suspended', 'revoked', 'withdrawn', 'left')
    group by known_at, list`.execute(reader);
  const lists = [...new Set(rows.map(({ list }) => list))];
  const stated = reader.selectFrom('list').select(['ordinal', 'issued_at']).where('partner', '=', partner);
  const found = await stated
    .where('direction', '=', 'in')
    .where(oneOf(reader, 'ordinal', lists))
    .execute();
  const issuedAt = new Map(found.map(({ ordinal, issued_at: issued }) => [ordinal, Date.parse(issued)]));
  return rows.flatMap(({ list, known_at: known, operators }) => {
    const issued = issuedAt.get(list);
    return issued === undefined ? [] : { seconds: Math.max(0, (Date.parse(known) - issued) / 1000), operators };
  });
}
