/** What may happen to several machines: each experiment ends with both registers as decided, and nothing lost, doubled or out of order. */

import { readFileSync } from 'node:fs';
import { until, type Process } from '../faults/side.ts';
import type { CrashPoint } from '../faults/crash-point.ts';
import type { Experiment } from '../faults/experiment.ts';
import type { World } from '../faults/world.ts';
import { cutOff, join, promote, type BrokerCluster, type DatabasePair } from './machines.ts';

/** From the death of a gateway to the next attempt of another, at most. */
const takeoverSeconds = 15;

const claimed: CrashPoint = { statement: 'insert into "?attempt"?', at: 'after', nth: 1, signal: 'SIGKILL' };

/** Three gateways of ours on one store, of which the first may have a crash point. */
async function three({ us, them }: World, crash?: CrashPoint): Promise<Process> {
  await them.serve();
  const first = await us.serve(crash && { crash });
  for (let more = 0; more < 2; more += 1) await us.serve({ settings: await us.second() });
  return first;
}

/** Decides until the first gateway is the one that claims. */
async function decideUntil({ us }: World, reached: Promise<unknown>): Promise<void> {
  const soon = async (): Promise<boolean> =>
    await Promise.race([reached.then(() => true), us.acknowledged().then(() => false)]);
  for (let round = 0; round < 10; round += 1) {
    await us.decide();
    if (await soon()) return;
  }
  throw new Error('another gateway claimed every message');
}

/** The longest time between two attempts of one message of ours. */
async function longestGap({ us }: World): Promise<number> {
  const rows = await us.rows(`select message_id, at from attempt where event = 'started' order by message_id, no`);
  const gaps = rows.slice(1).map((row, i) => {
    const before = rows[i];
    if (before?.['message_id'] !== row['message_id']) return 0;
    return (Date.parse(String(row['at'])) - Date.parse(String(before?.['at']))) / 1000;
  });
  return Math.max(0, ...gaps);
}

async function assertTakeover(world: World): Promise<void> {
  await world.us.acknowledged();
  const gap = await longestGap(world);
  if (gap > takeoverSeconds) throw new Error(`another gateway took over after ${String(gap)} s`);
}

export function clusterExperiments(databases: DatabasePair, brokers: BrokerCluster): readonly Experiment[] {
  const [one, two, three_] = brokers.nodes;
  return [
    {
      fault: 'one of three gateways killed (-9) with the lease of a message',
      async run(world) {
        const { them, causeEnded } = world;
        const first = await three(world, claimed);
        await decideUntil(world, first.ended);
        causeEnded();
        await them.decide();
        await assertTakeover(world);
      },
    },
    {
      fault:
        'one of three gateways frozen with the lease of a message, and woken later: it finds that it lost the lease',
      async run(world) {
        const { them, causeEnded } = world;
        // Before the bytes leave: what it does after waking is the send, and the outcome that it may not store.
        const first = await three(world, { ...claimed, signal: 'SIGSTOP' });
        await decideUntil(world, first.reached);
        await assertTakeover(world);
        first.signal('SIGCONT');
        await them.decide();
        await until('the frozen gateway finds its lease lost', () =>
          readFileSync(world.log, 'utf8').includes('lease lost'),
        );
        causeEnded();
      },
    },
    {
      fault: 'many decisions while three gateways serve: no two lists for one cause',
      async run(world) {
        const { us, them, causeEnded } = world;
        await three(world);
        for (let round = 0; round < 5; round += 1) await us.decide();
        await them.decide();
        causeEnded();
        await us.acknowledged();
        const [lists] = await us.rows(`select count(*) as n from message where kind = 'list'`);
        // The first list, and three decisions in each of five rounds.
        if (Number(lists?.['n']) > 16) throw new Error(`${String(lists?.['n'])} lists for fifteen decisions`);
      },
    },
    {
      fault: 'one node of the broker killed (-9) while lists travel, and started again',
      async run(world) {
        await three(world);
        const deciding = Promise.all([world.us.decide(), world.them.decide()]);
        await one.end('SIGKILL');
        world.causeEnded();
        await deciding;
        await world.us.acknowledged();
        await one.start();
      },
    },
    {
      fault: 'one node of the broker cut off from the others while lists travel, and joined again',
      async run(world) {
        await three(world);
        const deciding = Promise.all([world.us.decide(), world.them.decide()]);
        cutOff(three_, [one, two]);
        world.causeEnded();
        await deciding;
        await world.us.decide();
        join(three_, [one, two]);
      },
    },
    {
      fault: 'primary of the database killed (-9) while lists travel, and the synchronous standby promoted',
      async run(world) {
        await three(world);
        const deciding = Promise.all([world.us.decide(), world.them.decide()]);
        await databases.primary.end('SIGKILL');
        await promote(databases);
        world.causeEnded();
        await deciding;
        await Promise.all([world.us.decide(), world.them.decide()]);
      },
    },
  ];
}
