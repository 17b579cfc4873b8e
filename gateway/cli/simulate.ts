/** `mra simulate CC`: a partner's side from its own folder, with keys, doors, and faults that are injected. */

import { Option, type Command } from 'commander';
import { GatewayError } from '../model/errors.ts';
import type { Fault } from '../rehearsal/fault.ts';
import { faults, faultsNamed } from '../rehearsal/faults.ts';
import { folderFor } from '../rehearsal/identities.ts';
import { makePair, partnerPart, type Pair } from '../rehearsal/pairing.ts';
import { scenarios } from '../rehearsal/conformance.ts';
import { runSchedule, type Turn } from '../rehearsal/schedule.ts';
import { startSimulator, type Simulator } from '../rehearsal/simulator.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './output.ts';
import { stopSignal } from './stop-signal.ts';
import { wholeNumber } from './input.ts';

interface SimulateOptions {
  readonly faults: string;
  readonly listFaults?: boolean;
  readonly listen?: string;
  readonly url?: string;
  readonly pair?: string;
  readonly play: 'partner' | 'home';
  readonly operators: number;
  readonly seed: number;
  readonly every: number;
  readonly duration?: number;
  readonly exit?: boolean;
  /** Former names of `faults` and `listFaults`, for one more version. */
  readonly vices?: string;
  readonly listVices?: boolean;
}

export function simulateCommand(program: Command, context: CliContext): void {
  program
    .command('simulate')
    .argument('[cc]', 'folder under adapters/')
    .description('simulate the partner’s side from its folder, with invented operators and injected faults')
    .option('--faults <names>', 'faults to inject, one per turn, separated by commas', '')
    .option('--list-faults', 'list all faults, and the scenario of the conformance run that uses each')
    .addOption(new Option('--vices <names>').hideHelp())
    .addOption(new Option('--list-vices').hideHelp())
    .option('--pair <folder>', 'settings, keys and certificates of both sides; made if there are none')
    .option('--listen <host:port>', 'where the simulated side listens; a free port of this machine if absent')
    .option('--url <address>', 'the exchange door of the other side, https://host:port')
    .addOption(new Option('--play <side>', 'which side is simulated').choices(['partner', 'home']).default('partner'))
    .option('--operators <n>', 'operators of the simulated side', wholeNumber('--operators'), 100)
    .option('--seed <n>', 'the same seed gives the same operators and order of faults', wholeNumber('--seed'), 7741)
    .option('--every <seconds>', 'between two turns', wholeNumber('--every'), 10)
    .option('--duration <seconds>', 'stop after so long', wholeNumber('--duration'))
    .option('--exit', 'stop when each fault had its turn')
    .addHelpText('after', () => `\nFaults:\n${faultLines()}`)
    .action((cc: string | undefined, options: SimulateOptions) => run(context, cc, options));
}

function faultLines(): string {
  const width = Math.max(...faults.map(({ name }) => name.length));
  return faults.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`).join('\n');
}

async function run(context: CliContext, cc: string | undefined, options: SimulateOptions): Promise<void> {
  if (options.listFaults === true || options.listVices === true) {
    const scenarioOf = new Map(scenarios.map(({ id, fault }) => [fault, id]));
    const rows = faults.map(({ name, acts, description }) => {
      return { name, acts, words: description, scenario: scenarioOf.get(name) };
    });
    context.out.result(rows, rows);
    return;
  }
  if (cc === undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'no partner is named', { fix: 'Write mra simulate CC.' });
  await simulate(context, cc, options, faultsNamed([options.faults, options.vices ?? ''].join()));
}

/** The longest that a fault keeps a connection open. */
const maxFaultMs = 20_000;
const withinMs = 10_000;

async function simulate(
  context: CliContext,
  partner: string,
  options: SimulateOptions,
  chosen: readonly Fault[],
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const base = context.config();
  const pair = await makePair({
    ...{ base, partner, plays: options.play, tools: context.tools, now: new Date() },
    folder: folderFor(options.pair, opened),
    listen: addressOf(options.listen),
    testedUrl: options.url,
    // Both sides may use the broker of our own settings.
    broker: base.broker,
  });
  const simulator = await startSimulator(pair, { ...options, runtime: context }, withinMs);
  opened.defer(() => simulator.close());
  showConnection(context, simulator, pair);
  const turns = await runSchedule(simulator, {
    ...{ faults: chosen, seed: options.seed, everyMs: options.every * 1000, withinMs, maxFaultMs },
    once: options.exit === true,
    stop: stopAfter(options.duration),
    report: (turn) => context.out.note(turnLine(turn)),
  });
  showSummary(context, simulator, turns);
}

/** On a signal of the terminal or the supervisor, or after so many seconds. */
function stopAfter(seconds: number | undefined): AbortSignal {
  const stopping = new AbortController();
  void stopSignal().then(() => stopping.abort());
  // AbortSignal.timeout() may be collected as garbage before it fires.
  if (seconds !== undefined) setTimeout(() => stopping.abort(), seconds * 1000).unref();
  return stopping.signal;
}

function addressOf(text: string | undefined): { readonly host: string; readonly port: number } | undefined {
  if (text === undefined) return undefined;
  const [, host, port] = /^(.+):(\d{1,5})$/u.exec(text) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new GatewayError('E_REQUEST_INVALID', '--listen takes host:port', { fix: 'Write 127.0.0.1:9443.' });
}

function showConnection({ out }: CliContext, { gateway, url, other }: Simulator, { files }: Pair): void {
  out.note(`${gateway.home.name} (${gateway.home.country}) listens at ${url} and sends to ${other.adapter.name}.`);
  out.note(`The other side: mra --config ${files.tested} serve`);
  out.note(`An existing gateway takes this into its settings (paths are relative to ${files.tested}):`);
  out.note(partnerPart(files.tested));
}

function turnLine({ no, fault, sent, met, complaints, failed }: Turn): string {
  const results = sent.map(({ ending }) => ending).join(', ');
  const messages = met === undefined ? '' : `met by ${met} messages`;
  const trouble = failed === undefined ? complaints.join('; ') : `not completed: ${failed}`;
  return `${no}  ${fault ?? 'good list'}  ${[results, messages, trouble].filter((text) => text !== '').join('  ')}`;
}

function showSummary({ out, exit }: CliContext, { gateway, url }: Simulator, turns: readonly Turn[]): void {
  const wrong = turns.filter(({ complaints, failed }) => complaints.length > 0 || failed !== undefined);
  if (out.format === 'json') out.json({ partner: gateway.home.country, url, turns });
  if (wrong.length > 0) exit(exitCodes.findings);
  out.note(`${turns.length} turns, ${wrong.length} of them with a complaint or not completed.`);
  out.next(`mra conformance run ${gateway.home.country}`);
}
