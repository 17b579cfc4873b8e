/** The register in memory says what the store says, whatever lists came and whoever applied them. */

import { expect } from 'chai';
import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openRegisterIndex, type RegisterIndex } from '../../gateway/store/register-index.ts';
import { storedView, type RegisterView } from '../../gateway/store/register-view.ts';
import { recordArrival, settleInbox } from '../../gateway/store/inbox.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import type { Departure } from '../../gateway/model/list/list.ts';
import type { ListRecord } from '../../gateway/model/record/record.ts';
import { fillList } from '../support/clearance-fixture.ts';
import { onBothEngines } from './engines.ts';
import { hour, listed, raw } from './samples.ts';

const identifiers = ['A', 'B', 'Ä-1', '公司7', 'LONG'.repeat(60)];
const days = ['2019-06-01', '2020-01-01', '2026-02-10', '2026-03-01', '2027-01-01'];

const statement = fc.record({
  identifier: fc.constantFrom(...identifiers),
  kind: fc.constantFrom('active', 'suspended', 'revoked', 'left'),
  since: fc.constantFrom(...days),
  first: fc.constantFrom(...days),
  to: fc.option(fc.constantFrom(...days), { nil: undefined }),
  name: fc.constantFrom('EXAMPLE & SONS', 'Müller', '示例公司', 'N'.repeat(300)),
  local: fc.constantFrom(undefined, '示例公司', 'пример'),
  roles: fc.constantFrom(['exporter'], ['carrier', 'exporter'], []),
});
type Statement = typeof statement extends fc.Arbitrary<infer T> ? T : never;

function recordOf({ identifier, kind, since, first, to, name, local, roles }: Statement): ListRecord {
  const names = local === undefined ? { latin: name } : { latin: name, local };
  const status = kind === 'active' ? 'active' : 'suspended';
  const ends = to === undefined ? {} : { validTo: to };
  return listed(identifier, { name: names, status, statusSince: since, validFrom: first, roles, ...ends });
}

function departureOf({ identifier, kind, since }: Statement): Departure {
  return { identifier, reason: kind === 'revoked' ? 'revoked' : 'left', since };
}

async function contentOf(view: RegisterView): Promise<unknown> {
  const all: unknown[] = [view.list];
  for (const identifier of [...identifiers, 'unknown'])
    for (const day of days) all.push(await view.status(identifier, day));
  return all;
}

onBothEngines('the register in memory', (store) => {
  it('says what the store says after any lists, and a view of before says what it said', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uniqueArray(statement, { selector: (each) => each.identifier }), fc.boolean()), {
          minLength: 1,
          maxLength: 6,
        }),
        async (lists) => {
          const { db } = store();
          const partner = `P${(number += 1)}`;
          const index = openRegisterIndex(db);
          const before: { readonly view: RegisterView; readonly content: unknown }[] = [];
          for (const [i, [statements, look]] of lists.entries()) {
            const stays = statements.filter(({ kind }) => kind === 'active' || kind === 'suspended');
            const leaves = statements.filter(({ kind }) => kind === 'revoked' || kind === 'left');
            const [records, departures] = [stays.map(recordOf), leaves.map(departureOf)];
            await fillList(db, { partner, records, departures, sequence: i + 1, appliedAt: hour(i) });
            if (!look) continue;
            await index.bringUp();
            const view = (await index.current())(partner);
            if (view === undefined) throw new Error('the index was brought up');
            const content = await contentOf(view);
            expect(content).to.deep.equal(await contentOf(await storedView(db.sql, partner)));
            before.push({ view, content });
          }
          for (const { view, content } of before) expect(await contentOf(view)).to.deep.equal(content);
        },
      ),
      { numRuns: 40, seed: 7 },
    );
  });

  it('has no view of a partner whose change is not in memory yet, whoever made it', async () => {
    const { db, url } = store();
    const index = openRegisterIndex(db);
    await fillList(db, { partner: 'ZA', records: [listed('A')], sequence: 1 });
    await fillList(db, { partner: 'ZB', records: [listed('B')], sequence: 1 });
    await index.bringUp();
    const other = await openDatabase(url);
    await fillList(other, { partner: 'ZA', records: [listed('A', { status: 'suspended' })], sequence: 2 });
    await other.close();
    const viewOf = await index.current();
    expect([viewOf('ZA'), await viewOf('ZB')?.status('B', '2026-03-01')]).to.deep.equal([
      undefined,
      await (await storedView(db.sql, 'ZB')).status('B', '2026-03-01'),
    ]);
    await index.bringUp();
    expect(await (await index.current())('ZA')?.status('A', '2026-03-01')).to.include({ status: 'suspended' });
  });

  it('is read from the store once for all queries that come during the reading before', async () => {
    const { db } = store();
    await fillList(db, { partner: 'ZD', records: [listed('A')], sequence: 1 });
    const gate = Promise.withResolvers<undefined>();
    let readings = 0;
    const gated = db.sql.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        readings += 1;
        await gate.promise;
        return result;
      },
    });
    const index = openRegisterIndex({ sql: gated });
    const first = index.current();
    while (readings === 0) await nextTurn();
    const more: ReturnType<RegisterIndex['current']>[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      more.push(index.current());
      await nextTurn();
    }
    const before = readings;
    gate.resolve(undefined);
    const views = await Promise.all([first, ...more]);
    // Nothing is in memory: each of the two readings found a change, and read which partner's.
    expect([before, readings, views.map((viewOf) => viewOf('ZD'))]).to.deep.equal([1, 4, Array(6).fill(undefined)]);
  });

  it('takes in lists that change thousands of operators piece by piece, and says what the store says then', async () => {
    const { db } = store();
    const codes = Array.from({ length: 2_500 }, (_, i) => `E${i}`);
    let most = 0;
    const counted = db.sql.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult({ result }) {
        most = Math.max(most, result.rows.length);
        return Promise.resolve(result);
      },
    });
    const index = openRegisterIndex({ sql: counted });
    await fillList(db, { partner: 'ZE', records: codes.map((code) => listed(code)), sequence: 1, appliedAt: hour(1) });
    await index.bringUp();
    const suspended = { status: 'suspended', statusSince: '2026-02-01' } as const;
    const changed = codes.map((code) => listed(code, suspended));
    await fillList(db, { partner: 'ZE', records: changed, sequence: 2, appliedAt: hour(2) });
    const left = codes
      .slice(0, 1_200)
      .map((identifier) => ({ identifier, reason: 'left', since: '2026-02-10' }) as const);
    const back = codes.slice(1_900).map((code) => listed(code, { statusSince: '2026-02-20' }));
    await fillList(db, { partner: 'ZE', records: back, departures: left, sequence: 3, appliedAt: hour(3) });
    await index.bringUp();
    // A page of operators has several versions of each.
    expect(most).to.be.lessThan(2_000);
    const [view, stored] = [(await index.current())('ZE'), await storedView(db.sql, 'ZE')];
    for (const day of ['2026-01-15', '2026-02-15', '2026-03-01'])
      expect(await view?.statuses(codes, day)).to.deep.equal(await stored.statuses(codes, day));
  });

  it('notices that a list is held, and that it was decided', async () => {
    const { db, write } = store();
    const index = openRegisterIndex(db);
    await fillList(db, { partner: 'ZC', records: [listed('A')], sequence: 1 });
    const held = await write(async (tx) => {
      const { digest } = await recordArrival(tx, raw('ZC', 'next list'), undefined);
      await settleInbox(tx, { partner: 'ZC', digest, state: 'HELD', at: hour(2) });
      return digest;
    });
    const newerHeld = async (): Promise<boolean | undefined> => {
      await index.bringUp();
      return (await index.current())('ZC')?.list?.newerHeld;
    };
    expect(await newerHeld()).to.equal(true);
    await write((tx) => settleInbox(tx, { partner: 'ZC', digest: held, state: 'REJECTED', at: hour(3) }));
    expect(await newerHeld()).to.equal(false);
  });

  it('of a partner that never sent a list is empty', async () => {
    const view = (await openRegisterIndex(store().db).current())('ZZ');
    expect([view?.list, await view?.status('A', '2026-03-01')]).to.deep.equal([undefined, undefined]);
  });
});
