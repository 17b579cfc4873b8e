/** What the store promises as a whole: durable or refused, all or nothing, and an honest answer when a COMMIT failed. */

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from 'kysely';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import type { Database } from '../../gateway/store/database.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { countOperators, findOperator, saveOperators } from '../../gateway/store/operators.ts';
import { assertDurable, assertVersion } from '../../gateway/store/sqlite.ts';
import { codeOf } from './codes.ts';
import { freshUrl, onBothEngines } from './engines.ts';
import { freshPostgres, onServer } from '../support/postgres.ts';
import type { FreshDatabase } from '../support/postgres.ts';
import { bytesOf, hour, operator } from './samples.ts';

const none = (): Promise<void> => Promise.resolve();

onBothEngines('the store', (store) => {
  it('stores nothing of a transaction whose work failed', async () => {
    const before = await countOperators(store().db.sql);
    const failing = store().write(async (tx) => {
      await saveOperators(tx, [operator('F1')], hour(1));
      throw new RangeError('the work failed');
    });
    expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(await countOperators(store().db.sql)).to.equal(before);
  });

  it('reads what is committed while a transaction is open', async () => {
    const before = await countOperators(store().db.sql);
    await store().write(async (tx) => {
      await saveOperators(tx, [operator('R1')], hour(1));
      expect(await countOperators(store().db.sql)).to.equal(before);
      expect(await countOperators(tx)).to.equal(before + 1);
    });
    expect(await countOperators(store().db.sql)).to.equal(before + 1);
  });

  it('refuses a write outside a transaction', async () => {
    const writing = sql`delete from operator`.execute(store().db.sql);
    expect(await writing.catch((error: unknown) => String(error))).to.match(/read-?only/);
  });

  it('completes concurrent transactions', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `side by side ${i}`);
    const digests = await Promise.all(texts.map((text) => store().write((tx) => keepBytes(tx, bytesOf(text)))));
    expect(new Set(digests).size).to.equal(40);
  });

  it('opens a second time without changing its content', async () => {
    await store().write((tx) => saveOperators(tx, [operator('O1')], hour(1)));
    const count = await countOperators(store().db.sql);
    const again = await openDatabase(store().url);
    expect(await countOperators(again.sql)).to.equal(count);
    await again.close();
  });

  it('does not change or delete evidence', async () => {
    await store().write((tx) => appendEvents(tx, [{ kind: 'kept', ref: 'r', at: hour(1) }]));
    for (const statement of [`update event set kind = 'other'`, 'delete from event']) {
      const changing = store().write((tx) => sql.raw(statement).execute(tx));
      expect(await changing.catch((error: unknown) => String(error))).to.match(/append only/);
    }
  });
});

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`opening the store (${engine})`, () => {
    let fresh: Awaited<ReturnType<typeof freshUrl>>;
    beforeEach(async () => {
      fresh = await freshUrl(engine);
    });
    afterEach(() => fresh.remove());

    it('works for two programs that open an empty store at the same time', async () => {
      const both = await Promise.all([openDatabase(fresh.url), openDatabase(fresh.url)]);
      expect(both.map((db) => db.engine)).to.deep.equal([engine, engine]);
      await Promise.all(both.map((db) => db.close()));
    });

    it('is refused for a store of a newer program', async () => {
      const db = await openDatabase(fresh.url);
      await db.transaction((tx) =>
        sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2099-01-01T00:00:00.000Z')`.execute(
          tx,
        ),
      );
      await db.close();
      expect(await codeOf(openDatabase(fresh.url))).to.equal('E_STORE_SCHEMA');
    });
  });
}

describe('the embedded store', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mra-store-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is refused where it would not be durable', async () => {
    expect(await codeOf(openDatabase('sqlite::memory:'))).to.equal('E_STORE_UNDURABLE');
  });

  it('is refused when synchronous is not full', async () => {
    const database = new DatabaseSync(join(folder, 'pragmas.db'));
    database.exec('pragma journal_mode = wal; pragma synchronous = full; create table t (a)');
    assertDurable(database);
    for (const pragma of ['synchronous = normal', 'synchronous = off']) {
      database.exec(`pragma ${pragma}; insert into t values (1)`);
      expect(await codeOf(none().then(() => assertDurable(database)))).to.equal('E_STORE_UNDURABLE');
    }
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

  it('reports an unknown outcome when COMMIT fails, and writes nothing more', async () => {
    const db = await openDatabase(`sqlite:${join(folder, 'commit.db')}`);
    try {
      const failing = db.transaction(async (tx) => {
        await sql`pragma defer_foreign_keys = on`.execute(tx);
        await sql`insert into mirror_bucket (stream, bucket, entries) values ('none', 1, '[]')`.execute(tx);
      });
      expect(await codeOf(failing)).to.equal('E_OUTCOME_UNKNOWN');
      const later = db.transaction((tx) => keepBytes(tx, bytesOf('later')));
      expect(await codeOf(later)).to.equal('E_STORE_UNREACHABLE');
    } finally {
      await db.close();
    }
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

describe('the store on a server', () => {
  /** What a test opened, closed in reverse order also when it failed. */
  const opened: (() => Promise<unknown>)[] = [];
  let fresh: FreshDatabase;
  beforeEach(async () => {
    fresh = await freshPostgres();
    opened.push(() => fresh.drop());
  });
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });
  const open = async (url = fresh.url): Promise<Database> => {
    const db = await openDatabase(url);
    opened.push(() => db.close());
    return db;
  };

  it('is refused when the database is set not to wait for its disk', async () => {
    await onServer([`alter database ${fresh.name} set synchronous_commit = off`]);
    expect(await codeOf(open())).to.equal('E_STORE_UNDURABLE');
    await onServer([`alter database ${fresh.name} set synchronous_commit = on`]);
    expect((await open()).engine).to.equal('postgres');
  });

  it('is unreachable when no server answers', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await codeOf(open(`postgres://mra@127.0.0.1:${port}/mra`))).to.equal('E_STORE_UNREACHABLE');
  });

  it('is refused for an engine that is not known', async () => {
    expect(await codeOf(open('mysql://somewhere/mra'))).to.equal('E_CONFIG_INVALID');
  });

  it('reports an unknown outcome when the answer to COMMIT is lost, and the row is stored', async () => {
    const cut = await cutAfterCommit(fresh.url);
    opened.push(() => cut.close());
    const db = await open(cut.url);
    cut.arm();
    expect(await codeOf(db.transaction((tx) => saveOperators(tx, [operator('C1')], hour(1))))).to.equal(
      'E_OUTCOME_UNKNOWN',
    );
    expect(await countOperators(db.sql)).to.equal(1);
  });

  it('continues after the server has closed its connections', async () => {
    const db = await open();
    const end = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${fresh.name}'`;
    await db.transaction((tx) => saveOperators(tx, [operator('S1')], hour(1)));
    const cut = db.transaction(async (tx) => {
      await saveOperators(tx, [operator('S2')], hour(1));
      await onServer([end]);
      await saveOperators(tx, [operator('S3')], hour(1));
    });
    expect(await codeOf(cut)).to.equal('E_STORE_UNREACHABLE');
    await db.transaction((tx) => saveOperators(tx, [operator('S4')], hour(1)));
    expect(await countOperators(db.sql)).to.equal(2);
  });

  it('is unreachable when a lock is not granted in time, and stores nothing', async () => {
    const db = await open();
    await db.transaction((tx) => saveOperators(tx, [operator('L1')], hour(1)));
    await db.transaction(async (holder) => {
      await saveOperators(holder, [operator('L1', { grade: 'general' })], hour(2));
      const waiting = db.transaction((tx) => saveOperators(tx, [operator('L1', { grade: 'certified' })], hour(3)));
      expect(await codeOf(waiting)).to.equal('E_STORE_UNREACHABLE');
    });
    expect((await findOperator(db.sql, 'L1'))?.grade).to.equal('general');
  });
});

/** Stands between client and server; once armed, it passes the next COMMIT on and cuts before the answer. */
async function cutAfterCommit(url: string): Promise<{ readonly url: string; arm(): void; close(): Promise<void> }> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let armed = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let silent = false;
    for (const socket of [client, upstream])
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    sockets.add(client).add(upstream);
    upstream.on('data', (bytes) => (silent ? client.destroy() : client.write(bytes)));
    client.on('data', (bytes) => {
      if (armed && bytes.includes('commit')) {
        armed = false;
        silent = true;
      }
      upstream.write(bytes);
    });
    client.on('close', () => upstream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  through.hostname = '127.0.0.1';
  return {
    url: through.href,
    arm: () => {
      armed = true;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
