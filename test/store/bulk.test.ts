/** Many rows at once: the same on both engines, inside the transaction. */

import { expect } from 'chai';
import { inSlices, insertMany, insertRows, oneOf } from '../../gateway/store/bulk.ts';
import { getBytes, keepBytes } from '../../gateway/store/bodies.ts';
import { codeOf } from './codes.ts';
import { onBothEngines } from './engines.ts';
import { bytesOf, digestOf, hour } from './samples.ts';

const event = (n: number, ref = `r${n}`) => ({ n, leaf_hash: 'h', kind: 'bulk', ref, detail: null, at: hour(1) });
const approval = (digest: string, person: string) => ({
  partner: 'AA',
  digest,
  person,
  decision: 'release',
  at: hour(1),
});

onBothEngines('bulk work', (store) => {
  it('inserts more rows than one statement has, with any text in them', async () => {
    const awkward = [
      '',
      ' ',
      `"quoted" 'and' \\backslash`,
      '经营者 № 5 🏢',
      'tab\tnewline\n',
      '{"json":[1]}',
      ':name ?1 $1',
    ];
    const rows = Array.from({ length: 12_345 }, (_, i) => event(i + 1, awkward[i] ?? `r${i + 1}`));
    await store().write((tx) => insertMany(tx, 'event', rows));
    const held = await store().db.sql.selectFrom('event').select('ref').orderBy('n').execute();
    expect(held.map(({ ref }) => ref)).to.deep.equal(rows.map(({ ref }) => ref));
  });

  it('inserts no row when one violates a constraint', async () => {
    const failing = store().write((tx) => insertMany(tx, 'event', [event(90_001), event(90_002), event(90_001)]));
    expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(Error);
    const held = await store().db.sql.selectFrom('event').select('n').where('n', '>=', 90_000).execute();
    expect(held).to.have.length(0);
  });

  it('inserts the rows of small groups of every size, each once, with any text in them', async () => {
    const columns = ['n', 'leaf_hash', 'asked_at', 'requester', 'partner', 'request', 'answer'];
    let n = 500_000;
    const given: (readonly [number, ...string[]])[] = [];
    for (const size of [1, 2, 8, 9, 63, 64, 65, 256, 257, 600]) {
      const rows = Array.from(
        { length: size },
        () => [(n += 1), 'h', hour(1), `"${n}" \\ '`, '公司', '', '{}'] as const,
      );
      await store().write((tx) => insertRows(tx, 'border_answer', { columns, utf8: [], numbers: ['n'] }, rows));
      given.push(...rows);
    }
    const held = await store()
      .db.sql.selectFrom('border_answer')
      .selectAll()
      .where('n', '>', 500_000)
      .orderBy('n')
      .execute();
    expect(held.map((row) => Object.values(row))).to.deep.equal(given);
  });

  it('finds and deletes rows by thousands of values in one condition', async () => {
    const digests = Array.from({ length: 9_000 }, (_, i) => `d${i}`);
    await store().write(async (tx) => {
      await insertMany(
        tx,
        'approval',
        digests.flatMap((digest) => [approval(digest, 'P1'), approval(digest, 'P2')]),
      );
      await inSlices(digests.slice(1), async (some) => {
        await tx
          .deleteFrom('approval')
          .where('person', '=', 'P1')
          .where(oneOf(tx, 'digest', some))
          .execute();
      });
    });
    const { sql } = store().db;
    const left = await sql
      .selectFrom('approval')
      .select(['digest', 'person'])
      .where(oneOf(sql, 'digest', digests))
      .execute();
    expect(left).to.have.length(9_001);
    expect(left.filter(({ person }) => person === 'P1').map(({ digest }) => digest)).to.deep.equal(['d0']);
    expect(
      await sql
        .selectFrom('approval')
        .select('person')
        .where(oneOf(sql, 'digest', []))
        .execute(),
    ).to.deep.equal([]);
    const none = sql
      .selectFrom('event')
      .select('n')
      .where(oneOf(sql, 'n', []));
    expect(await none.execute()).to.deep.equal([]);
    const numbers = await sql
      .selectFrom('event')
      .select('n')
      .where(oneOf(sql, 'n', [3, 5, 99_999]))
      .orderBy('n')
      .execute();
    expect(numbers.map(({ n }) => n)).to.deep.equal([3, 5]);
  });

  it('yields to other work while many rows are written', async () => {
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 1);
    await store().write((tx) =>
      insertMany(
        tx,
        'event',
        Array.from({ length: 30_000 }, (_, i) => event(100_000 + i)),
      ),
    );
    clearInterval(counting);
    expect(turns).to.be.at.least(3);
  });
});

onBothEngines('bytes', (store) => {
  it('are stored once and returned unchanged', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
    const first = await store().write((tx) => keepBytes(tx, bytes));
    const second = await store().write((tx) => keepBytes(tx, bytes));
    expect([first, second]).to.deep.equal([digestOf(bytes), digestOf(bytes)]);
    expect(Buffer.compare(await getBytes(store().db.sql, first), bytes)).to.equal(0);
  });

  it('that are not stored are E_BYTES_DROPPED', async () => {
    expect(await codeOf(getBytes(store().db.sql, digestOf(bytesOf('never'))))).to.equal('E_BYTES_DROPPED');
  });
});
