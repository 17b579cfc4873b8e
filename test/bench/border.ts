/** Measures the border door beside a bare server that parses and prints the same JSON, every answer recorded. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { load, type LoadResult } from './http-load.ts';
import { present } from '../../gateway/model/present.ts';
import type { BorderWork } from './border-work.ts';
import { median } from './numbers.ts';
import { fillStore, questions } from './border-store.ts';

export interface BorderRate {
  readonly connections: number;
  readonly perSecond: number;
  readonly barePerSecond: number;
  /** Median of the ratios of the rounds. */
  readonly ratio: number;
}

export interface BorderResult {
  readonly engine: 'sqlite' | 'postgres';
  readonly operators: number;
  /** Of a start with a snapshot of the register. */
  readonly readyMs: number;
  readonly bytesPerRecord: number;
  readonly rates: readonly BorderRate[];
  /** At half of what the door answers at 256 connections: milliseconds. */
  readonly half: HalfLoad;
  /** The same while a list of 100,000 operators is applied, and while a snapshot is cut, by another thread of its process. */
  readonly whileApplied: HalfLoad;
  readonly whileCut: HalfLoad;
  /** Of 500 questions a second, while eight connections ask batches of 100 without pause. */
  readonly whileFlooded: HalfLoad;
}

type HalfLoad = Pick<LoadResult, 'perSecond' | 'p50' | 'p99'>;

interface BorderOptions {
  readonly url: string;
  /** Of the snapshot of the register. */
  readonly snapshot: string;
  readonly operators: number;
  readonly rounds: number;
  readonly seconds: number;
}

interface Asked {
  readonly rate?: number;
  readonly until?: Promise<unknown>;
  /** Absent: one question in each request. */
  readonly batches?: readonly string[];
}

type Ask = (connections: number, which: 'border' | 'bare', asked?: Asked) => Promise<LoadResult>;

export async function benchBorder(
  { url, snapshot, operators, rounds, seconds }: BorderOptions,
  note: (text: string) => void,
): Promise<BorderResult> {
  await fillStore(url, operators, note);
  const bodies = questions(operators, 20_000).map((question) => JSON.stringify(question));
  const first = await startServer(url, snapshot);
  note(
    `first start, from the store: ready after ${first.readyMs} ms, ${Math.round(first.indexBytes / operators)} bytes`,
  );
  await endServer(first);
  const server = await startServer(url, snapshot);
  try {
    const ask: Ask = async (connections, which, { batches, ...asked } = {}) => {
      const what =
        batches === undefined ? { path: '/v1/checks', bodies } : { path: '/v1/checks/batch', bodies: batches };
      const result = await load({ port: server[which], ...what, connections, seconds, ...asked });
      if (result.failed > 0) throw new Error(`${result.failed} questions failed`);
      return result;
    };
    note(`ready after ${server.readyMs} ms, ${Math.round(server.indexBytes / operators)} bytes an operator`);
    await ask(32, 'border');
    const rates = [await rateAt(32, ask, rounds, note), await rateAt(256, ask, rounds, note)];
    const rate = (rates.at(-1)?.perSecond ?? 0) / 2;
    const halfLoad = (until?: () => Promise<unknown>): Promise<HalfLoad> =>
      medianOf(rounds, () => ask(128, 'border', present({ rate, until: until?.() })));
    const half = await halfLoad();
    let sequence = 1;
    const whileApplied = await halfLoad(() => work(server, 'list', (sequence += 1)));
    const whileCut = await halfLoad(() => work(server, 'snapshot'));
    const whileFlooded = await medianOf(rounds, () => flooded(ask, batchesOf(operators)));
    note(`p99 ms: ${[half, whileApplied, whileCut, whileFlooded].map(({ p99 }) => p99.toFixed(1)).join(', ')}`);
    const engine = url.startsWith('sqlite:') ? 'sqlite' : 'postgres';
    const { readyMs, indexBytes } = server;
    const loads = { rates, half, whileApplied, whileCut, whileFlooded };
    return { engine, operators, readyMs, bytesPerRecord: indexBytes / operators, ...loads };
  } finally {
    await endServer(server);
  }
}

async function endServer({ process: child }: Started): Promise<void> {
  child.kill();
  await once(child, 'exit');
}

/** The bare server and ours in turns: the machine itself changes its speed within minutes. */
async function rateAt(
  connections: number,
  ask: Ask,
  rounds: number,
  note: (text: string) => void,
): Promise<BorderRate> {
  const pairs: { readonly ours: number; readonly bare: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const bare = (await ask(connections, 'bare')).perSecond;
    const ours = (await ask(connections, 'border')).perSecond;
    pairs.push({ ours, bare });
    note(`${connections} connections: ${Math.round(ours)}/s, bare ${Math.round(bare)}/s`);
  }
  return {
    connections,
    perSecond: median(pairs.map(({ ours }) => ours)),
    barePerSecond: median(pairs.map(({ bare }) => bare)),
    ratio: median(pairs.map(({ ours, bare }) => ours / bare)),
  };
}

async function medianOf(rounds: number, measure: () => Promise<LoadResult>): Promise<HalfLoad> {
  const results: LoadResult[] = [];
  for (let round = 0; round < rounds; round += 1) results.push(await measure());
  const of = (pick: (result: LoadResult) => number): number => median(results.map(pick));
  return { perSecond: of((r) => r.perSecond), p50: of((r) => r.p50), p99: of((r) => r.p99) };
}

/** Resolves when the work is done, and the register in memory has it. */
async function work({ process: server }: Started, what: BorderWork['what'], sequence = 0): Promise<void> {
  server.send({ what, sequence } satisfies BorderWork);
  const [code] = (await once(server, 'message')) as [number];
  if (code !== 0) throw new Error(`the work beside the border ended with ${String(code)}`);
}

async function flooded(ask: Ask, batches: readonly string[]): Promise<LoadResult> {
  const [single] = await Promise.all([ask(64, 'border', { rate: 500 }), ask(8, 'border', { batches })]);
  return single;
}

function batchesOf(operators: number): readonly string[] {
  return Array.from({ length: 20 }, (_, i) => {
    const some = questions(operators, (i + 1) * 100).slice(-100);
    return JSON.stringify({ checks: Object.fromEntries(some.map((question, key) => [`q${key}`, question])) });
  });
}

interface Started {
  readonly process: ChildProcess;
  readonly border: number;
  readonly bare: number;
  readonly readyMs: number;
  readonly indexBytes: number;
}

async function startServer(url: string, snapshot: string): Promise<Started> {
  const file = new URL('border-server.ts', import.meta.url).pathname;
  const args = ['--max-semi-space-size=32', file, url, JSON.stringify(sampleAnswer), snapshot]; // as the unit has it
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [started] = (await once(child, 'message')) as [Omit<Started, 'process'>];
  return { process: child, ...started };
}

/** Of the size of an answer. */
const sampleAnswer = {
  filler: Array.from({ length: 12 }, (_, i) => ({ step: i, result: 'pass', text: 'x'.repeat(70) })),
};
