/** A database of its own on the PostgreSQL server that the test runner provides. */

import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface FreshDatabase {
  readonly url: string;
  readonly name: string;
  readonly drop: () => Promise<void>;
}

/** Address of the server for tests. Throws when the tests were started without the runner. */
export function postgresUrl(): string {
  const url = process.env['MRA_TEST_POSTGRES'];
  if (url !== undefined && url !== '') return url;
  throw new Error(
    'MRA_TEST_POSTGRES names no PostgreSQL. Run the tests with `npm test`, or set it to a running server.',
  );
}

/** Runs statements on the server, each by itself, outside of any gateway. */
export async function onServer(statements: readonly string[], url = postgresUrl()): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Makes an empty database; `drop` removes it, whoever is still connected. */
export async function freshPostgres(): Promise<FreshDatabase> {
  const name = `mra_${randomBytes(6).toString('hex')}`;
  await onServer([`create database ${name}`]);
  const url = new URL(postgresUrl());
  url.pathname = `/${name}`;
  return { url: url.href, name, drop: () => onServer([`drop database ${name} with (force)`]) };
}
