/** Numbers without gaps. */

import { sql, type Kysely, type Transaction } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import { prepared, type Places } from './prepared.ts';
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

const advance = prepared((writer, value: Places<{ readonly name: Counter; readonly by: number }>) => {
  const counter = writer.updateTable('counter').set({ value: sql`value + ${value.by}` });
  return counter.where('name', '=', value.name).returning('value');
});

/**
 * Adds to a counter and returns its new value. The row stays locked until the transaction ends: a transaction that reads a number also sees
 * everything written under lower numbers.
 */
export async function advanceCounter(tx: Transaction<Tables>, name: Counter, by = 1): Promise<number> {
  const { rows } = await advance(tx, { name, by });
  const [counter] = rows;
  if (counter === undefined) throw new GatewayError('E_STORE_SCHEMA', `there is no counter ${name}`);
  return counter.value;
}

export async function readCounter(reader: Kysely<Tables>, name: Counter): Promise<number> {
  const counter = reader.selectFrom('counter').select('value').where('name', '=', name);
  return (await counter.executeTakeFirstOrThrow()).value;
}
