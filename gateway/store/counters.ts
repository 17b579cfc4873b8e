/** Numbers without gaps. */

import { sql, type CompiledQuery, type DialectAdapter, type Kysely, type Transaction } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import type { Tables } from './tables.ts';

type Counter =
  | 'alarm'
  | 'client_revision'
  | 'entry_event'
  | 'event'
  | 'opened'
  | 'operator_revision'
  | 'partner_revision'
  | 'probe'
  | 'searchable'
  | 'lists_wait'
  | 'retention_open'
  | 'retention_night'
  | 'register_change'
  | 'spool_range';

type Advanced = Pick<Tables['counter'], 'value'>;

/** Compiled once for a store: every group of answers takes numbers, and compiling took as long as executing. */
const compiled = new WeakMap<DialectAdapter, CompiledQuery<Advanced>>();

function advanceOf(tx: Transaction<Tables>): CompiledQuery<Advanced> {
  const { adapter } = tx.getExecutor();
  let advance = compiled.get(adapter);
  if (advance === undefined) {
    const update = tx.updateTable('counter').set({ value: sql`value + ${0}` });
    advance = update.where('name', '=', 'event').returning('value').compile();
    compiled.set(adapter, advance);
  }
  return advance;
}

/**
 * Adds to a counter and returns its new value. The row stays locked until the transaction ends: a transaction that reads a number
 * also sees everything written under lower numbers.
 */
export async function advanceCounter(tx: Transaction<Tables>, name: Counter, by = 1): Promise<number> {
  const { rows } = await tx.executeQuery<Advanced>({ ...advanceOf(tx), parameters: [by, name] });
  const [counter] = rows;
  if (counter === undefined) throw new GatewayError('E_STORE_SCHEMA', `there is no counter ${name}`);
  return counter.value;
}

export async function readCounter(reader: Kysely<Tables>, name: Counter): Promise<number> {
  const counter = reader.selectFrom('counter').select('value').where('name', '=', name);
  return (await counter.executeTakeFirstOrThrow()).value;
}
