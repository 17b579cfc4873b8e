/** Experiments that kill a gateway at each step with which files are put and taken, on OpenSSH's server. The steps of a folder are the same. */

import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openProgram, type ServedProgram } from '../support/served-program.ts';
import { freePort } from '../support/services.ts';
import { startSshd, type SftpServer } from '../support/sshd.ts';
import type { CrashPoint } from './crash-point.ts';
import { openFilePartner, partnerCode, writeNumberedAdapter, type FilePartner } from './file-partner.ts';
import { disorder, doubleNumbers, Expected, registerOf, waiting } from './model.ts';
import { until, within } from './side.ts';
import type { Outcome } from './world.ts';

/** The names in the folders of the partner. */
type Seen = Readonly<Record<'out' | 'in' | 'archive', readonly string[]>>;

/** One kill: at a commit, or before the gateway hears that the file server has done what is seen. */
export interface FileExperiment {
  readonly fault: string;
  readonly at: Omit<CrashPoint, 'signal'> | ((seen: Seen) => boolean);
  /** The partner answers while the gateway that will be killed runs. */
  readonly answers?: true;
}

const has = (names: readonly string[], form: RegExp): boolean => names.some((name) => form.test(name));
const commit = (statement: string, at: CrashPoint['at'], nth = 1): FileExperiment['at'] => ({ statement, at, nth });
const inserts = (table: string): string => `insert into "?${table}"?\\b`;
const settles = 'update "?message"? set .*"?receipt_digest"? = ';
const answers = true;

const sending: readonly (Omit<FileExperiment, 'fault'> & { readonly step: string })[] = [
  { step: 'a list is claimed and nothing is put', at: commit(inserts('attempt'), 'after') },
  { step: 'a list stands under another name', at: ({ out }) => has(out, /\.txt\.part$/u) },
  { step: 'a list has its name and no marker', at: ({ out }) => has(out, /\.txt$/u) && !has(out, /\.ok$/u) },
  { step: 'a list has its marker', at: ({ out }) => has(out, /\.txt\.ok$/u) },
  { step: 'a list is put and the outcome not stored', at: commit(inserts('attempt'), 'before', 2) },
  { step: 'the outcome is stored', at: commit(inserts('attempt'), 'after', 2) },
  { step: 'the answer in a file is judged and not stored', at: commit(settles, 'before'), answers },
  { step: 'the answer is stored and its file not put aside', at: commit(settles, 'after'), answers },
  { step: 'the file of the answer is put aside', at: ({ archive }) => has(archive, /^CN.*\.ack$/u), answers },
];

const receiving: typeof sending = [
  { step: 'a file is fetched and not stored', at: commit(inserts('inbox'), 'before') },
  { step: 'a file is stored and not judged', at: commit(inserts('inbox'), 'after') },
  { step: 'the list in a file is judged and not applied', at: commit(inserts('register_version'), 'before') },
  { step: 'the list in a file is applied', at: commit(inserts('register_version'), 'after') },
  { step: 'a file has left its name and not its folder', at: (seen) => has(seen.in, /^XD.*\.taken$/u) },
  { step: 'a file is archived', at: ({ archive }) => has(archive, /^XD.*\.txt$/u) },
  { step: 'our answer stands under another name', at: ({ out }) => has(out, /\.ack\.part$/u) },
  { step: 'our answer has its name and the outcome is not stored', at: ({ out }) => has(out, /\.ack$/u) },
];

export const fileExperiments: readonly FileExperiment[] = [
  ...sending.map(({ step, ...how }) => ({ fault: `sender by files killed (-9) when ${step}`, ...how })),
  ...receiving.map(({ step, ...how }) => ({ fault: `receiver by files killed (-9) when ${step}`, ...how })),
];

export interface FileWorld {
  run(experiment: FileExperiment): Promise<Outcome>;
  end(): Promise<void>;
}

export async function openFileWorld(folder: string): Promise<FileWorld> {
  const partner = openFilePartner(folder);
  const server = await startSshd(join(folder, 'ssh'));
  const { host, port, user, hostKey, key } = server.account;
  const program = await openProgram([
    `exchange: { host: 127.0.0.1, port: ${String(await freePort())} }`,
    `border: { host: 127.0.0.1, port: ${String(await freePort())} }`,
    'partners:',
    `  ${partnerCode}:`,
    '    adapter: xd',
    '    pollSeconds: 1',
    `    folders: ${JSON.stringify(partner.folders)}`,
    `    sftp: ${JSON.stringify({ host, port, user, hostKey, key })}`,
  ]);
  writeNumberedAdapter(join(program.folder, 'adapters/xd'));
  await program.done('key', 'new');
  const world: Opened = { partner, server, program, expected: new Expected(String), rounds: 0 };
  for (let i = 0; i < 30; i += 1) world.expected.decided(`HD00${String(1000 + i)}`, 'active');
  const first = await program.serve();
  await decide(world);
  await settled(world, performance.now());
  await kill(first);
  return {
    run: (experiment) => runOne(world, experiment),
    async end() {
      program.stop();
      await server.stop();
    },
  };
}

interface Opened {
  readonly partner: FilePartner;
  readonly server: SftpServer;
  readonly program: ServedProgram;
  /** What we must hold of the partner's operators. */
  readonly expected: Expected;
  /** Each suspends one more operator on either side. */
  rounds: number;
}

/** Both sides have something to say. */
async function decide(world: Opened): Promise<void> {
  const suspended = Array.from({ length: world.rounds }, (_, i) => i);
  const latest = suspended.at(-1);
  if (latest !== undefined) world.expected.decided(`HD00${String(1000 + latest)}`, 'suspended');
  world.partner.put(suspended);
  await world.program.importOperators(30, world.rounds);
  await world.program.mra('list', 'send', partnerCode);
  world.rounds += 1;
}

async function kill(child: Awaited<ReturnType<ServedProgram['serve']>>): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const preload = fileURLToPath(new URL('crash-point.ts', import.meta.url));

async function runOne(world: Opened, { at, answers: doesAnswer }: FileExperiment): Promise<Outcome> {
  const { partner, server, program } = world;
  const point = (crash: Omit<CrashPoint, 'signal'>): NodeJS.ProcessEnv => ({
    NODE_OPTIONS: `--import=${preload}`,
    MRA_CRASH_POINT: JSON.stringify({ ...crash, signal: 'SIGKILL' }),
  });
  const victim = await program.serve(typeof at === 'function' ? {} : point(at));
  let isOver = false;
  const ended = once(victim, 'exit').then(() => (isOver = true));
  const before = seenIn(partner);
  if (typeof at === 'function')
    server.cutWhen(() => {
      const isTime = at(since(before, seenIn(partner)));
      if (isTime) victim.kill('SIGKILL');
      return isTime;
    });
  await decide(world);
  if (doesAnswer === true)
    await until('the gateway is killed', () => {
      partner.work();
      return isOver;
    });
  await within('the kill', ended);
  server.cutWhen(() => false);
  const next = await program.serve();
  return await settled(world, performance.now()).finally(() => kill(next));
}

function seenIn({ folders }: FilePartner): Seen {
  return { out: readdirSync(folders.out), in: readdirSync(folders.in), archive: readdirSync(folders.archive) };
}

/** What the archive has from earlier experiments does not count. */
const since = (before: Seen, seen: Seen): Seen => ({
  ...seen,
  archive: seen.archive.filter((name) => !before.archive.includes(name)),
});

/** Waits until both know everything and nothing is left lying; then looks for what was doubled or out of order. */
async function settled(world: Opened, from: number): Promise<Outcome> {
  let left: readonly string[] = ['nothing was asked'];
  const isDone = async (): Promise<boolean> => {
    world.partner.work();
    left = await stillWrong(world);
    return left.length === 0;
  };
  const recovery = await until('both know everything', isDone).then(
    () => (performance.now() - from) / 1000,
    () => Infinity,
  );
  if (recovery === Infinity) return { recoverySeconds: recovery, faults: [...left, ...world.partner.faults] };
  const held = heldOf(world);
  const found = [...(await doubleNumbers(held)), ...(await disorder(held, world.expected))];
  return { recoverySeconds: recovery, faults: [...found, ...world.partner.faults] };
}

const heldOf = ({ program }: Opened) => ({ partner: partnerCode, rows: program.rows.bind(program) });

async function stillWrong(world: Opened): Promise<string[]> {
  const { partner, expected, rounds } = world;
  const held = heldOf(world);
  const verdict = partner.verdicts.get(rounds) ?? 'missing';
  const count = partner.suspended().length;
  const seen = seenIn(partner);
  return [
    ...expected.differences(await registerOf(held, '2099-01-01')),
    ...(await waiting(held)).map((row) => `${JSON.stringify(row)} waits`),
    ...(verdict === 'OK' ? [] : [`the answer to list ${String(rounds)} is ${verdict}`]),
    ...(count === rounds - 1
      ? []
      : [`the partner knows of ${String(count)} suspensions and not ${String(rounds - 1)}`]),
    // An answer that is stored is not looked for again; a list of the same name removes its file.
    ...[...seen.out, ...seen.in.filter((name) => !/^CN.*\.ack$/u.test(name))].map((name) => `${name} is left`),
  ];
}
