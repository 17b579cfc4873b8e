/**
 * A simulated partner: a whole gateway of its own with keys, store, doors and connections, into which faults can be injected.
 * Faults are in its messages and its responses only: its gateway itself works as ours does.
 */

import type { RequestListener } from 'node:http';
import type { OpenGateway } from '../app/composition.ts';
import type { Config } from '../app/config.ts';
import { getPartner, type Partner, type PartnerAnswer } from '../gateway.ts';
import type { ReceiveResult } from '../inbound/verdicts.ts';
import { dayAt } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { RawMessage, SealedMessage } from '../model/message.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { saveRecords } from './administrations.ts';
import { answerFirst } from './played-answers.ts';
import { openChannel, type Answering, type Channel } from './channel.ts';
import { inventOperators } from './invented-operators.ts';
import type { Pair } from './pairing.ts';
import type { SimulatorKeys } from './identities.ts';

/** How a gateway of a rehearsal differs: functions called before it handles what comes to its doors. */
export interface DoorHooks {
  /** Before the exchange door. */
  around?(door: RequestListener): RequestListener;
  /** Absent: lists that are due by the schedules of partners are sent by themselves. */
  readonly scheduled?: boolean;
  /** Called with each answer that comes to a message of ours, before it is taken. */
  answered?(answer: PartnerAnswer): void;
  /** Before a message is received, over whichever transport. */
  receive?(raw: RawMessage, receive: (raw: RawMessage) => Promise<ReceiveResult>): Promise<ReceiveResult>;
}

/** Opens gateways and their doors. */
export interface Runtime {
  open(config: Config): Promise<OpenGateway>;
  serve(gateway: OpenGateway, hooks?: DoorHooks): Promise<{ readonly exchangeUrl: string; stop(): Promise<void> }>;
}

/** How a fault changes the responses of the simulator; an absent function leaves them as they are. */
export interface FaultBehaviour {
  door?(...call: [...Parameters<RequestListener>, door: RequestListener]): void;
  receipt?(raw: RawMessage, result: ReceiveResult): Promise<ReceiveResult>;
  /** Of an answer that is a message of its own. */
  answering?: Answering;
  /** Called when the fault is over. */
  ended?(): void;
}

export interface Simulator extends Pick<Channel, 'pause' | 'receipts' | 'send'> {
  readonly gateway: OpenGateway;
  /** The other side, as the simulator's gateway is connected to it. */
  readonly other: Partner;
  /** Throws E_VALUE_INVALID where its messages are not signed. */
  readonly keys: SimulatorKeys;
  readonly url: string;
  /** The current records of its operators. */
  readonly operators: DomesticRecord[];
  /** Its responses have the fault from now on, or none. `onUse`: called for each message that meets it. */
  inject(behaviour?: FaultBehaviour, onUse?: () => void): void;
  close(): Promise<void>;
}

export interface SimulatorOptions {
  readonly runtime: Runtime;
  /** How many operators are invented. */
  readonly operators: number;
  readonly seed: number;
}

/** Opens the simulated side of a pair with invented operators and open doors. Nothing has been sent. */
export async function startSimulator(
  { simulated, keys }: Pair,
  { runtime, operators: count, seed }: SimulatorOptions,
  receiptMs: number,
): Promise<Simulator> {
  const opened = await runtime.open(simulated);
  const [code = ''] = Object.keys(simulated.partners);
  let injected: Parameters<Simulator['inject']> = [];
  const channel = openChannel(opened, getPartner(opened, code), {
    receiptMs,
    answering: (answer) => answering(injected, answer),
  });
  const other = channel.partner;
  const gateway: OpenGateway = { ...opened, partners: new Map([[other.code, other]]) };
  const operators = inventListed(gateway, count, seed);
  await saveRecords(gateway, operators);
  const serving = await runtime.serve(
    gateway,
    hooksOf(gateway, channel, () => injected),
  );
  return {
    ...{ gateway, other, operators },
    get keys() {
      if (keys !== undefined) return keys;
      throw new GatewayError('E_VALUE_INVALID', 'messages of this partner are not signed');
    },
    ...{ pause: channel.pause, receipts: channel.receipts, send: channel.send },
    url: serving.exchangeUrl,
    inject: (...behaviour) => {
      injected[0]?.ended?.();
      injected = behaviour;
    },
    async close() {
      await serving.stop();
      await opened.close();
    },
  };
}

async function answering(
  [behaviour, onUse]: Parameters<Simulator['inject']>,
  answer: SealedMessage,
): ReturnType<Answering> {
  if (behaviour?.answering === undefined) return 'sent';
  onUse?.();
  return await behaviour.answering(answer);
}

/** Operators of an administration, all of the highest grade, so that most of them are on its lists. */
export function inventListed({ home, now }: OpenGateway, count: number, seed: number): DomesticRecord[] {
  return inventOperators(home, { count, advanced: count, seed, today: dayAt(now(), home.timeZone) });
}

function hooksOf(gateway: OpenGateway, channel: Channel, injected: () => Parameters<Simulator['inject']>): DoorHooks {
  return {
    scheduled: false, // its turns decide what is sent
    answered: (answer) => channel.receipts.recordAnswer(answer),
    around: (door) =>
      channel.around((request, response) => {
        const [behaviour, onUse] = injected();
        // A poll is no message: only what is sent to the door meets the fault.
        if (behaviour?.door === undefined || request.method === 'GET') {
          door(request, response);
          return;
        }
        onUse?.();
        behaviour.door(request, response, door);
      }),
    async receive(raw, receive) {
      const release = await channel.receipts.record(raw);
      // A receipt over a message that is in no outbox moves the stream, and a scenario that waits for it sends the next list.
      const result = await answerFirst(gateway, channel.partner, raw, await receive(raw).finally(release));
      const [behaviour, onUse] = injected();
      if (behaviour?.receipt === undefined || result.receipt === undefined) return result;
      const changed = await behaviour.receipt(raw, result);
      onUse?.();
      return changed;
    },
  };
}
