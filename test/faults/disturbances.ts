/** Experiments in which lines are cut, receipts are lost or come twice, and both sides are killed while the other works. */

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { once } from 'node:events';
import { connect } from 'amqplib';
import type { CrashPoint } from './crash-point.ts';
import type { Experiment } from './experiment.ts';
import type { Row } from './model.ts';
import { until, within } from './side.ts';
import type { Administration } from './administration.ts';
import type { World } from './world.ts';

const applying: CrashPoint = {
  statement: 'insert into "?register_version"?',
  at: 'before',
  nth: 1,
  signal: 'SIGSTOP',
};

/** Both serve; the receiver stands still before it applies our list, until `meanwhile` has ended. */
async function whileTheyApply(world: World, meanwhile: (world: World) => Promise<void>): Promise<void> {
  const { us, them } = world;
  await us.serve();
  const receiver = await them.serve({ crash: applying });
  await us.decide();
  await within('the crash point', receiver.reached);
  await meanwhile(world);
  receiver.signal('SIGCONT');
  await them.decide();
}

/** The lines on which our messages, or theirs to us, travel. */
const linesOf = ({ us, them }: World): readonly Administration['door'][] =>
  us.broker === undefined || them.broker === undefined ? [us.door, them.door] : [us.broker, them.broker];

export const disturbances: readonly Experiment[] = [
  {
    fault: 'sender killed (-9) while the receiver applies its list',
    async run(world) {
      await whileTheyApply(world, async ({ us }) => {
        const [sender] = us.processes;
        sender?.signal('SIGKILL');
        await sender?.ended;
      });
      await world.us.serve();
      world.causeEnded();
    },
  },
  {
    fault: 'both killed (-9) while a list is applied',
    async run(world) {
      await whileTheyApply(world, async ({ us, them }) => {
        for (const process of [...us.processes, ...them.processes]) {
          process.signal('SIGKILL');
          await process.ended;
        }
      });
      await Promise.all([world.us.serve(), world.them.serve()]);
      world.causeEnded();
    },
  },
  {
    fault: 'all connections cut while a list is applied',
    async run(world) {
      await whileTheyApply(world, () => Promise.resolve(linesOf(world).forEach((line) => line.cut())));
      world.causeEnded();
    },
  },
  {
    fault: 'no connection for a while, from the moment at which a list is applied',
    async run(world) {
      await whileTheyApply(world, async () => {
        for (const line of linesOf(world)) await line.close();
      });
      await world.us.decide();
      for (const line of linesOf(world)) await line.open();
      world.causeEnded();
    },
  },
  {
    fault: 'the answers to a list are lost, then the connections are cut',
    async run(world) {
      await whileTheyApply(world, () => Promise.resolve(linesOf(world).forEach((line) => line.loseAnswers())));
      await applied(world.them);
      linesOf(world).forEach((line) => line.cut());
      world.causeEnded();
    },
  },
  {
    fault: 'nothing passes on the connections, then they are cut',
    async run(world) {
      await whileTheyApply(world, () => Promise.resolve(linesOf(world).forEach((line) => line.freeze())));
      await world.us.decide();
      linesOf(world).forEach((line) => line.cut());
      world.causeEnded();
    },
  },
  {
    fault: 'each list and each receipt comes twice more',
    async run(world) {
      const { us, them } = world;
      await Promise.all([us.serve(), them.serve()]);
      await Promise.all([us.decide(), them.decide()]);
      for (const [from, to] of [[us, them] as const, [them, us] as const]) await repeatAll(world, from, to);
      world.causeEnded();
    },
  },
  {
    fault: 'both stopped in order (SIGTERM) while a list is applied',
    async run(world) {
      await whileTheyApply(world, () => Promise.resolve());
      for (const process of [...world.us.processes, ...world.them.processes]) {
        process.signal('SIGTERM');
        await process.ended;
      }
      await Promise.all([world.us.serve(), world.them.serve()]);
      world.causeEnded();
    },
  },
  {
    fault: 'both killed (-9) in turn, six times, while lists travel both ways',
    async run({ us, them, causeEnded }) {
      await Promise.all([us.serve(), them.serve()]);
      for (let round = 0; round < 3; round += 1)
        for (const side of [us, them]) {
          await Promise.all([us.decide(), them.decide()]);
          const process = side.processes.at(-1);
          process?.signal('SIGKILL');
          await process?.ended;
          await side.serve();
          causeEnded();
        }
    },
  },
];

/** Once the side has applied a list beyond the first one. */
async function applied({ rows, partner }: Administration): Promise<void> {
  const query = `select count(*) as n from list where direction = 'in' and partner = '${partner}'`;
  await until('a list is applied', async () => Number((await rows(query))[0]?.['n']) > 1);
}

/** Sends everything that the side ever sent once more, twice, past its gateway. */
async function repeatAll(world: World, from: Administration, to: Administration): Promise<void> {
  await applied(to);
  const messages =
    await from.rows(`select m.id, m.kind, m.content_type, b.bytes from message m join body b on b.digest = m.digest
    where m.partner = '${to.country}' and m.state <> 'SEALED' order by m.created_at, m.sequence`);
  const receipts =
    await from.rows(`select b.bytes, b.digest as id, 'receipt' as kind, 'application/vnd.mra.receipt+xml' as content_type
    from inbox i join body b on b.digest = i.receipt_digest where i.partner = '${to.country}'`);
  for (const message of [...messages, ...receipts, ...messages, ...receipts])
    await (world.way === 'AMQP' ? publish(world, from, to, message) : post(from, to, message));
}

const bytesOf = ({ bytes }: Row): Buffer => Buffer.from(bytes as unknown as Uint8Array);

async function post(from: Administration, to: Administration, message: Row): Promise<void> {
  const file = (name: string): string => readFileSync(join(from.data, 'keys', name), 'utf8');
  const call = request(`${to.door.url.replace(/\/$/u, '')}/exchange/${from.country}`, {
    method: 'POST',
    ...{ cert: file('tls.cert.pem') + file('ca.cert.pem'), key: file('tls.key.pem'), rejectUnauthorized: false },
    headers: { 'content-type': String(message['content_type']) },
  });
  call.end(bytesOf(message));
  const [answer] = (await once(call, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode >= 300) throw new Error(`the door answered ${String(answer.statusCode)}`);
}

async function publish(
  { rabbit, realm }: World,
  from: Administration,
  to: Administration,
  message: Row,
): Promise<void> {
  const model = await connect(rabbit?.url ?? '');
  const channel = await model.createConfirmChannel();
  channel.publish(`${realm}.exchange`, `${to.country}.${from.country}`, bytesOf(message), {
    ...{ persistent: true, type: String(message['kind']), contentType: String(message['content_type']) },
  });
  await channel.waitForConfirms();
  await model.close();
}
