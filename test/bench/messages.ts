/** Measures messages of one changed record, out and in, one after the other, against the bare signatures they carry. */

import { sign, verify, type KeyObject } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { adapterTools, openGateway } from '../../gateway/assembly.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { receiveMessage } from '../../gateway/inbound.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { DomesticRecord } from '../../gateway/model/record.ts';
import { sendList } from '../../gateway/outbound.ts';
import { saveOperators } from '../../gateway/store/operators.ts';
import { median, medianRatio } from './numbers.ts';
import { onFreshStore, partnerCode, prepareStore, withoutSizeBand, type Stage } from './stage.ts';
import { watchInbound } from './stations.ts';

export interface MessageRate {
  readonly perSecond: number;
  /** Out: signatures. In: pairs of a verification and a signature. */
  readonly rawPerSecond: number;
  /** Median of the ratios of rounds. */
  readonly ratio: number;
  /** Milliseconds of one message. */
  readonly steps: Readonly<Record<string, number>>;
}

export interface MessageResult {
  /** Operators on the list that the message changes one of. */
  readonly records: number;
  readonly out: MessageRate;
  readonly in: MessageRate;
  /** Of 4 KiB, one after the other, on the disk of the store: each message waits for one out, and for two in. */
  readonly syncsPerSecond: number;
}

const rounds = 5;
const rawMs = 250;

/** For each size: the partner holds the full list; then one operator's name changes, and a delta tells it, again and again. */
export async function benchMessages(
  stage: Stage,
  sizes: readonly number[],
  note: (text: string) => void,
): Promise<MessageResult[]> {
  const sender = await openGateway(stage.sender, adapterTools());
  const receiver = withoutSizeBand(await openGateway(stage.receiver, adapterTools()));
  try {
    const results: MessageResult[] = [];
    for (const size of sizes) {
      note(`messages of one record, list of ${size}`);
      const { store, eligible } = await prepareStore(stage, size);
      const result = await onFreshStore(stage.folder, store, (ours) =>
        onFreshStore(stage.folder, undefined, (theirs) =>
          benchSize({ sender: { ...sender, db: ours }, receiver: { ...receiver, db: theirs }, eligible }),
        ),
      );
      rmSync(store);
      results.push({ ...result, syncsPerSecond: syncRate(stage.folder) });
    }
    return results;
  } finally {
    await sender.close();
    await receiver.close();
  }
}

interface Pair {
  readonly sender: Gateway;
  readonly receiver: Gateway;
  readonly eligible: readonly DomesticRecord[];
}

interface Round {
  readonly out: Timed;
  readonly in: Timed;
  readonly signs: number;
  readonly pairs: number;
}

interface Timed {
  readonly perSecond: number;
  readonly steps: Readonly<Record<string, number>>;
}

async function benchSize(pair: Pair): Promise<Omit<MessageResult, 'syncsPerSecond'>> {
  const { key, certificate } = getPartner(pair.sender, partnerCode).signer;
  await send(pair).then(({ bytes }) => receive(pair.receiver, pair.sender.home.country, bytes));
  const done: Round[] = [];
  const count = pair.eligible.length > 5000 ? 5 : 50;
  for (let round = 0; round <= rounds; round += 1) {
    const sent: Step[] = [];
    for (let i = 0; i < count; i += 1) {
      await changeOne(pair, round * count + i);
      sent.push(await send(pair));
    }
    const signs = rawRate(() => sign('sha256', probe, key));
    const received: Step[] = [];
    for (const { bytes } of sent) received.push(await receive(pair.receiver, pair.sender.home.country, bytes));
    const pairs = verifyAndSignRate(key, certificate.publicKey);
    if (round > 0) done.push({ out: timed(sent), in: timed(received), signs, pairs }); // the first round warms up
  }
  return {
    records: pair.eligible.length,
    out: rate(
      done.map(({ out }) => out),
      done.map(({ signs }) => signs),
    ),
    in: rate(
      done.map(({ in: into }) => into),
      done.map(({ pairs }) => pairs),
    ),
  };
}

async function changeOne({ sender, eligible }: Pair, n: number): Promise<void> {
  const operator = eligible[(n * 7919) % eligible.length];
  if (operator === undefined) throw new Error('a list has operators');
  const changed = { ...operator, name: { ...operator.name, local: `${operator.name.local ?? ''} ${n}` } };
  await sender.db.transaction((tx) => saveOperators(tx, [changed], momentOf(sender.now())));
}

interface Step {
  readonly ms: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly bytes: Uint8Array;
}

async function send({ sender }: Pair): Promise<Step> {
  const started = performance.now();
  const built = await sendList(sender, partnerCode);
  const ms = performance.now() - started;
  if (built === undefined) throw new Error('there was nothing to send');
  const inSteps = Object.values(built.timings).reduce((sum, step) => sum + step, 0);
  return { ms, steps: { ...built.timings, commit: ms - inSteps }, bytes: built.sealed.bytes };
}

async function receive(receiver: Gateway, from: string, bytes: Uint8Array): Promise<Step> {
  const raw = { partner: from, via: 'file', bytes, receivedAt: momentOf(receiver.now()) } as const;
  const watched = watchInbound(receiver);
  const started = performance.now();
  const { verdict, reason } = await receiveMessage(watched.gateway, raw);
  const ended = performance.now();
  if (verdict !== 'applied') throw new Error(`the message was ${verdict}: ${reason ?? 'no reason'}`);
  return { ms: ended - started, steps: watched.laps(started, ended), bytes };
}

function timed(steps: readonly Step[]): Timed {
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  const names = Object.keys(steps[0]?.steps ?? {});
  const middle = names.map((name) => [name, median(steps.map((step) => step.steps[name] ?? 0))] as const);
  return { perSecond: (steps.length * 1000) / total, steps: Object.fromEntries(middle) };
}

function rate(done: readonly Timed[], raw: readonly number[]): MessageRate {
  const speeds = done.map(({ perSecond }) => perSecond);
  const names = Object.keys(done[0]?.steps ?? {});
  return {
    perSecond: median(speeds),
    rawPerSecond: median(raw),
    ratio: medianRatio(speeds, raw),
    steps: Object.fromEntries(names.map((name) => [name, median(done.map(({ steps }) => steps[name] ?? 0))])),
  };
}

/** As long as the signed part of a message. */
const probe = Buffer.alloc(1000, 'a');

function verifyAndSignRate(key: KeyObject, publicKey: KeyObject): number {
  const signature = sign('sha256', probe, key);
  return rawRate(() => {
    if (!verify('sha256', probe, publicKey, signature)) throw new Error('the signature does not hold');
    sign('sha256', probe, key);
  });
}

function syncRate(folder: string): number {
  const path = join(folder, 'sync');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096, 1);
  try {
    return rawRate(() => {
      writeSync(file, block);
      fdatasyncSync(file);
    });
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

/** How often a second the work can be done, one after the other. */
function rawRate(work: () => void): number {
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < rawMs) {
    work();
    count += 1;
  }
  return (count * 1000) / (performance.now() - started);
}
