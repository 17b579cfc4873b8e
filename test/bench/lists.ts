/** Measures whole lists, out and in, at several sizes, with the peers beside them in the same run. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer, ListJob, Order, Parts, Run } from './list-process.ts';
import { median, medianRatio } from './numbers.ts';
import { jdkPeer, makePeerFiles, nativePeer, type Peer, type PeerFiles, type PeerRun, type PeerTask } from './peers.ts';
import type { Place } from './profile.ts';
import { prepareStore, type Stage } from './stage.ts';

/** One peer beside one direction. Ratios are medians of the ratios of runs that followed each other. */
export interface PeerResult {
  readonly coldMs: number;
  readonly warmMs: number;
  /** Of ours in these rounds. */
  readonly oursMs: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly extra: Readonly<Record<string, number>>;
  readonly peakBytes: number | undefined;
  /** Time of the peer divided by time of the gateway without its commit. */
  readonly toUncommitted: number;
  /** The same by the whole time of the gateway. */
  readonly toWhole: number;
}

export interface DirectionResult {
  /** Median of the first runs of fresh processes. */
  readonly coldMs: number;
  readonly warmMs: number;
  readonly cpuMs: number;
  /** Without the steps that are about the own store only: the commit, and keeping the raw bytes. */
  readonly uncommittedMs: number;
  readonly coldSteps: Readonly<Record<string, number>>;
  readonly steps: Readonly<Record<string, number>>;
  readonly loopMs: number;
  /** Of a fresh process after its first list, and after all. */
  readonly firstPeakBytes: number;
  readonly peakBytes: number;
  readonly microsecondsPerRecord: number;
  readonly peers: Readonly<Partial<Record<Peer['name'], PeerResult>>>;
  readonly profile?: readonly Place[];
  readonly profiledMs?: number;
  readonly parts?: Parts;
}

export interface SizeResult {
  readonly records: number;
  readonly domestic: number;
  readonly bytes: number;
  readonly out: DirectionResult;
  readonly in: DirectionResult;
  /** Taken in a second thread, as the serving gateway does: what the first thread was kept waiting meanwhile. */
  readonly thread: { readonly coldMs: number; readonly loopMs: number; readonly peakBytes: number };
}

export interface ListOptions {
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Sizes at which a CPU profile is taken as well. */
  readonly profiled: readonly number[];
}

const coldProcesses = 3;

export async function benchLists(
  stage: Stage,
  options: ListOptions,
  note: (text: string) => void,
): Promise<SizeResult[]> {
  const results: SizeResult[] = [];
  for (const size of options.sizes) {
    note(`${size} records`);
    results.push(await benchSize(stage, size, options));
  }
  return results;
}

async function benchSize(stage: Stage, size: number, options: ListOptions): Promise<SizeResult> {
  const { store, domestic } = await prepareStore(stage, size);
  const document = join(stage.folder, `list-${size}.xml`);
  const shared = { folder: stage.folder, document, sender: stage.sender.home };
  const sends: ListJob = { ...shared, direction: 'out', config: stage.sender, store };
  const receives: ListJob = { ...shared, direction: 'in', config: stage.receiver };
  await (await startProcess(receives)).close(); // fills the cache of compiled modules
  // The first list out is what the peers and the other direction work on.
  const first = await coldRun(sends);
  const files = makePeerFiles(document);
  try {
    const out = await benchDirection(stage, sends, files, { size, options, colds: [first] });
    const into = await benchDirection(stage, receives, files, { size, options, colds: [] });
    const beside: Run[] = [];
    for (let i = 0; i < coldProcesses; i += 1) beside.push(await coldRun({ ...receives, direction: 'thread' }));
    const [longest, peak] = [beside.map(({ loopMs }) => loopMs), beside.map(({ peakBytes }) => peakBytes)];
    return {
      records: size,
      domestic,
      bytes: out.parts.bytes,
      out,
      in: into,
      thread: {
        coldMs: median(beside.map(({ ms }) => ms)),
        loopMs: Math.max(...longest),
        peakBytes: Math.max(...peak),
      },
    };
  } finally {
    const parts = Array.from({ length: 99 }, (_, i) => `${document}.${i + 2}`);
    for (const path of [store, files.sealed, files.bare, files.template, `${document}.out`, ...parts])
      rmSync(path, { force: true });
  }
}

interface Measuring {
  readonly size: number;
  readonly options: ListOptions;
  /** First runs of fresh processes that are known already. */
  readonly colds: readonly Run[];
}

async function benchDirection(
  stage: Stage,
  job: ListJob,
  files: PeerFiles,
  { size, options, colds }: Measuring,
): Promise<DirectionResult & { readonly parts: Parts }> {
  const cold = [...colds];
  while (cold.length < coldProcesses - 1) cold.push(await coldRun(job));
  const ours = await startProcess(job);
  try {
    cold.push(await ours.run());
    const rounds = Math.max(options.runs, Math.min(25, Math.round(25_000 / size)));
    // Small lists warm an engine slowly: theirs and ours get as many records before it counts.
    const before = Math.min(20, Math.max(1, Math.round(50_000 / size)));
    await repeat(before, ours.run);
    // First alone: a JVM that merely waits beside it makes the machine slower to hand out memory, by a fifth and more.
    const warm = await repeat(rounds, ours.run);
    const parts = await ours.parts();
    const profile = options.profiled.includes(size) ? await ours.profile() : undefined;
    const task = job.direction === 'out' ? 'sign' : 'verify';
    return {
      ...summary(size, cold, warm),
      // No peer knows of lists in parts.
      peers: parts.messages > 1 ? {} : await besidePeers({ stage, files, task }, ours, { before, rounds }),
      parts,
      ...(profile === undefined ? {} : { profile: profile.places, profiledMs: profile.ms }),
    };
  } finally {
    await ours.close();
  }
}

interface Beside {
  readonly stage: Stage;
  readonly files: PeerFiles;
  readonly task: PeerTask;
}

/** Each round is one run of ours and one of each peer. */
async function besidePeers(
  { stage, files, task }: Beside,
  ours: ListProcess,
  { before, rounds }: { readonly before: number; readonly rounds: number },
): Promise<DirectionResult['peers']> {
  const jdk = await jdkPeer(stage, files, task);
  const peers = [nativePeer(stage, files, task), jdk].filter((peer) => peer !== undefined);
  try {
    const cold = await eachOnce(peers);
    if (jdk !== undefined) await repeat(before, () => jdk.run());
    const runs: Run[] = [];
    const peerRuns: PeerRun[][] = [];
    await repeat(rounds, async () => {
      runs.push(await ours.run());
      peerRuns.push(await eachOnce(peers));
    });
    const results = peers.map((peer, i): [Peer['name'], PeerResult] => {
      const theirs = peerRuns.flatMap((round) => round[i] ?? []);
      return [peer.name, peerResult(cold[i], theirs, runs, peer.peakBytes())];
    });
    return Object.fromEntries(results);
  } finally {
    for (const peer of peers) await peer.close();
  }
}

async function repeat<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i += 1) results.push(await work());
  return results;
}

async function eachOnce(peers: readonly Peer[]): Promise<PeerRun[]> {
  const runs: PeerRun[] = [];
  for (const peer of peers) runs.push(await peer.run());
  return runs;
}

function summary(size: number, cold: readonly Run[], warm: readonly Run[]): Omit<DirectionResult, 'peers'> {
  const warmMs = median(warm.map(({ ms }) => ms));
  return {
    coldMs: median(cold.map(({ ms }) => ms)),
    warmMs,
    cpuMs: median(warm.map(({ cpuMs }) => cpuMs)),
    uncommittedMs: median(warm.map(uncommitted)),
    coldSteps: medianSteps(cold.map(({ steps }) => steps)),
    steps: medianSteps(warm.map(({ steps }) => steps)),
    loopMs: Math.max(...[...cold, ...warm].map(({ loopMs }) => loopMs)),
    firstPeakBytes: median(cold.map(({ peakBytes }) => peakBytes)),
    peakBytes: Math.max(...[...cold, ...warm].map(({ peakBytes }) => peakBytes)),
    microsecondsPerRecord: (warmMs * 1000) / size,
  };
}

/** What a peer that stores nothing can be held against. */
function uncommitted({ ms, steps }: Run): number {
  return ms - (steps['commit'] ?? 0) - (steps['keep'] ?? 0);
}

function peerResult(
  cold: PeerRun | undefined,
  runs: readonly PeerRun[],
  warm: readonly Run[],
  peakBytes: number | undefined,
): PeerResult {
  const times = runs.map(({ ms }) => ms);
  return {
    coldMs: cold?.ms ?? Number.NaN,
    warmMs: median(times),
    oursMs: median(warm.map(({ ms }) => ms)),
    steps: medianSteps(runs.map(({ steps }) => steps)),
    extra: medianSteps(runs.map(({ extra = {} }) => extra)),
    peakBytes,
    toUncommitted: medianRatio(times, warm.map(uncommitted)),
    toWhole: medianRatio(
      times,
      warm.map(({ ms }) => ms),
    ),
  };
}

function medianSteps(runs: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(runs.map((steps) => steps[name] ?? 0))]));
}

interface ListProcess {
  run(): Promise<Run>;
  profile(): Promise<{ readonly places: readonly Place[]; readonly ms: number }>;
  parts(): Promise<Parts>;
  close(): Promise<void>;
}

export async function startProcess(job: ListJob): Promise<ListProcess> {
  // With its modules compiled before, as mra.js has them: reading TypeScript takes memory of its own.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(job.folder, 'compiled') };
  const child = fork(fileURLToPath(new URL('list-process.ts', import.meta.url)), [JSON.stringify(job)], {
    env,
    execArgv: ['--max-semi-space-size=8'], // as mra.js has it
  });
  const said = async <T>(): Promise<T> => {
    const ended = new AbortController();
    const answer = await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }).then(() => undefined),
    ]);
    ended.abort();
    if (answer === undefined) throw new Error(`the process for lists ${job.direction} ended`);
    return answer[0] as T;
  };
  const ask = async <O extends Order>(order: O): Promise<Extract<Answer, { order: O }>> => {
    child.send(order);
    return await said();
  };
  await said();
  return {
    run: async () => (await ask('run')).run,
    profile: () => ask('profile'),
    parts: async () => (await ask('parts')).parts,
    async close() {
      if (child.exitCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function coldRun(job: ListJob): Promise<Run> {
  const fresh = await startProcess(job);
  try {
    return await fresh.run();
  } finally {
    await fresh.close();
  }
}
