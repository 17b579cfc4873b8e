/**
 * Two sides of a corridor set up for a rehearsal, in one folder: settings, keys and certificates of the simulated side and of
 * the one it is rehearsed with, each naming the other. Settings are files, so that either side can be started alone.
 */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter } from '../adapter/adapter.ts';
import { loadAdapter, loadHome } from '../adapter/load.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { loadConfig, type Config } from '../app/config.ts';
import { freePorts, makeIdentity, registeredIdentity, type Identity } from './identities.ts';
import { homeOf } from './partner-home.ts';
import { writeSettings } from './pair-settings.ts';
import { openSimulatorKeys, registeredFiles, type SimulatorKeys } from './simulator-keys.ts';

export interface Pair {
  readonly folder: string;
  /** The side that is played, and the one it is played against. */
  readonly simulated: Config;
  readonly tested: Config;
  readonly files: { readonly simulated: string; readonly tested: string };
  readonly keys: SimulatorKeys;
}

export interface PairBroker {
  readonly url: string;
  readonly realm: string;
  /** Queues vanish once nobody uses them. */
  readonly temporary: boolean;
}

export interface Pairing {
  /** The settings of the gateway at home: whose it is, where its adapters lie. */
  readonly base: Config;
  /** The partner, by its folder under adapters/. */
  readonly partner: string;
  /** Who is simulated: the partner, or home where the partner's own gateway is tested. */
  readonly plays: 'partner' | 'home';
  readonly folder: string;
  readonly tools: AdapterTools;
  readonly now: Date;
  /** Where the simulated side listens, and where the other is found; free ports of this machine if absent. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
  readonly testedUrl?: string | undefined;
  /** A broker both can reach; without one, what would use it goes over HTTPS. */
  readonly broker?: PairBroker | undefined;
}

/** Pairs the two in the folder. Keys that stand there are kept, and settings too unless `listen` names another door. */
export async function makePair(pairing: Pairing): Promise<Pair> {
  const { base, partner, plays, folder, tools, now, broker, testedUrl } = pairing;
  mkdirSync(folder, { recursive: true });
  const [cc, homeCc] = [partner.toLowerCase(), base.home.toLowerCase()];
  const adapter = await loadAdapter(join(base.adapters, cc), tools);
  const adapters = homeOf(adapter, { root: base.adapters, folder, home: base.home, tools });
  const [played, met] = plays === 'partner' ? [cc, homeCc] : [homeCc, cc];
  const own = await makeIdentity(await loadHome(join(adapters, played), tools), join(folder, played), now);
  const keys = await openSimulatorKeys(own, adapter.seal.algorithm, now);
  const signing = [...own.certificates.signing, ...registeredFiles(own.folder, keys)];
  const simulated: Identity = { ...own, certificates: { ...own.certificates, signing } };
  const tested = await registeredIdentity(await loadHome(join(adapters, met), tools), join(folder, met), now);
  const files = { simulated: join(folder, `${played}.yaml`), tested: join(folder, `${met}.yaml`) };
  await writePair(pairing, adapter, { simulated, tested, files });
  const config = (file: string): Config => ({
    // Only the file speaks: the environment is that of another gateway. What no file may set is taken from home.
    ...loadConfig({ config: file }, {}),
    adapters,
    ...(broker === undefined ? {} : { broker }),
  });
  return {
    folder,
    simulated: sendingTo(config(files.simulated), testedUrl),
    tested: config(files.tested),
    files,
    keys,
  };
}

/** The other side is where it is said to be now, wherever the file of an earlier pairing says. */
function sendingTo(config: Config, url: string | undefined): Config {
  if (url === undefined) return config;
  const partners = Object.entries(config.partners).map(([code, settings]) => [code, { ...settings, url }]);
  return { ...config, partners: Object.fromEntries(partners) as Config['partners'] };
}

interface Sides {
  readonly simulated: Identity;
  readonly tested: Identity;
  readonly files: Pair['files'];
}

/** Each side’s settings name the other’s address and certificates. */
async function writePair(pairing: Pairing, adapter: Adapter, { simulated, tested, files }: Sides): Promise<void> {
  const { listen, testedUrl, broker, plays } = pairing;
  if (listen === undefined && existsSync(files.simulated) && existsSync(files.tested)) return;
  const [port = 0, testedPort = 0, border = 0, testedBorder = 0] = await freePorts(4);
  const door = listen ?? { host: '127.0.0.1', port };
  const testedDoor = { host: '127.0.0.1', port: testedPort };
  const common = { folder: pairing.folder, adapter, broker };
  const mirrored = plays === 'partner';
  writeSettings(files.simulated, {
    ...common,
    side: { identity: simulated, door, borderPort: border },
    met: { identity: tested, url: testedUrl ?? `https://${testedDoor.host}:${testedDoor.port}`, mirrored },
  });
  writeSettings(files.tested, {
    ...common,
    side: { identity: tested, door: testedDoor, borderPort: testedBorder },
    met: { identity: simulated, url: `https://${door.host}:${door.port}`, mirrored: !mirrored },
  });
}
