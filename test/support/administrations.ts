/** Whole gateways of several administrations for tests: real keys, stores, doors and connections, each with the certificates of the others. */

import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { loadConfig, type Config, type PartnerConfig } from '../../gateway/app/config.ts';
import { serve } from '../../gateway/serve.ts';
import { entriesIn } from '../../gateway/model/list/mirror.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import type { ListOptions } from '../../gateway/model/list/queued-list.ts';
import { prepareAdministrations, saveRecords, withConnections } from '../../gateway/rehearsal/administrations.ts';
import { loadBuckets } from '../../gateway/store/mirrors.ts';
import { findMessage, type MessageRow } from '../../gateway/store/outbox.ts';
import { findStream } from '../../gateway/store/streams.ts';
import { sampleRecord } from '../model/sample-records.ts';
import { loggedEvents } from './logged-events.ts';
import { temporaryFolder } from './pki.ts';

export interface OpenAdministration {
  readonly gateway: OpenGateway;
  readonly config: Config;
  /** Opens and closes the doors; the dispatcher of an open gateway works by itself. `scheduled`: it also sends lists that are due. */
  openDoors(scheduled?: boolean): Promise<void>;
  closeDoors(): Promise<void>;
  save(...records: DomesticRecord[]): Promise<void>;
  /** Sends a list; resolves with its message once the partner's receipt is held. */
  send(partner: string, options?: ListOptions): Promise<MessageRow>;
  /** The message of that id once the partner's receipt is held. */
  answered(id: string): Promise<MessageRow>;
  /** The answer as soon as there is one: asks now, and after each event that this gateway logs. Fails after thirty seconds. */
  until<T>(ask: () => Promise<T | undefined>): Promise<T>;
}

export interface OpenAdministrations {
  readonly home: OpenAdministration;
  of(country: string): OpenAdministration;
  close(): Promise<void>;
}

export interface AdministrationsOptions {
  /** As few as a test needs, for each costs keys and a store. */
  readonly partners?: readonly string[];
  /** The AMQP partners use it; without it everybody uses HTTPS. */
  readonly broker?: string | undefined;
  /** A folder of other adapters than those of the program. */
  readonly adapters?: string;
  /** Changes to what the settings of each say about the others. */
  readonly connection?: Partial<PartnerConfig>;
  /** Of their keys and stores; absent: one that goes when the program ends. */
  readonly folder?: string;
  /** Addresses of stores elsewhere, by country. */
  readonly stores?: Readonly<Record<string, string>>;
}

/** Opens the home administration and its partners; their doors are closed. */
export async function openAdministrations(options: AdministrationsOptions = {}): Promise<OpenAdministrations> {
  return await (
    await prepareOnce(options)
  )();
}

/** Makes the keys of all once; each call of the result opens them with empty stores. Close them before the next call. */
export async function prepareOnce({
  partners: countries = ['KR', 'HK'],
  broker = 'amqp://127.0.0.1:1',
  adapters,
  connection = {},
  folder = temporaryFolder(),
  stores = {},
}: AdministrationsOptions = {}): Promise<() => Promise<OpenAdministrations>> {
  const settings = loadConfig({ data: folder }, { MRA_BROKER: broker });
  const base = adapters === undefined ? settings : { ...settings, adapters };
  const request = { base, folder: base.data, partners: countries };
  takeKnownKeys(base.data, [base.home, ...countries]);
  const { home, partners } = await prepareAdministrations(adapterTools(), request);
  for (const { profile, config } of [home, ...partners]) keepKeys(profile.country, config.keys);
  let run = 0;
  return async () => {
    run += 1;
    const opened = new Map<string, OpenAdministration>();
    for (const { profile, config } of [home, ...partners])
      opened.set(
        profile.country,
        await openAdministration(anew(withConnections(config, connection), run, stores[profile.country])),
      );
    return together(home.profile.country, opened);
  };
}

/** The keys that this process made first for an administration, by its country: a folder that no test changes. */
const knownKeys = new Map<string, string>();

/** Keys are made once for all tests of a process: they cost more than all else of opening an administration. */
function takeKnownKeys(folder: string, countries: readonly string[]): void {
  for (const country of countries) {
    const [known, data] = [knownKeys.get(country), join(folder, country.toLowerCase())];
    if (known === undefined || existsSync(data)) continue;
    mkdirSync(data, { recursive: true, mode: 0o700 });
    cpSync(known, join(data, 'keys'), { recursive: true });
  }
}

function keepKeys(country: string, keys: string): void {
  if (knownKeys.has(country)) return;
  const kept = join(temporaryFolder(), 'keys');
  cpSync(keys, kept, { recursive: true });
  knownKeys.set(country, kept);
}

/** The same keys with a store, and queues of the broker, that nobody has used. */
function anew({ broker, ...config }: Config, run: number, elsewhere?: string): Config {
  const store = elsewhere ?? `sqlite:${join(config.data, `run-${run}.db`)}`;
  return { ...config, store, ...(broker && { broker: { ...broker, realm: `${broker.realm}-${run}` } }) };
}

function together(home: string, opened: ReadonlyMap<string, OpenAdministration>): OpenAdministrations {
  const of = (country: string): OpenAdministration => {
    const found = opened.get(country);
    if (found === undefined) throw new Error(`no administration of ${country}`);
    return found;
  };
  return {
    home: of(home),
    of,
    async close() {
      for (const { closeDoors, gateway } of opened.values()) {
        await closeDoors();
        await gateway.close();
      }
    },
  };
}

async function openAdministration(config: Config): Promise<OpenAdministration> {
  const { log, until } = loggedEvents(30);
  const gateway = Object.assign(await openGateway(config, adapterTools()), { log });
  let serving: Awaited<ReturnType<typeof serve>> | undefined;
  const answered = (id: string): Promise<MessageRow> =>
    until(async () => {
      const message = await findMessage(gateway.db.sql, id);
      return message?.receiptDigest === undefined ? undefined : message;
    });
  return {
    gateway,
    config,
    until,
    answered,
    async openDoors(scheduled = false) {
      serving ??= await serve(gateway, { scheduled });
    },
    async closeDoors() {
      await serving?.stop();
      serving = undefined;
    },
    async save(...records) {
      await saveRecords(gateway, records);
    },
    async send(partner, options) {
      const built = await sendList(gateway, partner, options);
      if (built === undefined) throw new Error('there was nothing to send');
      await deliverDue(gateway, partner);
      return await answered(built.list.id);
    },
  };
}

/** For each test of a suite: our side and that of Korea, with stores that nobody has used. */
export function eachTestWithKorea(
  begin: (us: OpenAdministration, them: OpenAdministration) => void | Promise<void>,
): void {
  let open: () => Promise<OpenAdministrations>;
  let administrations: OpenAdministrations;
  before(async () => {
    open = await prepareOnce({ partners: ['KR'] });
  });
  beforeEach(async () => {
    administrations = await open();
    await begin(administrations.home, administrations.of('KR'));
  });
  afterEach(() => administrations.close());
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

/** Everything the lists of a partner have put in force: the chain and all leaves; empty where nothing arrived. */
export async function registerOf({ gateway }: OpenAdministration, partner: string): Promise<readonly string[]> {
  const stream = await findStream(gateway.db.sql, partner, 'in');
  if (stream === undefined) return [];
  const buckets = await loadBuckets(gateway.db.sql, stream.id, 'all');
  const leaves = [...entriesIn(buckets)].map(({ leaf }) => leaf);
  return [stream.position.chain, ...leaves.sort()];
}
