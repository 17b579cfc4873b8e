/** Experiments with what the gateways stand on: broker, database, disk, clock, and copies of the store. */

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { onServer } from '../support/postgres.ts';
import type { Experiment } from './experiment.ts';
import { until } from './side.ts';
import { done, type Administration } from './administration.ts';
import type { World } from './world.ts';

const both = async ({ us, them }: World): Promise<void> => {
  await Promise.all([us.serve(), them.serve()]);
};

async function decideBoth({ us, them }: World): Promise<void> {
  await Promise.all([us.decide(), them.decide()]);
}

/** The fault lasts while the sides decide; then its cause ends. */
function during(
  fault: string,
  where: Pick<Experiment, 'engines' | 'ways'>,
  begin: (world: World) => Promise<void> | void,
  end: (world: World) => Promise<void> | void,
): Experiment {
  return {
    fault,
    ...where,
    async run(world) {
      await both(world);
      const deciding = decideBoth(world);
      await begin(world);
      await deciding.catch(() => undefined); // the store may be away: the cause of the experiment
      world.causeEnded();
      await end(world);
      world.causeEnded();
      await decideBoth(world);
    },
  };
}

const broker: Pick<Experiment, 'ways'> = { ways: ['AMQP'] };
const server: Pick<Experiment, 'engines'> = { engines: ['PostgreSQL'] };
const file: Pick<Experiment, 'engines'> = { engines: ['SQLite'] };

/** Restores of a store from a copy that is older than what the partner holds. */
async function restored(world: World, sides: readonly Administration[]): Promise<void> {
  await both(world);
  await decideBoth(world);
  await until('both have applied a list', async () => {
    const counts = await Promise.all(
      [world.us, world.them].map(({ rows }) => rows(`select count(*) as n from list where direction = 'in'`)),
    );
    return counts.every(([row]) => Number(row?.['n']) > 1);
  });
  for (const side of sides) {
    const process = side.processes.at(-1);
    process?.signal('SIGTERM');
    await process?.ended;
    await side.restore();
  }
  for (const side of sides) await side.serve();
  // A gateway on an older store sends no list until a person has repeated what was decided since.
  for (const side of sides) await side.decideAgain();
  for (const side of sides) await done(side, 'list', 'resume', '--as', 'chen');
  world.causeEnded();
  await decideBoth(world);
}

const diskLimit = (side: Administration, bytes: string): void => {
  const pid = side.processes.at(-1)?.pid;
  execFileSync('prlimit', [`--fsize=${bytes}:unlimited`, '--pid', String(pid)]);
};

async function readOnly({ postgres }: World, on: 'on' | 'off'): Promise<void> {
  await onServer(
    [
      'set session characteristics as transaction read write',
      `alter system set default_transaction_read_only = ${on}`,
      'select pg_reload_conf()',
    ],
    postgres?.url,
  );
}

export const serverFaults: readonly Experiment[] = [
  during(
    'broker killed (-9) and started again',
    broker,
    async ({ rabbit }) => await rabbit?.end('SIGKILL'),
    async ({ rabbit }) => await rabbit?.start(),
  ),
  during(
    'broker stopped in order and started again',
    broker,
    async ({ rabbit }) => await rabbit?.end('SIGTERM'),
    async ({ rabbit }) => await rabbit?.start(),
  ),
  during(
    'broker replaced by an empty one',
    broker,
    async ({ rabbit }) => {
      await rabbit?.end('SIGKILL');
      if (rabbit !== undefined) rmSync(rabbit.data, { recursive: true, force: true });
    },
    async ({ rabbit }) => await rabbit?.start(),
  ),
  during(
    'database server killed (-9) and started again',
    server,
    async ({ postgres }) => await postgres?.end('SIGKILL'),
    async ({ postgres }) => await postgres?.start(),
  ),
  during(
    'database server stopped at once (SIGQUIT) and started again',
    server,
    async ({ postgres }) => await postgres?.end('SIGQUIT'),
    async ({ postgres }) => await postgres?.start(),
  ),
  during(
    'all sessions of the database ended by its administrator',
    server,
    ({ postgres }) =>
      onServer(
        [`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'mra-gateway%'`],
        postgres?.url,
      ),
    () => undefined,
  ),
  during(
    'database read-only for a while',
    server,
    (world) => readOnly(world, 'on'),
    (world) => readOnly(world, 'off'),
  ),
  during(
    'disk of the sender full for a while',
    file,
    ({ us }) => diskLimit(us, '1'),
    ({ us }) => diskLimit(us, 'unlimited'),
  ),
  during(
    'disk of the receiver full for a while',
    file,
    ({ them }) => diskLimit(them, '1'),
    ({ them }) => diskLimit(them, 'unlimited'),
  ),
  ...(
    [
      ['a day ahead', 24 * 3600],
      ['an hour behind', -3600],
    ] as const
  ).flatMap(([words, seconds]) =>
    (['us', 'them'] as const).map((name): Experiment => clockFault(words, seconds, name)),
  ),
  { fault: 'store of the sender restored from before its last lists', run: (world) => restored(world, [world.us]) },
  { fault: 'store of the receiver restored from before the last lists', run: (world) => restored(world, [world.them]) },
  {
    fault: 'stores of both restored from before the last lists',
    run: (world) => restored(world, [world.us, world.them]),
  },
];

function clockFault(words: string, seconds: number, name: 'us' | 'them'): Experiment {
  const role = name === 'us' ? 'sender' : 'receiver';
  return {
    fault: `clock of the ${role} ${words} for a while`,
    async run(world) {
      const clock = `${world.us.settings}.clock`;
      writeFileSync(clock, '0');
      await Promise.all([world.us, world.them].map((side) => side.serve(side === world[name] ? { clock } : {})));
      writeFileSync(clock, String(seconds * 1000));
      await decideBoth(world);
      await until('a list was tried with the wrong clock', async () => {
        const [row] = await world.us.rows(`select count(*) as n from message where kind = 'list' and attempts > 0`);
        return Number(row?.['n']) > 1;
      });
      writeFileSync(clock, '0');
      world.causeEnded();
      await decideBoth(world);
    },
  };
}
