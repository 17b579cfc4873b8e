/** `mra message dead …`: messages of partners, and entries, that a broker laid aside because this gateway could not take them. */

import type { Command } from 'commander';
import { namedBrokers } from '../app/brokers.ts';
import { getPartner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { keepBytes } from '../store/bodies.ts';
import { appendEvents } from '../store/events.ts';
import { passDeadLetters, type DeadLetter, type DeadLetterFate } from '../wire/transport/amqp-dead-letters.ts';
import { deadEntryQueueName, deadLetterQueueName, queueName } from '../wire/transport/amqp-topology.ts';
import { withGateway, withReading, type CliContext, type OpenGateway } from './context.ts';
import { account, writeOutput } from './input.ts';
import { amount } from './output.ts';

interface DeadOptions {
  readonly partner?: string;
}

interface DropOptions extends DeadOptions {
  readonly reason: string;
  readonly as?: string;
}

export function deadLetterCommands(message: Command, context: CliContext): void {
  const dead = message.command('dead').description('messages that a broker laid aside because they could not be taken');
  const partner = (command: Command): Command => command.option('--partner <code>', 'of this partner only');
  partner(dead.command('list').description('all of them, in their order')).action((options: DeadOptions) =>
    withReading(context, (gateway) => list(context, gateway, options)),
  );
  partner(dead.command('show <digest>').description('one of them, by its digest or the beginning of it'))
    .option('--bytes <file>', 'write its bytes to this file')
    .action((digest: string, options: DeadOptions & { readonly bytes?: string }) =>
      withReading(context, (gateway) => show(context, gateway, digest, options)),
    );
  partner(
    dead.command('return [digest]').description('put one, or all, back into the queue: it is taken again'),
  ).action((digest: string | undefined, options: DeadOptions) =>
    withGateway(context, (gateway) => putBack(context, gateway, digest ?? '', options)),
  );
  partner(dead.command('drop <digest>').description('take one away for good: its bytes and the reason are kept here'))
    .requiredOption('--reason <text>', 'why, for the log')
    .option('--as <person>', 'who decides (default: the account)')
    .action((digest: string, options: DropOptions) =>
      withGateway(context, (gateway) => drop(context, gateway, digest, options)),
    );
}

interface Found extends DeadLetter {
  /** Undefined for an entry from a queue of the border. */
  readonly partner: string | undefined;
  readonly queue: string;
}

/** Passes the dead letters of one partner, or of all queues of this program and those of entries; returns how many there were. */
async function pass(
  gateway: OpenGateway,
  options: DeadOptions,
  decide: (letter: Found) => Promise<DeadLetterFate>,
): Promise<number> {
  const brokers = namedBrokers(gateway.config);
  let count = 0;
  for (const { broker = '', partner, queue, dead } of queuesOf(gateway, options)) {
    const settings = brokers.get(broker);
    if (settings === undefined) continue;
    count += await passDeadLetters(settings, { queue, dead }, (letter) => decide({ ...letter, partner, queue }));
  }
  return count;
}

interface LaidAside extends Pick<Found, 'partner' | 'queue'> {
  readonly broker: string | undefined;
  readonly dead: string;
}

function queuesOf({ config, partners, home }: OpenGateway, { partner: only }: DeadOptions): readonly LaidAside[] {
  const chosen = only === undefined ? [...partners.values()] : [getPartner({ partners }, only)];
  const ofPartners = chosen.flatMap(({ code, adapter }): LaidAside[] => {
    const { broker, transport = adapter.transport } = config.partners[code] ?? {};
    const settings = namedBrokers(config).get(broker ?? '');
    if (settings === undefined || transport !== 'amqp' || adapter.exchange.receive?.consume !== undefined) return [];
    const { realm, temporary, ownExchanges } = settings;
    const route = { from: code, to: home.country };
    const names = { name: realm, temporary, ownExchanges };
    return [{ broker, partner: code, queue: queueName(route, names), dead: deadLetterQueueName(route, names) }];
  });
  const ofEntries = only === undefined ? (config.border.queues ?? []) : [];
  return [
    ...ofPartners,
    ...ofEntries.flatMap((each): LaidAside[] =>
      each.declare === true
        ? [{ broker: each.broker, partner: undefined, queue: each.queue, dead: deadEntryQueueName(each.queue) }]
        : [],
    ),
  ];
}

const rowOf = ({ partner, queue, digest, bytes, messageId, type, reason, since }: Found) => {
  return { partner, queue, digest, bytes: bytes.length, id: messageId, type, reason, since };
};

async function list({ out }: CliContext, gateway: OpenGateway, options: DeadOptions): Promise<void> {
  const rows: ReturnType<typeof rowOf>[] = [];
  await pass(gateway, options, (letter) => {
    rows.push(rowOf(letter));
    return Promise.resolve('keep');
  });
  out.result(
    rows,
    rows.map(({ queue: _, ...row }) => ({ ...row, digest: row.digest.slice(0, 16) })),
  );
  if (rows.length === 0) return out.note('No message was laid aside.');
  out.next('mra message dead show DIGEST');
}

/** The one that is meant; nothing is done with it before it is certain that there is only one. */
async function theOnly(gateway: OpenGateway, digest: string, options: DeadOptions): Promise<Found> {
  const found: Found[] = [];
  await pass(gateway, options, (letter) => {
    if (letter.digest.startsWith(digest.toLowerCase())) found.push(letter);
    return Promise.resolve('keep');
  });
  const [only] = found;
  if (only !== undefined && found.every((other) => other.digest === only.digest && other.partner === only.partner))
    return only;
  const fix = 'mra message dead list names them.';
  if (only === undefined)
    throw new GatewayError('E_MESSAGE_UNKNOWN', 'no message with this digest lies aside', { fix });
  throw new GatewayError('E_REQUEST_INVALID', `${found.length} messages have digests that begin so`, { fix });
}

async function show(
  { out }: CliContext,
  gateway: OpenGateway,
  digest: string,
  { bytes: file, ...options }: DeadOptions & { readonly bytes?: string },
): Promise<void> {
  const letter = await theOnly(gateway, digest, options);
  if (file !== undefined) writeOutput(file, letter.bytes);
  out.result(rowOf(letter), [rowOf(letter)]);
  out.next(`mra message dead return ${letter.digest.slice(0, 16)}, or drop it`);
}

async function putBack({ out }: CliContext, gateway: OpenGateway, digest: string, options: DeadOptions): Promise<void> {
  const only = digest === '' ? undefined : await theOnly(gateway, digest, options);
  const rows: ReturnType<typeof rowOf>[] = [];
  await pass(gateway, options, async (letter) => {
    if (only !== undefined && (letter.digest !== only.digest || letter.partner !== only.partner)) return 'keep';
    await record(gateway, letter, 'returned', {});
    rows.push(rowOf(letter));
    return 'return';
  });
  out.result({ returned: rows }, rows);
  if (rows.length === 0) return out.note('No message was laid aside.');
  out.note(`${amount(rows.length)} messages are in their queues again.`);
  out.next('mra message list');
}

async function drop(
  { out }: CliContext,
  gateway: OpenGateway,
  digest: string,
  { reason, as: person = account(), ...options }: DropOptions,
): Promise<void> {
  const only = await theOnly(gateway, digest, options);
  await pass(gateway, options, async (letter) => {
    if (letter.digest !== only.digest || letter.partner !== only.partner) return 'keep';
    await record(gateway, letter, 'dropped', { reason, person });
    return 'drop';
  });
  out.result({ dropped: rowOf(only), reason, person }, [{ ...rowOf(only), reason, person }]);
  out.next('mra message dead list');
}

/** Before it is done: a message that is gone without a word would be worse than a word too much. */
async function record(
  { db, now }: OpenGateway,
  letter: Found,
  what: 'returned' | 'dropped',
  why: object,
): Promise<void> {
  const { partner, queue, digest, bytes } = letter;
  const event = {
    kind: `dead_letter_${what}`,
    ref: digest,
    at: momentOf(now()),
    detail: present({ partner, queue, ...why }),
  };
  await db.transaction(async (tx) => {
    await keepBytes(tx, bytes);
    await appendEvents(tx, [event]);
  });
}
