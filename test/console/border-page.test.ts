/** The border in one file, opened from a disk in a real browser: it asks no network for anything. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { lookUpConsultation } from '../../gateway/clearance/requests.ts';
import { answerQuery, openQueryBatch } from '../../gateway/clearance/status-query.ts';
import { readConsultationNumber } from '../../gateway/model/clearance/number-form.ts';
import type { CheckRequest } from '../../gateway/model/clearance/answer.ts';
import { texts } from '../../gateway/console/words.ts';
import { snapshotFile } from '../../gateway/offline/border-page.ts';
import { reconcile, type Reconciling } from '../../gateway/offline/reconcile.ts';
import { openChromium, openPage, type Look, type WatchedPage } from '../support/chromium.ts';
import {
  fillList,
  fillRegister,
  noon,
  openClearance,
  operator,
  type TestClearance,
} from '../support/clearance-fixture.ts';
import { eastland, federation, harbour, longland, midland } from '../support/clearance-partners.ts';
import { temporaryFolder } from '../support/pki.ts';

const wide: Look = { colorScheme: 'light', width: 1280, locale: 'en-GB' };
/** The language of the browser is the one of the page. */
const narrow: Look = { colorScheme: 'dark', width: 320, locale: 'zh-CN' };

describe('the border in one file', () => {
  let browser: Browser;
  let clearance: TestClearance;
  let file: string;

  before(async () => {
    browser = await openChromium();
    clearance = await openClearance([harbour, federation, longland, eastland, midland]);
    await fillRegister(clearance.db);
    const place = { latin: '1 Example Road' };
    await fillList(clearance.db, {
      ...{ partner: 'NN', sequence: 8 },
      records: [operator('NN0000008', { name: { latin: 'HARBOUR <b>LTD</b>' }, address: place })],
    });
    await fillList(clearance.db, { partner: 'FF', records: [operator('XA1234567')] });
    await fillList(clearance.db, { partner: 'EE', records: [operator('EE51824753556', { validFrom: '2026-12-01' })] });
    await fillList(clearance.db, { partner: 'MM', records: [operator('914400006176538424')] });
    const { bytes } = await snapshotFile(clearance, { pageOf: 'port-7' });
    file = join(temporaryFolder(), 'border.html');
    writeFileSync(file, bytes);
  });
  after(async () => {
    await browser.close();
    await clearance.close();
  });

  /** With a clock of its own, which stands still. */
  async function open(look: Look, now: string, path = file): Promise<WatchedPage> {
    const opened = await openPage(browser, pathToFileURL(path).href, look);
    await opened.page.clock.setFixedTime(now);
    await opened.page.goto(pathToFileURL(path).href);
    await opened.page.locator('html[data-ready]').waitFor();
    return opened;
  }
  const textOf = async ({ page }: WatchedPage, place: string): Promise<string> =>
    (await page.locator(place).textContent()) ?? '';

  async function ask({ page }: WatchedPage, request: CheckRequest): Promise<void> {
    const before = await page.locator('#recorded').textContent();
    await page.evaluate("document.querySelector('#check').reset()");
    for (const [name, value] of Object.entries(request) as [string, string][]) {
      const isChoice = ['partner', 'role', 'direction', 'mode'].includes(name);
      await (isChoice ? page.selectOption(`#${name}`, value) : page.fill(`#${name}`, value));
    }
    await page.locator('#check button').click();
    await page.waitForFunction(`document.querySelector('#recorded').textContent !== ${JSON.stringify(before)}`);
    await page.locator('#answer .outcome').waitFor();
  }

  for (const look of [wide, narrow])
    it(`says how old it is, searches, and answers as the door does (${look.colorScheme}, ${look.width} wide)`, async () => {
      const now = '2026-11-23T15:12:00.000Z';
      const opened = await open(look, now);
      const { page } = opened;
      const words = texts[look === wide ? 'en' : 'zh-CN'];
      expect(await textOf(opened, '#age strong')).to.equal(look === wide ? '3 h 12 min old' : '距今 3 小时 12 分钟');
      expect(await textOf(opened, '#clock')).to.include('2026-11-23 23:12 Asia/Shanghai (15:12 UTC)');
      await page.locator('#text').fill('harbour');
      await page.locator('#text').press('Enter');
      await page.locator('#found td', { hasText: 'HARBOUR <b>LTD</b>' }).waitFor();
      const queries: readonly CheckRequest[] = [
        { partner: 'NN', identifier: 'nn-0000001', role: 'consignor', direction: 'import', name: 'NN0000001 Trading' },
        { partner: 'NN', identifier: 'NN0000002' },
        { partner: 'NN', identifier: 'NN00000O1', role: 'consignor', direction: 'import' },
        { partner: 'NN', mode: 'sea', name: 'Harbour <b>Ltd</b>', address: '1 Example Road', reference: 'entry 7' },
        { partner: 'EE', identifier: 'EE51824753557' },
        { partner: 'MM', identifier: '914400006176538425' },
        { partner: 'XA', identifier: 'XA1234567' },
        { partner: 'LL', identifier: 'LL1' },
      ];
      clearance.clock = now;
      for (const request of look === wide ? queries : queries.slice(0, 2)) {
        const { answer } = await answerQuery(openQueryBatch(clearance), { ...request, known_at: noon });
        await ask(opened, request);
        expect(await textOf(opened, '#answer .outcome')).to.equal(words[`outcome.${answer.outcome}`]);
        const codes = await page.locator('#answer td:nth-child(3)').allTextContents();
        expect(codes, JSON.stringify(request)).to.deep.equal(answer.explanation.map(({ code }) => code));
      }
      await opened.look();
      expect(opened.faults).to.deep.equal([]);
      await opened.close();
    });

  it('speaks the other language where a person chooses it, and leaves no text without one', async () => {
    const opened = await open(wide, '2026-11-23T12:30:00.000Z');
    const { page } = opened;
    await ask(opened, { partner: 'NN', identifier: 'NN0000001' });
    await page.locator('[data-language=zh-CN]').click();
    await page.locator('html[lang=zh-CN][data-ready]').waitFor();
    await ask(opened, { partner: 'NN', identifier: 'NN0000002', mode: 'sea' });
    expect(await textOf(opened, '#answer .outcome')).to.equal(texts['zh-CN']['outcome.suspended']);
    const shown = await page.locator('label, button:not([lang]), h1, h2, th, caption, #mode option').allTextContents();
    expect(shown.filter((text) => text !== '' && !/\p{Script=Han}/u.test(text))).to.deep.equal([]);
    expect(opened.faults).to.deep.equal([]);
    await opened.close();
  });

  it('keeps its answers, and saves them for the gateway, which records them under their numbers', async () => {
    const opened = await open(wide, '2026-11-23T12:30:00.000Z');
    const { page } = opened;
    await ask(opened, { partner: 'NN', identifier: 'NN0000001' });
    const shown = readConsultationNumber(await textOf(opened, '#answer dd >> nth=0'));
    await page.reload();
    await page.locator('html[data-ready]').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#save').click()]);
    const saved = JSON.parse(readFileSync(await download.path(), 'utf8')) as Pick<Reconciling, 'consultations'>;
    clearance.clock = '2026-11-23T16:00:00.000Z';
    const results = await reconcile(clearance, { ...saved, client: 'port-7', ownOnly: true });
    expect(results).to.deep.equal([{ consultation_number: shown, result: 'recorded' }]);
    expect(await lookUpConsultation(clearance, shown)).to.deep.equal(saved.consultations[0]?.answer);
    await page.locator('#remove').click();
    expect(await textOf(opened, '#recorded')).to.equal('Recorded: 0; saved: 0');
    expect(opened.faults).to.deep.equal([]);
    await opened.close();
  });

  it('answers nothing after its day, before it was made, or where a byte of its copy was changed', async () => {
    const text = readFileSync(file, 'utf8');
    const at = text.indexOf('id="snapshot">') + 600;
    const other = text[at] === 'A' ? 'B' : 'A';
    const changed = `${file}.changed.html`;
    writeFileSync(changed, `${text.slice(0, at)}${other}${text.slice(at + 1)}`);
    for (const [now, path] of [
      ['2026-11-27T00:00:00.000Z', file],
      ['2026-11-23T11:00:00.000Z', file],
      ['2026-11-23T13:00:00.000Z', changed],
    ] as const) {
      const opened = await open(wide, now, path);
      expect(await textOf(opened, '#age strong')).to.equal('Do not use this copy');
      expect(await opened.page.locator('#check button').isDisabled()).to.equal(true);
      expect(await opened.page.locator('#search button').isDisabled()).to.equal(true);
      expect(opened.faults).to.deep.equal([]);
      await opened.close();
    }
  });
});
