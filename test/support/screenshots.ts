/** `npm run screenshots`: pictures of the console for the docs, with the story of the demo in it. They are made in a real browser. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openChromium } from './chromium.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'docs/screenshots');

interface Picture {
  readonly name: string;
  readonly colorScheme?: 'dark';
  readonly locale?: 'zh-CN';
  /** From the first page of the office to the one that is shown. */
  readonly open: (page: Page) => Promise<unknown>;
}

const follow = async (page: Page, list: string): Promise<void> => {
  await page.goto(list);
  await page.locator('main table tbody a').first().click();
};

const pictures: readonly Picture[] = [
  { name: 'today', open: (page) => page.goto('/') },
  { name: 'today-zh', locale: 'zh-CN', colorScheme: 'dark', open: (page) => page.goto('/') },
  { name: 'held-list', open: (page) => follow(page, '/held') },
  { name: 'partner', open: (page) => page.goto('/partners/KR') },
  { name: 'message', open: (page) => follow(page, '/messages') },
  { name: 'foreign-operators', open: (page) => page.goto('/register?partner=KR') },
  { name: 'consultations', open: (page) => page.goto('/consultations') },
  { name: 'keys', open: (page) => page.goto('/keys') },
  { name: 'outcomes', open: (page) => page.goto('/outcomes/partners/AU') },
];

/** Starts the demo, and returns the link of its first person. */
async function startDemo(): Promise<{ readonly link: URL; stop(): Promise<void> }> {
  const demo = spawn(process.execPath, [join(root, 'gateway/mra.js'), 'demo'], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const ended = once(demo, 'exit');
  for await (const line of createInterface({ input: demo.stderr })) {
    const [, link] = /^\s*The office, in a browser: (\S+)/u.exec(line) ?? [];
    if (link === undefined) continue;
    // What it still prints must not fill the pipe.
    demo.stderr.resume();
    return {
      link: new URL(link),
      async stop() {
        demo.kill('SIGINT');
        await ended;
      },
    };
  }
  throw new Error('the demo ended before its office was open');
}

async function takePictures(link: URL): Promise<void> {
  const browser = await openChromium();
  try {
    const first = await browser.newContext({ baseURL: link.origin });
    const page = await first.newPage();
    await page.goto(link.pathname);
    await page.fill('#password', 'four words not together');
    await Promise.all([page.waitForURL(`${link.origin}/`), page.locator('main form button').last().click()]);
    const storageState = await first.storageState();
    for (const { name, colorScheme = 'light', locale = 'en-GB', open } of pictures) {
      const context = await browser.newContext({
        ...{ locale, viewport: { width: 1280, height: 860 }, timezoneId: 'Asia/Shanghai' },
        ...{ colorScheme, storageState, baseURL: link.origin },
      });
      const shown = await context.newPage();
      await open(shown);
      await shown.screenshot({ path: join(folder, `${name}.png`) });
      await context.close();
    }
  } finally {
    await browser.close();
  }
}

const demo = await startDemo();
try {
  await takePictures(demo.link);
} finally {
  await demo.stop();
}
