/**
 * Files at the office: a partner without a system gives and gets workbooks, by a person of its own who signs in, or by the hands of our
 * staff. Its workbooks are made and read with openpyxl.
 */

import { expect } from 'chai';
import { texts } from '../../gateway/console/words.ts';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../gateway/clearance/requests.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { listInForce } from '../../gateway/store/streams.ts';
import { listEvents } from '../../gateway/store/events.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { code, openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';
import { openChromium, openPage } from '../support/chromium.ts';
import { openOffice, person, type Browser, type Office, type Shown } from '../support/office.ts';
import { startPeer, type PeerProgram } from '../support/peer-program.ts';
import { temporaryFolder } from '../support/pki.ts';

const peerFolder = join(import.meta.dirname, '../peers/spreadsheet');
const year = new Date().getUTCFullYear();
const rows = (count: number): string[][] =>
  Array.from({ length: count }, (_, i) => [
    ...[`FE00${1001 + i}`, `Exemple ${i} SA`, '1 quai Nord', 'Port-Neuf', 'ACTIF', '2024-05-20'],
  ]);

describe('files at the office', () => {
  let open: OpenAdministrations;
  let office: Office;
  let program: PeerProgram;
  let [ana, li, kim, park]: Browser[] = [];
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  before(async () => {
    cpSync(join(adaptersFolder, 'cn'), at('adapters/cn'), { recursive: true });
    cpSync(join(peerFolder, 'xf'), at('adapters/xf'), { recursive: true });
    for (const name of ['from-us', 'to-us']) mkdirSync(at(name));
    open = await openAdministrations({ partners: ['XF'], adapters: at('adapters'), connection: { transport: 'file' } });
    await open.home.save(...operators(3));
    office = await openOffice(open.home.gateway);
    ana = await office.signedInOf('XF', 'ana');
    li = await office.signedIn('li.na', 'operator', 'approver');
    kim = await office.signedIn('kim', 'approver');
    park = await office.signedIn('park', 'reader');
    program = startPeer(join(peerFolder, 'peer.py'), [at('from-us'), at('to-us'), at('book.json')]);
  });
  after(async () => {
    program.stop();
    await office.close();
    await open.close();
  });

  const sql = () => open.home.gateway.db.sql;
  const nameOf = (number: number): string => `OEA_${year}0101_${number}.xlsx`;
  async function workbook(number: number, list: readonly (readonly string[])[]): Promise<Uint8Array<ArrayBuffer>> {
    await program.ask('write', at('list.xlsx'), number, `${year}-01-0${number} 08:00:00`, list);
    return new Uint8Array(readFileSync(at('list.xlsx')));
  }
  async function give(
    browser: Browser | undefined,
    number: number,
    list: readonly (readonly string[])[],
    path = '/files',
  ): Promise<Shown> {
    return await person(browser).upload(path, await workbook(number, list), {}, nameOf(number));
  }
  const digestIn = ({ at: address }: Shown): string => address.split('/').at(-1) ?? '';
  const inForce = async () => await listInForce(sql(), 'XF');
  const decide = async (browser: Browser | undefined, digest: string): Promise<unknown> =>
    (await person(browser).json(`/office/v1/held/${digest}`, { decision: 'release', reason: 'asked the partner' }))
      .body['verdict'];
  async function fetched(browser: Browser | undefined, path: string): Promise<{ status: number; bytes: Buffer }> {
    const token = await person(browser).token();
    const cookie = [...person(browser).cookies].map((pair) => pair.join('=')).join('; ');
    const headers = { cookie, origin: office.url, 'sec-fetch-site': 'same-origin' };
    const body = new URLSearchParams({ form_token: token });
    const response = await fetch(`${office.url}${path}`, { method: 'POST', headers, body });
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  }

  it('of the partner count as from it, and each faulty row is shown in its language', async () => {
    const given = await give(ana, 1, rows(6));
    expect(given.html).to.include('FE001001');
    expect(await inForce()).to.include({ number: `XF/${year}/00001`, evidence: 'channel' });
    const faulty = rows(6)[1] ?? [];
    const refused = await give(ana, 2, [...rows(6).slice(2), faulty.with(4, 'OUI')]);
    expect(refused.html)
      .to.include('F7')
      .and.match(/lang="und">[^<]*code/u);
    const message = await findInbox(sql(), { partner: 'XF', digest: digestIn(refused) });
    expect(message).to.include({ state: 'REJECTED', reason: 'E_CODE_UNKNOWN', via: 'office' });
    expect(await inForce()).to.include({ number: `XF/${year}/00001` });
    for (const name of ['list.xlsx', `${'a'.repeat(300)}.xlsx`, 'OEA_\u202e1.xlsx'])
      expect([name, (await person(ana).upload('/files', new Uint8Array([1]), {}, name)).status]).to.deep.equal([
        ...[name, name === 'list.xlsx' ? 200 : 422],
      ]);
    const answer = await person(ana).get(`${refused.at}/answer`);
    expect(answer.headers.get('content-disposition')).to.include(`OEA_${year}0101_2_resultat.xlsx`);
    const [event] = await listEvents(sql(), { ref: digestIn(given), kind: 'file_given', limit: 1 });
    expect(JSON.parse(event?.detail ?? '{}')).to.deep.equal({ partner: 'XF', person: 'ana', name: nameOf(1) });
  });

  it('of the partner that lack more operators than agreed are held, as those that come by every other way', async () => {
    const held = await give(ana, 3, rows(1));
    expect(await findInbox(sql(), { partner: 'XF', digest: digestIn(held) })).to.include({
      ...{ state: 'HELD', reason: 'list_shrinks' },
    });
  });

  it('that our staff bring without a signature wait for two people, and answers at the border say so', async () => {
    const held = await give(li, 4, rows(6), '/partners/XF/files');
    const digest = digestIn(held);
    const message = { state: 'HELD', reason: 'by_hand', via: 'file', evidence: 'custody' };
    expect(await findInbox(sql(), { partner: 'XF', digest })).to.include(message);
    expect(await inForce()).to.include({ number: `XF/${year}/00001` });
    expect(await decide(li, digest)).to.equal(null);
    expect(await decide(kim, digest)).to.equal('applied');
    expect(await inForce()).to.include({ number: `XF/${year}/00004`, evidence: 'custody' });
    const asked = { partner: 'XF', identifier: 'FE001001' };
    expect((await check(open.home.gateway, asked, 'port-a')).freshness).to.include({ evidence: 'custody' });
  });

  it('of ours are fetched once, given again alike, and settled by the result sheet that comes back', async () => {
    const { body } = await person(li).json('/office/v1/partners/XF/files/list', {});
    const id = String(body['message']);
    expect(await findMessage(sql(), id)).to.include({ state: 'SEALED' });
    const waits = texts.en['files.waits'];
    expect((await person(ana).get(`/files/sent/${id}`)).html).to.include(waits);
    const [first, second] = await Promise.all([1, 2].map(() => fetched(ana, `/files/sent/${id}`)));
    if (first === undefined || second === undefined) throw new Error('it was fetched twice');
    expect([first.status, second.status, second.bytes.equals(first.bytes)]).to.deep.equal([200, 200, true]);
    expect((await person(ana).get(`/files/sent/${id}`)).html).not.to.include(waits);
    expect(await findMessage(sql(), id)).to.include({ state: 'HANDED_OVER' });
    expect((await fetched(li, `/partners/XF/files/sent/${id}`)).bytes.equals(first.bytes)).to.equal(true);
    const name = (await findMessage(sql(), id))?.file ?? '';
    writeFileSync(at(`from-us/${name}`), first.bytes);
    const cells = (await program.ask('show', at(`from-us/${name}`))) as unknown[][];
    expect(cells[2]?.[1]).to.equal(`CN${code(1)}`);
    await program.ask('take', name);
    const result = readFileSync(at(`to-us/${name.replace('.xlsx', '_resultat.xlsx')}`));
    expect((await person(ana).upload(`/files/sent/${id}/answer`, new Uint8Array(first.bytes))).status).to.equal(422);
    const settled = await person(ana).upload(`/files/sent/${id}/answer`, new Uint8Array(result));
    expect(settled.at).to.equal(`/files/sent/${id}`);
    expect(await findMessage(sql(), id)).to.include({ state: 'ACCEPTED', evidence: 'channel' });
  });

  it('show a person of the partner nothing else, and staff without the role none', async () => {
    for (const path of [
      '/partners',
      '/partners/XF',
      '/partners/XF/files',
      '/held',
      '/register',
      '/messages',
      '/audit',
      '/office/v1/today',
    ])
      expect([path, (await person(ana).get(path)).status]).to.deep.equal([path, 403]);
    expect((await person(ana).get('/')).at).to.equal('/files');
    expect((await person(park).get('/partners/XF/files')).status).to.equal(403);
    expect((await person(li).get('/files')).status).to.equal(403);
    const { html } = await person(ana).get('/files');
    expect(html).not.to.match(/href="\/(?:held|partners|register|messages)/u);
  });

  it('are given and fetched in a browser, from sign-in to the answer', async () => {
    const chromium = await openChromium();
    try {
      const { page, look, faults } = await openPage(chromium, office.url, {
        colorScheme: 'light',
        width: 1280,
        locale: 'en-GB',
      });
      const { cookies } = person(ana);
      await page.context().addCookies([...cookies].map(([name, value]) => ({ name, value, url: office.url })));
      await look('/');
      const buffer = Buffer.from(
        await workbook(5, [...rows(6), ['FE00108', 'Exemple', '1 quai', 'Port', 'ACTIF', '2024-05-20']]),
      );
      await page.setInputFiles('#file', { name: nameOf(5), mimeType: 'application/octet-stream', buffer });
      await page.locator('form[action="/files"] button').click();
      await page.waitForURL(/\/received\//u);
      await look();
      expect(await page.locator('tbody tr').first().textContent()).to.include('FE00108');
      const answer = page.waitForEvent('download');
      await page.locator('a[href$="/answer"]').click();
      expect((await answer).suggestedFilename()).to.equal(nameOf(5).replace('.xlsx', '_resultat.xlsx'));
      await look('/files');
      await page.locator('a[href^="/files/sent/"]').first().click();
      await look();
      const list = page.waitForEvent('download');
      await page.locator('main form').first().locator('button').click();
      expect((await list).suggestedFilename()).to.match(/^(?:AEO|OEA)_\d+_\d+(?:_resultat)?\.xlsx$/u);
      expect(faults).to.deep.equal([]);
    } finally {
      await chromium.close();
    }
  });
});
