/** How fast the pages of the office answer at full size: the time until the first byte of each, as a person who is signed in. */

import { get } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { openAdministrations } from '../support/administrations.ts';
import { openOffice } from '../support/office.ts';
import { filledPages } from '../support/office-pages.ts';
import { fillOffice, type OfficeSize } from './office-store.ts';

export interface PageResult {
  readonly page: string;
  readonly p50: number;
  readonly p95: number;
  readonly kilobytes: number;
}

/** Of the first byte, in milliseconds. */
export const officeBar = 200;

/** Each page is asked for once before it is measured. */
export async function benchOffice(
  size: OfficeSize,
  runs: number,
  note: (text: string) => void,
): Promise<readonly PageResult[]> {
  const open = await openAdministrations({ partners: ['KR'] });
  const them = open.of('KR');
  const office = await openOffice(them.gateway);
  try {
    const roles = ['operator', 'partner-admin', 'auditor', 'approver'] as const;
    const browser = await office.signedIn('li.na', ...roles);
    const paths = await filledPages(open.home, them, browser);
    await fillOffice(them.gateway.db, size, note);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const results: PageResult[] = [];
    for (const path of [...paths, ...deeper]) results.push(await measure(`${office.url}${path}`, path, cookie, runs));
    return results;
  } finally {
    await office.close();
    await open.close();
  }
}

/** Searches at the far end of what is stored, and for what there is none of. */
const deeper = [
  '/operators?text=EXAMPLE',
  '/operators?after=4500090000',
  '/register?partner=CN&text=EXAMPLE+99999',
  '/register?partner=CN&text=NOBODY+HAS+THIS',
  '/register?partner=CN&after=AEOCN4600900000',
  '/consultations?identifier=AEOCN4600000007',
  '/consultations?outcome=recognised&requester=port-a',
  '/consultations?outcome=suspended',
  '/entries?from=2026-01-01',
  '/audit?kind=assessment',
];

async function measure(url: string, page: string, cookie: string, runs: number): Promise<PageResult> {
  const times: number[] = [];
  let bytes = 0;
  for (let run = -1; run < runs; run += 1) {
    const started = performance.now();
    const request = get(url, { headers: { cookie }, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const took = performance.now() - started;
    if (response.statusCode !== 200) throw new Error(`${page}: ${response.statusCode}`);
    bytes = 0;
    for await (const part of response) bytes += (part as Buffer).length;
    if (run >= 0) times.push(took);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    page: page.replaceAll(/[0-9a-f]{20,}/gu, ':id'),
    p50: at(0.5),
    p95: at(0.95),
    kilobytes: Math.round(bytes / 1000),
  };
}
