/** Asks for pages at fixed moments, as people at several desks do, and measures the time until the first byte of each. */

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export interface PageTimes {
  readonly page: string;
  /** Milliseconds until the first byte. */
  readonly p50: number;
  readonly p95: number;
  readonly kilobytes: number;
}

interface Round {
  readonly addresses: readonly string[];
  readonly runs: number;
}

/** Between two pages; the next one waits for the one before. */
const everyMs = 100;

/** All addresses in turn, once before they are measured: what a page takes does not depend on how often it was asked for just before. */
export async function askPages(
  office: string,
  cookie: string,
  { addresses, runs }: Round,
): Promise<readonly PageTimes[]> {
  const times = new Map<string, number[]>(addresses.map((page) => [page, []]));
  const sizes = new Map<string, number>();
  for (let run = 0; run <= runs; run += 1)
    for (const [page, taken] of times) {
      const due = performance.now() + everyMs;
      const { ms, bytes } = await ask(`${office}${page}`, cookie);
      if (run > 0) taken.push(ms);
      sizes.set(page, bytes);
      await wait(Math.max(0, due - performance.now()));
    }
  return [...times].map(([page, taken]) => {
    const sorted = taken.toSorted((a, b) => a - b);
    const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
    return { page: shortened(page), p50: at(0.5), p95: at(0.95), kilobytes: Math.round((sizes.get(page) ?? 0) / 1000) };
  });
}

const shortened = (page: string): string => page.replaceAll(/[0-9a-f]{20,}|m-[0-9a-f-]{30,}/gu, ':id');

async function ask(url: string, cookie: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  const started = performance.now();
  const request = get(url, { headers: { cookie }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const ms = performance.now() - started;
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode}`);
  let bytes = 0;
  for await (const part of response) bytes += (part as Buffer).length;
  return { ms, bytes };
}
