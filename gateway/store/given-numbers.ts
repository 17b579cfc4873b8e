/**
 * The numbers that were given out, in a file beside the store. They are noted before a list with its number leaves the gateway, so a store
 * that has fewer of them is an older copy, whatever way it came to its place.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { sqliteFile, type GivenNumber, type Reader } from './database.ts';
import { storeError } from './sqlite-errors.ts';
import { makePrivateFile, openFile } from './sqlite-file.ts';

export interface GivenNumbers {
  /** Numbers were noted there before it was opened. */
  readonly known: boolean;
  /** Durable when this returns. Lower numbers than those noted change nothing. Throws E_STORE_UNREACHABLE. */
  note(numbers: readonly GivenNumber[]): void;
  all(): readonly GivenNumber[];
  close(): void;
}

/** Beside the file of an embedded store; of a database on a server, in the data folder. */
export function numbersFile(store: string, data: string): string {
  return `${sqliteFile(store) ?? join(data, 'store')}.numbers`;
}

/** Several processes may have it open. Throws E_STORE_UNREACHABLE, E_STORE_DAMAGED. */
export function openNumbers(path: string): GivenNumbers {
  makePrivateFile(path);
  const database = openFile(path, 'write');
  database.exec('pragma wal_autocheckpoint = 100');
  database.exec('create table if not exists given (name text primary key, epoch integer, sequence integer) strict');
  const known = new Map(readAll(database).map((each) => [each.name, each]));
  const insert = database.prepare(`insert into given values (?, ?, ?) on conflict (name) do update
    set epoch = excluded.epoch, sequence = excluded.sequence
    where (excluded.epoch, excluded.sequence) > (given.epoch, given.sequence)`);
  return {
    known: known.size > 0,
    note(numbers) {
      const later = numbers.filter((each) => isBeyond(each, known.get(each.name)));
      if (later.length === 0) return;
      try {
        database.exec('begin immediate');
        for (const { name, epoch, sequence } of later) insert.run(name, epoch, sequence);
        database.exec('commit');
      } catch (error) {
        if (database.isTransaction) database.exec('rollback');
        throw storeError(error);
      }
      for (const each of later) known.set(each.name, each);
    },
    all: () => readAll(database),
    close: () => database.close(),
  };
}

/** What is noted in a file, which need not exist. */
export function readNumbers(path: string): readonly GivenNumber[] {
  if (!existsSync(path)) return [];
  const database = openFile(path, existsSync(`${path}-wal`) ? 'read' : 'read alone');
  try {
    return readAll(database);
  } finally {
    database.close();
  }
}

function readAll(database: DatabaseSync): readonly GivenNumber[] {
  try {
    return database.prepare('select name, epoch, sequence from given').all() as unknown as GivenNumber[];
  } catch (error) {
    throw storeError(error);
  }
}

/** Which of the noted numbers a store does not know. They are read first: what is noted meanwhile is in the store already. */
export async function unknownTo(reader: Reader, noted: readonly GivenNumber[]): Promise<readonly GivenNumber[]> {
  const held = new Map((await numbersOf(reader)).map((each) => [each.name, each]));
  return noted.filter((each) => isBeyond(each, held.get(each.name)));
}

function isBeyond({ epoch, sequence }: GivenNumber, other: GivenNumber | undefined): boolean {
  if (other === undefined) return true;
  return epoch > other.epoch || (epoch === other.epoch && sequence > other.sequence);
}

/** The last numbers that a store has given; `partner`: of its stream alone. */
export async function numbersOf(reader: Reader, partner?: string): Promise<readonly GivenNumber[]> {
  const { rows } = await sql<GivenNumber>`select id as name, epoch_no as epoch, sequence from stream
    where direction = 'out' and partner = coalesce(${partner ?? null}, partner)
    union all select name, 0, value from counter where name in ('event', 'operator_revision')`.execute(reader);
  return rows;
}
