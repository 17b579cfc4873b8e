/** What the store promises as a whole: durable or refused, all or nothing, and an honest answer when a COMMIT failed. */

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'chai';
import { sql } from 'kysely';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { openDatabase, probeStore, readDatabase, tryWriting } from '../../gateway/store/database.ts';
import type { Database } from '../../gateway/store/database.ts';
import { readCounter } from '../../gateway/store/counters.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { countOperators, findOperator, saveOperators } from '../../gateway/store/operators.ts';
import { codeOf } from './codes.ts';
import { freshUrl, onBothEngines } from './engines.ts';
import { freshPostgres, onServer } from '../support/postgres.ts';
import type { FreshDatabase } from '../support/postgres.ts';
import { bytesOf, hour, operator } from './samples.ts';

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

    it('for reading writes nothing: an empty store has no tables, and one of another version is refused', async () => {
      if (engine === 'postgres') expect(await codeOf(readDatabase(fresh.url))).to.equal('E_STORE_SCHEMA');
      else await (await readDatabase(fresh.url)).close();
      const db = await openDatabase(fresh.url);
      const opened = (): Promise<number> => readCounter(db.sql, 'opened');
      const before = await opened();
      const reading = await readDatabase(fresh.url);
      expect(await countOperators(reading.sql)).to.equal(0);
      expect(await codeOf(reading.transaction(() => Promise.resolve()))).to.equal('E_INTERNAL');
      await reading.close();
      await tryWriting(fresh.url);
      expect(await opened()).to.equal(before);
      for (const change of [
        sql`delete from kysely_migration where name = (select max(name) from kysely_migration)`,
        sql`insert into kysely_migration (name, timestamp) values ('9998', '2099'), ('9999', '2099')`,
      ]) {
        await db.transaction((tx) => change.execute(tx));
        expect(await codeOf(readDatabase(fresh.url))).to.equal('E_STORE_SCHEMA');
      }
      await db.close();
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

  it('is unreachable, with a hint, while the database is read-only, and is written again afterwards', async () => {
    const db = await open();
    await db.transaction((tx) => saveOperators(tx, [operator('W1')], hour(1)));
    const end = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${fresh.name}'`;
    await onServer([`alter database ${fresh.name} set default_transaction_read_only = on`, end]);
    const save = (): Promise<unknown> => db.transaction((tx) => saveOperators(tx, [operator('W2')], hour(1)));
    const write = (): Promise<unknown> => probeStore(db);
    for (const writing of [save, write, save, write, () => openDatabase(fresh.url)])
      expect(await codeOf(writing())).to.equal('E_STORE_UNREACHABLE');
    expect(await countOperators(db.sql)).to.equal(1);
    await onServer([`alter database ${fresh.name} reset default_transaction_read_only`, end]);
    const writable = await openDatabase(fresh.url);
    opened.push(() => writable.close());
    // Each connection that the server ended reports it once.
    while ((await probeStore(db).catch((error: unknown) => error)) !== undefined);
  });

  it('plans each statement once for a connection, and anew once a newer version has changed the table', async () => {
    const db = await open();
    const read = () => sql<object>`select * from counter where name = ${'probe'}`.execute(db.sql);
    for (let times = 0; times < 3; times += 1) await read();
    const planned = sql<{
      n: number;
    }>`select count(*) as n from pg_prepared_statements where statement like ${'%from counter%'}`;
    expect((await planned.execute(db.sql)).rows).to.deep.equal([{ n: 1 }]);
    await onServer(['alter table counter add column more integer'], fresh.url);
    expect(await codeOf(read())).to.equal('E_STORE_UNREACHABLE');
    expect((await read()).rows[0]).to.have.property('more');
  });

  it('reports a lost connection of a question as unreachable, and missing tables as damage', async () => {
    const db = await open();
    const ended = sql`select pg_terminate_backend(pg_backend_pid())`.execute(db.sql);
    expect(await codeOf(ended)).to.equal('E_STORE_UNREACHABLE');
    await onServer(['drop table operator'], fresh.url);
    expect(await codeOf(countOperators(db.sql))).to.equal('E_STORE_DAMAGED');
    expect(db.damaged.aborted).to.equal(true);
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
