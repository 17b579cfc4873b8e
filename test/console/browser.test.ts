/** Journeys through the office in a real browser, from sign-in to the effect, with the keyboard where a person may have no other. */

import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { momentOf } from '../../gateway/model/day.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { addPerson } from '../../gateway/people/people.ts';
import type { Role } from '../../gateway/people/roles.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { findOperator } from '../../gateway/store/operators.ts';
import { operator, operators, type OpenAdministration } from '../support/administrations.ts';
import { openChromium, openPage, type Look, type WatchedPage } from '../support/chromium.ts';
import { fillMonth } from '../support/month-of-entries.ts';
import { listToThem } from '../support/office-pages.ts';
import { eachTestWithOffice, type Office } from '../support/office.ts';

const wide: Look = { colorScheme: 'light', width: 1440, locale: 'en-GB' };
const narrow: Look = { colorScheme: 'dark', width: 320, locale: 'zh-CN' };
const password = 'four words not together';

describe('the office in a browser', () => {
  let browser: Browser;
  let us: OpenAdministration;
  let them: OpenAdministration;
  let office: Office;
  before(async () => {
    browser = await openChromium();
  });
  after(() => browser.close());
  eachTestWithOffice((opened) => {
    ({ us, them, office } = opened);
  });

  /** A new person who has opened its link, set a password by the keyboard alone, and sees Today. */
  async function comeIn(id: string, look: Look, ...roles: readonly Role[]): Promise<WatchedPage> {
    const { token } = await addPerson(them.gateway, { id, name: id.toUpperCase(), roles, by: 'root' });
    const opened = await openPage(browser, office.url, look);
    await opened.look(`/link/${token}`);
    await opened.page.locator('#password').press('Shift');
    await opened.page.keyboard.type(password);
    await Promise.all([opened.page.waitForURL(`${office.url}/`), opened.page.keyboard.press('Enter')]);
    await opened.look();
    return opened;
  }

  it('lets two people, in two languages and on two screens, understand and release a held list', async () => {
    await us.save(...operators(40));
    await listToThem(us, them);
    await us.save(...operators(36).map((each) => ({ ...each, status: 'revoked' as const, statusSince: '2025-03-04' })));
    const id = await listToThem(us, them);
    const [li, kim] = await Promise.all([
      comeIn('li.na', wide, 'approver', 'auditor'),
      comeIn('kim', narrow, 'approver', 'reader'),
    ]);
    const effects = [
      [li, () => li.page.locator('td', { hasText: 'li.na' }).waitFor()],
      [kim, () => kim.page.waitForURL(/\/messages\//u)],
    ] as const;
    for (const [{ page, look }, effect] of effects) {
      await page.locator('article a').first().click();
      await page.waitForURL(/\/held\/[0-9a-f]{64}$/u);
      await look();
      await page.fill('#reason', 'asked the partner');
      await page.locator('button[value=release]').click();
      await effect();
      await look();
    }
    expect((await findInbox(them.gateway.db.sql, { messageId: id }))?.state).to.equal('APPLIED');
    await li.look(`/audit?ref=${id}`);
    expect(await li.page.locator('main').textContent())
      .to.include('person=li.na')
      .and.include('person=kim');
    await kim.look('/partners/CN');
    await kim.look('/register?partner=CN');
    expect([li.faults, kim.faults]).to.deep.equal([[], []]);
  });

  it('shows a list that comes to be held while Today is open, and new messages once paused updates go on', async () => {
    await us.save(...operators(40));
    await listToThem(us, them);
    const { page, look, faults } = await comeIn('li.na', wide, 'approver');
    await us.save(...operators(36).map((each) => ({ ...each, status: 'revoked' as const, statusSince: '2025-03-04' })));
    await listToThem(us, them);
    await page.locator('article a').first().waitFor();
    await look();
    await page.goto('/messages');
    const rows = (): Promise<number> => page.locator('tbody tr').count();
    const before = await rows();
    await page.locator('.live button').click();
    await them.save(...operators(3));
    await sendList(them.gateway, 'CN', { kind: 'full' });
    expect(await rows()).to.equal(before);
    await page.locator('.live button').click();
    await page.locator('tbody tr').nth(before).waitFor();
    await look();
    expect(faults).to.deep.equal([]);
  });

  it('lets an operator check a code, follow it to its list, and suspend one of our operators', async () => {
    await us.save(...operators(40));
    await listToThem(us, them);
    await them.save(operator(1));
    const { page, look, faults } = await comeIn('li.na', wide, 'operator');
    await look('/register?partner=CN');
    await page.locator('tbody a').first().click();
    await page.waitForURL(/\/register\/CN\//u);
    await look();
    await page.locator('main p a').first().click();
    await page.waitForURL(/\/check\?/u);
    await look();
    await page.locator('#identifier').press('Enter');
    await page.waitForURL(/\/answers\//u);
    await look();
    expect(await page.locator('main').textContent()).to.include('li.na');
    const { code } = operator(1);
    await look(`/operators/${code}`);
    await page.fill('#reason', 'an inspection');
    await page.locator('button[value=suspend]').click();
    await page.locator('td', { hasText: 'an inspection' }).waitFor();
    await look();
    expect((await findOperator(them.gateway.db.sql, code))?.status).to.equal('suspended');
    expect(faults).to.deep.equal([]);
  });

  it('lets a partner administrator add a client whose token is shown once, and look at every list of the office', async () => {
    await fillMonth(them.gateway.db, 'CN', momentOf(new Date()), {
      seed: 5,
      entries: 600,
      rate: 0.3,
      secondsEarlier: 600,
    });
    const { page, look, faults } = await comeIn('li.na', narrow, 'partner-admin', 'auditor');
    for (const path of [
      '/alarms',
      '/schedule',
      '/consultations',
      '/entries',
      '/proofs',
      '/partners/CN/card',
      '/outcomes',
      '/outcomes/partners/CN',
      '/outcomes/report',
      '/keys',
      '/people',
      '/clients',
    ])
      await look(path);
    await page.fill('#client', 'clearance');
    await page.locator('input[value=check]').check();
    await page.locator('form[action="/clients"] #reason').fill('the new clearance system');
    await page.locator('form[action="/clients"] button').click();
    await page.locator('code.secret').waitFor();
    await look();
    await look('/clients/clearance');
    expect(await page.locator('main').textContent()).not.to.include('mra_');
    expect(faults).to.deep.equal([]);
  });
});
