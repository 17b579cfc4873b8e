/** Gateways of two versions serve on one store while a new one is brought in: from 0014 on, migrations only add. */

import { expect } from 'chai';
import { Kysely } from 'kysely';
import type { Engine } from '../../gateway/store/engine.ts';
import { openPostgres } from '../../gateway/store/postgres.ts';
import { openSqlite } from '../../gateway/store/sqlite.ts';
import { shapesOf, type Column, type Shape } from '../support/migration-steps.ts';
import { freshUrl } from './engines.ts';

/** The first migration with which gateways of the version before go on. */
const first = '0014';
const before = '0013';

async function stepsOn(engine: Engine, from: string): Promise<readonly Shape[]> {
  const { url, remove } = await freshUrl(engine);
  const report = (error: unknown): unknown => error;
  const access = engine === 'sqlite' ? openSqlite(url.slice('sqlite:'.length), report) : openPostgres(url, report);
  const db = new Kysely<unknown>({ dialect: access.writing });
  try {
    return await shapesOf(db, engine, from);
  } finally {
    await db.destroy();
    await remove();
  }
}

/** What statements of the program before could not read or write any more. */
function lostIn(before: Shape, after: Shape): readonly string[] {
  const keyOf = ({ table, name }: Column): string => `${table}.${name}`;
  const now = new Map(after.columns.map((column) => [keyOf(column), column]));
  const tables = new Set(before.columns.map(({ table }) => table));
  const known = new Set(before.columns.map(keyOf));
  const changed = before.columns.flatMap((column) => {
    const { type, optional } = now.get(keyOf(column)) ?? {};
    return type === column.type && (optional === true || !column.optional) ? [] : [`${keyOf(column)} is another`];
  });
  const demanded = after.columns.flatMap((column) =>
    tables.has(column.table) && !known.has(keyOf(column)) && !column.optional ? [`${keyOf(column)} is demanded`] : [],
  );
  const unique = after.unique.filter((text) => tables.has(text.split(':')[0] ?? '') && !before.unique.includes(text));
  return [...changed, ...demanded, ...unique.map((text) => `${text} must be unique`)];
}

const lostFrom = (steps: readonly Shape[]): readonly string[] =>
  steps.slice(1).flatMap((after, i) => {
    const lost = lostIn(steps[i] ?? after, after);
    return lost.map((fault) => `${after.migration}: ${fault}`);
  });

describe('migrations', () => {
  for (const engine of ['sqlite', 'postgres'] as const)
    it(`from ${first} on change no column there was, demand no new value, and let each row be written as before (${engine})`, async () => {
      const steps = await stepsOn(engine, before);
      expect(lostFrom(steps)).to.deep.equal([]);
      expect(steps.at(-1)?.columns.length).to.be.greaterThan(200);
    });

  it(`before ${first} did more, so that gateways of a version from then must be stopped`, async () => {
    expect(lostFrom(await stepsOn('sqlite', ''))).to.include('0003-operator-texts: operator.content_digest is another');
  });
});
