/** Finds, installs, starts and stops the servers and programs that the tests need. */

import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, chownSync, constants, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A server that tests may use. `stop` ends what was started here, and nothing else. */
export interface Service {
  readonly url: string;
  /** Where it came from, for the line that is printed. */
  readonly origin: string;
  stop(): Promise<void>;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Folders beside PATH in which distributions keep server programs. */
function serverFolders(): readonly string[] {
  const versions = (root: string): string[] => {
    try {
      return readdirSync(root)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(root, version, 'bin'));
    } catch {
      return []; // no such folder on this machine
    }
  };
  const root = '/usr/lib/postgresql';
  return ['/usr/lib/rabbitmq/bin', ...versions(root), '/usr/sbin', '/usr/local/sbin', '/sbin'];
}

/** Full path of an installed program, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = [...serverFolders(), ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** An account for servers that refuse to run as root; undefined when this process is not root. */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string, name: string): number => Number(run('id', [flag, name]).stdout);
  const name = ['postgres', 'nobody'].find((candidate) => run('id', ['-u', candidate]).status === 0);
  if (name === undefined) throw new Error('running as root, and there is neither an account postgres nor nobody');
  return { uid: id('-u', name), gid: id('-g', name) };
}

/** A folder that belongs to the account that will write in it. */
export function makeFolder(path: string, owner: Account | undefined): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  return path;
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error())));
  });
  return promise;
}

/** Whether something listens on a port of the loopback interface. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return open;
}

/** Asks until the answer is yes. Throws when the process ended before, or when time is up. */
export async function untilReady(
  name: string,
  child: ChildProcess | undefined,
  ask: () => Promise<boolean>,
): Promise<void> {
  const giveUpAt = performance.now() + 120_000;
  while (!(await ask())) {
    if (child !== undefined && hasEnded(child)) throw new Error(`${name} ended while starting`);
    if (performance.now() > giveUpAt) throw new Error(`${name} was not ready after two minutes`);
    await pause(100);
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Waits for a start; when it fails, what was started is stopped before the failure goes on. */
export async function orStop(start: Promise<void>, stop: () => Promise<void>): Promise<void> {
  try {
    await start;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ends a child that leads its own process group: first it is asked; after 20 seconds its whole group is killed. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const { pid } = child;
  if (pid === undefined || hasEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const tooLong = setTimeout(() => process.kill(-pid, 'SIGKILL'), 20_000);
  await ended;
  clearTimeout(tooLong);
}

/** Ends a child that leads its own process group, and all of the group, at once. */
export async function endGroup(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const { pid } = child;
  if (pid === undefined || hasEnded(child)) return;
  if (signal !== 'SIGKILL') return await endChild(child, signal);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  process.kill(-pid, signal);
  await ended;
}

export interface RunResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `account`: under which it runs, where it may not be root. */
export function run(
  program: string,
  args: readonly string[],
  env = process.env,
  cwd = process.cwd(),
  account?: Account,
): RunResult {
  const done = spawnSync(program, args, { ...account, encoding: 'utf8', env, cwd, maxBuffer: 64 * 1024 * 1024 });
  return { status: done.status, stdout: done.stdout, stderr: done.error?.message ?? done.stderr };
}

export function mustRun(program: string, args: readonly string[], options: Account | object = {}): void {
  const done = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (done.status !== 0) throw new Error(`${program} failed: ${done.error?.message ?? done.stderr}`);
}

/** Installs Debian packages; false when this machine cannot (no apt-get, not root, no network). */
export function installPackages(packages: readonly string[]): boolean {
  if (findProgram('apt-get') === undefined || process.getuid?.() !== 0) return false;
  const keepServicesDown = '/usr/sbin/policy-rc.d';
  const ours = !isExecutable(keepServicesDown);
  // Debian starts a server when it is installed. The tests start their own, so it is asked not to.
  if (ours) writeFileSync(keepServicesDown, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['install', '-y', '--no-install-recommends', ...packages];
    if (run('apt-get', install, env).status === 0) return true;
    run('apt-get', ['update'], env);
    const second = run('apt-get', install, env);
    if (second.status !== 0) console.error(second.stderr.trim());
    return second.status === 0;
  } finally {
    if (ours) rmSync(keepServicesDown);
  }
}

export interface ContainerImage {
  readonly image: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** A command inside the container that succeeds once the server takes clients. */
  readonly ready: readonly string[];
  url(port: number): string;
}

/** The same server from a container engine, published on the loopback interface only. */
export async function startContainer(wanted: ContainerImage): Promise<Service | undefined> {
  const engine = ['docker', 'podman'].find((name) => run(name, ['info']).status === 0);
  if (engine === undefined) return undefined;
  const env = Object.entries(wanted.env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const started = run(engine, ['run', '-d', '--rm', '-p', `127.0.0.1::${String(wanted.port)}`, ...env, wanted.image]);
  if (started.status !== 0) throw new Error(`${engine} run ${wanted.image} failed: ${started.stderr.trim()}`);
  const id = started.stdout.trim();
  const stop = (): Promise<void> => {
    mustRun(engine, ['stop', id]);
    return Promise.resolve();
  };
  const isUp = () => Promise.resolve(run(engine, ['exec', id, ...wanted.ready]).status === 0);
  await orStop(untilReady(wanted.image, undefined, isUp), stop);
  const published = run(engine, ['port', id, String(wanted.port)]).stdout.trim();
  const port = Number(published.slice(published.lastIndexOf(':') + 1));
  return { url: wanted.url(port), origin: `container ${wanted.image}`, stop };
}
