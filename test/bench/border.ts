/** Measures the border door beside a bare server that parses and prints the same JSON, every answer recorded. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { load, type LoadResult } from './http-load.ts';
import { present } from '../../gateway/model/present.ts';
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
  readonly half: { readonly perSecond: number; readonly p50: number; readonly p99: number };
}

interface BorderOptions {
  readonly url: string;
  /** Of the snapshot of the register. */
  readonly snapshot: string;
  readonly operators: number;
  readonly rounds: number;
  readonly seconds: number;
}

type Ask = (connections: number, which: 'border' | 'bare', rate?: number) => Promise<LoadResult>;

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
    const ask: Ask = async (connections, which, rate) => {
      const result = await load({
        port: server[which],
        path: '/v1/checks',
        bodies,
        connections,
        seconds,
        ...present({ rate }),
      });
      if (result.failed > 0) throw new Error(`${result.failed} questions failed`);
      return result;
    };
    note(`ready after ${server.readyMs} ms, ${Math.round(server.indexBytes / operators)} bytes an operator`);
    await ask(32, 'border');
    const rates = [await rateAt(32, ask, rounds, note), await rateAt(256, ask, rounds, note)];
    const half = await halfLoad(ask, (rates.at(-1)?.perSecond ?? 0) / 2, rounds);
    const engine = url.startsWith('sqlite:') ? 'sqlite' : 'postgres';
    return { engine, operators, readyMs: server.readyMs, bytesPerRecord: server.indexBytes / operators, rates, half };
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

async function halfLoad(ask: Ask, rate: number, rounds: number): Promise<BorderResult['half']> {
  const results: LoadResult[] = [];
  for (let round = 0; round < rounds; round += 1) results.push(await ask(128, 'border', rate));
  const of = (pick: (result: LoadResult) => number): number => median(results.map(pick));
  return { perSecond: of((r) => r.perSecond), p50: of((r) => r.p50), p99: of((r) => r.p99) };
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
  const child = spawn(process.execPath, [file, url, JSON.stringify(sampleAnswer), snapshot], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { process: child, ...(JSON.parse(line) as Omit<Started, 'process'>) };
}

/** Of the size of an answer. */
const sampleAnswer = {
  filler: Array.from({ length: 12 }, (_, i) => ({ step: i, result: 'pass', text: 'x'.repeat(70) })),
};
