/** Whole gateways for tests: real keys, stores, doors and connections, introduced to each other as administrations are. */

import { setImmediate as turn } from 'node:timers/promises';
import type { CliContext, OpenGateway, Serving } from '../../gateway/cli/context.ts';
import { makeDemoHomes } from '../../gateway/rehearsal/demo-homes.ts';
import { makeOutput } from '../../gateway/cli/output.ts';
import { loadConfig, type Config, type PartnerConfig } from '../../gateway/app/config.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { DomesticRecord } from '../../gateway/model/record/domestic-record.ts';
import { adapterTools, openGateway } from '../../gateway/app/composition.ts';
import { serve } from '../../gateway/main.ts';
import { sendList, type ListOptions } from '../../gateway/outbound/send-list.ts';
import { saveOperators } from '../../gateway/store/operators.ts';
import { findMessage, type MessageRow } from '../../gateway/store/outbox.ts';
import { entriesIn } from '../../gateway/model/list/mirror.ts';
import { loadBuckets } from '../../gateway/store/mirrors.ts';
import { findStream } from '../../gateway/store/streams.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { temporaryFolder } from './pki.ts';

export interface Customs {
  readonly gateway: OpenGateway;
  readonly config: Config;
  /** Opens and closes the doors; the dispatcher of an open gateway works by itself. */
  openDoors(): Promise<void>;
  closeDoors(): Promise<void>;
  know(...records: DomesticRecord[]): Promise<void>;
  /** Sends a list and says how its message stands once the partner has answered. */
  sends(partner: string, wish?: ListOptions): Promise<MessageRow>;
}

export interface World {
  readonly us: Customs;
  of(country: string): Customs;
  close(): Promise<void>;
}

export interface WorldWish {
  /** Its partners: as few as a test needs, for each costs keys and a store. */
  readonly partners?: readonly string[];
  /** The AMQP partners use it; without it everybody uses HTTPS. */
  readonly broker?: string | undefined;
  /** What the settings of each say about the other instead. */
  readonly ways?: Partial<PartnerConfig>;
}

/** The home administration and its partners. */
export async function makeWorld({
  partners: wanted = ['KR', 'HK'],
  broker,
  ways = {},
}: WorldWish = {}): Promise<World> {
  const tools = adapterTools();
  const base = loadConfig(
    { data: temporaryFolder() },
    { MRA_BROKER: broker ?? 'amqp://127.0.0.1:1', MRA_LOG: 'silent' },
  );
  const settings = (): Config => {
    const { broker: _, ...rest } = base;
    return rest;
  };
  const context: CliContext = {
    out: makeOutput({ stdout: process.stderr, stderr: process.stderr }),
    tools,
    config: settings,
    open: (config = settings()) => openGateway(config, tools),
    serve,
    exit: () => undefined,
  };
  const { ours, partners } = await makeDemoHomes(context, base.data, wanted);
  const customs = new Map<string, Customs>();
  for (const { home, config } of [ours, ...partners]) {
    const joined = Object.entries(config.partners).map(([code, settings]) => [code, { ...settings, ...ways }]);
    const changed = { ...config, partners: Object.fromEntries(joined) as Config['partners'] };
    customs.set(home.country, await customsOf(changed, context));
  }
  const of = (country: string): Customs => {
    const found = customs.get(country);
    if (found === undefined) throw new Error(`no customs of ${country}`);
    return found;
  };
  return {
    us: of(ours.home.country),
    of,
    async close() {
      for (const { closeDoors, gateway } of customs.values()) {
        await closeDoors();
        await gateway.close();
      }
    },
  };
}

async function customsOf(config: Config, context: CliContext): Promise<Customs> {
  const gateway = await context.open(config);
  let serving: Serving | undefined;
  return {
    gateway,
    config,
    async openDoors() {
      serving ??= await context.serve(gateway);
    },
    async closeDoors() {
      await serving?.stop();
      serving = undefined;
    },
    async know(...records) {
      await gateway.db.transaction((tx) => saveOperators(tx, records, momentOf(gateway.now())));
    },
    async sends(partner, wish) {
      const built = await sendList(gateway, partner, wish);
      if (built === undefined) throw new Error('there was nothing to send');
      await deliverDue(gateway, partner);
      return await until(async () => {
        const message = await findMessage(gateway.db.sql, built.list.id);
        return message?.receiptDigest === undefined ? undefined : message;
      });
    },
  };
}

/** Asks again and again until there is an answer; fails after ten seconds. Every question is a real look at the store or the broker. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await turn(); // the embedded store answers at once: without this, nothing else in the process would come to its turn
  }
  throw new Error('nothing came within ten seconds');
}

/** The broker the test runner provides. */
export function testBroker(): string {
  const url = process.env['MRA_TEST_AMQP'];
  if (url === undefined) throw new Error('MRA_TEST_AMQP names no broker: run npm test');
  return url;
}

/** Operators for the two sides to talk about, by number. */
export const code = (number: number): string => `44031${String(number).padStart(5, '0')}`;
export const operator = (number: number, changes: Partial<DomesticRecord> = {}): DomesticRecord => ({
  ...sampleRecord,
  code: code(number),
  ...changes,
});
export const operators = (count: number): DomesticRecord[] => Array.from({ length: count }, (_, i) => operator(i + 1));

/** Everything a list has put in place: the chain and all leaves; empty where nothing arrived. */
export async function registerOf(customs: Customs, partner: string): Promise<readonly string[]> {
  const stream = await findStream(customs.gateway.db.sql, partner, 'in');
  if (stream === undefined) return [];
  const buckets = await loadBuckets(customs.gateway.db.sql, stream.id, 'all');
  const leaves = [...entriesIn(buckets)].map(({ leaf }) => leaf);
  return [stream.position.chain, ...leaves.sort()];
}
