/** Composes a gateway from its settings: keys, store, adapters and partners. */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openWitness } from '../audit/witnessed.ts';
import { openLogSealer, type LogSealer } from '../audit/seal-log.ts';
import { openAnswerLog, type AnswerLog } from '../clearance/answer-log.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { schemas } from './adapter-tools.ts';
import type { Config } from './config.ts';
import { getPartner, type Gateway } from '../gateway.ts';
import { sha256 } from '../model/canonical-json.ts';
import { momentOf } from '../model/day.ts';
import { makeMessageId } from '../model/message-id.ts';
import { openBrokers, type Brokers } from './brokers.ts';
import { connectPartner, openKeys, partnerConfigs, readKeys, reloadPartner, type ConnectOptions } from './partners.ts';
import type { Reloaded } from './partners.ts';
import {
  doorTrust,
  reasonOf,
  settingsInUse,
  stateOf,
  takeSettings,
  type Connected,
  type DoorTrust,
} from './settings-reload.ts';
import { withStoredPartners } from './stored-partners.ts';
import { openDatabase, readDatabase, type Database } from '../store/database.ts';
import { numbersFile } from '../store/given-numbers.ts';
import { numbered } from '../store/older-store.ts';
import { partnerRevision } from '../store/partner-keys.ts';
import type { Keyring } from '../wire/signature/keys.ts';
import { makeLog, type Log } from '../wire/log.ts';
import { loadSchema } from '../wire/xsd/schema.ts';

/** A gateway with its keys and connections. The caller closes it. */
export interface OpenGateway extends Gateway {
  /** With the partners as they are connected now: a reload may change them. */
  readonly config: Config;
  /** Our keys of now: a reload may replace them. */
  readonly keyring: Keyring;
  readonly brokers: Brokers;
  /** Where answers at the border are recorded. */
  readonly answers: AnswerLog;
  /** Signs what is recorded. */
  readonly sealer: LogSealer;
  /** The number of changes of partners and keys in the store that `config` and `partners` had at the beginning. */
  readonly partnersAt: number;
  /** Why the changed adapter of a partner was rejected, by the partner's code. */
  readonly rejectedAdapters: Map<string, string>;
  /** Loads the partner's adapter again from its folder. Throws as reloadPartner; the previous adapter then stays in use. */
  reloadPartner(code: string): Promise<void>;
  /** Partners whose new settings are faulty, and why. Nothing is sent to them or received from them. */
  readonly stopped: ReadonlyMap<string, string>;
  /** Takes partners, certificates and keys from these settings; returns what became of them, and the settings in use. */
  takeSettings(config: Config): Promise<{ readonly results: readonly Reloaded[]; readonly inUse: Config }>;
  /** Whom the exchange door admits now. Throws E_KEY_MISSING. */
  doorTrust(): DoorTrust;
  close(): Promise<void>;
}

/** `examining`: also without the partners whose settings are faulty; they are `stopped`. */
export type Reading = boolean | 'examining';

/**
 * `reading`: without keys if there are none, without transports, and with a store that is read only. Throws E_CONFIG_INVALID,
 * E_KEY_MISSING, E_ADAPTER_INVALID, E_ADAPTER_UNCERTIFIED, and what openDatabase throws.
 */
export async function openGateway(given: Config, tools: AdapterTools, reading: Reading = false): Promise<OpenGateway> {
  const { home, keyring } = await (reading !== false ? readKeys : openKeys)(given, tools);
  const log = makeLog({ level: given.logLevel ?? 'error', linesPerMinute: given.logLinesPerMinute });
  const brokers = openBrokers(given, log);
  const db = reading !== false ? await readDatabase(given.store) : await openNumbered(given, log);
  const partnersAt = await partnerRevision(db.sql);
  const config = await withStoredPartners(db.sql, given);
  const options = connectOptions({ config, home, keyring, brokers, tools }, reading !== false);
  const connected: Connected = { partners: new Map(), options, stopped: new Map(), keys: { home, keyring }, config };
  await connectAll(connected, reading === 'examining');
  const { partners } = connected;
  return {
    ...{ brokers, home, db, partners, partnersAt, log, stopped: connected.stopped },
    get config() {
      return connected.config;
    },
    get keyring() {
      return connected.keys.keyring;
    },
    answers: openAnswerLog(db, home),
    sealer: openLogSealer(db, join(config.data, 'log'), home.country),
    witness: openWitness(join(config.data, 'log'), () => new Date()),
    rejectedAdapters: new Map(),
    receiptSchema: loadSchema(join(schemas, 'receipt.xsd')),
    maxBytes: config.exchange.maxBytes,
    refusedBytes: config.exchange.refusedBytes,
    policy: config.policy,
    differingNames: config.differingNames,
    owner: `${sha256(`${hostname()}\0${config.data}`).slice(0, 12)}-${randomBytes(4).toString('hex')}`,
    now: () => new Date(),
    newId: () => makeMessageId(new Date(), randomBytes),
    random: (bytes) => randomBytes(bytes),
    ...changesOf(connected, db, { brokers, tools }),
    async close() {
      for (const { transport } of partners.values()) await transport?.close();
      for (const broker of brokers.values()) await broker.close();
      await db.close();
    },
  };
}

/** Opens the store with the numbers that were given from it. One that is older than what was sent is an error in the log, and repaired. */
async function openNumbered({ store, data }: Config, log: Log): Promise<Database> {
  const opened = await openDatabase(store);
  try {
    const { db, older } = await numbered(opened, numbersFile(store, data), momentOf(new Date()));
    if (older !== undefined) {
      const { until = 'nothing', lost, waits } = older;
      const state = waits ? 'lists wait for a person' : 'full lists follow';
      log.error('the store is older than what was sent', {
        detail: `it ends with ${until}`,
        count: lost.length,
        state,
      });
    }
    return db;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function changesOf(
  connected: Connected,
  db: Database,
  shared: Pick<ConnectOptions, 'brokers' | 'tools'>,
): Pick<OpenGateway, 'reloadPartner' | 'takeSettings' | 'doorTrust'> {
  const { partners, options } = connected;
  return {
    async reloadPartner(code) {
      const current = getPartner({ partners }, code);
      const partner = options.get(current.code);
      // Work in progress continues with the object it already has.
      if (partner !== undefined) partners.set(current.code, await reloadPartner(partner, current));
    },
    async takeSettings(given) {
      const next = await withStoredPartners(db.sql, given);
      const results = await takeSettings(connected, next, shared);
      connected.config = settingsInUse(connected, next);
      return { results, inUse: connected.config };
    },
    doorTrust: () => doorTrust(connected.keys.keyring, options.values()),
  };
}

async function connectAll({ partners, options, stopped }: Connected, examining: boolean): Promise<void> {
  const connecting = [...options].map(async ([code, each]) => {
    const partner = await connectPartner(each).catch((error: unknown) => {
      if (!examining) throw error;
      stopped.set(code, reasonOf(error));
    });
    return partner === undefined ? [] : [partner];
  });
  for (const partner of (await Promise.all(connecting)).flat()) partners.set(partner.code, partner);
}

/** What each partner of the settings is connected with; for reading, without a transport. */
function connectOptions(
  shared: Omit<ConnectOptions, 'code' | 'settings' | 'state' | 'transport'>,
  reading: boolean,
): Map<string, ConnectOptions> {
  const all = Object.entries(partnerConfigs(shared.config)).map(([code, settings]): [string, ConnectOptions] => {
    const own = { code, settings, reading, ...shared };
    return [code, reading ? own : { ...own, state: stateOf(own) }];
  });
  return new Map(all);
}
