/** The thread that packs many operators: memory says what the store says, whoever packed it. */

import { expect } from 'chai';
import { openRegisterIndex } from '../../gateway/store/register-index.ts';
import { openRegisterLoader } from '../../gateway/store/register-loader.ts';
import { openPackingThread, type PackingThread } from '../../gateway/store/register-thread.ts';
import { storedView } from '../../gateway/store/register-view.ts';
import { refusalCode } from '../support/expect-code.ts';
import { fillList } from '../support/clearance-fixture.ts';
import { onBothEngines } from './engines.ts';
import { hour, listed } from './samples.ts';

const day = '2026-03-01';

describe('the thread of the register', () => {
  let threads: PackingThread[];
  const start = (url: string): PackingThread => {
    const thread = openPackingThread(url);
    threads.push(thread);
    return thread;
  };
  beforeEach(() => {
    threads = [];
  });
  afterEach(async () => {
    for (const thread of threads) await thread.close();
  });

  onBothEngines('on a store', (store) => {
    it('packs what lists change, piece by piece, and views of before say what they said', async () => {
      const { db, url } = store();
      const codes = Array.from({ length: 3_000 }, (_, i) => `公司${i}`);
      const { packMany } = start(url);
      const given: number[] = [];
      const loader = openRegisterLoader(db, {
        async packMany(order) {
          const packed = await packMany(order);
          given.push(packed.changes);
          return packed;
        },
      });
      const index = openRegisterIndex(db, loader);
      const apply = async (sequence: number, records: ReturnType<typeof listed>[]) => {
        await fillList(db, { partner: 'ZT', records, sequence, appliedAt: hour(sequence) });
        await index.bringUp();
        return (await index.current())('ZT');
      };
      const before = await apply(
        1,
        codes.map((code) => listed(code)),
      );
      const suspended = { status: 'suspended', statusSince: '2026-02-01' } as const;
      const after = await apply(
        2,
        codes.slice(0, 1_001).map((code) => listed(code, suspended)),
      );
      const few = codes.slice(2_000).map((code) => listed(code, suspended));
      const last = await apply(3, few);
      const stored = await storedView(db.sql, 'ZT');
      expect(await last?.statuses(codes, day)).to.deep.equal(await stored.statuses(codes, day));
      expect(last?.list).to.deep.equal(stored.list);
      expect(await before?.status(codes[0] ?? '', day)).to.include({ status: 'active' });
      expect(await after?.status(codes[2_000] ?? '', day)).to.include({ status: 'active' });
      // The third list changes few.
      expect(given).to.deep.equal([3_000, 1_001]);
    });
  });

  it('says why it cannot read the store', async () => {
    const { packMany } = start('postgres://nobody@127.0.0.1:1/none');
    const order = { partner: 'ZT', revision: 1, held: undefined };
    expect(await refusalCode(() => packMany(order))).to.equal('E_STORE_UNREACHABLE');
  });
});
