/** Transactions that are asked for at one time share commits, and share nothing else: each is stored or fails by itself. */

import { readFileSync } from 'node:fs';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { openDatabase, sqliteFile, type Database, type Tx } from '../../gateway/store/database.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { countOperators, saveOperators } from '../../gateway/store/operators.ts';
import { codeOf } from './codes.ts';
import { freshUrl, onBothEngines, type FreshStore } from './engines.ts';
import { bytesOf, hour, operator } from './samples.ts';

const save =
  (code: string): ((tx: Tx) => Promise<unknown>) =>
  (tx) =>
    saveOperators(tx, [operator(code)], hour(1));

/** There is no such stream. */
const insertsWrongly = (tx: Tx): Promise<unknown> =>
  sql`insert into mirror_bucket (stream, bucket, entries) values ('none', 1, '[]')`.execute(tx);

onBothEngines('transactions at one time', (store) => {
  it('stores all but the one whose work failed, whatever its place among them', async () => {
    for (const failing of [0, 3, 6]) {
      const before = await countOperators(store().db.sql);
      const all = Array.from({ length: 7 }, (_, i) =>
        store().write(async (tx) => {
          await save(`G${failing}${i}`)(tx);
          if (i === failing) throw new RangeError('the work failed');
        }),
      );
      const ends = await Promise.allSettled(all);
      expect(ends.map(({ status }) => status === 'rejected')).to.deep.equal(all.map((_, i) => i === failing));
      expect(await countOperators(store().db.sql)).to.equal(before + 6);
    }
  });

  it('stores the others where a statement of one is refused by the engine', async () => {
    const before = await countOperators(store().db.sql);
    const works = [save('R1'), insertsWrongly, save('R2'), insertsWrongly];
    const ends = await Promise.allSettled(works.map((work) => store().write(work)));
    expect(ends.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(await countOperators(store().db.sql)).to.equal(before + 2);
  });

  it('says that a transaction is stored only when it can be read', async () => {
    const before = await countOperators(store().db.sql);
    const counts = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        await store().write(save(`S${i}`));
        return await countOperators(store().db.sql);
      }),
    );
    expect(Math.min(...counts)).to.be.greaterThan(before);
  });

  it('waits neither for a work in progress that asks for nothing, nor longer where one does not share', async () => {
    const { db } = store();
    const idle = Promise.withResolvers<undefined>();
    const idling = db.sharing(() => idle.promise);
    const before = await countOperators(db.sql);
    await db.sharing(() => db.transaction(save('W1'), 'short'));
    await Promise.all([db.transaction(save('W2'), 'short'), db.transaction(save('W3'))]);
    expect(await countOperators(db.sql)).to.equal(before + 3);
    idle.resolve(undefined);
    await idling;
  });

  it('numbers their events without a gap, also after one that failed', async () => {
    const append = (fails: boolean) =>
      store().write(async (tx) => {
        const n = await appendEvents(tx, [{ kind: 'numbered', ref: 'r', at: hour(1) }]);
        if (fails) throw new RangeError('the work failed');
        return n;
      });
    const first = await append(false);
    await Promise.allSettled(Array.from({ length: 12 }, (_, i) => append(i % 3 === 0)));
    expect(await append(false)).to.equal(first + 9);
  });
});

describe('a commit of several transactions of the embedded engine', () => {
  let fresh: FreshStore;
  let db: Database;
  before(async () => {
    fresh = await freshUrl('sqlite');
    db = await openDatabase(fresh.url);
  });
  after(async () => {
    await db.close();
    await fresh.remove();
  });

  it('serves those asked for while others are at work', async () => {
    const file = sqliteFile(fresh.url) ?? '';
    const before = commitsIn(file);
    await Promise.all(Array.from({ length: 50 }, (_, i) => db.transaction((tx) => keepBytes(tx, bytesOf(`all ${i}`)))));
    expect(commitsIn(file) - before).to.be.within(1, 3);
    const later = Array.from({ length: 20 }, async (_, i) => {
      await turnOfLoop();
      await db.transaction((tx) => keepBytes(tx, bytesOf(`later ${i}`)));
    });
    await Promise.all(later);
    expect(commitsIn(file) - before).to.be.within(2, 6);
  });

  it('fails with an unknown outcome for all of them', async () => {
    const before = await countOperators(db.sql);
    const failsAtCommit = async (tx: Tx): Promise<void> => {
      await sql`pragma defer_foreign_keys = on`.execute(tx);
      await insertsWrongly(tx);
    };
    const all = [save('U1'), failsAtCommit, save('U2')].map((work) => codeOf(db.transaction(work)));
    expect(await Promise.all(all)).to.deep.equal(['E_OUTCOME_UNKNOWN', 'E_OUTCOME_UNKNOWN', 'E_OUTCOME_UNKNOWN']);
    expect(await countOperators(db.sql)).to.equal(before);
    await db.transaction(save('U3'));
    expect(await countOperators(db.sql)).to.equal(before + 1);
  });

  it('stores nothing of those that stood before one whose transaction the engine ended, and says so', async () => {
    const before = await countOperators(db.sql);
    const ends = (tx: Tx): Promise<unknown> => sql`rollback`.execute(tx).then(() => Promise.reject(new RangeError()));
    const [first, ended, last] = await Promise.allSettled(
      [save('E1'), ends, save('E2')].map((work) => db.transaction(work)),
    );
    expect(first).to.have.nested.property('reason.code', 'E_STORE_UNREACHABLE');
    expect(ended).to.have.property('reason').that.is.instanceOf(RangeError);
    expect(last).to.have.property('status', 'fulfilled');
    expect(await countOperators(db.sql)).to.equal(before + 1);
  });

  it('fails one too that ended the transaction of all and says that it is done', async () => {
    const before = await countOperators(db.sql);
    const works = [save('F1'), (tx: Tx): Promise<unknown> => sql`rollback`.execute(tx), save('F2')];
    const [first, ended, last] = await Promise.allSettled(works.map((work) => db.transaction(work)));
    for (const end of [first, ended]) expect(end).to.have.property('status', 'rejected');
    expect(last).to.have.property('status', 'fulfilled');
    expect(await countOperators(db.sql)).to.equal(before + 1);
  });
});

describe('a commit of several transactions on a server', () => {
  it('serves the short ones that are asked for at one time, and each other by itself', async () => {
    const fresh = await freshUrl('postgres');
    const db = await openDatabase(fresh.url);
    try {
      const number = async (tx: Tx): Promise<string | undefined> =>
        (await sql<{ n: string }>`select txid_current() as n`.execute(tx)).rows[0]?.n;
      const numbers = async (terms?: 'short'): Promise<number> =>
        new Set(await Promise.all(Array.from({ length: 6 }, () => db.transaction(number, terms)))).size;
      expect(await numbers('short')).to.equal(1);
      expect(await numbers()).to.equal(6);
    } finally {
      await db.close();
      await fresh.remove();
    }
  });
});

/** Frames of the log that end a commit: those that state the size of the database (the format of SQLite’s write-ahead log). */
function commitsIn(file: string): number {
  const log = readFileSync(`${file}-wal`);
  const salt = log.subarray(16, 24);
  const frame = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frame <= log.length; at += frame)
    if (log.readUInt32BE(at + 4) !== 0 && log.subarray(at + 8, at + 16).equals(salt)) commits += 1;
  return commits;
}
