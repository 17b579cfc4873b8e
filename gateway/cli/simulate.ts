/** `mra simulate CC`: a partner's side from its own folder, with keys, doors and as many faults as one wishes. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { OpenGateway } from '../app/composition.ts';
import { dayAt } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { DomesticRecord } from '../model/record/domestic-record.ts';
import { partnerPart } from '../rehearsal/pair-settings.ts';
import { makePair, type Pair } from '../rehearsal/pairing.ts';
import { startSimulator, type Simulator } from '../rehearsal/simulator.ts';
import { playTurns, type Turn } from '../rehearsal/schedule.ts';
import type { Vice } from '../rehearsal/fault.ts';
import { vices, vicesNamed } from '../rehearsal/faults.ts';
import type { CliContext } from './context.ts';
import { inventOperators } from '../rehearsal/invented-operators.ts';
import { exitCodes } from './output.ts';
import { stopSignal } from './serve.ts';

interface SimulateOptions {
  readonly vices: string;
  readonly listVices?: boolean;
  readonly listen?: string;
  readonly url?: string;
  readonly pair?: string;
  readonly play: 'partner' | 'home';
  readonly operators: string;
  readonly seed: string;
  readonly every: string;
  readonly duration?: string;
  readonly exit?: boolean;
}

export function simulateCommand(program: Command, context: CliContext): void {
  program
    .command('simulate')
    .argument('[cc]', 'folder under adapters/')
    .description('play the partner’s side from its folder, with invented operators and any of its vices')
    .option('--vices <names>', 'faults to have, by turns, separated by commas', '')
    .option('--list-vices', 'name all vices and what they do')
    .option('--pair <folder>', 'settings, keys and certificates of both sides; made if there are none')
    .option('--listen <host:port>', 'where the partner’s door opens; a free port of this machine if absent')
    .option('--url <address>', 'the exchange door of the other side, https://host:port')
    .addOption(new Option('--play <side>', 'whose side').choices(['partner', 'home']).default('partner'))
    .option('--operators <n>', 'operators of the simulated side', '100')
    .option('--seed <n>', 'the same seed invents the same operators and the same order of vices', '7741')
    .option('--every <seconds>', 'between two turns', '10')
    .option('--duration <seconds>', 'stop after so long')
    .option('--exit', 'stop when each vice had its turn')
    .addHelpText('after', () => `\nVices:\n${viceLines()}`)
    .action((cc: string | undefined, options: SimulateOptions) => run(context, cc, options));
}

function viceLines(): string {
  const width = Math.max(...vices.map(({ name }) => name.length));
  return vices.map(({ name, words }) => `  ${name.padEnd(width)}  ${words}`).join('\n');
}

async function run(context: CliContext, cc: string | undefined, options: SimulateOptions): Promise<void> {
  const { out } = context;
  if (options.listVices === true) {
    const rows = vices.map(({ name, acts, words }) => ({ name, acts, words }));
    if (out.format === 'json') out.json(rows);
    else out.table(rows);
    return;
  }
  if (cc === undefined) {
    throw new GatewayError('E_REQUEST_INVALID', 'no partner is named', { fix: 'Write mra simulate CC.' });
  }
  const chosen = vicesNamed(options.vices);
  const own = options.pair === undefined ? mkdtempSync(join(tmpdir(), 'mra-simulate-')) : undefined;
  try {
    await simulate(context, cc, { ...options, chosen }, resolve(options.pair ?? own ?? ''));
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}

type Chosen = SimulateOptions & { readonly chosen: readonly Vice[] };

async function simulate(context: CliContext, cc: string, options: Chosen, folder: string): Promise<void> {
  const seed = wholeNumber(options.seed, '--seed');
  const operators = wholeNumber(options.operators, '--operators');
  const everyMs = wholeNumber(options.every, '--every') * 1000;
  const stop = stopAfter(options.duration);
  const pair = await pairFor(context, cc, options, folder);
  const simulator = await startSimulator({ pair, machinery: context, operators, seed, invent: inventFor, receiptMs });
  try {
    introduce(context, simulator, pair);
    const turns = await playTurns(simulator, {
      vices: options.chosen,
      seed,
      everyMs,
      withinMs: receiptMs,
      boundMs,
      once: options.exit === true,
      stop,
      tell: (turn) => context.out.note(turnLine(turn)),
    });
    conclude(context, simulator, turns);
  } finally {
    await simulator.close();
  }
}

function pairFor(context: CliContext, partner: string, options: SimulateOptions, folder: string): Promise<Pair> {
  const base = context.config();
  return makePair({
    base,
    partner,
    plays: options.play,
    folder,
    tools: context.tools,
    now: new Date(),
    listen: addressOf(options.listen),
    testedUrl: options.url,
    // Both sides may use the broker of our own settings.
    broker: base.broker,
  });
}

/** Told to stop from the terminal or the supervisor, or after so many seconds. */
function stopAfter(duration: string | undefined): AbortSignal {
  const told = new AbortController();
  void stopSignal().then(() => told.abort());
  if (duration !== undefined) {
    // A timer of our own: AbortSignal.timeout() may be collected as garbage before it fires.
    setTimeout(() => told.abort(), wholeNumber(duration, '--duration') * 1000).unref();
  }
  return told.signal;
}

/** The longest that a vice keeps a connection waiting. */
const boundMs = 20_000;
/** How long to wait for a receipt. */
const receiptMs = 10_000;

/** Operators of whoever's gateway it is, all of the highest grade, so that the list is not short of any. */
export function inventFor({ home, now }: OpenGateway, count: number, seed: number): readonly DomesticRecord[] {
  return inventOperators(home, { count, advanced: count, seed, today: dayAt(now(), home.timeZone) });
}

export function wholeNumber(text: string, option: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new GatewayError('E_REQUEST_INVALID', `${option} takes a whole number above 0`);
}

function addressOf(text: string | undefined): { readonly host: string; readonly port: number } | undefined {
  if (text === undefined) return undefined;
  const [, host, port] = /^(.+):(\d{1,5})$/u.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new GatewayError('E_REQUEST_INVALID', '--listen takes host:port', { fix: 'Write 127.0.0.1:9443.' });
}

function introduce({ out }: CliContext, { gateway, url, other }: Simulator, { files }: Pair): void {
  out.note(`${gateway.home.name} (${gateway.home.country}) listens at ${url} and sends to ${other.adapter.name}.`);
  out.note(`The other side: mra --config ${files.tested} serve`);
  out.note(`A gateway that exists already takes this into its settings (paths are below ${files.tested}):`);
  out.note(partnerPart(files.tested));
}

function turnLine({ no, vice, sent, met, complaints, failed }: Turn): string {
  const what = vice ?? 'good list';
  const how = sent.map(({ ending }) => ending).join(', ');
  const seen = met === undefined ? '' : `met by ${met} messages`;
  const trouble = failed === undefined ? complaints.join('; ') : `could not be played: ${failed}`;
  return `${no}  ${what}  ${[how, seen, trouble].filter((text) => text !== '').join('  ')}`;
}

function conclude(context: CliContext, { gateway, url }: Simulator, turns: readonly Turn[]): void {
  const wrong = turns.filter(({ complaints, failed }) => complaints.length > 0 || failed !== undefined);
  if (context.out.format === 'json') context.out.json({ partner: gateway.home.country, url, turns });
  if (wrong.length > 0) context.exit(exitCodes.findings);
  context.out.note(`${turns.length} turns, ${wrong.length} of them not as they should be.`);
  context.out.next(`mra conformance run ${gateway.home.country}`);
}
