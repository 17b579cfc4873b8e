/** Private servers of PostgreSQL: the one of the test run, and those that experiments start, end, copy and promote. */

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import {
  endChild,
  findProgram,
  freePort,
  makeFolder,
  mustRun,
  orStop,
  run,
  unprivilegedAccount,
  untilReady,
} from './services.ts';
import type { Service } from './services.ts';

/** A server that a test starts and ends as it needs; what it stored stays. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly data: string;
  /** `settings`: as `name=value`. Resolves once it takes clients. */
  start(settings?: readonly string[]): Promise<void>;
  /** SIGINT ends it in order, SIGQUIT and SIGKILL as a crash does. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** One of its programs, such as pg_ctl, under its account. */
  program(name: string, ...args: readonly string[]): void;
}

/** `make`: fills the folder of its data; by default with an empty cluster. */
export async function postgresServer(
  folder: string,
  make?: (server: Omit<PostgresServer, 'start' | 'end'>) => void,
): Promise<PostgresServer | undefined> {
  const [postgres, ready] = ['postgres', 'pg_isready'].map(findProgram);
  if (postgres === undefined || ready === undefined) return undefined;
  const owner = unprivilegedAccount();
  const port = await freePort();
  const home = makeFolder(join(folder, `postgres-${String(port)}`), owner);
  const data = join(home, 'data');
  const account = { ...owner, cwd: home };
  const program = (name: string, ...args: readonly string[]): void => mustRun(findProgram(name) ?? name, args, account);
  const cluster = ['-U', 'mra', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const place = { url: `postgres://mra@127.0.0.1:${String(port)}/postgres`, port, data, program };
  if (make === undefined) program('initdb', '-D', data, ...cluster);
  else make(place);
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child !== undefined) await endChild(child, signal);
  };
  const isUp = () => Promise.resolve(run(ready, ['-q', '-h', '127.0.0.1', '-p', String(port)]).status === 0);
  return {
    ...place,
    end,
    async start(settings = []) {
      const own = ['listen_addresses=127.0.0.1', `unix_socket_directories=${home}`, 'logging_collector=off'];
      const args = ['-D', data, '-p', String(port), ...[...own, ...settings].flatMap((setting) => ['-c', setting])];
      const started = spawn(postgres, args, { ...account, stdio: 'ignore', detached: true });
      child = started;
      await orStop(untilReady('postgres', started, isUp), () => end('SIGINT'));
    },
  };
}

/** The server of the test run, with durable settings. */
export async function startPostgres(folder: string): Promise<Service | undefined> {
  const server = await postgresServer(folder);
  if (server === undefined) return undefined;
  await server.start();
  return { url: server.url, origin: 'private, postgres', stop: () => server.end('SIGINT') };
}
