/** Every page of the office by the rules of WCAG (axe-core), light and dark, from the width of a telephone to that of a wall. */

import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { roles } from '../../gateway/people/roles.ts';
import { openAdministrations, type OpenAdministrations } from '../support/administrations.ts';
import { openChromium, openPage, type WatchedPage } from '../support/chromium.ts';
import { filledPages } from '../support/office-pages.ts';
import { openOffice, type Office } from '../support/office.ts';

const looks = ([320, 768, 1920] as const).flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);
/** `npm run test:pages`; otherwise every third page in one of the looks, and all looks in turn. */
const everyLook = process.env['MRA_TEST_PAGES'] === 'all';

describe('the pages of the office, for everybody', () => {
  let all: OpenAdministrations;
  let office: Office;
  let chromium: Browser | undefined;
  let pages: readonly string[];
  const watched: WatchedPage[] = [];
  before(async () => {
    all = await openAdministrations({ partners: ['KR'] });
    const them = all.of('KR');
    office = await openOffice(them.gateway);
    const browser = await office.signedIn('li.na', ...roles);
    const filled = await filledPages(all.home, them, browser);
    pages = everyLook ? filled : filled.filter((_, k) => k % 3 === 0);
    chromium = await openChromium();
    for (const locale of ['en-GB', 'zh-CN']) {
      const opened = await openPage(chromium, office.url, { colorScheme: 'light', width: 1920, locale });
      const cookies = [...browser.cookies].map(([name, value]) => ({ name, value, url: office.url }));
      await opened.page.context().addCookies(cookies);
      watched.push(opened);
    }
  });
  after(async () => {
    await chromium?.close();
    await office.close();
    await all.close();
  });

  it('keep all rules in light and dark at 320, 768 and 1920 pixels, in both languages', async () => {
    // Half of the pages in each language: one tab for each core.
    await Promise.all(
      watched.map(async ({ page, look, setWidth }, i) => {
        for (const [k, path] of pages.entries()) {
          if (k % watched.length !== i) continue;
          await page.goto(path);
          for (const { width, colorScheme } of everyLook ? looks : looks.slice(k % looks.length).slice(0, 1)) {
            await setWidth(width);
            await page.emulateMedia({ colorScheme });
            await look();
          }
        }
      }),
    );
    expect(watched.flatMap(({ faults }) => faults)).to.deep.equal([]);
  });

  it('have their navigation on one row at 1280 pixels, of which each group opens by the keyboard', async () => {
    const [{ page, setWidth, look, faults } = { page: undefined }] = watched;
    if (page === undefined) throw new Error('no page is open');
    for (const [width, most] of [
      [1280, 1],
      [320, 3],
    ] as const) {
      await setWidth(width);
      await page.goto('/partners/CN');
      const groups = page.locator('nav .groups > li');
      const tops = await groups.evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
      expect(new Set(tops).size).to.be.at.most(most);
      const group = page.locator('nav summary[aria-current]');
      await group.focus();
      await page.keyboard.press('Enter');
      const link = page.locator('nav a[aria-current=page]');
      await link.waitFor({ state: 'visible' });
      await look();
      await page.keyboard.press('Tab');
      expect(await page.locator('nav a:focus').count()).to.equal(1);
    }
    expect(faults).to.deep.equal([]);
  });
});
