/** Two administrations: ours as a process that can be killed, with commands beside it, and a partner in the process of the test. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { programFolder, loadConfig, type Config } from '../../gateway/app/config.ts';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { serve } from '../../gateway/serve.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { prepareAdministrations, saveRecords } from '../../gateway/rehearsal/administrations.ts';
import { inventListed } from '../../gateway/rehearsal/simulator.ts';
import { openDatabase } from '../../gateway/store/database.ts';
import { findStream } from '../../gateway/store/streams.ts';
import { runCommand } from './command-line.ts';
import { loggedEvents } from './logged-events.ts';
import { temporaryFolder } from './pki.ts';

export interface ServedPair {
  /** The settings of ours, and the file that has them. */
  readonly config: Config;
  readonly file: string;
  /** Ours has another store from now on. */
  changeStore(store: string): void;
  readonly partner: OpenGateway;
  /** One command of ours; its document. */
  mra(...words: readonly string[]): Promise<{ readonly exit: number; readonly result: unknown }>;
  /** One command that ends with exit code 0. */
  done(...words: readonly string[]): Promise<unknown>;
  /** `program`: its folder, where it is another version. */
  serve(program?: string): Promise<void>;
  /** Ends our process at once, as a power cut does. */
  kill(): Promise<void>;
  /** In order: what is being sent is settled, and no lease is left. */
  stop(): Promise<void>;
  /** The answer as soon as there is one: asks now, and after each event that the partner logs. Fails after ninety seconds. */
  until<T>(ask: () => Promise<T | undefined>): Promise<T>;
  close(): Promise<void>;
}

/** `store`: of ours; by default an embedded one. */
export async function openServedPair(country: string, store?: string): Promise<ServedPair> {
  const base = loadConfig({ data: temporaryFolder() }, { MRA_BROKER: 'amqp://127.0.0.1:1' });
  const { home, partners } = await prepareAdministrations(adapterTools(), {
    ...{ base, folder: base.data, partners: [country] },
  });
  const file = join(base.data, 'gateway.yaml');
  let config = home.config;
  const changeStore = (url: string): void => {
    config = { ...config, store: url };
    writeFileSync(file, JSON.stringify(settingsIn(config)));
  };
  changeStore(store ?? config.store);
  const [other] = partners;
  if (other === undefined) throw new Error(`no administration of ${country}`);
  const { log, until } = loggedEvents(90);
  const partner: OpenGateway = { ...(await openGateway(other.config, adapterTools())), log };
  const serving = await serve(partner);
  let child: ChildProcess | undefined;
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    child = undefined;
  }
  const pair: ServedPair = {
    get config() {
      return config;
    },
    ...{ file, partner, changeStore },
    async mra(...words) {
      const { exit, stdout } = await runCommand(['--config', file, '-o', 'json', ...words]);
      return { exit, result: stdout === '' ? undefined : (JSON.parse(stdout) as unknown) };
    },
    async done(...words) {
      const { exit, result } = await pair.mra(...words);
      expect([words.join(' '), exit, exit === 0 ? '' : result]).to.deep.equal([words.join(' '), 0, '']);
      return result;
    },
    async serve(program = programFolder) {
      const words = [join(program, 'gateway/mra.js'), '--config', file, '-o', 'json', 'serve'];
      child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout ?? process, 'data');
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    until,
    async close() {
      await pair.kill();
      await serving.stop();
      await partner.close();
    },
  };
  return pair;
}

export interface Held {
  readonly epoch: number;
  readonly sequence: number;
  readonly count: number;
  readonly root: string;
}

/** What one side holds of the other, or has sent to it. */
export async function positionOf(store: string, partner: string, direction: 'in' | 'out'): Promise<Held | undefined> {
  const db = await openDatabase(store);
  const position = (await findStream(db.sql, partner, direction))?.position;
  await db.close();
  return position && { ...position, epoch: position.epoch.no };
}

/** Sends one more operator of the partner, whatever becomes of the list. */
export async function partnerSends({ partner, until }: ServedPair, number: number): Promise<void> {
  await saveRecords(partner, inventListed(partner, 1, number));
  await sendList(partner, 'CN');
  await until(async () => {
    const open = partner.db.sql.selectFrom('message').select('id').where('state_rank', '<', 85);
    return (await open.execute()).length === 0 ? true : undefined;
  });
}

/** What the partner holds of ours. */
export async function heldByPartner({ partner }: ServedPair): Promise<Held | undefined> {
  const position = (await findStream(partner.db.sql, 'CN', 'in'))?.position;
  return position && { ...position, epoch: position.epoch.no };
}

function settingsIn({ home, data, store, exchange, border, partners }: Config): object {
  const connections = Object.entries(partners).map(([code, { adapter, mirrored, transport, url, certificates }]) => {
    const { signing, tls, anchors } = certificates;
    return [code, { adapter, mirrored, transport, url, certificates: { signing, tls, anchors } }];
  });
  return {
    ...{ home, data, store, log: 'silent', partners: Object.fromEntries(connections) as unknown },
    exchange: { host: exchange.host, port: exchange.port },
    border: { host: border.host, port: border.port },
  };
}
