/** Administrations that can exchange lists: each has its own keys, store and addresses, and knows the certificates of the others. */

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadHome } from '../adapter/load.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import type { Config, PartnerConfig } from '../app/config.ts';
import type { Gateway } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { saveOperators, type SavedOperators } from '../store/operators.ts';
import { probeBroker } from '../wire/transport/amqp-connection.ts';
import { freePorts, makeIdentity, type Identity } from './identities.ts';

export interface Administration {
  readonly profile: HomeProfile;
  readonly config: Config;
}

interface Administrations {
  readonly home: Administration;
  readonly partners: readonly Administration[];
  /** The broker that answered; partners whose adapter says AMQP use it. */
  readonly broker: string | undefined;
}

interface AdministrationsRequest {
  /** The home administration, where adapters lie, and where a broker may be found. */
  readonly base: Config;
  readonly folder: string;
  /** The partners, by country; without it all that have both an adapter and a home profile. */
  readonly partners?: readonly string[] | undefined;
}

export interface Addresses {
  readonly exchange: { readonly host: string; readonly port: number };
  readonly borderPort: number;
}

type Located = Identity & Addresses;

/** Makes the settings of the home administration and its partners, each naming the other. Nothing is opened yet. */
export async function prepareAdministrations(
  tools: AdapterTools,
  request: AdministrationsRequest,
): Promise<Administrations> {
  const { broker: _, ...base } = request.base;
  const broker = (await probeBroker(base.brokerForDemo, 1500)) ? base.brokerForDemo : undefined;
  const realm = `mra-demo-${randomBytes(4).toString('hex')}`;
  const common: Config = broker === undefined ? base : { ...base, broker: { url: broker, realm, temporary: true } };
  const [home, ...others] = await locate(tools, request);
  if (home === undefined) throw new GatewayError('E_INTERNAL', 'the home administration is missing');
  const connect = (to: Located, adapter: string, mirrored: boolean): PartnerConfig => ({
    adapter: adapter.toLowerCase(),
    mirrored,
    url: `https://${to.exchange.host}:${to.exchange.port}`,
    pollSeconds: 1,
    certificates: to.certificates,
    ...(broker === undefined ? { transport: 'https' } : {}),
  });
  const settings = (of: Located, partners: Config['partners']): Administration => ({
    profile: of.home,
    config: settingsOf(common, of, of, partners),
  });
  return {
    broker,
    home: settings(
      home,
      Object.fromEntries(others.map((to) => [to.home.country, connect(to, to.home.country, false)])),
    ),
    partners: others.map((from) => settings(from, { [home.home.country]: connect(home, from.home.country, true) })),
  };
}

/** Keys, certificates and free ports of the home administration first, then of its partners. */
async function locate(
  tools: AdapterTools,
  { base: { adapters, home }, folder, partners }: AdministrationsRequest,
): Promise<readonly Located[]> {
  const own = home.toLowerCase();
  const others = readdirSync(adapters).filter(
    (cc) =>
      cc !== own &&
      ['adapter.yaml', 'home.yaml'].every((file) => existsSync(join(adapters, cc, file))) &&
      partners?.includes(cc.toUpperCase()) !== false,
  );
  const folders = [own, ...others];
  const ports = await freePorts(folders.length * 2);
  return await Promise.all(
    folders.map(async (cc, i) => {
      const profile = await loadHome(join(adapters, cc), tools);
      const identity = await makeIdentity(profile, join(folder, cc), new Date());
      return {
        ...identity,
        exchange: { host: '127.0.0.1', port: ports[i * 2] ?? 0 },
        borderPort: ports[i * 2 + 1] ?? 0,
      };
    }),
  );
}

/** The settings of an administration that listens at these addresses and keeps its store in its own folder. */
export function settingsOf(
  base: Config,
  { home, folder }: Identity,
  { exchange, borderPort }: Addresses,
  partners: Config['partners'],
): Config {
  return {
    ...base,
    home: home.country,
    data: folder,
    keys: join(folder, 'keys'),
    store: `sqlite:${join(folder, 'mra.db')}`,
    logLevel: 'error',
    exchange: { ...base.exchange, ...exchange },
    border: { host: '127.0.0.1', port: borderPort, unauthenticated: true },
    partners,
  };
}

export function withConnections(config: Config, changes: Partial<PartnerConfig>): Config {
  const partners = Object.entries(config.partners).map(([code, settings]) => [code, { ...settings, ...changes }]);
  return { ...config, partners: Object.fromEntries(partners) as Config['partners'] };
}

export function saveRecords(gateway: Gateway, records: readonly DomesticRecord[]): Promise<SavedOperators> {
  return gateway.db.transaction((tx) => saveOperators(tx, records, momentOf(gateway.now())));
}
