/** `mra demo`: the home gateway and its partners in one process with real keys, stores, signatures and connections. */

import type { Command } from 'commander';
import { assess } from '../clearance/requests.ts';
import { getPartner } from '../gateway.ts';
import { receiveMessage } from '../inbound/receive-message.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { prepareAdministrations, saveRecords, type Administration } from '../rehearsal/administrations.ts';
import { folderFor } from '../rehearsal/identities.ts';
import { inventEntries } from '../rehearsal/invented-entries.ts';
import { inventReports } from '../rehearsal/invented-reports.ts';
import { reportEvents } from '../clearance/entry-events.ts';
import { inventOperators } from '../rehearsal/invented-operators.ts';
import { exchange } from '../rehearsal/sending.ts';
import { allOperators } from '../store/operators.ts';
import { currentRecords } from '../store/register.ts';
import { findStream } from '../store/streams.ts';
import type { CliContext, OpenGateway, Serving } from './context.ts';
import { demoLinks, demoOffice } from './demo-office.ts';
import { wholeNumber } from './input.ts';
import { exitCodes, type Row } from './output.ts';
import { stopSignal } from './stop-signal.ts';

interface DemoOptions {
  readonly operators: number;
  readonly seed: number;
  readonly exit?: boolean;
}

/** Of the home programme at the end of 2017: 37,151 operators, 3,010 of them advanced. */
const advancedShare = 3010 / 37151;
/** How many operators the partners have, in rotation. */
const partnerSizes = [1846, 312, 124] as const;
const entryCount = 1000;
const receiptWithinMs = 60_000;

export function demoCommand(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description('exchange lists with simulated partners, then answer entries; nothing to set up')
    .option('--operators <n>', 'operators of the home administration', wholeNumber('--operators'), 37151)
    .option('--seed <n>', 'the same seed invents the same operators', wholeNumber('--seed'), 7741)
    .option('--exit', 'stop when done')
    .action((options: DemoOptions) => runDemo(context, options));
}

async function runDemo(context: CliContext, options: DemoOptions): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const { out, tools } = context;
  const request = { base: context.config(), folder: folderFor(undefined, opened) };
  const { home, partners, broker } = await prepareAdministrations(tools, request);
  const open = async ({ config }: Administration): Promise<OpenGateway> => {
    const gateway = await context.open(config);
    opened.defer(() => gateway.close());
    return gateway;
  };
  const us = await open({ ...home, config: { ...home.config, office: demoOffice } });
  const them: OpenGateway[] = [];
  for (const partner of partners) them.push(await open(partner));
  const servings: Serving[] = [];
  opened.defer(async () => {
    await Promise.all(servings.map((serving) => serving.stop()));
  });
  // Lists are received in this thread: a worker for each administration would cost more than it saves. The demo decides what is sent.
  for (const gateway of [us, ...them])
    servings.push(await context.serve(gateway, { receive: (raw) => receiveMessage(gateway, raw), scheduled: false }));
  const names = [home, ...partners].map(({ profile }) => `${profile.country} ${profile.name}`).join(', ');
  out.note(`${names}: each with its own keys, store and doors.`);
  out.note(
    broker === undefined
      ? 'No broker responded: all lists go over HTTPS with client certificates.'
      : 'A broker responded: lists of partners with AMQP go over it.',
  );
  const report = await runExchange(context, { us, them, ...options });
  const [serving] = options.exit === true ? [] : servings;
  const signIn = await demoLinks(us, serving?.officeUrl ?? '');
  showReport(context, report, broker !== undefined, serving && { ...serving, signIn });
  if (options.exit !== true) await stopSignal();
}

interface Demo {
  readonly us: OpenGateway;
  readonly them: readonly OpenGateway[];
  readonly operators: number;
  readonly seed: number;
}

/** Sends full lists both ways, then a suspension of each side as a delta, then a list of one partner that lost most operators. */
async function runExchange(context: CliContext, demo: Demo): Promise<DemoReport> {
  const { us, them } = demo;
  const { out } = context;
  const seconds: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    seconds[name] = Math.round(performance.now() - started) / 1000;
    return result;
  };
  await timed('import', () => inventAll(demo));
  out.note(`${demo.operators} operators at home.`);

  const partners = them.map((gateway) => partnerOf(us, gateway));
  const both = partners.flatMap(({ transfers }) => transfers);
  const last = both.slice(-1);
  const progress = out.progress('lists exchanged', both.length * 2 + last.length);
  let done = 0;
  const send = async (transfers: readonly Transfer[]): Promise<void> => {
    for (const transfer of transfers) {
      await transferList(transfer);
      progress.at((done += 1));
    }
  };
  await timed('full_lists', () => send(both));
  await timed('suspensions', async () => {
    for (const gateway of [us, ...them]) await withdraw(gateway, 'suspended', 0, 1);
    await send(both);
  });
  await timed('collapse', async () => {
    for (const { from } of last) await withdraw(from, 'revoked', 10);
    await send(last);
  });
  progress.end();
  const { entries, example } = await timed('entries', () => assessEntries(context, demo));
  const counts = Object.fromEntries(partners.map(({ country, report }) => [country, report]));
  return { partners: counts, entries, example, seconds };
}

/** Each administration knows its own operators. */
async function inventAll({ us, them, operators, seed }: Demo): Promise<void> {
  const invent = async (gateway: OpenGateway, count: number, advanced: number, ownSeed: number): Promise<void> => {
    const today = dayAt(gateway.now(), gateway.home.timeZone);
    await saveRecords(gateway, inventOperators(gateway.home, { count, advanced, seed: ownSeed, today }));
  };
  await invent(us, operators, Math.round(operators * advancedShare), seed);
  for (const [i, gateway] of them.entries()) {
    const size = partnerSizes[i % partnerSizes.length] ?? 100;
    await invent(gateway, size, size, seed + i + 1);
  }
}

/** The lists of one direction between two administrations. */
interface Transfer {
  readonly from: OpenGateway;
  readonly to: OpenGateway;
  readonly counts: ListCounts;
}

function partnerOf(us: OpenGateway, partner: OpenGateway) {
  const { country } = partner.home;
  const transport = us.config.broker === undefined ? 'https' : getPartner(us, country).adapter.transport;
  const report = { transport, ...noLists(), from_partner: noLists() };
  const transfers: readonly Transfer[] = [
    { from: us, to: partner, counts: report },
    { from: partner, to: us, counts: report.from_partner },
  ];
  return { country, report, transfers };
}

/** Sends what has changed, and waits for the receipt. */
async function transferList({ from, to, counts }: Transfer): Promise<void> {
  const message = await exchange(from, to.home.country, receiptWithinMs);
  if (message === undefined) return;
  counts.sent += 1;
  if (message.receiptDigest === undefined)
    throw new GatewayError('E_DELIVERY_FAILED', 'the list was not sent', { fix: 'Run mra doctor; check the broker.' });
  counts.receipts += 1;
  if (message.state === 'REJECTED') counts.rejected += 1;
  else if (message.state === 'ACCEPTED' || message.state === 'PARTIAL') counts.applied += 1;
  else counts.held += 1;
  const stream = await findStream(to.db.sql, from.home.country, 'in');
  counts.operators = stream?.position.count ?? 0;
}

async function listed(gateway: OpenGateway): Promise<readonly DomesticRecord[]> {
  const [highest] = gateway.home.grades;
  const found: DomesticRecord[] = [];
  for await (const batch of allOperators(gateway.db.sql))
    found.push(...batch.filter(({ status, consent, grade }) => status === 'active' && consent && grade === highest));
  return found;
}

/** Takes operators off the list; all but ten as when a file was truncated: then the receiving side must hold the list. */
async function withdraw(gateway: OpenGateway, status: 'suspended' | 'revoked', ...places: [from: number, to?: number]) {
  const statusSince = dayAt(gateway.now(), gateway.home.timeZone);
  const records = (await listed(gateway)).slice(...places).map((operator) => ({ ...operator, status, statusSince }));
  await saveRecords(gateway, records);
}

/** Answers entries at our border from the lists that arrived; counted by the outcome of their foreign party, with one that is recognised. */
async function assessEntries(
  { out }: CliContext,
  { us, them, seed }: Demo,
): Promise<Pick<DemoReport, 'entries' | 'example'>> {
  const partners = await Promise.all(
    them.map(async ({ home }) => {
      const { arrangement } = getPartner(us, home.country).adapter;
      return { partner: home.country, arrangement, records: await currentRecords(us.db.sql, home.country) };
    }),
  );
  const entries = inventEntries(partners, { count: entryCount, seed, at: momentOf(us.now()) });
  const counts: Record<string, number> = {};
  let example: DemoReport['example'];
  const progress = out.progress('entries assessed', entries.length);
  for (const [i, { entry }] of entries.entries()) {
    const { parties } = await assess(us, { entry, profile: 'demo', warnings: [] }, 'demo');
    const outcome = parties.find((party) => party.outcome !== undefined)?.outcome ?? 'not_checked';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    const found = parties.find((party) => party.outcome === 'recognised' && party.warnings === undefined);
    if (found?.partner !== undefined) {
      const { partner, role, n } = found;
      example ??= { partner, identifier: entry.parties[n]?.identifier ?? '', role };
    }
    progress.at(i + 1);
  }
  progress.end();
  const events = inventReports(entries, { seed, at: momentOf(us.now()) });
  await reportEvents(us, { events, client: 'demo', together: true });
  return { entries: counts, example };
}

/** Lists in one direction: `sent` = `applied` + `held` + `rejected`. */
interface ListCounts {
  sent: number;
  applied: number;
  held: number;
  rejected: number;
  receipts: number;
  /** Operators on the list in force at the receiving side. */
  operators: number;
}

const noLists = (): ListCounts => ({ sent: 0, applied: 0, held: 0, rejected: 0, receipts: 0, operators: 0 });

interface DemoReport {
  readonly partners: Readonly<Record<string, ListCounts & { transport: string; from_partner: ListCounts }>>;
  readonly entries: Readonly<Record<string, number>>;
  readonly example: { readonly partner: string; readonly identifier: string; readonly role: string } | undefined;
  readonly seconds: Readonly<Record<string, number>>;
}

/** `serving`: our doors, if they stay open. */
function showReport(
  { out, exit }: CliContext,
  { partners, entries, example, seconds }: DemoReport,
  broker: boolean,
  serving: (Serving & { readonly signIn: readonly string[] }) | undefined,
): void {
  if (Object.values(partners).some((counts) => counts.rejected + counts.from_partner.rejected > 0))
    exit(exitCodes.findings);
  const total = Object.values(entries).reduce((sum, count) => sum + count, 0);
  const border = serving === undefined ? {} : { border: serving.borderUrl, sign_in: serving.signIn };
  out.result(
    { broker, partners, entries, entries_total: total, seconds, ...border },
    Object.entries(partners).flatMap(([partner, { transport, from_partner: received, ...sent }]) => [
      rowOf({ partner, way: 'to', over: transport }, sent),
      rowOf({ partner, way: 'from', over: transport }, received),
    ]),
    Object.entries(entries).map(([outcome, count]) => ({ outcome, entries: count })),
  );
  if (serving === undefined || example === undefined) return;
  const question = JSON.stringify({ ...example, direction: 'import' });
  out.note(
    [
      'Requests to the border door, for instance:',
      `curl -s ${serving.borderUrl}/v1/checks -H 'content-type: application/json' -d '${question}'`,
      `curl -s ${serving.borderUrl}/v1/partners`,
      `curl -s '${serving.borderUrl}/readyz?verbose'`,
    ].join('\n  '),
  );
  const [first = '', second = ''] = serving.signIn;
  out.note(`The office, in a browser: ${first}`);
  out.note(`A second person, since two decide about the held list (in a private window): ${second}`);
  out.next('open the office, or try one of these; Ctrl-C stops the demo and removes its data');
}

function rowOf(link: Row, { sent, applied, held, receipts, operators }: ListCounts): Row {
  return { ...link, sent, applied, held, receipts, operators };
}
