/** `mra demo`: a home gateway and its partners in one process, real keys, stores, signatures and connections; lists both ways, then entries. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { assess } from '../clearance/requests.ts';
import { deliverDue } from '../outbound/delivery.ts';
import { getPartner } from '../gateway.ts';
import { receiveMessage } from '../inbound/receive-message.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { DomesticRecord } from '../model/record/domestic-record.ts';
import { sendList, type BuiltList } from '../outbound/send-list.ts';
import { allOperators, saveOperators } from '../store/operators.ts';
import { findMessage } from '../store/outbox.ts';
import { currentRecords } from '../store/register.ts';
import { findStream } from '../store/streams.ts';
import type { CliContext, OpenGateway, Serving } from './context.ts';
import { prepareAdministrations } from '../rehearsal/administrations.ts';
import { showStory, type Story, type Tally } from './demo-story.ts';
import { inventEntries } from '../rehearsal/invented-entries.ts';
import { inventOperators } from '../rehearsal/invented-operators.ts';
import { stopSignal } from './serve.ts';

interface DemoOptions {
  readonly operators: string;
  readonly seed: string;
  readonly exit?: boolean;
}

/** Of the home programme at the end of 2017: 37,151 operators, 3,010 of them advanced. */
const advancedShare = 3010 / 37151;
/** How many operators the partners have, by turns. */
const partnerSizes = [1846, 312, 124] as const;
const entryCount = 1000;
const exchangeDeadlineMs = 60_000;

export function demoCommand(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description('two-way exchange with simulated partners, then entries answered; nothing to set up')
    .option('--operators <n>', 'operators of the home administration', '37151')
    .option('--seed <n>', 'the same seed invents the same operators', '7741')
    .option('--exit', 'stop when done')
    .action((options: DemoOptions) => runDemo(context, options));
}

async function runDemo(context: CliContext, options: DemoOptions): Promise<void> {
  const count = positive(options.operators, '--operators');
  const seed = positive(options.seed, '--seed');
  const folder = mkdtempSync(join(tmpdir(), 'mra-demo-'));
  const opened: OpenGateway[] = [];
  const servings: Serving[] = [];
  try {
    const { home, partners, broker } = await prepareAdministrations(context.tools, { base: context.config(), folder });
    for (const { config } of [home, ...partners]) opened.push(await context.open(config));
    // Lists are taken where they arrive: a second thread for each administration would only start and end again.
    for (const gateway of opened)
      servings.push(await context.serve(gateway, { receive: (raw) => receiveMessage(gateway, raw) }));
    const [us, ...them] = opened;
    if (us === undefined) throw new GatewayError('E_INTERNAL', 'a demo has a home');
    context.out.note(
      `${[home, ...partners].map(({ profile }) => `${profile.country} ${profile.name}`).join(', ')}: each with its own keys, store and doors.`,
    );
    context.out.note(
      broker === undefined
        ? 'No broker answered: everything goes over HTTPS with client certificates.'
        : 'A broker answered: partners that want AMQP get it.',
    );
    const story = await tellStory(context, { us, them, count, seed });
    showStory(context, story, { broker, servings, exit: options.exit === true });
    if (options.exit !== true) await stopSignal();
  } finally {
    await Promise.all(servings.map((serving) => serving.stop()));
    for (const gateway of opened) await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function positive(text: string, option: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new GatewayError('E_REQUEST_INVALID', `${option} takes a whole number above 0`);
}

interface Cast {
  readonly us: OpenGateway;
  readonly them: readonly OpenGateway[];
  readonly count: number;
  readonly seed: number;
}

async function tellStory(context: CliContext, cast: Cast): Promise<Story> {
  const { us, them, count, seed } = cast;
  const { out } = context;
  const seconds: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    seconds[name] = Math.round(performance.now() - started) / 1000;
    return result;
  };

  // Each administration knows its own operators.
  await timed('import', async () => {
    await invent(us, { count, advanced: Math.round(count * advancedShare), seed });
    for (const [i, gateway] of them.entries()) {
      const size = partnerSizes[i % partnerSizes.length] ?? 100;
      await invent(gateway, { count: size, advanced: size, seed: seed + i + 1 });
    }
  });
  out.note(`${count} operators at home.`);

  // Full lists both ways; then a suspension on each side travels as a delta; then one partner's list collapses.
  const partners: Story['partners'] = {};
  for (const { home } of them) {
    const transport = us.config.broker === undefined ? 'https' : getPartner(us, home.country).adapter.transport;
    partners[home.country] = { transport, ...tally(), from_partner: tally() };
  }
  const pairs = them.flatMap((gateway) => [
    { from: us, to: gateway },
    { from: gateway, to: us },
  ]);
  const progress = out.progress('lists exchanged', pairs.length * 2 + 1);
  let done = 0;
  const exchange = async (pair: { from: OpenGateway; to: OpenGateway }): Promise<void> => {
    const partner = pair.from === us ? pair.to.home.country : pair.from.home.country;
    const side = partners[partner];
    if (side === undefined) throw new GatewayError('E_INTERNAL', 'a partner is missing');
    await carry(pair, pair.from === us ? side : side.from_partner);
    progress.at((done += 1));
  };
  await timed('full_lists', async () => {
    for (const pair of pairs) await exchange(pair);
  });
  await timed('suspensions', async () => {
    for (const gateway of [us, ...them]) await suspendOne(gateway);
    for (const pair of pairs) await exchange(pair);
  });
  const last = them.at(-1);
  if (last !== undefined) {
    await timed('collapse', async () => {
      await loseMost(last);
      await exchange({ from: last, to: us });
    });
  }
  progress.end();

  const entries = await timed('entries', () => assessEntries(context, cast));
  const [first] = them;
  const example =
    first === undefined
      ? undefined
      : { partner: first.home.country, identifier: await anyIdentifier(us, first.home.country) };
  return { partners, entries, example, seconds };
}

const tally = (): Tally => ({ sent: 0, applied: 0, held: 0, rejected: 0, receipts: 0, operators: 0 });

async function invent(gateway: OpenGateway, amount: { count: number; advanced: number; seed: number }): Promise<void> {
  const today = dayAt(gateway.now(), gateway.home.timeZone);
  const records = inventOperators(gateway.home, { ...amount, today });
  await gateway.db.transaction((tx) => saveOperators(tx, records, momentOf(gateway.now())));
}

/** Sends what there is to send and waits for the receipt that settles it. */
async function carry({ from, to }: { from: OpenGateway; to: OpenGateway }, counts: Tally): Promise<void> {
  const built = await sendList(from, to.home.country);
  if (built === undefined) return;
  counts.sent += 1;
  await deliverDue(from, to.home.country); // the dispatcher would look within a second
  const verdict = await verdictOn(from, built);
  counts.receipts += 1;
  counts[verdict] += 1;
  const stream = await findStream(to.db.sql, from.home.country, 'in');
  counts.operators = stream?.position.count ?? 0;
}

/** The dispatchers are at work; this only looks until the partner's receipt is held. */
async function verdictOn(from: OpenGateway, built: BuiltList): Promise<'applied' | 'held' | 'rejected'> {
  const deadline = performance.now() + exchangeDeadlineMs;
  while (performance.now() < deadline) {
    const message = await findMessage(from.db.sql, built.list.id);
    if (message?.state === 'ACCEPTED' || message?.state === 'PARTIAL') return 'applied';
    if (message?.state === 'REJECTED') return 'rejected';
    if (message?.receiptDigest !== undefined) return 'held';
    await wait(20);
  }
  throw new GatewayError('E_DELIVERY_FAILED', 'no receipt came within a minute', {
    fix: 'Run mra doctor; look at the broker.',
  });
}

async function listed(gateway: OpenGateway): Promise<DomesticRecord[]> {
  const found: DomesticRecord[] = [];
  for await (const batch of allOperators(gateway.db.sql)) {
    found.push(
      ...batch.filter(
        ({ status, consent, grade }) => status === 'active' && consent && grade === gateway.home.grades[0],
      ),
    );
  }
  return found;
}

async function suspendOne(gateway: OpenGateway): Promise<void> {
  const [operator] = await listed(gateway);
  if (operator === undefined) return;
  await change(gateway, [
    { ...operator, status: 'suspended', statusSince: dayAt(gateway.now(), gateway.home.timeZone) },
  ]);
}

/** As when a file was cut short: most operators are gone. The receiving side must not believe it. */
async function loseMost(gateway: OpenGateway): Promise<void> {
  const operators = await listed(gateway);
  const statusSince = dayAt(gateway.now(), gateway.home.timeZone);
  await change(
    gateway,
    operators.slice(10).map((operator) => ({ ...operator, status: 'revoked', statusSince })),
  );
}

async function change(gateway: OpenGateway, records: readonly DomesticRecord[]): Promise<void> {
  await gateway.db.transaction((tx) => saveOperators(tx, records, momentOf(gateway.now())));
}

async function anyIdentifier(us: OpenGateway, partner: string): Promise<string> {
  const records = await currentRecords(us.db.sql, partner);
  return records.find(({ status }) => status === 'active')?.identifier ?? '';
}

/** Entries at our border, answered from what has just arrived; counted by what became of their foreign party. */
async function assessEntries({ out }: CliContext, { us, them, seed }: Cast): Promise<Record<string, number>> {
  const partners = await Promise.all(
    them.map(async ({ home }) => {
      const { arrangement } = getPartner(us, home.country).adapter;
      return { partner: home.country, arrangement, records: await currentRecords(us.db.sql, home.country) };
    }),
  );
  const entries = inventEntries(partners, { count: entryCount, seed, at: momentOf(us.now()) });
  const counts: Record<string, number> = {};
  const progress = out.progress('entries assessed', entries.length);
  for (const [i, { entry }] of entries.entries()) {
    const { parties } = await assess(us, { entry, profile: 'demo', warnings: [] }, 'demo');
    const foreign = parties.find(({ outcome }) => outcome !== undefined);
    const outcome = foreign?.outcome ?? 'not_checked';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    progress.at(i + 1);
  }
  progress.end();
  return counts;
}
