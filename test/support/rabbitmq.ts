/** A private RabbitMQ for the run, and what the tests need of the broker: its address, and a line that can be cut. */

import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { endChild, findProgram, freePort, makeFolder, orStop, unprivilegedAccount, untilReady } from './services.ts';
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

/**
 * A broker of its own: node name, ports, data, plugins and port mapper (epmd) are all private, so that it neither meets
 * nor disturbs a broker that runs on this machine.
 */
export async function startRabbit(folder: string): Promise<Service | undefined> {
  const [server, epmd] = ['rabbitmq-server', 'epmd'].map(findProgram);
  if (server === undefined || epmd === undefined) return undefined;
  const owner = unprivilegedAccount();
  const account = owner ?? {};
  const home = makeFolder(join(folder, 'rabbitmq'), owner);
  const [port, distPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    LANG: 'C.UTF-8',
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ...settings(home, port, distPort),
  };
  const mapper = spawn(epmd, [], { ...account, cwd: home, env, stdio: 'ignore', detached: true });
  const broker = spawn(server, [], { ...account, cwd: home, env, stdio: 'ignore', detached: true });
  const stop = async (): Promise<void> => {
    await endChild(broker, 'SIGTERM');
    await endChild(mapper, 'SIGTERM');
  };
  await orStop(
    untilReady('rabbitmq-server', broker, () => greets(port)),
    stop,
  );
  return { url: `amqp://guest:guest@127.0.0.1:${String(port)}`, origin: `private, ${server}`, stop };
}

function settings(home: string, port: number, distPort: number): Record<string, string> {
  const file = (name: string, text: string): string => {
    writeFileSync(join(home, name), text, { mode: 0o644 });
    return join(home, name);
  };
  return {
    RABBITMQ_NODENAME: `mra_test_${String(port)}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
    RABBITMQ_CONFIG_FILE: file(
      'rabbitmq.conf',
      `log.console = false\nload_definitions = ${file('definitions.json', JSON.stringify(accounts()))}\n`,
    ),
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

/** A line to the broker that a test can cut. New connections succeed at once, unless it is closed for good. */
export interface Line {
  readonly url: string;
  /** Destroys every connection now on the line; neither side has time to say goodbye. */
  cut(): void;
  /** Nothing passes any more on the connections there are, and neither side is told. */
  freeze(): void;
  close(): Promise<void>;
  /** After it was closed: connections succeed again. */
  open(): Promise<void>;
}

export async function lineTo(url: string): Promise<Line> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    for (const socket of forward(near, url)) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
  });
  const port = await freePort();
  const open = (): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await open();
  const address = new URL(url);
  address.host = `127.0.0.1:${String(port)}`;
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    url: address.toString(),
    cut,
    open,
    freeze: () => sockets.forEach((socket) => socket.unpipe()),
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Joins a socket to the broker, both ways; the end of one side is the end of the other. */
export function forward(near: Socket, url: string): readonly [Socket, Socket] {
  const broker = new URL(url);
  const far = connect(Number(broker.port || 5672), broker.hostname);
  for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
    socket.setNoDelay(true).pipe(other);
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
  }
  return [near, far];
}
