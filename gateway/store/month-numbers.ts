/** Counts of a month that both sides of an exchange know, from our own store, and as they were compared with those of the partner. */

import { sql } from 'kysely';
import type { ComparedNumber, MonthNumbers } from '../model/outcomes/agreed-numbers.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader, Tx } from './database.ts';
import type { StreamDirection } from './streams.ts';
import type { MonthNumberTables } from './month-number-tables.ts';

/** `month`: `2026-10`, in UTC, as lists state when they were issued. */
export interface NumbersQuery {
  readonly partner: string;
  readonly month: string;
}

type ListRow = {
  readonly kind: string;
  readonly count: number;
  readonly issuedAt: Moment;
  readonly isPartial: boolean;
};

/** Of our lists that the partner took; `open`: those without a verdict. */
export async function numbersOfSent(
  reader: Reader,
  query: NumbersQuery,
): Promise<{ readonly open: number; readonly numbers: MonthNumbers }> {
  const rows = await listsOf(reader, query, 'out')
    .innerJoin('message', 'message.id', 'list.message_id')
    .select('message.state')
    .execute();
  const taken = rows.filter(({ state }) => state === 'ACCEPTED' || state === 'PARTIAL' || state === 'CLOSED');
  const open = rows.filter(({ state }) => state === 'SEALED' || state === 'HANDED_OVER').length;
  return { open, numbers: numbersIn(taken.map((row) => ({ ...row, isPartial: row.state === 'PARTIAL' }))) };
}

/** Of the partner's lists that were applied here. */
export async function numbersOfReceived(reader: Reader, query: NumbersQuery): Promise<MonthNumbers> {
  const refused = sql<number>`exists (select 1 from record_result where record_result.partner = list.partner
    and record_result.message_id = list.message_id)`;
  const rows = await listsOf(reader, query, 'in').select(refused.as('refused')).execute();
  return numbersIn(rows.map((row) => ({ ...row, isPartial: Boolean(row.refused) })));
}

function listsOf(reader: Reader, { partner, month }: NumbersQuery, direction: StreamDirection) {
  return reader
    .selectFrom('list')
    .select(['list.kind', 'list.count', 'list.issued_at as issuedAt'])
    .where('list.partner', '=', partner)
    .where('list.direction', '=', direction)
    .where('list.issued_at', '>=', month)
    .where('list.issued_at', '<', `${month}-99`)
    .orderBy('list.ordinal');
}

function numbersIn(lists: readonly ListRow[]): MonthNumbers {
  return {
    lists: lists.length,
    full_lists: lists.filter(({ kind }) => kind === 'full').length,
    days: new Set(lists.map(({ issuedAt }) => issuedAt.slice(0, 10))).size,
    operators: lists.at(-1)?.count ?? 0,
    partial_lists: lists.filter(({ isPartial }) => isPartial).length,
  };
}

/** In which the first list between us and the partner was issued; undefined before it. */
export async function firstMonth(reader: Reader, partner: string): Promise<string | undefined> {
  const lists = reader.selectFrom('list').where('partner', '=', partner);
  const { first } = await lists.select(({ fn }) => fn.min('issued_at').as('first')).executeTakeFirstOrThrow();
  return (first as string | null)?.slice(0, 7);
}

export async function saveNumbers(
  tx: Tx,
  { partner, month }: NumbersQuery,
  compared: readonly ComparedNumber[],
  at: Moment,
): Promise<void> {
  await tx.deleteFrom('month_number').where('partner', '=', partner).where('month', '=', month).execute();
  const rows = compared.map((each) => ({ partner, month, ...each, compared_at: at }));
  await tx.insertInto('month_number').values(rows).execute();
}

/** The newest month first; of one partner, or of all. */
export async function savedNumbers(
  reader: Reader,
  { partner, from, to }: { readonly partner?: string; readonly from: string; readonly to: string },
): Promise<readonly MonthNumberTables['month_number'][]> {
  const rows = reader.selectFrom('month_number').selectAll().where('month', '>=', from).where('month', '<=', to);
  const chosen = partner === undefined ? rows : rows.where('partner', '=', partner);
  return await chosen.orderBy('partner').orderBy('month', 'desc').orderBy('direction', 'desc').execute();
}
