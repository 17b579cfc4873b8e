/** Files at the office of a partner whose lists are known by the names of their files: the same bytes under two names are two lists. */

import { expect } from 'chai';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { findInbox } from '../../gateway/store/inbox.ts';
import { listInForce } from '../../gateway/store/streams.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { openAdministrations, type OpenAdministrations } from '../support/administrations.ts';
import { openOffice, person, type Browser, type Office } from '../support/office.ts';
import { temporaryFolder } from '../support/pki.ts';

const year = new Date().getUTCFullYear();
const nameOf = (day: number): string => `XD_AEO_${year}010${day}.txt`;
const records = Array.from({ length: 6 }, (_, i) => `R;HD00471${i};Haedong ${i};Port;1;20240101\r\n`);
const bytes = new Uint8Array(Buffer.from(['H;HAEDONG\r\n', ...records, 'T;000006\r\n'].join('')));

describe('files at the office with the place of a list in their names', () => {
  let open: OpenAdministrations;
  let office: Office;
  let [ana, li, kim]: Browser[] = [];
  beforeEach(async () => {
    const adapters = temporaryFolder();
    cpSync(join(adaptersFolder, 'cn'), join(adapters, 'cn'), { recursive: true });
    cpSync(join(import.meta.dirname, '../peers/files/xd'), join(adapters, 'xd'), { recursive: true });
    open = await openAdministrations({ partners: ['XD'], adapters, connection: { transport: 'file' } });
    office = await openOffice(open.home.gateway);
    ana = await office.signedInOf('XD', 'ana');
    li = await office.signedIn('li.na', 'operator', 'approver');
    kim = await office.signedIn('kim', 'approver');
  });
  afterEach(async () => {
    await office.close();
    await open.close();
  });

  const sql = () => open.home.gateway.db.sql;
  async function give(browser: Browser | undefined, name: string, path = '/files') {
    const { at } = await person(browser).upload(path, bytes, {}, name);
    return await findInbox(sql(), { partner: 'XD', digest: at.split('/').at(-1) ?? '' });
  }
  const release = async (browser: Browser | undefined, digest = ''): Promise<unknown> =>
    (await person(browser).json(`/office/v1/held/${digest}`, { decision: 'release', reason: 'asked the partner' }))
      .body['verdict'];

  it('are the list that came before where they come again under a name that says nothing', async () => {
    const first = await give(ana, nameOf(1));
    expect(first).to.include({ state: 'APPLIED', evidence: 'channel' });
    expect(await give(ana, 'list (1).txt')).to.deep.equal({ ...first, deliveries: 2 });
    expect(await give(ana, nameOf(1))).to.deep.equal({ ...first, deliveries: 3 });
  });

  it('need two people for each name, and the list in force keeps its evidence meanwhile', async () => {
    await give(ana, nameOf(1));
    const held = await give(li, nameOf(2), '/partners/XD/files');
    expect(held).to.include({ state: 'HELD', reason: 'by_hand' });
    expect(await listInForce(sql(), 'XD')).to.include({ evidence: 'channel' });
    expect(await release(li, held?.digest)).to.equal(null);
    await give(li, nameOf(3), '/partners/XD/files');
    expect(await release(kim, held?.digest), 'the first decided about another list').to.equal(null);
    expect(await release(li, held?.digest)).to.equal('applied');
    expect(await listInForce(sql(), 'XD')).to.include({ evidence: 'custody' });
  });
});
