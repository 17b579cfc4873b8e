/** The register in memory is there again after a start, from a file that is used only where it is whole and of this store. */

import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../../gateway/model/errors.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { openRegisterIndex } from '../../gateway/store/register-index.ts';
import { openRegisterLoader, type RegisterLoader } from '../../gateway/store/register-loader.ts';
import { storedView } from '../../gateway/store/register-view.ts';
import { refusalCode } from '../support/expect-code.ts';
import { fillList } from '../support/clearance-fixture.ts';
import { freshUrl, onBothEngines, type TestStore } from './engines.ts';
import { hour, listed } from './samples.ts';

const day = '2026-03-01';

onBothEngines('the snapshot of the register', (store) => {
  let folder: string;
  let file: string;
  let refused: string[];
  const loaderOf = (db: Pick<TestStore['db'], 'sql'>): RegisterLoader =>
    openRegisterLoader(db, { kept: { file, worthOf: 1, unusable: ({ code }) => void refused.push(code) } });
  /** As after a start; `found`: what memory says of an operator. */
  const started = async (found: readonly [partner: string, identifier: string], db = store().db) => {
    const index = openRegisterIndex(db, loaderOf(db));
    await index.bringUp();
    return await (await index.current())(found[0])?.status(found[1], day);
  };
  const stored = async (partner: string, identifier: string) =>
    await (await storedView(store().db.sql, partner)).status(identifier, day);
  let sequence = 0;
  /** A list of a partner, noted in the log as an applied list is. */
  const apply = async (partner: string, ...records: Parameters<typeof listed>[]): Promise<void> => {
    const { db, write } = store();
    sequence += 1;
    await fillList(db, { partner, records: records.map((record) => listed(...record)), sequence, appliedAt: hour(1) });
    await write((tx) => appendEvents(tx, [{ kind: 'list_applied', ref: `L${sequence}`, at: hour(1) }]));
  };
  const keep = async (): Promise<void> => {
    const loader = loaderOf(store().db);
    await loader.load(() => undefined);
    await loader.keep();
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mra-snapshot-'));
    file = join(folder, 'register.snapshot');
    refused = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read at the next start, and what was applied since comes from the store', async () => {
    await apply('SA', ['A1', { roles: ['carrier', 'exporter'] }], ['公司7', { name: { latin: 'N'.repeat(300) } }]);
    await apply('SB', ['B1']);
    await keep();
    // Its operators are not read again: what is there of them can only be from the file.
    const index = openRegisterIndex(store().db, loaderOf(store().db));
    const read: string[] = [];
    const db = store().db.sql;
    const listening = db.withPlugin({
      transformQuery: ({ node }) => {
        if (JSON.stringify(node).includes('register_version')) read.push(node.kind);
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    await loaderOf({ sql: listening }).load(() => undefined);
    expect(read).to.deep.equal([]);
    await index.bringUp();
    for (const [partner, identifier] of [
      ['SA', 'A1'],
      ['SA', '公司7'],
      ['SB', 'B1'],
    ] as const)
      expect(await (await index.current())(partner)?.status(identifier, day)).to.deep.equal(
        await stored(partner, identifier),
      );

    await apply('SA', ['A1', { status: 'suspended' }], ['A2']);
    expect(await started(['SA', 'A1'])).to.deep.equal(await stored('SA', 'A1'));
    expect(await started(['SA', 'A2'])).to.deep.equal(await stored('SA', 'A2'));
    expect(refused).to.deep.equal([]);
  });

  it('answers nothing where the store is lost before it said what is the latest', async () => {
    await apply('SA', ['A1']);
    await keep();
    await apply('SA', ['A1', { status: 'suspended' }]);
    let isAway = false;
    const failing = store().db.sql.withPlugin({
      transformQuery: ({ node }) => {
        isAway ||= JSON.stringify(node).includes('register_revision');
        if (isAway) throw new GatewayError('E_STORE_UNREACHABLE', 'the line was cut');
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    const index = openRegisterIndex({ sql: failing }, loaderOf({ sql: failing }));
    expect(await refusalCode(() => index.bringUp())).to.equal('E_STORE_UNREACHABLE');
    expect([(await index.current())('SA'), refused]).to.deep.equal([undefined, []]);
    expect(await started(['SA', 'A1'])).to.include({ status: 'suspended' });
  });

  it('is not used where a byte of it was changed or is missing', async () => {
    await apply('SC', ['C1']);
    await keep();
    const whole = readFileSync(file);
    const places = [0, 31, 33, 40, 60, Math.floor(whole.length / 2), whole.length - 1];
    for (const place of places) {
      const changed = Buffer.from(whole);
      changed[place] = (changed[place] ?? 0) ^ 1;
      writeFileSync(file, changed);
      expect(await started(['SC', 'C1'])).to.deep.equal(await stored('SC', 'C1'));
    }
    for (const length of [0, 31, 36, 100, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length));
      expect(await started(['SC', 'C1'])).to.deep.equal(await stored('SC', 'C1'));
    }
    expect(refused).to.deep.equal(Array.from({ length: places.length + 5 }, () => 'E_REGISTER_SNAPSHOT'));
  });

  it('is written again after one that was not used', async () => {
    await apply('SD', ['D1']);
    writeFileSync(file, 'something else');
    await keep();
    expect(refused).to.deep.equal(['E_REGISTER_SNAPSHOT']);
    expect(await started(['SD', 'D1'])).to.deep.equal(await stored('SD', 'D1'));
    expect(refused).to.have.length(1);
  });

  it('of another store is not used', async () => {
    await apply('SE', ['E1']);
    await keep();
    const other = await freshUrl(store().engine);
    const db = await openDatabase(other.url);
    expect(await started(['SE', 'E1'], db)).to.equal(undefined);
    expect(refused).to.deep.equal(['E_REGISTER_SNAPSHOT']);
    await db.close();
    await other.remove();
  });
});

describe('the snapshot of the register', () => {
  it('of a later state than an older copy of the store has is not used', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mra-snapshot-'));
    const [path, file] = [join(folder, 'mra.db'), join(folder, 'register.snapshot')];
    const refused: string[] = [];
    const start = async (identifier?: string) => {
      const db = await openDatabase(`sqlite:${path}`);
      if (identifier !== undefined) {
        const sequence = identifier === 'A1' ? 1 : 2;
        await fillList(db, { partner: 'SA', records: [listed(identifier)], sequence, appliedAt: hour(sequence) });
        await db.transaction((tx) => appendEvents(tx, [{ kind: 'list_applied', ref: identifier, at: hour(sequence) }]));
      }
      const loader = openRegisterLoader(db, {
        kept: { file, worthOf: 1, unusable: ({ code }) => void refused.push(code) },
      });
      const index = openRegisterIndex(db, loader);
      await index.bringUp();
      await loader.keep();
      const held = (await index.current())('SA');
      const found = await Promise.all(
        ['A1', 'A2', 'A3'].map(async (each) => (await held?.status(each, day))?.identifier),
      );
      await db.close();
      return found;
    };
    await start('A1');
    const copy = readFileSync(path);
    expect(await start('A2')).to.deep.equal(['A1', 'A2', undefined]);
    writeFileSync(path, copy);
    // In the copy another list takes the place and the number of the one that the snapshot has.
    expect(await start('A3')).to.deep.equal(['A1', undefined, 'A3']);
    expect(refused).to.deep.equal(['E_REGISTER_SNAPSHOT']);
    rmSync(folder, { recursive: true });
  });
});
