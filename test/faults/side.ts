/** One side of an exchange: its settings, its store, and the processes that serve it. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { programFolder } from '../../gateway/app/config.ts';
import { run } from '../../gateway/main.ts';
import { addressesOf } from '../../gateway/model/cluster-address.ts';
import { memoryStream } from '../cli/memory.ts';
import { reachedLine, type CrashPoint } from './crash-point.ts';
import type { Held, Row } from './model.ts';

const preload = fileURLToPath(new URL('crash-point.ts', import.meta.url));
const longestWaitMs = 30_000;

/** Asks until the answer is neither undefined nor false. Throws after half a minute, with what was waited for. */
export async function until<T>(what: string, ask: () => Promise<T> | T): Promise<NonNullable<Exclude<T, false>>> {
  for (const giveUpAt = performance.now() + longestWaitMs; ;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<Exclude<T, false>>;
    if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
    await pause(50);
  }
}

/** Rejects after half a minute, with what was waited for. */
export async function within<T>(what: string, event: Promise<T>): Promise<T> {
  const late = new AbortController();
  const tooLate = pause(longestWaitMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`waited in vain: ${what}`);
  });
  tooLate.catch(() => undefined); // it was in time
  try {
    return await Promise.race([event, tooLate]);
  } finally {
    late.abort();
  }
}

/** A gateway that serves, as a process. */
export interface Process {
  readonly pid: number;
  /** Once it ended by itself, or by a signal: its exit code or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Once its doors are open. Rejects when it ends before. */
  readonly open: Promise<void>;
  /** Once it stands still at its crash point. */
  readonly reached: Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export interface Side extends Held {
  readonly country: string;
  /** `sqlite:…` or `postgres://…` */
  readonly store: string;
  /** The file of its settings. */
  readonly settings: string;
  /** Starts a process that serves; several may share a store. */
  start(how?: { readonly crash?: CrashPoint; readonly clock?: string; readonly settings?: string }): Process;
  /** One command, in this process; its exit code and document. */
  mra(...words: readonly string[]): Promise<{ readonly exit: number; readonly result: unknown }>;
  /** What the store holds, past the program. */
  rows(sql: string): Promise<readonly Row[]>;
}

export function openSide(place: Omit<Side, 'start' | 'mra' | 'rows'>, log: string): Side {
  return {
    ...place,
    start: ({ crash, clock, settings = place.settings } = {}) => {
      const env = {
        ...process.env,
        NODE_OPTIONS: `--import=${preload}`,
        ...(crash && { MRA_CRASH_POINT: JSON.stringify(crash) }),
        ...(clock !== undefined && { MRA_CLOCK_FILE: clock }),
      };
      const args = [join(programFolder, 'gateway/mra.js'), '--config', settings, '-o', 'json', 'serve'];
      return watch(spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }), log);
    },
    async mra(...words) {
      const [stdout, stderr] = [memoryStream(), memoryStream()];
      const line = ['node', 'mra', '--config', place.settings, '-o', 'json', ...words];
      const exit = await run(line, { stdout, stderr, env: {} });
      appendFileSync(log, `${words.join(' ')}: ${String(exit)} ${exit === 0 ? '' : stdout.text()}\n`);
      return { exit, result: stdout.text() === '' ? undefined : JSON.parse(stdout.text()) };
    },
    rows: (sql) => rowsOf(place.store, sql),
  };
}

function watch(child: ChildProcess, log: string): Process {
  const [opened, crashed] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    appendFileSync(log, chunk);
    // Where the program fails, it prints an error and ends.
    if (chunk.includes('"exchange"')) opened.resolve(undefined);
  });
  let last = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    appendFileSync(log, text);
    last = (last + text).slice(-4096);
    if (last.includes(reachedLine)) crashed.resolve(undefined);
  });
  void ended.then((how) => opened.reject(new Error(`the gateway ended before its doors were open: ${String(how)}`)));
  opened.promise.catch(() => undefined); // who awaits it sees the error
  return {
    pid: child.pid ?? 0,
    ended,
    open: opened.promise,
    // It says so before it stands still; a signal to go on in between would be lost.
    reached: crashed.promise.then(() => untilStopped(child.pid ?? 0)),
    signal: (signal) => void child.kill(signal),
  };
}

/** Or gone. */
async function untilStopped(pid: number): Promise<void> {
  const state = (): string => spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
  await until('the process stands still', () => ['T', ''].includes(state().slice(0, 1)));
}

async function rowsOf(store: string, sql: string): Promise<readonly Row[]> {
  if (store.startsWith('sqlite:')) {
    const database = new DatabaseSync(store.slice('sqlite:'.length), { readOnly: true, timeout: 5000 });
    try {
      return database.prepare(sql).all() as Row[];
    } finally {
      database.close();
    }
  }
  for (const address of addressesOf(store)) {
    const client = new pg.Client({ connectionString: address });
    client.on('error', () => undefined); // the statement in progress reports it
    try {
      await client.connect();
      const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
      if (rows[0]?.standby === false) return (await client.query<Row>(sql)).rows;
    } catch (error) {
      if (addressesOf(store).length === 1) throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new Error('no server of the database is the primary');
}

/** The settings of a gateway as a file; JSON is YAML. */
export function writeSettings(file: string, settings: object): void {
  writeFileSync(file, JSON.stringify(settings, undefined, 2));
}
