/** Two administrations on one machine for an experiment: their sides, the lines between them, and the servers they use. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'amqplib';
import { loadConfig, type Config } from '../../gateway/app/config.ts';
import type { HomeProfile } from '../../gateway/model/home.ts';
import { prepareAdministrations } from '../../gateway/rehearsal/administrations.ts';
import { ourQueue } from '../../gateway/wire/transport/amqp-topology.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { lineTo } from '../support/line.ts';
import { onServer } from '../support/postgres.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import type { RabbitNode } from '../support/rabbitmq.ts';
import { administrationOf, copyStore, done, type Administration, type Written } from './administration.ts';
import { disorder, doubleNumbers, Expected, registerOf, waiting } from './model.ts';
import { openSide, writeSettings } from './side.ts';

export type EngineName = 'SQLite' | 'PostgreSQL';
export type Way = 'HTTPS' | 'AMQP' | 'SFTP';

export interface Servers {
  /** Where databases are made. */
  readonly postgres?: Pick<PostgresServer, 'url' | 'start' | 'end'> | undefined;
  readonly rabbit?: RabbitNode | undefined;
  /** Several machines in place of one: the address of a database on any of them, and of the nodes of the broker. */
  readonly cluster?: { readonly databaseAddress: (name: string) => string; readonly broker: string };
}

export interface World extends Servers {
  readonly us: Administration;
  readonly them: Administration;
  readonly engine: EngineName;
  readonly way: Way;
  /** Of the names at the broker. */
  readonly realm: string;
  /** The file with what all gateways of the run have logged. */
  readonly log: string;
  /** The cause of the fault has ended: from here on the recovery is timed. */
  causeEnded(): void;
}

/** Keys, settings and stores of both after their first lists: each experiment begins with a copy. */
export interface Prepared {
  begin(): Promise<{ readonly world: World; settled(): Promise<Outcome>; end(): Promise<void> }>;
}

export interface Outcome {
  readonly recoverySeconds: number;
  /** Empty: nothing was lost, doubled or put out of order. */
  readonly faults: readonly string[];
}

const [ours, theirs] = ['CN', 'KR'] as const;
const identifierOf: Readonly<Record<string, (code: string) => string>> = {
  [ours]: (code: string) => `AEOCN${code}`,
  [theirs]: (code: string) => `KR${code}`,
};

export async function prepareWorld(folder: string, engine: EngineName, way: Way, servers: Servers): Promise<Prepared> {
  mkdirSync(folder);
  const base = loadConfig(
    { data: folder },
    { MRA_BROKER: servers.rabbit?.url ?? servers.cluster?.broker ?? 'amqp://127.0.0.1:1' },
  );
  const { home, partners } = await prepareAdministrations(adapterTools, { base, folder, partners: [theirs] });
  const [partner] = partners;
  if (partner === undefined) throw new Error('no partner');
  const both = [home, partner] as const;
  let run = 0;
  const begin = async (anew: boolean): Promise<Opened> => {
    run += 1;
    const stores = await Promise.all(both.map((each) => storeOf(each.config, run, engine, servers)));
    return await openWorld({ folder, both, stores, engine, way, servers, run, anew });
  };
  const first = await begin(true);
  await first.firstLists();
  await first.end();
  const { expected } = first;
  return {
    begin: async () => {
      const opened = await begin(false);
      opened.continueWith(expected);
      return opened;
    },
  };
}

/** A store of its own for each run: a copy of that of the first run. */
async function storeOf(
  { data, home }: Config,
  run: number,
  engine: EngineName,
  { postgres, cluster }: Servers,
): Promise<string> {
  if (engine === 'SQLite') {
    const file = (number: number): string => join(data, `run-${String(number)}.db`);
    if (run > 1) copyStore(file(1), file(run));
    return `sqlite:${file(run)}`;
  }
  if (postgres === undefined) throw new Error('no PostgreSQL');
  const name = (number: number): string => `${home.toLowerCase()}_${String(number)}`;
  await onServer([`create database ${name(run)} ${run > 1 ? `template ${name(1)}` : ''}`], postgres.url);
  return cluster?.databaseAddress(name(run)) ?? postgres.url.replace(/postgres$/u, name(run));
}

interface Opening {
  readonly folder: string;
  readonly both: readonly [{ profile: HomeProfile; config: Config }, { profile: HomeProfile; config: Config }];
  readonly stores: readonly string[];
  readonly engine: EngineName;
  readonly way: Way;
  readonly servers: Servers;
  readonly run: number;
  readonly anew: boolean;
}

interface Opened extends Awaited<ReturnType<Prepared['begin']>> {
  firstLists(): Promise<void>;
  readonly expected: ReadonlyMap<string, Expected>;
  continueWith(expected: ReadonlyMap<string, Expected>): void;
}

async function openWorld({ folder, both, stores, engine, way, servers, run }: Opening): Promise<Opened> {
  const log = join(folder, `run-${String(run)}.log`);
  const doors = await Promise.all(
    both.map(({ config: { exchange } }) => lineTo(`https://${exchange.host}:${String(exchange.port)}`)),
  );
  const { rabbit, cluster } = servers;
  const brokers = rabbit === undefined ? [] : await Promise.all(both.map(() => lineTo(rabbit.url)));
  const expected = new Map<string, Expected>(
    [ours, theirs].map((country) => [country, new Expected(identifierOf[country] ?? String)]),
  );
  const realm = `mra-${String(run)}`;
  if (rabbit !== undefined) await declareQueues(rabbit.url, realm);
  const opened = both.map(({ profile, config }, i) => {
    const [door, broker] = [doors[i], brokers[i]];
    if (door === undefined) throw new Error('no line');
    const partner = i === 0 ? theirs : ours;
    const settings = join(folder, `${profile.country}-${String(run)}.json`);
    const place = { country: profile.country, partner, store: stores[i] ?? '', settings };
    const url = doors[1 - i]?.url.replace(/\/$/u, '') ?? '';
    const written = settingsFor(config, { ...place, realm, broker: broker?.url ?? cluster?.broker, url });
    writeSettings(settings, written);
    // What an earlier run noted of its numbers; an embedded store has the file beside it.
    rmSync(join(config.data, 'store.numbers'), { force: true });
    return administrationOf(openSide(place, log), {
      ...{ home: profile, door, written, postgres: servers.postgres, ...(broker && { broker }) },
      model: () => expected.get(profile.country) ?? new Expected(String),
    });
  });
  const [us, them] = opened;
  if (us === undefined || them === undefined) throw new Error('two sides');
  let endedAt = performance.now();
  const causeEnded = (): void => void (endedAt = performance.now());
  return {
    world: { us, them, engine, way, realm, log, ...servers, causeEnded },
    expected,
    continueWith: (earlier) => earlier.forEach((model, country) => expected.set(country, model.copy())),
    async firstLists() {
      for (const side of opened) await side.importFirst();
      await Promise.all(opened.map((side) => side.serve()));
      for (const side of opened) await done(side, 'list', 'send', side.partner);
      await settled(opened, () => performance.now());
    },
    settled: () => settled(opened, () => endedAt),
    async end() {
      const processes = opened.flatMap((side) => side.processes);
      for (const process of processes) process.signal('SIGCONT');
      for (const process of processes) process.signal('SIGKILL');
      await Promise.all(processes.map(({ ended }) => ended));
      for (const line of [...doors, ...brokers]) await line.close();
    },
  };
}

/** As after the first start of both: queues stay when a gateway ends. */
async function declareQueues(url: string, name: string): Promise<void> {
  const model = await connect(url);
  const channel = await model.createConfirmChannel();
  const realm = { name, temporary: false };
  for (const [from, to] of [[ours, theirs] as const, [theirs, ours] as const])
    await ourQueue({ from, to }, realm).declare?.(channel);
  await model.close();
}

interface Connections {
  readonly store: string;
  readonly realm: string;
  readonly broker: string | undefined;
  readonly url: string;
}

function settingsFor(config: Config, { store, realm, broker, url }: Connections): Written {
  const { home, data, exchange, border } = config;
  const partners = Object.entries(config.partners).map(([code, { adapter, mirrored, certificates, transport }]) => {
    return [code, { adapter, mirrored, certificates, url, ...(transport && { transport }) }];
  });
  const written = {
    ...{ home, data, store, log: 'info' },
    exchange: { host: exchange.host, port: exchange.port },
    border,
    ...(broker !== undefined && { broker: { url: broker, realm } }),
    partners: Object.fromEntries(partners) as object,
  };
  return written;
}

/** Waits until both registers are as the model says and nothing waits; then looks for what was doubled or out of order. */
async function settled(sides: readonly Administration[], from: () => number): Promise<Outcome> {
  let left: readonly string[] = [];
  const isDone = async (): Promise<boolean> => {
    left = await stillWrong(sides).catch((error: unknown) => [`a store does not answer: ${String(error)}`]);
    return left.length === 0;
  };
  const giveUpAt = performance.now() + mostSeconds * 1000;
  while (!(await isDone())) {
    if (performance.now() > giveUpAt) return { recoverySeconds: Infinity, faults: left };
    await pause(100);
  }
  const recoverySeconds = Math.max(0, performance.now() - from()) / 1000;
  const found = await Promise.all(
    sides.map(async (side) => {
      const partner = sides.find(({ country }) => country === side.partner);
      return [...(await doubleNumbers(side)), ...(partner === undefined ? [] : await disorder(side, partner.expected))];
    }),
  );
  return { recoverySeconds, faults: found.flat() };
}

/** A day on which every decision counts: a clock that was ahead gives days that are still to come. */
const farDay = '2099-01-01';

/** A recovery is given up after so long; the bar is far lower. */
const mostSeconds = 60;

async function stillWrong(sides: readonly Administration[]): Promise<readonly string[]> {
  const wrong = await Promise.all(
    sides.map(async (side) => {
      const partner = sides.find(({ country }) => country === side.partner);
      const register = partner === undefined ? [] : side.expected.differences(await registerOf(partner, farDay));
      const open = (await waiting(side)).map((row) => `${side.country}: ${JSON.stringify(row)} waits`);
      return [...register, ...open];
    }),
  );
  return wrong.flat();
}
