/**
 * How fast the office answers at full size while the border is at work: the time until the first byte of each page, of the same for
 * programs, and of files, as a person who is signed in; and what the border door notices of it. The gateway serves in a process of its own.
 */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import type { Config } from '../../gateway/app/config.ts';
import { apiPath } from '../../gateway/console/contract.ts';
import { present } from '../../gateway/model/present.ts';
import { openAdministrations } from '../support/administrations.ts';
import { loopbackOffice, openOffice, signedInAt } from '../support/office.ts';
import { filledPages } from '../support/office-pages.ts';
import { load, type LoadResult } from './http-load.ts';
import { askPages, type PageTimes } from './office-pages.ts';
import type { Doors, Observed } from './office-server.ts';
import { fillOffice, type OfficeSize } from './office-store.ts';

export interface OfficeBench {
  /** Of the store, keys and addresses. Where an earlier measurement left them, they are used again. */
  readonly folder: string;
  /** Absent: a file in the folder. */
  readonly store: string | undefined;
  readonly size: OfficeSize;
  readonly runs: number;
}

export interface BorderState extends Pick<LoadResult, 'perSecond' | 'p50' | 'p99'> {
  /** The longest time that the first thread came late, in milliseconds. */
  readonly late: number;
}

export interface OfficeResult {
  readonly engine: 'sqlite' | 'postgres';
  readonly size: OfficeSize;
  readonly fillSeconds?: number;
  /** What the border door answers at most, and at half of that without and with pages. */
  readonly border: { readonly perSecond: number; readonly alone: BorderState; readonly beside: BorderState };
  /** Without questions at the border, and with half of what the door can answer. */
  readonly alone: readonly PageTimes[];
  readonly beside: readonly PageTimes[];
  readonly megabytes: number;
}

/** Of the first byte, in milliseconds. */
export const officeBar = 200;

type Note = (text: string) => void;

export async function benchOffice(bench: OfficeBench, note: Note): Promise<OfficeResult> {
  const started = performance.now();
  const isFilled = existsSync(preparedFile(bench));
  if (!isFilled) await prepare(bench, note);
  const fillSeconds = Math.round((performance.now() - started) / 1000);
  const { config, paths } = deserialize(readFileSync(preparedFile(bench))) as Prepared;
  const server = await startServer(config);
  try {
    const engine = config.store.startsWith('sqlite:') ? 'sqlite' : 'postgres';
    const measured = await measure(server, { paths, runs: bench.runs, foreign: bench.size.foreign }, note);
    return { engine, size: bench.size, ...(!isFilled && { fillSeconds }), ...measured };
  } finally {
    const ended = once(server.process, 'exit');
    server.process.kill();
    await ended;
  }
}

/** What is there once the store is full. */
interface Prepared {
  readonly config: Config;
  readonly paths: readonly string[];
}

const preparedFile = ({ folder }: OfficeBench): string => join(folder, 'office.prepared');
const person = 'li.na';

async function prepare(bench: OfficeBench, note: Note): Promise<void> {
  const { folder, store, size } = bench;
  mkdirSync(folder, { recursive: true });
  const stores = store === undefined ? {} : { KR: store };
  const open = await openAdministrations({ partners: ['KR'], folder, stores });
  const them = open.of('KR');
  const office = await openOffice(them.gateway);
  const paths: string[] = [];
  try {
    const browser = await office.signedIn(person, 'operator', 'partner-admin', 'auditor', 'approver');
    paths.push(...(await filledPages(open.home, them, browser)));
  } finally {
    await office.close();
    await open.close();
  }
  await fillOffice(them.config.store, size, note);
  const config = { ...them.config, office: loopbackOffice };
  writeFileSync(preparedFile(bench), serialize({ config, paths } satisfies Prepared));
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
  '/consultations?outcome=recognised&requester=nobody',
  '/consultations?outcome=suspended',
  '/entries?from=2026-01-01',
  '/entries?outcome=apply&partner=CN',
  '/exposure?from=2026-01-01',
  '/suggestions?outcome=not_on_list',
  '/missed?partner=CN&from=2026-10&to=2026-10',
  '/missed?partner=CN&from=2026-01&to=2026-12&reason=wrong_party',
  '/audit?kind=assessment',
  '/audit?kind=signed_in',
  '/messages?partner=CN&state=REJECTED',
];

const files = ['/outcomes/report.csv', '/outcomes/report.xlsx', '/keys/calendar'];

interface Server extends Doors {
  readonly process: ChildProcess;
  /** Since it was called last. */
  observed(): Promise<Observed>;
}

async function startServer(config: Config): Promise<Server> {
  const child = fork(new URL('office-server.ts', import.meta.url), { serialization: 'advanced' });
  const next = async <T>(message: object): Promise<T> => {
    const answer = once(child, 'message');
    child.send(message);
    return ((await answer) as [T])[0];
  };
  const doors = await next<Doors>(config);
  return { ...doors, process: child, observed: () => next<Observed>({}) };
}

interface Plan {
  readonly paths: readonly string[];
  readonly runs: number;
  readonly foreign: number;
}

async function measure(
  server: Server,
  { paths, runs, foreign }: Plan,
  note: Note,
): Promise<Pick<OfficeResult, 'border' | 'alone' | 'beside' | 'megabytes'>> {
  const month = new Date(Date.now() - 32 * 86_400_000).toISOString().slice(0, 7);
  const asked = [...paths, ...deeper, `/outcomes/partners/CN?from=${month}&to=${month}`];
  const addresses = [...asked, ...asked.map(apiPath), ...files];
  // A second visit: the first page shows what happened since.
  await signedInAt(server.officeUrl, person);
  const { cookies } = await signedInAt(server.officeUrl, person);
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const pages = (): Promise<readonly PageTimes[]> => askPages(server.officeUrl, cookie, { addresses, runs });
  note('the office alone');
  const alone = await pages();
  note('the border alone');
  const ask = borderOf(server, foreign);
  const { perSecond } = await ask(5);
  const quiet = await ask(10, perSecond / 2);
  note(`both, ${Math.round(perSecond / 2)} questions a second`);
  const done = Promise.withResolvers<undefined>();
  const busy = ask(0, perSecond / 2, done.promise);
  await wait(500);
  const beside = await pages();
  done.resolve(undefined);
  const { megabytes, ...border } = await busy;
  return { border: { perSecond, alone: withoutMemory(quiet), beside: border }, alone, beside, megabytes };
}

const withoutMemory = ({ megabytes: _, ...state }: BorderState & Observed): BorderState => state;

type Ask = (seconds: number, rate?: number, until?: Promise<unknown>) => Promise<BorderState & Observed>;

function borderOf(server: Server, foreign: number): Ask {
  const bodies = Array.from({ length: 20_000 }, (_, i) => {
    const identifier = `AEOCN46${String((i * 7919) % foreign).padStart(8, '0')}`;
    return JSON.stringify({ partner: 'CN', identifier, direction: 'import', role: 'consignor', reference: `E${i}` });
  });
  const port = Number(new URL(server.borderUrl).port);
  return async (seconds, rate, until) => {
    await server.observed();
    const { failed, ...result } = await load({
      ...{ port, path: '/v1/checks', bodies, connections: 128, seconds },
      ...present({ rate, until }),
    });
    if (failed > 0) throw new Error(`${failed} questions failed`);
    return { ...result, ...(await server.observed()) };
  };
}
