/** Tests an adapter: its sample conversations, round trips of generated messages, and what the messages cover. */

import { join } from 'node:path';
import { GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import { seededRandom, type SeededRandom } from '../../model/seeded-random.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import { loadAdapter, loadManifest } from '../load.ts';
import { codeTables } from '../template/code-tables.ts';
import { coverageOf, type Coverage, type Exercised } from './coverage.ts';
import { differenceOf, failureOf, refusalOf, type Failure } from './failures.ts';
import { unnamedFieldShown } from './field-policy.ts';
import { inventAcknowledgement } from './generate-acknowledgements.ts';
import { inventList, inventReply } from './generate.ts';
import { decodedMessage, decodeText, encodeText, type CheckTools } from './message-text.ts';
import { loadSamples, runSample, type AdapterSample, type SampleBench } from './samples.ts';
import { templatesOf } from './template-text.ts';

interface TestOptions {
  /** Generated messages of each kind and layout. */
  readonly runs: number;
  readonly seed: number;
  /** Only cases whose name contains this text. */
  readonly only?: string;
  /** Milliseconds from any fixed moment. */
  readonly clock: () => number;
}

export interface Case {
  readonly kind: 'sample' | 'round trips';
  readonly name: string;
  readonly ok: boolean;
  readonly milliseconds: number;
  readonly failure?: Failure;
  /** What to know although the case passed. */
  readonly note?: string;
  /** Options of `mra adapter test` that run this case alone with the same result. */
  readonly again: string;
  /** The sample's file and what it would have to be to pass. */
  readonly rewrite?: { readonly file: string; readonly text: string };
}

export interface TestReport {
  readonly cases: readonly Case[];
  readonly coverage: { readonly samples: Coverage; readonly madeUp: Coverage };
}

type Result = Omit<Case, 'ok' | 'milliseconds'>;

/** One case for each sample, and one for the round trips of each layout. Throws E_ADAPTER_INVALID when the adapter does not load. */
export async function testAdapter(folder: string, tools: CheckTools, options: TestOptions): Promise<TestReport> {
  const { only = '', clock } = options;
  const adapter = await loadAdapter(folder, tools);
  const exercised: { samples: Exercised[]; madeUp: Exercised[] } = { samples: [], madeUp: [] };
  const timed = (run: () => Result): Case => {
    const start = clock();
    const result = run();
    return { ...result, ok: result.failure === undefined, milliseconds: clock() - start };
  };
  const samples = (await loadSamples(join(folder, 'samples'), tools)).filter(({ name }) => name.includes(only));
  const trips = tripsOf(adapter).filter(({ name }) => name.includes(only));
  if (samples.length + trips.length === 0 && only !== '')
    throw new GatewayError('E_REQUEST_INVALID', 'no case has this in its name', {
      at: '--only',
      fix: 'Without --only the names of all cases are shown.',
    });
  const cases = [
    ...samples.map((sample) => timed(() => sampleCase({ adapter, tools }, sample, exercised.samples))),
    ...trips.map((trip) => timed(() => roundTripsCase(tools, trip, options, exercised.madeUp))),
    ...(adapter.memorandum === undefined || !fieldsCase.includes(only)
      ? []
      : [timed(() => policyCase(adapter, options))]),
  ];
  const { manifest, place } = await loadManifest(folder, tools);
  const templates = await templatesOf(folder, manifest, tools);
  const tables = codeTables(manifest.codes, place).tablesOn(adapter.periods.at(-1) ?? '');
  const coverage = {
    samples: coverageOf(templates, tables, exercised.samples),
    madeUp: coverageOf(templates, tables, exercised.madeUp),
  };
  return { cases, coverage };
}

const fieldsCase = 'fields that may leave';

function policyCase(adapter: Adapter, { runs, seed }: TestOptions): Result {
  const failure = unnamedFieldShown(adapter, { runs, seed });
  const again = `--only '${fieldsCase}' --seed ${seed} --runs ${runs}`;
  return { kind: 'round trips', name: `${fieldsCase}, in ${runs} lists`, again, ...present({ failure }) };
}

function sampleCase(bench: SampleBench, sample: AdapterSample, exercised: Exercised[]): Result {
  const { failure, exercised: message, written } = runSample(bench, sample);
  if (message !== undefined) exercised.push(message);
  const rewrite = written === undefined ? undefined : { file: sample.file, text: written };
  return present({ kind: 'sample' as const, name: sample.name, failure, rewrite, again: `--only ${sample.name}` });
}

function roundTripsCase(tools: CheckTools, trip: Trip, options: TestOptions, exercised: Exercised[]): Result {
  const { runs, seed, only = trip.name } = options;
  const about = { kind: 'round trips' as const, name: `round trips of ${runs} ${trip.name}` };
  const again = (first: number, count: number): string => `--only '${only}' --seed ${first} --runs ${count}`;
  const refused: string[] = [];
  for (let run = 0; run < runs; run += 1) {
    const { failure, refusedAt, message } = roundTrip(tools, trip, seed + run);
    if (failure !== undefined)
      return { ...about, failure, ...present({ note: noteOn(refused, runs) }), again: again(seed + run, 1) };
    if (refusedAt !== undefined) refused.push(refusedAt);
    else exercised.push({ template: trip.format.template, message });
  }
  const note = noteOn(refused, runs);
  const result = { ...about, ...present({ note }), again: again(seed, runs) };
  if (note === undefined || refused.length * 2 <= runs) return result;
  return { ...result, failure: { detail: 'the template refuses more than half of the generated messages', got: note } };
}

function noteOn(refused: readonly string[], runs: number): string | undefined {
  if (refused.length === 0) return undefined;
  const places = [...Map.groupBy(refused, (at) => at)].map(([at, { length }]) => `${at} ${length}`);
  return `not encoded, as the template cannot carry a value: ${places.join(', ')} of ${runs}`;
}

interface Trip {
  readonly name: string;
  readonly format: MessageFormat<unknown>;
  invent(random: SeededRandom): unknown;
}

/** One for every layout of each kind and every state of the code tables. */
export function tripsOf(adapter: Adapter): readonly Trip[] {
  const days = adapter.periods.map((day) => adapter.formatsOn(day));
  const lists = [...new Set(days.map(({ list }) => list))];
  const replies = [...new Set(days.flatMap(({ reply }) => reply ?? []))];
  return [
    ...tripsThrough('lists', lists, adapter, inventList),
    ...tripsThrough('replies', replies, adapter, inventReply),
    ...tripsThrough('acknowledgements', adapter.acknowledgements, adapter, inventAcknowledgement),
  ];
}

function tripsThrough<F extends MessageFormat<unknown>>(
  kind: string,
  formats: readonly F[],
  adapter: Adapter,
  invent: (adapter: Adapter, random: SeededRandom, format: F) => unknown,
): Trip[] {
  return formats.map((format, i) => ({
    name: `generated ${kind}${formats.length === 1 ? '' : ` in layout ${i + 1} of ${formats.length}`}`,
    format,
    invent: (random) => invent(adapter, random, format),
  }));
}

interface RoundTrip {
  readonly message: unknown;
  readonly failure?: Failure;
  /** The place of a value that the format cannot carry and refuses: a permitted outcome. */
  readonly refusedAt?: string;
}

export function roundTrip(tools: CheckTools, { format, invent }: Trip, seed: number): RoundTrip {
  const message = invent(seededRandom(seed));
  let text = '';
  const refusal = refusalOf(() => (text = encodeText(format, message)));
  if (refusal?.code === 'E_VALUE_INVALID' && refusal.at !== undefined)
    return { message, refusedAt: refusal.at.replaceAll(/\/\d+/gu, '') };
  const failure = failureOf(() => {
    if (refusal !== undefined) throw refusal;
    tools.checkSchema(text, format);
    return differenceOf(decodedMessage(format, message), decodeText(format, text, tools));
  });
  return failure === undefined ? { message } : { message, failure };
}
