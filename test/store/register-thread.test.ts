/** The thread that packs the register: what memory says comes from it, and a start later from the file that it wrote. */

import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegisterIndex } from '../../gateway/store/register-index.ts';
import { startRegisterThread } from '../../gateway/store/register-thread.ts';
import { storedView } from '../../gateway/store/register-view.ts';
import { refusalCode } from '../support/expect-code.ts';
import { fillList } from '../support/clearance-fixture.ts';
import { onBothEngines } from './engines.ts';
import { hour, listed } from './samples.ts';

const day = '2026-03-01';

describe('the thread of the register', () => {
  let folder: string;
  let file: string;
  let said: string[];
  let threads: ReturnType<typeof startRegisterThread>[];
  const start = (url: string): ReturnType<typeof startRegisterThread> => {
    const report = ({ code }: { readonly code: string }): number => said.push(code);
    const thread = startRegisterThread({ url, file }, { unusable: report, notKept: report });
    threads.push(thread);
    return thread;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mra-register-'));
    file = join(folder, 'register.snapshot');
    said = [];
    threads = [];
  });
  afterEach(async () => {
    for (const thread of threads) await thread.close();
    rmSync(folder, { recursive: true });
  });

  onBothEngines('on a store', (store) => {
    it('packs what lists change, piece by piece, and views of before say what they said', async () => {
      const { db, url } = store();
      const codes = Array.from({ length: 3_000 }, (_, i) => `公司${i}`);
      const index = openRegisterIndex(db, start(url));
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
        codes.slice(0, 1_000).map((code) => listed(code, suspended)),
      );
      const stored = await storedView(db.sql, 'ZT');
      expect(await after?.statuses(codes, day)).to.deep.equal(await stored.statuses(codes, day));
      expect(after?.list).to.deep.equal(stored.list);
      expect(await before?.status(codes[0] ?? '', day)).to.include({ status: 'active' });
      expect(said).to.deep.equal([]);
    });
  });

  it('says why it cannot read the store', async () => {
    const away = start('postgres://nobody@127.0.0.1:1/none');
    expect(await refusalCode(() => away.load(() => undefined))).to.equal('E_STORE_UNREACHABLE');
    expect(existsSync(file)).to.equal(false);
  });
});
