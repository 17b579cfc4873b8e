/** The administrations of the demo: each the same program with another home, its own keys, store and doors. */

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadHome } from '../adapter/load.ts';
import type { Config, PartnerConfig } from '../app/config.ts';
import type { HomeProfile } from '../model/home.ts';
import { freePorts, identityOf, type Identity } from './introductions.ts';
import { probeBroker } from '../wire/transport/amqp-connection.ts';
import type { CliContext } from '../cli/context.ts';

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

interface DemoIdentity extends Identity {
  readonly exchangePort: number;
  readonly borderPort: number;
}

/**
 * Makes keys for everybody and introduces each to the other, as two administrations would by exchanging certificates.
 * `only`: the partners that are wanted, by country; without it all there are.
 */
export async function makeDemoHomes(context: CliContext, folder: string, only?: readonly string[]): Promise<DemoHomes> {
  const base = context.config();
  const names = readdirSync(base.adapters).filter((cc) => existsSync(join(base.adapters, cc, 'home.yaml')));
  const partners = names.filter(
    (cc) =>
      existsSync(join(base.adapters, cc, 'adapter.yaml')) &&
      cc !== base.home.toLowerCase() &&
      only?.includes(cc.toUpperCase()) !== false,
  );
  const broker = (await probeBroker(base.brokerForDemo, 1500)) ? base.brokerForDemo : undefined;
  const [us, ...others] = await introduce(context, folder, [base.home.toLowerCase(), ...partners]);
  if (us === undefined) throw new Error('a demo has a home');
  const settings = {
    ...base,
    ...(broker === undefined
      ? {}
      : { broker: { url: broker, realm: `mra-demo-${randomBytes(4).toString('hex')}`, temporary: true } }),
  };
  const fallback = broker === undefined ? ({ transport: 'https' } as const) : {};
  const met = (identity: DemoIdentity, more: Partial<PartnerConfig>): PartnerConfig => ({
    adapter: identity.home.country.toLowerCase(),
    mirrored: false,
    url: `https://127.0.0.1:${identity.exchangePort}`,
    pollSeconds: 1,
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

function demoHome(identity: DemoIdentity, base: Config, partners: Config['partners']): DemoHome {
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
async function introduce(
  { tools, config }: CliContext,
  folder: string,
  names: readonly string[],
): Promise<DemoIdentity[]> {
  const ports = await freePorts(names.length * 2);
  return await Promise.all(
    names.map(async (cc, i) => {
      const home = await loadHome(join(config().adapters, cc), tools);
      const identity = await identityOf(home, join(folder, cc), new Date());
      return { ...identity, exchangePort: ports[i * 2] ?? 0, borderPort: ports[i * 2 + 1] ?? 0 };
    }),
  );
}
