/** A process of its own for one direction and one size: does one list for each message from its parent, and says what it took. */

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway } from '../../gateway/app/composition.ts';
import type { Config } from '../../gateway/app/config.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { openLargeMessageWorker } from '../../gateway/app/large-message-worker.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { RawMessage } from '../../gateway/model/message.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { canonicalBytes, parseXml } from '../../gateway/wire/xml/libxml.ts';
import { byPlace, type Place } from './profile.ts';
import { onFreshStore, partnerCode, withoutSizeBand } from './stage.ts';
import { watchInbound } from './stations.ts';

export type Direction = 'out' | 'in' | 'thread';
export type Order = 'run' | 'profile' | 'parts';

/** What the process is for; handed over as JSON. */
export interface ListJob {
  readonly direction: Direction;
  readonly config: Config;
  readonly folder: string;
  /** The store that is copied for each run; to receive, an empty one. */
  readonly store?: string;
  /** The sealed list: written by the first run out, read to receive. */
  readonly document: string;
  readonly sender: string;
}

export interface Run {
  /** Milliseconds from the call to the stored result. */
  readonly ms: number;
  /** Milliseconds of processor time of the whole process, all its threads. */
  readonly cpuMs: number;
  readonly steps: Readonly<Record<string, number>>;
  /** Longest time the event loop came late, in milliseconds. */
  readonly loopMs: number;
  /** Largest resident memory of the process so far, in bytes. */
  readonly peakBytes: number;
}

/** Bare operations over the same bytes (of the first message of a list), in milliseconds. */
export interface Parts {
  /** Of all messages. */
  readonly bytes: number;
  readonly messages: number;
  readonly steps: Readonly<Record<string, number>>;
}

export type Answer =
  | { readonly order: 'run'; readonly run: Run }
  | { readonly order: 'profile'; readonly places: readonly Place[]; readonly ms: number }
  | { readonly order: 'parts'; readonly parts: Parts };

const job = JSON.parse(process.argv[2] ?? '') as ListJob;
const gateway = withoutSizeBand(await openGateway(job.config, adapterTools()));
let written = false;

async function carryOut(order: Order): Promise<Answer> {
  switch (order) {
    case 'run':
      return { order, run: await run() };
    case 'profile':
      return { order, ...(await profiled()) };
    case 'parts':
      return { order, parts: bareParts() };
  }
}

let profiler: Session | undefined;

async function profiled(): Promise<{ places: readonly Place[]; ms: number }> {
  profiler = new Session();
  profiler.connect();
  await profiler.post('Profiler.enable');
  await profiler.post('Profiler.setSamplingInterval', { interval: 500 });
  const { ms } = await run();
  const { profile } = await profiler.post('Profiler.stop');
  profiler.disconnect();
  profiler = undefined;
  return { places: byPlace(profile), ms };
}

function run(): Promise<Run> {
  return onFreshStore(job.folder, job.store, (db, url) => {
    switch (job.direction) {
      case 'out':
        return send({ ...gateway, db });
      case 'in':
        return receive({ ...gateway, db });
      case 'thread':
        return receiveBeside({ ...job.config, store: url });
    }
  });
}

async function send(sender: Gateway): Promise<Run> {
  return await measured(async () => {
    const started = performance.now();
    const built = await sendList(sender, partnerCode, { kind: 'full' });
    const ms = performance.now() - started;
    if (built === undefined) throw new Error('there was no list to send');
    if (!written) for (const [i, { sealed }] of built.messages.entries()) writeFileSync(partOf(i), sealed.bytes);
    written = true;
    const steps = Object.values(built.timings).reduce((sum, step) => sum + step, 0);
    return { ms, steps: { ...built.timings, commit: ms - steps } };
  });
}

/** The files of a list: of one in parts, one for each. */
function partOf(index: number): string {
  return index === 0 ? job.document : `${job.document}.${index + 1}`;
}

function messageFiles(): string[] {
  const files: string[] = [];
  while (existsSync(partOf(files.length))) files.push(partOf(files.length));
  return files;
}

async function receive(receiver: Gateway): Promise<Run> {
  const messages = rawMessages();
  const watched = watchInbound(receiver);
  return await measured(async () => {
    const started = performance.now();
    for (const raw of messages) {
      const { verdict, reason } = await receiveMessage(watched.gateway, raw());
      if (verdict !== 'applied') throw new Error(`the list was ${verdict}: ${reason ?? 'no reason'}`);
    }
    const ended = performance.now();
    // Of a list in parts the steps are passed again and again: only their sum is told.
    const steps = messages.length === 1 ? watched.laps(started, ended) : {};
    return { ms: ended - started, steps };
  });
}

/** As the serving gateway takes large messages: in a second thread, which starts for this one. */
async function receiveBeside(config: Config): Promise<Run> {
  const messages = rawMessages().map((read) => read()); // beforehand: reading files is not the thread's
  const thread = openLargeMessageWorker(config);
  try {
    return await measured(async () => {
      const started = performance.now();
      for (const raw of messages) {
        const { verdict } = await thread.receive(raw);
        if (verdict === 'rejected') throw new Error('the list was rejected');
      }
      return { ms: performance.now() - started, steps: {} };
    });
  } finally {
    await thread.close();
  }
}

/** Read when it is its turn, as messages come. */
function rawMessages(): (() => RawMessage)[] {
  return messageFiles().map((file) => () => {
    const bytes = readFileSync(file);
    return { partner: job.sender, via: 'file', bytes, receivedAt: momentOf(new Date()) };
  });
}

async function measured(work: () => Promise<Pick<Run, 'ms' | 'steps'>>): Promise<Run> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await wait(30); // the monitor's own timer must be running before there is something to be late for
  delay.reset();
  await profiler?.post('Profiler.start');
  const before = process.cpuUsage();
  const { ms, steps } = await work();
  const { user, system } = process.cpuUsage(before);
  await wait(5); // and it must have come once more
  delay.disable();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { ms, steps, cpuMs: (user + system) / 1000, loopMs: delay.max / 1e6, peakBytes };
}

function bareParts(): Parts {
  const bytes = readFileSync(job.document);
  const steps: Record<string, number> = {};
  const timed = <T>(name: string, work: () => T): T => {
    const started = performance.now();
    const result = work();
    steps[name] = performance.now() - started;
    return result;
  };
  using document = timed('parse (libxml2)', () => parseXml(bytes));
  timed('canonical form (libxml2)', () => canonicalBytes(document));
  timed('SHA-256', () => createHash('sha256').update(bytes).digest());
  timed('decode UTF-8', () => new TextDecoder().decode(bytes).length);
  timed('write and fdatasync', () => {
    const file = openSync(join(job.folder, `part-${process.pid}`), 'w');
    writeSync(file, bytes);
    fdatasyncSync(file);
    closeSync(file);
  });
  const total = messageFiles().reduce((sum, file) => sum + statSync(file).size, 0);
  return { bytes: total, messages: messageFiles().length, steps };
}

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  void carryOut(order).then((answer) => process.send?.(answer));
});
process.send?.('ready');
