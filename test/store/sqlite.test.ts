/** The embedded store: durable or refused, private to its account, and written again when the disk is. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { sql } from 'kysely';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { openDatabase, probeStore, readDatabase } from '../../gateway/store/database.ts';
import { selectDue } from '../../gateway/store/delivery-leases.ts';
import { countOperators, saveOperators } from '../../gateway/store/operators.ts';
import { assertDurable, assertVersion } from '../../gateway/store/sqlite-file.ts';
import { codeOf } from './codes.ts';
import { bytesOf, hour, operator } from './samples.ts';

const none = (): Promise<void> => Promise.resolve();

describe('the embedded store', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mra-store-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is refused where it would not be durable', async () => {
    expect(await codeOf(openDatabase('sqlite::memory:'))).to.equal('E_STORE_UNDURABLE');
  });

  it('is refused where the log would not be synced before a checkpoint', async () => {
    const database = new DatabaseSync(join(folder, 'pragmas.db'));
    database.exec('pragma journal_mode = wal; pragma synchronous = full; create table t (a)');
    assertDurable(database);
    database.exec('pragma synchronous = normal');
    assertDurable(database);
    database.exec('pragma synchronous = off; insert into t values (1)');
    expect(await codeOf(none().then(() => assertDurable(database)))).to.equal('E_STORE_UNDURABLE');
    database.exec('pragma synchronous = full; pragma journal_mode = delete');
    expect(await codeOf(none().then(() => assertDurable(database)))).to.equal('E_STORE_UNDURABLE');
    database.close();
  });

  it('is refused on a SQLite that can lose its log', async () => {
    for (const version of ['3.51.3', '3.51.10', '3.52.0', '4.0.0']) assertVersion(version);
    for (const version of ['3.51.2', '3.50.9', '2.99.99']) {
      expect(await codeOf(none().then(() => assertVersion(version)))).to.equal('E_STORE_UNDURABLE');
    }
  });

  it('is unreachable when its folder is missing', async () => {
    expect(await codeOf(openDatabase(`sqlite:${join(folder, 'absent', 'mra.db')}`))).to.equal('E_STORE_UNREACHABLE');
  });

  it('has limits and states in the text of a statement: as a parameter, each would make SQLite plan it again at each use', async () => {
    const db = await openDatabase(`sqlite:${join(folder, 'limits.db')}`);
    try {
      expect(db.sql.selectFrom('event').selectAll().limit(7).compile().parameters).to.deep.equal([]);
      const open = db.sql.selectFrom('message').select('id').where('state', '=', 'SEALED').where('state_rank', '<', 85);
      expect(open.compile().parameters).to.deep.equal([]);
      const asked = db.sql.selectFrom('event').select('n').where('kind', '=', "x' or 1=1 --");
      expect(asked.compile().parameters).to.deep.equal(["x' or 1=1 --"]);
      const claim = { owner: 'us', partner: 'NN', now: hour(1), leaseUntil: hour(2), limit: 1 };
      expect(selectDue(db.sql, claim).compile().sql)
        .to.include('limit 1')
        .and.not.match(/limit \?/u);
    } finally {
      await db.close();
    }
  });

  it('reports an unknown outcome when COMMIT fails, stores nothing of it, and is written again', async () => {
    const db = await openDatabase(`sqlite:${join(folder, 'commit.db')}`);
    try {
      const failing = db.transaction(async (tx) => {
        await sql`pragma defer_foreign_keys = on`.execute(tx);
        await sql`insert into mirror_bucket (stream, bucket, entries) values ('none', 1, '[]')`.execute(tx);
      });
      expect(await codeOf(failing)).to.equal('E_OUTCOME_UNKNOWN');
      await db.transaction((tx) => saveOperators(tx, [operator('A1')], hour(1)));
      expect((await sql`select * from mirror_bucket`.execute(db.sql)).rows).to.deep.equal([]);
      expect(await countOperators(db.sql)).to.equal(1);
    } finally {
      await db.close();
    }
  });

  it('stores nothing on a full disk, says so, and is written again, without a restart, once there is room', async () => {
    const db = await openDatabase(`sqlite:${join(folder, 'full.db')}`);
    /** A limit on the size of files fails the writes of this process as a full disk does. */
    const limitFiles = (bytes: string): Buffer =>
      execFileSync('prlimit', [`--fsize=${bytes}:unlimited`, '--pid', String(process.pid)]);
    try {
      await db.transaction((tx) => saveOperators(tx, [operator('D1')], hour(1)));
      limitFiles('1');
      for (const code of ['D2', 'D3'])
        expect(await codeOf(db.transaction((tx) => saveOperators(tx, [operator(code)], hour(1))))).to.equal(
          'E_STORE_UNREACHABLE',
        );
      expect(await codeOf(probeStore(db))).to.equal('E_STORE_UNREACHABLE');
      expect(await countOperators(db.sql)).to.equal(1);
      limitFiles('unlimited');
      await probeStore(db);
      await db.transaction((tx) => saveOperators(tx, [operator('D4')], hour(1)));
      expect(await countOperators(db.sql)).to.equal(2);
    } finally {
      limitFiles('unlimited');
      await db.close();
    }
  });

  it('cannot heal, and says so, when its file was replaced or removed, or is no database', async () => {
    const path = join(folder, 'moved.db');
    const db = await openDatabase(`sqlite:${path}`);
    try {
      await probeStore(db);
      expect(db.damaged.aborted).to.equal(false);
      renameSync(path, join(folder, 'elsewhere.db'));
      expect(await codeOf(probeStore(db))).to.equal('E_STORE_DAMAGED');
      expect(db.damaged.aborted).to.equal(true);
    } finally {
      await db.close();
    }
    const other = join(folder, 'other.db');
    writeFileSync(other, 'no database '.repeat(1000));
    expect(await codeOf(openDatabase(`sqlite:${other}`))).to.equal('E_STORE_DAMAGED');
  });

  it('has files that no other account can read, whatever the umask, also those made before', async () => {
    const usual = process.umask(0o022);
    const path = join(folder, 'private', 'mra.db');
    try {
      mkdirSync(join(folder, 'private'));
      const modes = (): string[] =>
        readdirSync(join(folder, 'private')).map((name) =>
          (statSync(join(folder, 'private', name)).mode & 0o777).toString(8),
        );
      for (const umask of [0o022, 0o000]) {
        process.umask(umask);
        const db = await openDatabase(`sqlite:${path}`);
        await probeStore(db);
        expect(modes()).to.deep.equal(['600', '600', '600']);
        await db.close();
        chmodSync(path, 0o644);
      }
    } finally {
      process.umask(usual);
    }
  });

  it('is read as it is, and never in parts of two states, also while a gateway starts and makes checkpoints', async () => {
    const path = join(folder, 'read.db');
    const url = `sqlite:${path}`;
    await (await openDatabase(url)).close();
    const reading = await readDatabase(url);
    expect(await countOperators(reading.sql)).to.equal(0);
    const writing = await openDatabase(url);
    for (let round = 1; round <= 3; round += 1) {
      await writing.transaction((tx) =>
        saveOperators(tx, [operator(`44031${String(round).padStart(5, '0')}`)], hour(1)),
      );
      expect(await countOperators(reading.sql), 'in the log').to.equal(round);
      const checkpoint = new DatabaseSync(path);
      checkpoint.exec('pragma wal_checkpoint(truncate)');
      checkpoint.close();
      expect(await countOperators(reading.sql), 'in the file').to.equal(round);
    }
    await writing.close();
    await reading.close();

    const later = await readDatabase(url);
    expect(await countOperators(later.sql)).to.equal(3);
    const again = await openDatabase(url);
    await again.transaction((tx) => saveOperators(tx, [operator('4403100009')], hour(1)));
    await again.close(); // the log is gone, and the file another
    expect(await countOperators(later.sql)).to.equal(4);
    await later.close();
  });

  it('waits for another process that writes, without blocking this one', async () => {
    const path = join(folder, 'busy.db');
    const db = await openDatabase(`sqlite:${path}`);
    const other = new DatabaseSync(path);
    other.exec('begin immediate');
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
      if (turns === 10) other.exec('commit');
    }, 5);
    try {
      await db.transaction((tx) => keepBytes(tx, bytesOf('after the other')));
      expect(turns).to.be.at.least(10);
    } finally {
      clearInterval(counting);
      other.close();
      await db.close();
    }
  });
});
