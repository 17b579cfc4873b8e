/** Private nodes of RabbitMQ: the broker of the test run, and nodes that experiments start, end and join to a cluster. */

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  endChild,
  endGroup,
  findProgram,
  freePort,
  makeFolder,
  orStop,
  run,
  unprivilegedAccount,
  untilReady,
} from './services.ts';
import type { Service } from './services.ts';

/**
 * An account of the private broker that may declare nothing: it may write to exchanges `to-…`, and read queues `from-…`. It is what a partner
 * gives to those who use its broker.
 */
export const guestOfPartner = { user: 'mra-guest', password: 'mra-guest' } as const;

/** The address of the broker for that account. Throws where the broker is not the private one, and does not know it. */
export function guestUrl(): string {
  const url = new URL(amqpUrl());
  if (url.username !== 'guest')
    throw new Error(`unset MRA_TEST_AMQP: that broker has no account ${guestOfPartner.user}`);
  url.username = guestOfPartner.user;
  url.password = guestOfPartner.password;
  return url.href;
}

/** The broker the runner provides. Throws when a test is started without it. */
export function amqpUrl(): string {
  const url = process.env['MRA_TEST_AMQP'];
  if (url === undefined) throw new Error('no broker: start tests with `npm test`, or set MRA_TEST_AMQP=amqp://…');
  return url;
}

/** A node that a test starts and ends as it needs; what it stored stays. */
export interface RabbitNode {
  readonly name: string;
  readonly url: string;
  /** The folder of what it stores. */
  readonly data: string;
  /** Resolves once it takes clients. Throws when it ended before, or after two minutes. */
  start(): Promise<void>;
  /** Ends it with its whole process group. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** `rabbitmqctl` with these words. Throws what it printed when it failed. */
  control(...words: readonly string[]): string;
}

export interface PortMapper {
  readonly port: number;
  stop(): Promise<void>;
}

/** A port mapper (epmd) of its own, so that private nodes neither meet nor disturb a broker that runs on this machine. */
export async function startPortMapper(folder: string): Promise<PortMapper | undefined> {
  const epmd = findProgram('epmd');
  if (epmd === undefined) return undefined;
  const owner = unprivilegedAccount();
  const port = await freePort();
  const env = { PATH: process.env['PATH'], ...mapperSettings(port) };
  const mapper = spawn(epmd, [], { ...owner, cwd: folder, env, stdio: 'ignore', detached: true });
  return { port, stop: () => endChild(mapper, 'SIGTERM') };
}

const mapperSettings = (port: number): Record<string, string> => ({
  ERL_EPMD_PORT: String(port),
  ERL_EPMD_ADDRESS: '127.0.0.1',
});

/** A node with its own name, ports, data, plugins and configuration. Nodes of one mapper know the same cookie, and can form a cluster. */
export async function rabbitNode(
  folder: string,
  mapper: PortMapper,
  configuration: readonly string[] = [],
): Promise<RabbitNode | undefined> {
  const server = findProgram('rabbitmq-server');
  if (server === undefined) return undefined;
  const owner = unprivilegedAccount();
  const [port, distPort] = [await freePort(), await freePort()];
  const home = makeFolder(join(folder, `rabbitmq-${String(port)}`), owner);
  const name = `mra_test_${String(port)}@localhost`;
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    LANG: 'C.UTF-8',
    ...mapperSettings(mapper.port),
    ...settings(home, { name, port, distPort }, configuration),
  };
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child !== undefined) await endGroup(child, signal);
  };
  return {
    ...{ name, end, data: join(home, 'data'), url: `amqp://guest:guest@127.0.0.1:${String(port)}` },
    async start() {
      const started = spawn(server, [], { ...owner, cwd: home, env, stdio: 'ignore', detached: true });
      child = started;
      await orStop(
        untilReady('rabbitmq-server', started, () => greets(port)),
        () => end('SIGTERM'),
      );
    },
    control(...words) {
      // Not the wrapper on the PATH, which asks for the account of the package.
      const program = findProgram('rabbitmqctl') ?? 'rabbitmqctl';
      const done = run(program, ['--node', name, ...words], { ...env, ...cookieOf }, home, owner);
      if (done.status !== 0) throw new Error(`rabbitmqctl ${words.join(' ')} failed: ${done.stdout}${done.stderr}`);
      return done.stdout;
    },
  };
}

const cookieOf = { RABBITMQ_ERLANG_COOKIE: 'mra-tests-only' };

/** The broker of the test run. */
export async function startRabbit(folder: string): Promise<Service | undefined> {
  const owner = unprivilegedAccount();
  const mapper = await startPortMapper(makeFolder(join(folder, 'epmd'), owner));
  if (mapper === undefined) return undefined;
  const node = await rabbitNode(folder, mapper);
  if (node === undefined) {
    await mapper.stop();
    return undefined;
  }
  const stop = async (): Promise<void> => {
    await node.end('SIGTERM');
    await mapper.stop();
  };
  await orStop(node.start(), stop);
  return { url: node.url, origin: 'private, rabbitmq-server', stop };
}

interface NodeNames {
  readonly name: string;
  readonly port: number;
  readonly distPort: number;
}

function settings(
  home: string,
  { name, port, distPort }: NodeNames,
  configuration: readonly string[],
): Record<string, string> {
  const file = (title: string, text: string): string => {
    writeFileSync(join(home, title), text, { mode: 0o644 });
    return join(home, title);
  };
  const definitions = file('definitions.json', JSON.stringify(accounts()));
  const lines = ['log.console = false', `load_definitions = ${definitions}`, ...configuration, ''];
  return {
    ...cookieOf,
    RABBITMQ_NODENAME: name,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf', lines.join('\n')),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[].\n'),
  };
}

/** The definitions of the broker: where they name users, it makes no default one. */
function accounts(): object {
  const user = (name: string, password: string, tags: string): object => {
    const salt = randomBytes(4);
    const hashed = createHash('sha256').update(salt).update(password).digest();
    const hash = Buffer.concat([salt, hashed]).toString('base64');
    return { name, password_hash: hash, hashing_algorithm: 'rabbit_password_hashing_sha256', tags };
  };
  const { user: name, password } = guestOfPartner;
  return {
    users: [user('guest', 'guest', 'administrator'), user(name, password, '')],
    vhosts: [{ name: '/' }],
    permissions: [
      { user: 'guest', vhost: '/', configure: '.*', write: '.*', read: '.*' },
      { user: name, vhost: '/', configure: '^$', write: '^to-', read: '^from-' },
    ],
  };
}

/** Whether a broker greets there: it answers the protocol header with a method frame (Connection.Start). */
function greets(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from('AMQP\0\0\x09\x01', 'latin1')));
  socket.setTimeout(2000, () => socket.destroy());
  socket.once('data', (greeting) => {
    resolve(greeting[0] === 1);
    socket.destroy();
  });
  socket.once('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  return promise;
}
