/** Joins partners as the settings say: the adapter's words, our key, their keys, the way there. */

import type { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mirrored, type Adapter } from '../adapter/adapter.ts';
import { requireCertified } from '../adapter/certificate.ts';
import { loadAdapter, loadHome } from '../adapter/load.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import type { Config, PartnerConfig } from './config.ts';
import type { Partner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import { openAmqp, type AmqpLink } from '../wire/transport/amqp.ts';
import type { Route } from '../wire/transport/amqp-topology.ts';
import { readCertificates } from '../wire/signature/certificates.ts';
import { httpsTransport } from '../wire/transport/https.ts';
import { openKeyring, type Keyring } from '../wire/signature/keys.ts';
import type { Log } from '../wire/log.ts';
import { loadSchema } from '../wire/xsd/schema.ts';
import type { Transport } from '../wire/transport/transport.ts';

/** Whose gateway it is, and its keys; made on first use. Needs nothing of any partner, so that keys can be exchanged first. */
export async function openKeys(config: Config, tools: AdapterTools): Promise<{ home: HomeProfile; keyring: Keyring }> {
  mkdirSync(config.data, { recursive: true });
  const home = await loadHome(join(config.adapters, config.home.toLowerCase()), tools);
  const { country, name } = home;
  return { home, keyring: await openKeyring(join(config.data, 'keys'), { country, name, now: new Date() }) };
}

export interface Joining {
  readonly code: string;
  readonly settings: PartnerConfig;
  readonly config: Config;
  readonly home: HomeProfile;
  readonly keyring: Keyring;
  readonly broker: Broker | undefined;
  readonly tools: AdapterTools;
  readonly now: Date;
  /** The way there, where it is open already: a changed adapter keeps its connection. */
  readonly transport?: Transport;
}

/** Without partners in the settings, every adapter there is, by files only: enough to build lists and to look around. */
export function partnerConfigs(config: Config): Readonly<Record<string, PartnerConfig>> {
  if (Object.keys(config.partners).length > 0) return config.partners;
  const folders = readdirSync(config.adapters).filter((cc) => existsSync(join(config.adapters, cc, 'adapter.yaml')));
  const others = folders.filter((cc) => cc !== config.home.toLowerCase());
  const certificates = { signing: [], tls: [], anchors: [], checkPath: false };
  return Object.fromEntries(
    others.map((cc) => [cc.toUpperCase(), { adapter: cc, mirrored: false, transport: 'file' as const, certificates }]),
  );
}

/** Joins one partner. Throws what is wrong with its adapter, certificates or settings; E_ADAPTER_UNCERTIFIED in production. */
export async function joinPartner(joining: Joining): Promise<Partner> {
  const { code, settings, config, keyring, tools } = joining;
  const folder = join(config.adapters, settings.adapter);
  if (config.environment === 'production') await requireCertified(folder, 'silver', momentOf(joining.now).slice(0, 10));
  const own = await loadAdapter(folder, tools);
  const adapter = settings.mirrored
    ? mirrored(own, await loadHome(join(config.adapters, code.toLowerCase()), tools))
    : own;
  if (adapter.partner !== code) {
    throw new GatewayError('E_CONFIG_INVALID', `the adapter ${settings.adapter} is not of this partner`, {
      at: `partners.${code}`,
      fix: 'Name another adapter, or set mirrored.',
    });
  }
  const { seal } = adapter;
  const transport = joining.transport ?? transportOf(joining, adapter);
  return {
    code,
    adapter,
    schemaOf: schemasOf(adapter),
    signer: keyring.signer(seal.algorithm),
    trust: {
      seals: [seal.kind],
      algorithm: seal.algorithm,
      certificates: certificatesIn(settings.certificates.signing),
      ...(settings.certificates.checkPath ? { anchors: settings.certificates.anchors } : {}),
    },
    ...(transport === undefined ? {} : { transport }),
  };
}

/** All schemas are compiled at once: one that does not compile is found when the gateway starts. */
function schemasOf(adapter: Adapter): Partner['schemaOf'] {
  const layouts = adapter.stretches.flatMap((day) => adapter.on(day).accepted.map(({ format }) => format.schema));
  const compiled = new Map([...new Set(layouts)].map((path) => [path, loadSchema(path)]));
  return ({ schema }) => compiled.get(schema) ?? loadSchema(schema);
}

/** The way to a partner: as its adapter says unless the settings say otherwise; none where nothing is set up. */
function transportOf(joining: Joining, adapter: Adapter): Transport | undefined {
  const { code, settings, config, home, keyring, broker } = joining;
  const kind = settings.transport ?? adapter.transport;
  switch (kind) {
    case 'file':
      return undefined;
    case 'amqp':
      return broker === undefined ? undefined : brokerTransport(broker, { from: home.country, to: code });
    case 'https':
    case 'https-pull': {
      if (settings.url === undefined) return undefined;
      const { cert, key } = keyring.tls;
      const ca = settings.certificates.anchors.map(readPem);
      const options = { url: settings.url, from: home.country, tls: { cert, key, ca } };
      if (kind === 'https') return httpsTransport(options);
      const pull = { seconds: settings.pollSeconds ?? 60, maxBytes: config.exchange.maxBytes };
      return httpsTransport({ ...options, pull });
    }
  }
}

export function certificatesIn(files: readonly string[]): readonly X509Certificate[] {
  return files.flatMap((file) => readCertificates(readPem(file), file));
}

/** A file of certificates; E_KEY_MISSING names the one that is not there. */
export function readPem(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const fix = 'Ask the partner for its certificate, compare fingerprints, and put it there.';
  throw new GatewayError('E_KEY_MISSING', 'there is no such certificate file', { at: file, fix });
}

/** The broker, connected to when something is first sent or consumed: most commands never need it. */
export interface Broker {
  link(): Promise<AmqpLink>;
  close(): Promise<void>;
}

/** A broker that is away is waited for; what is sent meanwhile is refused and tried again later. */
export function brokerAt({ url, realm, temporary }: NonNullable<Config['broker']>, log: Log): Broker {
  let opened: Promise<AmqpLink> | undefined;
  return {
    link: () => (opened ??= openAmqp({ url, realm: { name: realm, temporary }, log, waitForBroker: true })),
    async close() {
      await (await opened)?.close();
    },
  };
}

function brokerTransport(broker: Broker, route: Route): Transport {
  return {
    send: async (message) => (await broker.link()).transport(route).send(message),
    close: () => Promise.resolve(), // the link is the broker's to close
  };
}
