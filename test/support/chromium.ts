/** A real browser in front of an office: what it finds wrong with each page is collected. */

import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { findProgram } from './services.ts';

/** As root, Chromium runs without its sandbox only. */
export async function openChromium(): Promise<Browser> {
  const executablePath = findProgram('chromium');
  if (executablePath === undefined) throw new Error('no chromium: run npm test');
  return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

export interface Look {
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
  readonly locale: string;
}

export interface WatchedPage {
  readonly page: Page;
  /** Loads an address and examines the page; without one it examines the page as it is. */
  look(path?: string): Promise<void>;
  setWidth(width: number): Promise<void>;
  /** What was wrong so far: rules of WCAG, errors, requests to other hosts, pages wider than the window. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

/** In a profile of its own, as another person has one. */
export async function openPage(
  browser: Browser,
  url: string,
  { colorScheme, locale, ...window }: Look,
): Promise<WatchedPage> {
  let { width } = window;
  const look = { colorScheme, locale, viewport: { width, height: 900 }, baseURL: url };
  // Certificates of tests are by an authority that no browser knows.
  const context = await browser.newContext({ ...look, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const faults: string[] = [];
  const note = (text: string): unknown => faults.push(`${new URL(page.url()).pathname}: ${text}`);
  page.on('console', (message) => message.type() === 'error' && note(message.text()));
  page.on('pageerror', (error) => note(error.message));
  page.on('request', (request) => request.url().startsWith(url) || note(`asks ${request.url()}`));
  return {
    ...{ page, faults },
    async look(path) {
      if (path !== undefined) await page.goto(path);
      // Once for a document: the source has a third of a megabyte.
      if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe.source);
      const { violations } = await page.evaluate<{ violations: { id: string; nodes: { target: unknown }[] }[] }>(
        'axe.run()',
      );
      for (const { id, nodes } of violations) note(`${id} at ${JSON.stringify(nodes[0]?.target)}`);
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (wide > width) note(`is ${wide} wide in a window of ${width}`);
    },
    async setWidth(to) {
      width = to;
      await page.setViewportSize({ width, height: 900 });
    },
    close: () => context.close(),
  };
}
