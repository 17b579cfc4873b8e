/** A power cut takes what the disk did not have: of the embedded store, nothing that anybody was told. */

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { openDatabase, readDatabase, type Database, type Reader, type Tx } from '../../gateway/store/database.ts';
import { countOperators, saveOperators } from '../../gateway/store/operators.ts';
import { codeOf } from './codes.ts';
import { hour, operator } from './samples.ts';

type Done = (error: NodeJS.ErrnoException | null) => void;

const real = fs.fdatasync;

/** Every sync of this process goes through `sync`. */
function intercept(sync: (file: number, done: Done) => void): void {
  const replaced: typeof fs.fdatasync = Object.assign(sync, { __promisify__: real.__promisify__ });
  fs.fdatasync = replaced;
  syncBuiltinESMExports();
}

const save =
  (code: string): ((tx: Tx) => Promise<unknown>) =>
  (tx) =>
    saveOperators(tx, [operator(code)], hour(1));

async function codesIn(reader: Reader): Promise<ReadonlySet<string>> {
  return new Set((await reader.selectFrom('operator').select('code').execute()).map(({ code }) => code));
}

describe('the log of the embedded store', () => {
  let folder: string;
  let path: string;
  let db: Database;
  beforeEach(async () => {
    folder = fs.mkdtempSync(join(tmpdir(), 'mra-store-'));
    path = join(folder, 'mra.db');
    db = await openDatabase(`sqlite:${path}`);
  });
  afterEach(async () => {
    intercept(real);
    await db.close();
    fs.rmSync(folder, { recursive: true });
  });

  /** What a disk has for sure: the file, and of the log what was there when the last successful sync began. */
  function openDisk(): { powerCut(): Promise<ReadonlySet<string>>; readonly syncs: number } {
    let log = fs.readFileSync(`${path}-wal`);
    let syncs = 0;
    intercept((file, done) => {
      const written = fs.readFileSync(`${path}-wal`);
      real(file, (error) => {
        log = written;
        syncs += 1;
        // The others see what was committed meanwhile before this sync has ended.
        setTimeout(() => done(error), 1);
      });
    });
    return {
      get syncs() {
        return syncs;
      },
      async powerCut() {
        const left = fs.mkdtempSync(join(folder, 'left-'));
        fs.copyFileSync(path, join(left, 'mra.db'));
        fs.writeFileSync(join(left, 'mra.db-wal'), log);
        const after = await openDatabase(`sqlite:${join(left, 'mra.db')}`);
        return await codesIn(after.sql).finally(() => after.close());
      },
    };
  }

  it('has everything that was answered or read when the power is cut, whichever connection wrote it', async () => {
    const disk = openDisk();
    const other = await openDatabase(`sqlite:${path}`);
    const reading = await readDatabase(`sqlite:${path}`);
    const known = new Set<string>();
    const write = async (to: Database, code: string): Promise<void> => {
      await to.transaction(save(code));
      known.add(code);
    };
    const read = async (from: Database): Promise<void> => {
      for (const code of await codesIn(from.sql)) known.add(code);
    };
    for (let round = 0; round < 12; round += 1) {
      const works = [0, 1, 2].flatMap((i) => [write(db, `A${round}${i}`), write(other, `B${round}${i}`)]);
      const reads = Array.from({ length: 4 }, async (_, turn) => {
        for (let i = 0; i < turn; i += 1) await new Promise(setImmediate);
        await Promise.all([db, other, reading].map(read));
      });
      await Promise.race([...works, ...reads]);
      for (let i = 0; i < round % 4; i += 1) await new Promise(setImmediate);
      const told = [...known];
      const left = await disk.powerCut();
      expect(told.filter((code) => !left.has(code))).to.deep.equal([]);
      await Promise.all([...works, ...reads]);
    }
    expect(known.size).to.equal(72);
    expect(disk.syncs).to.be.above(12);
    await other.close();
    await reading.close();
  });

  it('is not synced again for reading what is on the disk', async () => {
    await db.transaction(save('R1'));
    const disk = openDisk();
    for (let i = 0; i < 3; i += 1) expect(await countOperators(db.sql)).to.equal(1);
    expect(disk.syncs).to.equal(0);
  });

  it('is synced for reading what another connection wrote', async () => {
    await db.transaction(save('R1'));
    const foreign = new DatabaseSync(path);
    foreign.exec("pragma synchronous = off; update counter set value = value + 1 where name = 'probe'");
    const disk = openDisk();
    for (let i = 0; i < 3; i += 1) await countOperators(db.sql);
    foreign.close();
    expect(disk.syncs).to.equal(1);
  });

  it('tells an error of a transaction only when the disk has what the transaction read', async () => {
    const disk = openDisk();
    const foreign = new DatabaseSync(path);
    foreign.exec("pragma synchronous = off; update counter set value = value + 1 where name = 'probe'");
    await db.transaction(() => Promise.reject(new RangeError('it read that'))).catch(() => undefined);
    foreign.close();
    expect(disk.syncs).to.equal(1);
  });

  it('that the disk did not take leaves the outcome unknown, is not read, and is left before anything is written again', async () => {
    await db.transaction(save('F1'));
    let failures = 0;
    intercept((file, done) => {
      failures += 1;
      if (failures > 1) return real(file, done);
      done(Object.assign(new Error('i/o error'), { code: 'EIO' }));
    });
    expect(await codeOf(db.transaction(save('F2')))).to.equal('E_OUTCOME_UNKNOWN');
    // The next sync would say that all is well.
    for (let i = 0; i < 2; i += 1) expect(await codeOf(countOperators(db.sql))).to.equal('E_STORE_UNREACHABLE');
    await db.transaction(save('F3'));
    expect(await countOperators(db.sql)).to.equal(3);
    // F2 came into the file from the log that was left.
    const file = join(folder, 'alone.db');
    fs.copyFileSync(path, file);
    const alone = new DatabaseSync(file);
    const codes = alone.prepare('select code from operator order by code').all();
    alone.close();
    expect(codes.map(({ code }) => code)).to.deep.equal(['F1', 'F2']);
  });

  it('of another that the disk did not take is left before anything is written behind it', async () => {
    const other = await openDatabase(`sqlite:${path}`);
    await other.transaction(save('O1'));
    const foreign = new DatabaseSync(path);
    foreign.exec("pragma synchronous = off; update counter set value = value + 1 where name = 'probe'");
    foreign.close();
    let hasFailed = false;
    intercept((file, done) => {
      if (hasFailed) return real(file, done);
      hasFailed = true;
      done(Object.assign(new Error('i/o error'), { code: 'EIO' }));
    });
    expect(await codeOf(countOperators(db.sql))).to.equal('E_STORE_UNREACHABLE');
    await db.transaction(save('O2'));
    expect([...(await codesIn(db.sql))].sort()).to.deep.equal(['O1', 'O2']);
    await other.close();
  });

  it('that the disk did not take is not left while another program reads it', async () => {
    await db.transaction(save('L1'));
    const other = new DatabaseSync(path);
    other.exec('begin; select * from operator');
    other.prepare('select * from operator').all();
    let hasFailed = false;
    intercept((file, done) => {
      if (hasFailed) return real(file, done);
      hasFailed = true;
      done(Object.assign(new Error('i/o error'), { code: 'EIO' }));
    });
    expect(await codeOf(db.transaction(save('L2')))).to.equal('E_OUTCOME_UNKNOWN');
    expect(await codeOf(db.transaction(save('L3')))).to.equal('E_STORE_UNREACHABLE');
    other.exec('commit');
    other.close();
    await db.transaction(save('L3'));
    expect([...(await codesIn(db.sql))].sort()).to.deep.equal(['L1', 'L2', 'L3']);
  });
});
