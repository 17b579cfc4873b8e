/** Checkpoints of the embedded store: made in a thread of their own, they keep the log short and lose nothing. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setInterval as every } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { sql } from 'kysely';
import { getBytes, keepBytes } from '../../gateway/store/bodies.ts';
import { checkpointsOn, logOf, startCheckpointing, type Checkpoints } from '../../gateway/store/checkpoints.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { digestOf, largeBody } from './samples.ts';

const commits = join(import.meta.dirname, 'commits.ts');
/** Pages of one large body, with what the tree over them takes. */
const bodyPages = 3_200;
const longestLog = 16_384;

let folder: string;
/** What a test opened, closed in reverse order also when it failed. */
const opened: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mra-store-'));
  opened.push(() => rmSync(folder, { recursive: true }));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** Waits for a state of a file that another thread brings about; fails after ten seconds. */
async function until(reached: () => boolean): Promise<void> {
  for await (const _ of every(5, undefined, { signal: AbortSignal.timeout(10_000) })) if (reached()) return;
}

/** An observing connection. */
function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  opened.push(() => database.close());
  return database;
}

async function open(path: string): Promise<Database> {
  const db = await openDatabase(`sqlite:${path}`);
  opened.push(() => db.close());
  return db;
}

const keepLarge = (db: Database, text: string): Promise<string> =>
  db.transaction((tx) => keepBytes(tx, largeBody(text)));

async function expectHeld(db: Database, digests: readonly string[]): Promise<void> {
  for (const digest of digests) expect(digestOf(await getBytes(db.sql, digest))).to.equal(digest);
}

const check = (path: string): unknown => connect(path).prepare('pragma integrity_check').get()?.['integrity_check'];

describe('a file of the embedded store', () => {
  it('has pages of 4 KiB when it is new, and keeps those it has', async () => {
    const path = join(folder, 'older.db');
    const older = connect(path);
    older.exec('pragma page_size = 8192; pragma journal_mode = wal; create table t (a)');
    await open(path);
    await open(join(folder, 'new.db'));
    const sizes = [path, join(folder, 'new.db')].map((file) => connect(file).prepare('pragma page_size').get());
    expect(sizes.map((size) => size?.['page_size'])).to.deep.equal([8192, 4096]);
  });

  it('receives a large commit from the log although nothing more is written', async () => {
    const path = join(folder, 'mra.db');
    const db = await open(path);
    const { rows } = await db.transaction((tx) => sql`pragma wal_autocheckpoint`.execute(tx));
    expect(rows).to.deep.equal([{ wal_autocheckpoint: 0 }]);
    await keepLarge(db, 'a');
    const readLog = logOf(connect(path));
    expect(readLog().pages).to.be.above(1_000);
    await until(() => readLog().pending === 0);
    expect(statSync(path).size).to.be.above(largeBody('a').length);
  });

  it('has a log of at most 64 MiB and one commit, however fast the commits are', async () => {
    const path = join(folder, 'mra.db');
    const db = await open(path);
    const readLog = logOf(connect(path));
    let longest = 0;
    for (let i = 0; i < 9; i += 1) {
      await keepLarge(db, `fast ${i}`);
      longest = Math.max(longest, readLog().pages);
    }
    expect(longest).to.be.below(longestLog + bodyPages);
  });

  it('leaves no log when it is closed, also during a checkpoint', async () => {
    for (const file of ['first.db', 'second.db']) {
      const db = await openDatabase(`sqlite:${join(folder, file)}`);
      await keepLarge(db, 'a');
      // The second is closed when its thread has begun to copy pages.
      if (file === 'second.db') await until(() => statSync(join(folder, file)).size > 1_000_000);
      await db.close();
    }
    expect(readdirSync(folder).sort()).to.deep.equal(['first.db', 'second.db']);
  });

  it('is written by two threads at once, one of which ends without closing, and holds what both stored', async () => {
    const path = join(folder, 'mra.db');
    const db = await openDatabase(`sqlite:${path}`);
    const other = new Worker(commits, { argv: [`sqlite:${path}`, '8'], stdout: true });
    const ended = once(other, 'exit');
    const [theirs, ours] = await Promise.all([
      linesOf(other.stdout),
      Promise.all(Array.from({ length: 8 }, (_, i) => keepLarge(db, `ours ${i}`))),
      ended,
    ]);
    expect(theirs).to.have.length(8);
    // A thread that found the other's checkpoint under way left its own out: what waits is brought in after the next commit.
    const last = await keepLarge(db, 'last');
    const observer = new DatabaseSync(path);
    await until(() => logOf(observer)().pending === 0);
    observer.close();
    await expectHeld(db, [...ours, ...theirs, last]);
    await db.close();
    expect(readdirSync(folder)).to.deep.equal(['mra.db']);
    expect(check(path)).to.equal('ok');
  });
});

describe('a program that stores large bodies', () => {
  let path: string;
  let program: ChildProcess & { readonly stdout: Readable };
  const start = (count: number): void => {
    path = join(folder, 'mra.db');
    program = spawn(process.execPath, [commits, `sqlite:${path}`, String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    opened.push(() => program.kill('SIGKILL'));
  };

  it('ends by itself, because the checkpoint thread does not keep the process alive', async () => {
    start(7);
    const ended = once(program, 'exit');
    const digests = await linesOf(program.stdout);
    expect(await ended).to.deep.equal([0, null]);
    expect(digests).to.have.length(7);
    await expectHeld(await open(path), digests);
  });

  it('has lost nothing that was committed when it is killed', async () => {
    start(1_000);
    const ended = once(program, 'exit');
    const digests: string[] = [];
    for await (const line of createInterface(program.stdout)) {
      digests.push(line);
      if (digests.length === 8) program.kill('SIGKILL');
    }
    expect(await ended).to.deep.equal([null, 'SIGKILL']);
    expect(digests.length).to.be.within(8, 999);
    await expectHeld(await open(path), digests);
    expect(check(path)).to.equal('ok');
  });
});

describe('the checkpoint thread', () => {
  /** Small pages, so that it takes little to fill a log of many. */
  const fill = (database: DatabaseSync, pages: number): void => {
    database.prepare('insert into t values (zeroblob(?))').run(pages * 512);
  };
  const writing = (file: string): DatabaseSync => {
    const database = connect(join(folder, file));
    database.exec('pragma page_size = 512; pragma journal_mode = wal; pragma synchronous = full');
    database.exec('pragma wal_autocheckpoint = 0; create table t (a)');
    return database;
  };
  const start = (database: DatabaseSync, file: string): Checkpoints => {
    const checkpoints = startCheckpointing(database, join(folder, file));
    opened.push(() => checkpoints.close());
    return checkpoints;
  };

  it('makes the checkpoints that commits request, and the committing connection makes none', async () => {
    const [ours, other] = [writing('ours.db'), writing('other.db')];
    // The thread works on another file here: what happens to ours, the committing connection does.
    const checkpoints = start(ours, 'other.db');
    fill(ours, 2_000);
    fill(other, 2_000);
    await checkpoints.shortenLog();
    checkpoints.request();
    await until(() => logOf(other)().pending === 0);
    expect(logOf(ours)().pending).to.be.above(2_000);
  });

  it('leaves to the writer what is pending after it, when the log is too long', async () => {
    const ours = writing('ours.db');
    writing('other.db');
    const checkpoints = start(ours, 'other.db');
    fill(ours, longestLog + 100);
    checkpoints.request();
    expect(logOf(ours)().pending).to.be.above(longestLog);
    await checkpoints.shortenLog();
    expect(logOf(ours)().pending).to.equal(0);
  });

  it('makes the checkpoint of a log that is too long, while the thread of the writer goes on', async () => {
    const ours = writing('ours.db');
    const checkpoints = start(ours, 'ours.db');
    fill(ours, longestLog + 100);
    const seen: number[] = [];
    await checkpoints.shortenLog(() => seen.push(logOf(ours)().pending));
    expect(seen).to.have.length(1);
    expect(seen[0]).to.be.above(longestLog);
    expect(logOf(ours)().pending).to.equal(0);
  });

  it('is replaced by the writer, with a warning, when it cannot open the file', async () => {
    const ours = writing('ours.db');
    const checkpoints = start(ours, 'absent/ours.db');
    const warned = warning('CheckpointsWarning');
    fill(ours, 2_000);
    checkpoints.request();
    await warned;
    for (let i = 0; i < 2; i += 1) {
      fill(ours, 2_000);
      checkpoints.request();
      await checkpoints.shortenLog();
      expect(logOf(ours)().pending).to.equal(0);
    }
  });

  it('blocks nothing but the next transaction while another thread checkpoints a log that is too long', async () => {
    const ours = writing('ours.db');
    const checkpoints = start(ours, 'ours.db');
    const elsewhere = await checkpointElsewhere(join(folder, 'ours.db'), () => fill(ours, longestLog + 100));
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
      if (turns === 10) elsewhere.letGo();
    }, 5);
    try {
      await checkpoints.shortenLog();
      expect(turns).to.be.at.least(10);
      expect(logOf(ours)().pending).to.equal(0);
    } finally {
      clearInterval(counting);
      await elsewhere.ended;
    }
  });
});

async function linesOf(output: Readable): Promise<readonly string[]> {
  return await Array.fromAsync(createInterface(output));
}

/** The next warning of that name; the process may give others. */
function warning(name: string): Promise<void> {
  return new Promise((resolve) => {
    const hear = (given: Error): void => {
      if (given.name !== name) return;
      process.off('warning', hear);
      resolve();
    };
    process.on('warning', hear);
  });
}

/** Another thread that makes a checkpoint and is held in it by a reader, who needs the file as it was before the writing. */
async function checkpointElsewhere(
  path: string,
  write: () => void,
): Promise<{ letGo(): void; readonly ended: Promise<unknown> }> {
  const reader = connect(path);
  reader.exec('begin; select count(*) from t');
  write();
  const program = `const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(require('node:worker_threads').workerData, { timeout: 20_000 });
    const checkpoint = database.prepare('pragma wal_checkpoint(full)');
    while (checkpoint.get().busy);
    database.close();`;
  const ended = once(new Worker(program, { eval: true, workerData: path }), 'exit');
  const observer = connect(path);
  const checkpoint = checkpointsOn(observer);
  await until(() => checkpoint() === 'in progress');
  return { letGo: () => reader.exec('rollback'), ended };
}
