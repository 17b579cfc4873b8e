/** Journeys through the office in a real browser, from a page to the effect and back to the page that shows it. */

import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser as Chromium, Page } from 'playwright-core';
import type { Role } from '../../gateway/people/roles.ts';
import { findOperator } from '../../gateway/store/operators.ts';
import { storedPartners } from '../../gateway/store/partner-keys.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { csvOf } from '../cli/operator-command.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { openAdministrations, operator, operators } from '../support/administrations.ts';
import type { OpenAdministration, OpenAdministrations } from '../support/administrations.ts';
import { openChromium, openPage } from '../support/chromium.ts';
import { openOffice, type Office } from '../support/office.ts';
import { fillMonth } from '../support/month-of-entries.ts';
import { listToThem } from '../support/office-pages.ts';
import { addTestPerson, testPassword } from '../support/people.ts';
import { ecPair, rsaPair, temporaryFolder, testCertificate } from '../support/pki.ts';

describe('journeys through the office', () => {
  let all: OpenAdministrations;
  let office: Office;
  let home: Office;
  let chromium: Chromium;
  const faults: (readonly string[])[] = [];
  const adapters = temporaryFolder();
  before(async () => {
    cpSync(adaptersFolder, adapters, { recursive: true });
    [all, chromium] = await Promise.all([openAdministrations({ partners: ['KR'], adapters }), openChromium()]);
    [office, home] = [await openOffice(all.of('KR').gateway), await openOffice(all.home.gateway)];
    await all.home.save(...operators(40));
    await listToThem(all.home, all.of('KR'));
    await all.of('KR').save(operator(1));
  });
  afterEach(() => expect(faults.splice(0).flat()).to.deep.equal([]));
  after(async () => {
    await chromium.close();
    await office.close();
    await home.close();
    await all.close();
  });

  const them = (): OpenAdministration => all.of('KR');
  async function open(at = office): Promise<Page> {
    const opened = await openPage(chromium, at.url, { colorScheme: 'light', width: 1280, locale: 'en-GB' });
    faults.push(opened.faults);
    return opened.page;
  }
  /** A person at a browser of its own, who is signed in. */
  async function comeIn(id: string, ...roles: readonly Role[]): Promise<Page> {
    return await comeInAt(office, id, ...roles);
  }
  async function comeInAt(at: Office, id: string, ...roles: readonly Role[]): Promise<Page> {
    const { cookies } = await at.signedIn(id, ...roles);
    const page = await open(at);
    await page.context().addCookies([...cookies].map(([name, value]) => ({ name, value, url: at.url })));
    return page;
  }
  const fileOf = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

  it('sign in after a wrong password, at the page that was asked for, which the keyboard alone reaches', async () => {
    await addTestPerson(them().gateway, 'first', ['reader']);
    const page = await open();
    await page.goto('/partners/CN');
    for (const password of ['wrong wrong wrong', testPassword]) {
      await page.locator('#name').fill('first');
      await page.locator('#password').fill(password);
      await page.keyboard.press('Enter');
      if (password !== testPassword) await page.locator('[role=alert]').waitFor();
    }
    await page.waitForURL(`${office.url}/partners/CN`);
    // The browser reports the page of a refused sign-in.
    expect(faults.splice(0).flat()).to.have.length(1);
  });

  it('import a file with three faults, correct the refused rows, and have it approved by another person', async () => {
    const [li, kim] = [await comeInAt(home, 'li.na', 'operator'), await comeInAt(home, 'kim', 'approver')];
    const rows = csvOf(
      ...[{ code: '4403130001' }, { code: '4403130002', status: 'unknown' }],
      ...[{ code: '44O3130003' }, { code: '4403130004', consent: 'maybe' }],
    );
    const propose = async (text: string): Promise<string> => {
      await li.goto('/imports');
      await li.setInputFiles('#file', fileOf('operators.csv', text));
      await li.locator('form[action="/imports"] button').click();
      await li.waitForURL(/\/imports\/m-/u);
      return li.url();
    };
    const approve = async (address: string): Promise<void> => {
      await kim.goto(address);
      await kim.fill('#reason', 'compared with the programme');
      await kim.locator('button[value=approve]').click();
      await kim.locator('.state', { hasText: 'imported' }).waitFor();
    };
    const first = await propose(rows);
    expect(await li.locator('main').textContent()).to.include('3 rows would be refused');
    expect(await li.locator('button[value=approve]').isDisabled()).to.equal(true);
    const downloading = li.waitForEvent('download');
    await li.locator('a[href$="/refused"]').click();
    const refused = readFileSync(await (await downloading).path(), 'utf8');
    await approve(first);
    const corrected = refused.replace('unknown', 'active').replace('44O3130003', '4403130003').replace('maybe', 'yes');
    await approve(await propose(corrected));
    for (const code of ['4403130001', '4403130002', '4403130003', '4403130004']) {
      await li.goto(`/operators/${code}`);
      expect((await findOperator(all.home.gateway.db.sql, code))?.status, code).to.equal('active');
    }
  });

  it('check a code, verify the number of the answer, and the file that proves it, but not one that was changed', async () => {
    const page = await comeIn('li.check', 'operator');
    await page.goto('/register?partner=CN');
    const identifier = (await page.locator('tbody tr').first().locator('a').first().textContent()) ?? '';
    await page.goto('/check');
    await page.selectOption('#partner', 'CN');
    await page.fill('#identifier', ` ${identifier}`);
    await page.locator('#identifier').press('Enter');
    await page.waitForURL(/\/answers\//u);
    expect(await page.locator('main').textContent()).to.include('U+0020');
    const number = (await page.locator('dd strong').first().textContent()) ?? '';
    await page.goto('/proofs');
    await page.fill('#number', number);
    await page.locator('#number').press('Enter');
    await page.getByText('The proof is valid').waitFor();
    const downloading = page.waitForEvent('download');
    await page.locator('a[href$="/evidence"]').click();
    const evidence = readFileSync(await (await downloading).path(), 'utf8');
    const verify = async (text: string, said: string): Promise<void> => {
      await page.goto('/proofs');
      await page.setInputFiles('#file', fileOf('evidence.json', text));
      await page.locator('form[action="/proofs"] button').click();
      await page.getByText(said).first().waitFor();
    };
    await verify(evidence, 'The proof is valid');
    await verify(evidence.replace('office:li.check', 'office:li.other'), 'E_EVIDENCE_INVALID');
    expect(faults.splice(0).flat()).to.have.length(1);
  });

  it('suspend an operator, and follow the word to the partner until it has accepted it', async () => {
    const page = await comeInAt(home, 'li.suspend', 'operator');
    await all.of('KR').openDoors();
    await deliverDue(all.home.gateway, 'KR');
    const { code } = operator(7);
    await page.goto(`/operators/${code}`);
    await page.fill('#reason', 'an inspection');
    await page.locator('button[value=suspend]').click();
    await page.locator('td', { hasText: 'an inspection' }).waitFor();
    const { id } = await all.home.send('KR');
    await page.goto('/messages?partner=KR&direction=out');
    await page.locator(`a[href="/messages/${id}"]`).click();
    await page.locator('a[href$="/receipt"]').waitFor();
    await page.locator('main .state', { hasText: 'accepted' }).first().waitFor();
    const partner = await comeIn('kim.suspend', 'reader');
    await partner.goto('/register?partner=CN&text=0007');
    expect(await partner.locator('main').textContent()).to.include('suspended');
  });

  it('register a certificate of a partner by two people who choose the same file, and see it among the keys', async () => {
    const pem = testCertificate(ecPair(), { use: 'tls' }).toString();
    const [li, kim] = [await comeIn('li.cert', 'partner-admin'), await comeIn('kim.cert', 'partner-admin', 'auditor')];
    for (const page of [li, kim]) {
      await page.goto('/partners/CN');
      await page.locator('a[href$="/decisions"]').click();
      await page.setInputFiles('#file', fileOf('tls.pem', pem));
      await page.selectOption('#use', 'tls');
      await page.fill('#certificate-reason', 'compared by telephone');
      await page.locator('form[action$="/certificate"] button').click();
      await page.locator('td', { hasText: 'compared by telephone' }).first().waitFor();
    }
    await li.reload();
    expect(await li.locator('main').textContent())
      .to.include('took effect')
      .and.not.include('a second person is missing');
    await kim.goto('/audit?ref=CN&kind=decision_made');
    expect(await kim.locator('main').textContent())
      .to.include('person=li.cert')
      .and.include('person=kim.cert');
  });

  it('draft a new partner from a sample, answer questions of it, check and store it, and add it by two people', async () => {
    const li = await comeInAt(home, 'li.draft', 'partner-admin');
    const sample = new URL('../fixtures/partners/xb-list.xml', import.meta.url).pathname;
    await li.goto('/');
    await li.locator('nav summary', { hasText: 'Partners' }).click();
    await li.locator('nav a[href="/adapters"]').click();
    await li.fill('#partner', 'XB');
    await li.setInputFiles('#file', sample);
    await li.locator('form[action="/adapters"] button').click();
    await li.waitForURL(/\/adapters\/m-/u);
    const workbench = li.url();
    const questionAt = (at: string) => li.locator('#question code', { hasText: at });
    const first = (await li.locator('#question code').textContent()) ?? '';
    await li.locator('button[name=keep]').click();
    await li.locator('td code', { hasText: first }).waitFor();
    for (let at = first; !at.endsWith('/RegionCode'); at = (await li.locator('#question code').textContent()) ?? '') {
      await li.locator('main a[href*="question="]').click();
      await questionAt(at).waitFor({ state: 'detached' });
    }
    await li.fill('#answer', 'ignore');
    await li.locator('#answer').press('Enter');
    await li.locator('td code', { hasText: '/RegionCode' }).first().waitFor();
    await li.locator('td form').nth(1).waitFor();
    await li.locator('td', { hasText: 'Example Fisheries AS' }).first().waitFor();
    await li.locator('form[action$="/check"] button').click();
    await li.locator('.state', { hasText: 'passed' }).first().waitFor();
    expect(await li.locator('.state', { hasText: 'failed' }).count()).to.equal(0);
    await li.goto(workbench);
    await li.locator('form[action$="/store"] button').click();
    await li.locator('main a[href="/partners/new"]').click();
    expect(existsSync(join(adapters, 'xb', 'adapter.yaml'))).to.equal(true);
    await li.fill('#partner', 'XB');
    await li.selectOption('#adapter', 'xb');
    await li.fill('#url', 'https://127.0.0.1:9');
    await li.fill('#signing', testCertificate(rsaPair(), { use: 'signing' }).toString());
    await li.fill('#tls', testCertificate(ecPair(), { use: 'tls' }).toString());
    await li.fill('#reason', 'the letter of May');
    await li.locator('main form button').last().click();
    await li.getByText('You entered it').waitFor();
    const kim = await comeInAt(home, 'kim.draft', 'partner-admin');
    await kim.goto('/partners/new');
    await kim.fill('#reason-XB', 'compared by telephone');
    await kim.locator('td form button').click();
    await kim.locator('.state', { hasText: 'took effect' }).first().waitFor();
    expect((await storedPartners(all.home.gateway.db.sql)).map(({ partner }) => partner)).to.deep.equal(['XB']);
  });

  it('print the report of a month from the page of its arrangement, with the figures of the file', async () => {
    const truth = { seed: 3, entries: 300, rate: 0.3, secondsEarlier: 3600 };
    await fillMonth(them().gateway.db, 'CN', '2026-09-10T02:00:00.000Z', truth);
    const page = await comeIn('li.report', 'reader');
    await page.goto('/');
    await page.locator('nav summary', { hasText: 'Border' }).click();
    await page.locator('nav a[href="/outcomes"]').click();
    await page.fill('#from', '2026-09');
    await page.fill('#to', '2026-09');
    await page.locator('#to').press('Enter');
    await page.locator('main a[href^="/outcomes/partners/CN"]').first().click();
    const downloading = page.waitForEvent('download');
    await page.locator('main a[href^="/outcomes/report.csv"]').click();
    const file = readFileSync(await (await downloading).path(), 'utf8');
    await page.locator('main a[href^="/outcomes/report?"]').click();
    await page.getByText('Counts above zero and below 5 are withheld').waitFor();
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav').isVisible()).to.equal(false);
    const shown = await page.locator('main').innerText();
    const rows = [...file.matchAll(/^CN,.*?,\w+,([^",]+),entries,(\d*),/gmu)];
    expect(rows.length).to.be.greaterThan(4);
    for (const [, words = '', value = ''] of rows)
      expect(shown.replaceAll(/\s+/gu, ' '), words).to.include(`${words} ${value}`.trim());
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const sizes = [...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/gu)].map(([, ...size]) => size.map(Number));
    expect(sizes.length).to.be.within(1, 4);
    for (const size of sizes) expect(size.map(Math.round)).to.deep.equal([595, 842]);
  });

  it('make a personal token, which a program uses, and end it', async () => {
    const page = await comeIn('li.token', 'reader');
    await page.goto('/');
    await page.locator('header a.person').click();
    await page.locator('form[action="/account/tokens"] button').click();
    const token = (await page.locator('code.secret').textContent()) ?? '';
    const asked = async (): Promise<number> =>
      (await fetch(`${office.url}/office/v1/partners`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await asked()).to.equal(200);
    await page.locator('main a[href="/account"]').click();
    await page.locator('td form button').click();
    await page.getByText('You have no token.').waitFor();
    expect(await asked()).to.equal(401);
  });

  it('show a reader what others may do, with the reason why its own buttons do nothing', async () => {
    const page = await comeIn('reader', 'reader');
    for (const path of ['/partners/CN/decisions', '/imports', `/operators/${operator(1).code}`, '/clients']) {
      await page.goto(path);
      const buttons = page.locator('main form[method=post] button');
      expect(await buttons.count(), path).to.be.greaterThan(0);
      expect(await page.locator('main form[method=post] button:enabled').count(), path).to.equal(0);
      expect(await page.locator('main .why').count(), path).to.be.greaterThan(0);
    }
    expect(await page.locator('nav a[href="/audit"]').count()).to.equal(0);
  });
});
