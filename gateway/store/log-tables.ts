/** The tables of the tree of the log, and of answers that were given without the store. */

import { randomBytes } from 'node:crypto';
import type { Engine } from './engine.ts';
import { guardsOf, type Types } from './first-tables.ts';
import { openableGuards } from './retention-tables.ts';

/** The name of the log, and hashes of its complete subtrees. */
export function logTables({ text, big, clustered }: Types, engine: Engine): readonly string[] {
  return [
    `create table log_node (level integer not null, i ${big} not null, hash ${text} not null, primary key (level, i)) ${clustered}`,
    `create table log_retired (n ${big} primary key, leaf_hash ${text} not null) ${clustered}`,
    ...guardsOf(engine, ['log_node', 'log_retired']),
    `insert into store_key (name, value) values ('log_id', '${randomBytes(8).toString('hex')}')`,
  ];
}

/** Which entries of the log are answers that were given while the store was away. */
export function spoolTables({ big, clustered }: Types, engine: Engine): readonly string[] {
  return [
    `create table spooled_answer (place ${big} primary key, n ${big} not null) ${clustered}`,
    ...guardsOf(engine, ['spooled_answer']),
    "insert into counter (name, value) values ('spool_range', 0)",
  ];
}

/** Which entries of the log are answers that were given from a snapshot, under numbers that stand for no place. */
export function offlineTables({ text, big, clustered }: Types, engine: Engine): readonly string[] {
  return [
    `create table offline_answer (number ${text} primary key, n ${big} not null) ${clustered}`,
    ...guardsOf(engine, ['offline_answer']),
    ...openableGuards(engine, ['offline_answer']),
  ];
}
