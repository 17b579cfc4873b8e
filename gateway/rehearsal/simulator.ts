/**
 * A partner played by this program: a whole gateway of its own with keys, store, door and connections, which can be told to
 * misbehave. It lies on the wire only: what it sends is really sealed and sent, what it answers is really answered.
 */

import type { RequestListener } from 'node:http';
import type { AdapterTools } from '../adapter/tools.ts';
import type { OpenGateway } from '../app/composition.ts';
import type { Config } from '../app/config.ts';
import { getPartner, type Partner } from '../gateway.ts';
import type { ReceiveResult } from '../inbound/verdicts.ts';
import type { RawMessage, SealedMessage } from '../model/message.ts';
import type { DomesticRecord } from '../model/record/domestic-record.ts';
import { listeningFor, type Heard, type Listening } from './received-receipts.ts';
import type { Pair } from './pairing.ts';
import { saveAll } from './sending.ts';
import type { SimulatorKeys } from './simulator-keys.ts';
import { wayOut, type Answer, type WayOut } from './way-out.ts';

/** What stands between the doors of a gateway and its stories; main.ts puts it there. */
export interface DoorHooks {
  /** Before the exchange door. */
  around?(door: RequestListener): RequestListener;
  /** Before the inbound story, whichever way a message came. */
  receive?(raw: RawMessage, take: (raw: RawMessage) => Promise<ReceiveResult>): Promise<ReceiveResult>;
}

/** What a rehearsal needs of the program around it. */
export interface Machinery {
  readonly tools: AdapterTools;
  open(config: Config): Promise<OpenGateway>;
  serve(gateway: OpenGateway, hooks?: DoorHooks): Promise<{ readonly exchangeUrl: string; stop(): Promise<void> }>;
}

/** How the simulator answers just now; undefined members answer as they should. */
export interface Manner {
  door?(...call: [...Parameters<RequestListener>, door: RequestListener]): void;
  receipt?(raw: RawMessage, received: ReceiveResult): Promise<ReceiveResult>;
}

export interface Simulator {
  readonly gateway: OpenGateway;
  /** The partner it talks to, as its own gateway knows it. */
  readonly other: Partner;
  readonly keys: SimulatorKeys;
  readonly url: string;
  /** Everybody it knows, as they are now. */
  readonly operators: DomesticRecord[];
  /** Invents so many more operators; a number of their own so that they are others than before. */
  invent(count: number, seed: number): readonly DomesticRecord[];
  /** How it answers from now on; nothing: well. */
  behave(manner?: Manner): void;
  /** Keeps what the dispatcher sends until released, so that something else can go first. */
  hold(): () => void;
  /** Hands over sealed bytes and waits for the receipt over them. */
  hand(sealed: SealedMessage): Promise<Answer>;
  /** Receipts held so far over bytes of that digest, in order. */
  heard(digest: string): readonly Heard[];
  /** The receipt after so many over those bytes; waits so long if it is not there yet. */
  nextHeard(digest: string, after: number, waitMs: number): Promise<Heard | undefined>;
  close(): Promise<void>;
}

export interface Simulation {
  readonly pair: Pair;
  readonly machinery: Machinery;
  readonly operators: number;
  readonly seed: number;
  invent(gateway: OpenGateway, count: number, seed: number): readonly DomesticRecord[];
  /** Milliseconds to wait for a receipt that does not come with the answer. */
  readonly receiptMs: number;
}

/** Opens the partner's side with invented operators, its doors open, nothing sent yet. */
export async function startSimulator(simulation: Simulation): Promise<Simulator> {
  const { pair, machinery, operators, seed } = simulation;
  const opened = await machinery.open(pair.simulated);
  const [code = ''] = Object.keys(pair.simulated.partners);
  const joined = getPartner(opened, code);
  const listening = listeningFor(opened, joined);
  const out = wayOut(joined, listening, simulation.receiptMs);
  const other = out.partner;
  const gateway: OpenGateway = { ...opened, partners: new Map([[other.code, other]]) };
  let manner: Manner = {};
  const known = [...simulation.invent(gateway, operators, seed)];
  await saveAll(gateway, known);
  const serving = await machinery.serve(
    gateway,
    hooksOf(out, listening, () => manner),
  );
  return {
    gateway,
    other,
    keys: pair.keys,
    url: serving.exchangeUrl,
    operators: known,
    invent: (count, another) => simulation.invent(gateway, count, another),
    behave: (next = {}) => {
      manner = next;
    },
    hold: () => out.hold(),
    hand: (sealed) => out.hand(sealed),
    heard: (digest) => listening.heard(digest),
    nextHeard: (digest, after, waitMs) => listening.next(digest, after, waitMs),
    async close() {
      await serving.stop();
      await opened.close();
    },
  };
}

/** What stands before its doors: the way out where the other side fetches, an ear for receipts, and its manner of the moment. */
function hooksOf(out: WayOut, listening: Listening, mannerNow: () => Manner): DoorHooks {
  return {
    around: (door) =>
      out.around((request, response) => {
        const manner = mannerNow();
        if (manner.door === undefined) door(request, response);
        else manner.door(request, response, door);
      }),
    async receive(raw, take) {
      await listening.listen(raw);
      const received = await take(raw);
      return (await mannerNow().receipt?.(raw, received)) ?? received;
    },
  };
}
