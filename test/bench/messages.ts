/** Measures messages of one changed record, out and in over HTTPS, one after the other, against the bare signatures they carry. */

import { sign, verify, type KeyObject } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { getPartner, type Gateway } from '../../gateway/gateway.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import type { ListOptions } from '../../gateway/model/list/queued-list.ts';
import { saveOperators } from '../../gateway/store/operators.ts';
import { median, medianRatio } from './numbers.ts';
import { openReceiving, withoutWayBack, type Receiving, type Taken } from './receiving.ts';
import { signerOf } from '../../gateway/wire/signature/profile.ts';
import { onFreshStore, partnerCode, prepareStore, withoutSizeBand, type Stage } from './stage.ts';

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
  /** A message for each of many operators that changed, sealed together and committed together. */
  readonly out: MessageRate;
  /** One operator changes, one message goes, one commit is waited for, and so on. */
  readonly alone: MessageRate;
  /** Over HTTPS: from the POST to the receipt in the sender's hands. */
  readonly in: MessageRate;
  /** Of it, within receiveMessage. */
  readonly inside: MessageRate;
  /** Of 4 KiB, one after the other, on the disk of the store: each message waits for one out, and for two in. */
  readonly syncsPerSecond: number;
}

const rounds = 5;
const rawMs = 250;

/** For each size: the partner holds the full list; then operators' names change, and deltas of one record each tell it. */
export async function benchMessages(
  stage: Stage,
  sizes: readonly number[],
  note: (text: string) => void,
): Promise<MessageResult[]> {
  const sender = await openGateway(stage.sender, adapterTools());
  const receiver = withoutSizeBand(await openGateway(withoutWayBack(stage.receiver), adapterTools()));
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
  readonly receiver: OpenGateway;
  readonly eligible: readonly DomesticRecord[];
}

interface Round {
  readonly out: Timed;
  readonly alone: Timed;
  readonly in: Timed;
  readonly inside: Timed;
  readonly signs: number;
  readonly pairs: number;
}

interface Timed {
  readonly perSecond: number;
  readonly steps: Readonly<Record<string, number>>;
}

/** Operators that change at a time, each in a message of its own. A shorter list has no row of so many: all of it changes. */
export const inARow = 500;
const oneByOne = 30;

async function benchSize(pair: Pair): Promise<Omit<MessageResult, 'syncsPerSecond'>> {
  const receiving = await openReceiving(pair.sender, pair.receiver);
  try {
    for (const message of (await send(pair, {})).messages) await receiving.take(message);
    const done: Round[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const measured = await benchRound(pair, receiving, round);
      // The first round warms up.
      if (round > 0) done.push(measured);
    }
    const signs = done.map((round) => round.signs);
    const pairs = done.map((round) => round.pairs);
    const of = (way: 'out' | 'alone' | 'in' | 'inside'): Timed[] => done.map((round) => round[way]);
    return {
      records: pair.eligible.length,
      out: rate(of('out'), signs),
      alone: rate(of('alone'), signs),
      in: rate(of('in'), pairs),
      inside: rate(of('inside'), pairs),
    };
  } finally {
    await receiving.stop();
  }
}

async function benchRound(pair: Pair, receiving: Receiving, round: number): Promise<Round> {
  const { key, certificate } = signerOf(getPartner(pair.sender, partnerCode).signer);
  await changeSome(pair, round, Math.min(inARow, pair.eligible.length));
  const row = await send(pair, { each: true });
  const signs = rawRate(() => sign('sha256', probe, key));
  const alone: Required<Step>[] = [];
  for (let i = 0; i < oneByOne; i += 1) {
    await changeSome(pair, round * 100 + i + 7, 1);
    alone.push(await send(pair, {}));
  }
  const received: Taken[] = [];
  // In their order, for they are numbered: the next one leaves when the receipt of the one before is there.
  for (const message of [row, ...alone].flatMap(({ messages }) => messages))
    received.push(await receiving.take(message));
  return {
    out: timed([row]),
    alone: timed(alone),
    in: timed(received.map(({ ms, insideMs }) => ({ ms, steps: { 'door and way': ms - insideMs } }))),
    inside: timed(received.map(({ insideMs, steps }) => ({ ms: insideMs, steps }))),
    signs,
    pairs: verifyAndSignRate(key, certificate.publicKey),
  };
}

async function changeSome({ sender, eligible }: Pair, n: number, count: number): Promise<void> {
  const changed = Array.from({ length: count }, (_, i): DomesticRecord => {
    const operator = eligible[((n + i) * 7919) % eligible.length];
    if (operator === undefined) throw new Error('a list has operators');
    return { ...operator, name: { ...operator.name, local: `${operator.name.local ?? ''} ${n}` } };
  });
  await sender.db.transaction((tx) => saveOperators(tx, changed, momentOf(sender.now())));
}

interface Step {
  readonly ms: number;
  /** Milliseconds of one message. */
  readonly steps: Readonly<Record<string, number>>;
  /** One, where it is not told. */
  readonly messages?: readonly SealedMessage[];
}

async function send({ sender }: Pair, wish: ListOptions): Promise<Required<Step>> {
  const started = performance.now();
  const built = await sendList(sender, partnerCode, wish);
  const ms = performance.now() - started;
  if (built === undefined) throw new Error('there was nothing to send');
  const inSteps = Object.values(built.timings).reduce((sum, step) => sum + step, 0);
  const messages = built.messages.map(({ sealed }) => sealed);
  const each = Object.entries({ ...built.timings, commit: ms - inSteps });
  return { ms, steps: Object.fromEntries(each.map(([name, step]) => [name, step / messages.length])), messages };
}

function timed(steps: readonly Step[]): Timed {
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  const names = Object.keys(steps[0]?.steps ?? {});
  const middle = names.map((name) => [name, median(steps.map((step) => step.steps[name] ?? 0))] as const);
  const messages = steps.reduce((sum, step) => sum + (step.messages?.length ?? 1), 0);
  return { perSecond: (messages * 1000) / total, steps: Object.fromEntries(middle) };
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
