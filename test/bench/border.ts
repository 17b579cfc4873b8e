/** Measures the border door beside a bare server that parses and prints the same JSON, every answer recorded. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { load, type LoadResult } from './http-load.ts';
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
  readonly operators: number;
  readonly readyMs: number;
  readonly bytesPerRecord: number;
  readonly rates: readonly BorderRate[];
  /** At half of what the door answers at 256 connections: milliseconds. */
  readonly half: { readonly perSecond: number; readonly p50: number; readonly p99: number };
}

interface BorderOptions {
  readonly url: string;
  readonly operators: number;
  readonly rounds: number;
  readonly seconds: number;
}

export async function benchBorder(
  { url, operators, rounds, seconds }: BorderOptions,
  note: (text: string) => void,
): Promise<BorderResult> {
  await fillStore(url, operators, note);
  const bodies = questions(operators, 20_000).map((question) => JSON.stringify(question));
  const server = await startServer(url);
  try {
    const ask = (connections: number, which: 'border' | 'bare'): Promise<LoadResult> =>
      load({ port: server[which], path: '/v1/checks', bodies, connections, seconds });
    note(`ready after ${server.readyMs} ms, ${Math.round(server.indexBytes / operators)} bytes an operator`);
    await ask(32, 'border');
    const rates: BorderRate[] = [];
    for (const connections of [32, 256]) {
      const pairs: { readonly ours: number; readonly bare: number }[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const bare = await ask(connections, 'bare');
        const ours = await ask(connections, 'border');
        if (ours.failed > 0) throw new Error(`${ours.failed} questions failed`);
        pairs.push({ ours: ours.perSecond, bare: bare.perSecond });
        note(`${connections} connections: ${Math.round(ours.perSecond)}/s, bare ${Math.round(bare.perSecond)}/s`);
      }
      rates.push({
        connections,
        perSecond: median(pairs.map(({ ours }) => ours)),
        barePerSecond: median(pairs.map(({ bare }) => bare)),
        ratio: median(pairs.map(({ ours, bare }) => ours / bare)),
      });
    }
    const rate = (rates.at(-1)?.perSecond ?? 0) / 2;
    const halves: LoadResult[] = [];
    for (let round = 0; round < rounds; round += 1)
      halves.push(
        await load({ port: server.border, path: '/v1/checks', bodies, connections: 128, seconds: seconds * 2, rate }),
      );
    const of = (pick: (result: LoadResult) => number): number => median(halves.map(pick));
    const half = { perSecond: of((r) => r.perSecond), p50: of((r) => r.p50), p99: of((r) => r.p99) };
    return { operators, readyMs: server.readyMs, bytesPerRecord: server.indexBytes / operators, rates, half };
  } finally {
    server.process.kill();
    await once(server.process, 'exit');
  }
}

interface Started {
  readonly process: ChildProcess;
  readonly border: number;
  readonly bare: number;
  readonly readyMs: number;
  readonly indexBytes: number;
}

async function startServer(url: string): Promise<Started> {
  const file = new URL('border-server.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [file, url, JSON.stringify(sampleAnswer)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { process: child, ...(JSON.parse(line) as Omit<Started, 'process'>) };
}

/** Of the size of an answer. */
const sampleAnswer = {
  filler: Array.from({ length: 12 }, (_, i) => ({ step: i, result: 'pass', text: 'x'.repeat(70) })),
};
