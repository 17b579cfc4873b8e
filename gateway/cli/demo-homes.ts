/** The administrations of the demo: each the same program with another home, its own keys, store and doors. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { loadHome } from '../adapter/load.ts';
import type { Config, PartnerConfig } from '../config.ts';
import type { HomeProfile } from '../model/home.ts';
import { probeBroker } from '../wire/amqp.ts';
import { openKeyring } from '../wire/keys.ts';
import type { CliContext } from './context.ts';

/** A gateway to be: settings that name each other's addresses and certificates. */
export interface DemoHome {
  readonly home: HomeProfile;
  readonly config: Config;
}

export interface DemoHomes {
  readonly ours: DemoHome;
  /** The administrations that have both an adapter and a home profile. */
  readonly partners: readonly DemoHome[];
  /** A broker answered; partners that want one use it. */
  readonly broker: string | undefined;
}

interface Identity {
  readonly home: HomeProfile;
  readonly folder: string;
  readonly exchangePort: number;
  readonly borderPort: number;
  readonly certificates: PartnerConfig['certificates'];
}

/** Makes keys for everybody and introduces each to the other, as two administrations would by exchanging certificates. */
export async function makeDemoHomes(context: CliContext, folder: string): Promise<DemoHomes> {
  const base = context.config();
  const names = readdirSync(base.adapters).filter((cc) => existsSync(join(base.adapters, cc, 'home.yaml')));
  const partners = names.filter(
    (cc) => existsSync(join(base.adapters, cc, 'adapter.yaml')) && cc !== base.home.toLowerCase(),
  );
  const broker = (await probeBroker(base.brokerForDemo, 1500)) ? base.brokerForDemo : undefined;
  const [us, ...others] = await introduce(context, folder, [base.home.toLowerCase(), ...partners]);
  if (us === undefined) throw new Error('a demo has a home');
  const settings = {
    ...base,
    ...(broker === undefined
      ? {}
      : { broker: { url: broker, realm: `mra-demo-${randomBytes(4).toString('hex')}`, passing: true } }),
  };
  const fallback = broker === undefined ? ({ transport: 'https' } as const) : {};
  const met = (identity: Identity, more: Partial<PartnerConfig>): PartnerConfig => ({
    adapter: identity.home.country.toLowerCase(),
    mirrored: false,
    url: `https://127.0.0.1:${identity.exchangePort}`,
    certificates: identity.certificates,
    ...fallback,
    ...more,
  });
  return {
    broker,
    ours: demoHome(us, settings, Object.fromEntries(others.map((other) => [other.home.country, met(other, {})]))),
    partners: others.map((other) => {
      const adapter = other.home.country.toLowerCase();
      return demoHome(other, settings, { [us.home.country]: met(us, { adapter, mirrored: true }) });
    }),
  };
}

function demoHome(identity: Identity, base: Config, partners: Config['partners']): DemoHome {
  const { home, folder, exchangePort, borderPort } = identity;
  const host = '127.0.0.1';
  const config: Config = {
    ...base,
    home: home.country,
    data: folder,
    store: `sqlite:${join(folder, 'mra.db')}`,
    logLevel: 'error',
    exchange: { ...base.exchange, host, port: exchangePort },
    border: { host, port: borderPort },
    partners,
  };
  return { home, config };
}

/** Keys and certificates of every administration, written where the others' settings name them. */
async function introduce({ tools, config }: CliContext, folder: string, names: readonly string[]): Promise<Identity[]> {
  const ports = await freePorts(names.length * 2);
  return await Promise.all(
    names.map(async (cc, i) => {
      const home = await loadHome(join(config().adapters, cc), tools);
      const own = join(folder, cc);
      mkdirSync(own, { recursive: true });
      const keyring = await openKeyring(join(own, 'keys'), { country: home.country, name: home.name, now: new Date() });
      const write = (name: string, pem: string): string => {
        const path = join(own, `${name}.pem`);
        writeFileSync(path, pem);
        return path;
      };
      const signing = (['rsa-sha256', 'ecdsa-p256-sha256'] as const).map((algorithm) =>
        write(`signing-${algorithm}`, keyring.signer(algorithm).certificate.toString()),
      );
      const certificates = {
        signing,
        tls: [write('tls', keyring.tls.cert)],
        anchors: [write('anchor', keyring.tls.ca)],
        checkPath: false,
      };
      return { home, folder: own, exchangePort: ports[i * 2] ?? 0, borderPort: ports[i * 2 + 1] ?? 0, certificates };
    }),
  );
}

/** Ports that were free a moment ago, all different: the settings must name them before the doors open. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      server.once('error', reject).listen(0, '127.0.0.1', () => resolve(undefined));
      await promise;
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map((server) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      server.close(() => resolve(undefined));
      return promise;
    }),
  );
  return ports;
}
