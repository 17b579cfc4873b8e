/** Runs the tests with everything they need: provides the servers, runs mocha, and stops what it started. */

import { spawn } from 'node:child_process';
import { chmodSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { testPlace } from './memory-folder.ts';
import { startPostgres } from './postgres-server.ts';
import { startRabbit } from './rabbitmq.ts';
import { findProgram, installPackages, startContainer } from './services.ts';
import type { ContainerImage, Service } from './services.ts';
import { debianPython, missingPython } from './python.ts';

interface Need {
  readonly name: string;
  /** The environment variable that names a running server, and hands its address to the tests. */
  readonly variable: string;
  readonly packages: readonly string[];
  readonly container: ContainerImage;
  start(folder: string): Promise<Service | undefined>;
}

const needs: readonly Need[] = [
  {
    name: 'PostgreSQL',
    variable: 'MRA_TEST_POSTGRES',
    packages: ['postgresql'],
    start: startPostgres,
    container: {
      image: 'postgres:17',
      port: 5432,
      env: { POSTGRES_USER: 'mra', POSTGRES_PASSWORD: 'mra' },
      url: (port) => `postgres://mra:mra@127.0.0.1:${String(port)}/postgres`,
      ready: ['pg_isready', '-q', '-h', '127.0.0.1', '-U', 'mra'],
    },
  },
  {
    name: 'RabbitMQ',
    variable: 'MRA_TEST_AMQP',
    packages: ['rabbitmq-server'],
    start: startRabbit,
    container: {
      image: 'rabbitmq:4',
      port: 5672,
      // Outside the container's own loopback interface the account guest is refused.
      env: { RABBITMQ_DEFAULT_USER: 'mra', RABBITMQ_DEFAULT_PASS: 'mra' },
      url: (port) => `amqp://mra:mra@127.0.0.1:${String(port)}`,
      ready: ['rabbitmq-diagnostics', '-q', 'check_port_connectivity'],
    },
  },
];

/** Programs that tests call, and the Debian package each is in. */
const programs = {
  xmlsec1: 'xmlsec1',
  xmllint: 'libxml2-utils',
  openssl: 'openssl',
  curl: 'curl',
  javac: 'default-jdk-headless',
  sshd: 'openssh-server',
  nginx: 'nginx-light',
  'systemd-analyze': 'systemd',
  promtool: 'prometheus',
  chromium: 'chromium',
};

/** Named by the environment, else private from what is installed, else installed first, else from a container. */
async function provide(need: Need, folder: string): Promise<Service> {
  const named = process.env[need.variable];
  if (named !== undefined) return { url: named, origin: need.variable, stop: () => Promise.resolve() };
  const installed = await need.start(folder);
  if (installed !== undefined) return installed;
  if (installPackages(need.packages)) {
    const fresh = await need.start(folder);
    if (fresh !== undefined) return { ...fresh, origin: `${fresh.origin} (installed now)` };
  }
  const contained = await startContainer(need.container);
  if (contained !== undefined) return contained;
  throw new Error(
    `no ${need.name}. Either name a running one in ${need.variable}, or install ${need.packages.join(' ')} ` +
      '(as root on Debian this happens by itself), or start docker or podman.',
  );
}

function providePrograms(): void {
  const packages = Object.entries(programs).filter(([name]) => findProgram(name) === undefined);
  const missing = [...packages.map(([, held]) => held), ...missingPython()];
  if (missing.length > 0) installPackages(missing);
  for (const [name, held] of Object.entries(programs)) {
    const path = findProgram(name);
    if (path === undefined) throw new Error(`no ${name}. Install ${held}.`);
    console.log(`${name}: ${path}`);
  }
  if (missingPython().length > 0)
    throw new Error(`${debianPython} lacks modules. Install ${missingPython().join(' ')}.`);
  console.log(`python3: ${debianPython}`);
}

/**
 * Test files that run at the same time: one more than there are cores, as the tests wait for servers more than they
 * compute; at most four, as all share the connections of one PostgreSQL.
 */
const jobs = Math.min(availableParallelism() + 1, 4);

/** Begun first: the end would otherwise wait for one of them. */
const longest = [
  'simulation/simulation',
  'rehearsal/conformance',
  'cli/wrong-input',
  'docs-first-adapter',
  'cli/backup',
];

function allFiles(): readonly string[] {
  const first = longest.map((name) => join('test', `${name}.test.ts`));
  return [...first, ...globSync('test/**/*.test.ts').filter((file) => !first.includes(file))];
}

/** Runs mocha with the settings of .mocharc.json and the arguments given here: the test files they name, or all of them. */
function runMocha(args: readonly string[], env: NodeJS.ProcessEnv, stopWith: AbortSignal): Promise<number> {
  const files = args.some((arg) => arg.endsWith('.ts')) ? [] : allFiles();
  const parallel = ['--parallel', '--jobs', String(jobs)];
  const mocha = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', ...parallel, ...files, ...args], {
    env,
    stdio: 'inherit',
  });
  stopWith.addEventListener('abort', () => mocha.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    mocha.once('error', reject);
    mocha.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

async function main(args: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  const folder = mkdtempSync(join(testPlace(), 'mra-test-'));
  chmodSync(folder, 0o755); // the servers run under another account and must be able to enter
  const started: Service[] = [];
  // Programs that tests start are compiled once, as those of mra are.
  const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };
  const env: NodeJS.ProcessEnv = { ...compiled, ...process.env, TMPDIR: folder };
  try {
    providePrograms();
    for (const need of needs) {
      const service = await provide(need, folder);
      started.push(service);
      env[need.variable] = service.url;
      console.log(`${need.name}: ${service.origin}`);
    }
    if (interrupted.signal.aborted) return 130;
    return await runMocha(args, env, interrupted.signal);
  } finally {
    for (const service of started.reverse()) await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
