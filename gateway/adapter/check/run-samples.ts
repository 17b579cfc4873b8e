/** Runs what an adapter promises: its sample conversations, and generated messages, encoded and decoded. */

import { join } from 'node:path';
import { isGatewayError } from '../../model/errors.ts';
import { seededRandom, type SeededRandom } from '../../model/seeded-random.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import { coverageOf, type Coverage, type Exercised } from './coverage.ts';
import { templatesOf } from './template-text.ts';
import { differenceOf, failureOf, type Failure } from './failures.ts';
import { inventList, inventReply } from './generate.ts';
import { loadAdapter, loadManifest } from '../load.ts';
import { decodeText, type CheckSchema } from './read-text.ts';
import { readSamples, runSample, type Sample, type SampleBench } from './samples.ts';
import { codeTables } from '../template/code-tables.ts';
import type { AdapterTools } from '../tools.ts';

export { decodeText, type CheckSchema } from './read-text.ts';

export interface TestOptions {
  /** Made-up messages of each kind. */
  readonly runs: number;
  readonly seed: number;
  readonly checkSchema: CheckSchema;
  /** Only cases whose name holds this text. */
  readonly only?: string;
  /** Milliseconds, from any fixed moment on. */
  readonly clock: () => number;
}

export interface Case {
  readonly kind: 'sample' | 'round trips';
  readonly name: string;
  readonly ok: boolean;
  readonly milliseconds: number;
  readonly failure?: Failure;
  /** What a person should know although all is well. */
  readonly note?: string;
  /** Options of `mra adapter test` that run this case alone and show the same. */
  readonly again: string;
  /** A sample that says something else than what is written now. */
  readonly rewrite?: { readonly file: string; readonly text: string };
}

export interface TestReport {
  readonly cases: readonly Case[];
  readonly coverage: { readonly samples: Coverage; readonly madeUp: Coverage };
}

/** Every sample step and all round trips as one case each. Throws E_ADAPTER_INVALID when the adapter does not load. */
export async function testAdapter(folder: string, tools: AdapterTools, options: TestOptions): Promise<TestReport> {
  const adapter = await loadAdapter(folder, tools);
  const bench = { adapter, tools, checkSchema: options.checkSchema };
  const exercised: { samples: Exercised[]; madeUp: Exercised[] } = { samples: [], madeUp: [] };
  const wanted = (name: string): boolean => name.includes(options.only ?? '');
  const cases: Case[] = [];
  for (const sample of await readSamples(join(folder, 'samples'), tools)) {
    if (wanted(sample.name)) cases.push(sampleCase(bench, sample, exercised.samples, options.clock));
  }
  for (const trip of tripsOf(adapter)) {
    if (wanted(trip.name)) cases.push(roundTrips(bench, trip, options, exercised.madeUp));
  }
  const { manifest, place } = await loadManifest(folder, tools);
  const templates = await templatesOf(folder, manifest, tools);
  const dated = codeTables(manifest.codes, place);
  const tables = dated.on(adapter.stretches.at(-1) ?? '');
  return {
    cases,
    coverage: {
      samples: coverageOf(templates, tables, exercised.samples),
      madeUp: coverageOf(templates, tables, exercised.madeUp),
    },
  };
}

function sampleCase(bench: SampleBench, sample: Sample, exercised: Exercised[], clock: () => number): Case {
  const start = clock();
  const { failure, exercised: through, written } = runSample(bench, sample);
  if (through !== undefined) exercised.push(through);
  return {
    kind: 'sample',
    name: sample.name,
    ok: failure === undefined,
    milliseconds: clock() - start,
    ...(failure === undefined ? {} : { failure }),
    ...(written === undefined ? {} : { rewrite: { file: sample.file, text: written } }),
    again: `--only ${sample.name}`,
  };
}

/** Messages of one layout that are generated, encoded, checked and decoded. */
export interface Trip {
  readonly name: string;
  readonly format: MessageFormat<unknown>;
  invent(random: SeededRandom): unknown;
}

/** One for every layout of each kind and every state of the code tables. */
export function tripsOf(adapter: Adapter): readonly Trip[] {
  const days = adapter.stretches.map((day) => adapter.on(day));
  const lists = [...new Set(days.map(({ list }) => list))];
  const replies = [...new Set(days.map(({ reply }) => reply))];
  const name = (kind: string, i: number, count: number): string =>
    `generated ${kind}${count === 1 ? '' : ` in layout ${i + 1} of ${count}`}`;
  return [
    ...lists.map((format, i): Trip => ({
      name: name('lists', i, lists.length),
      format,
      invent: (random) => inventList(adapter, random, format),
    })),
    ...replies.map((format, i): Trip => ({
      name: name('replies', i, replies.length),
      format,
      invent: (random) => inventReply(adapter, random, format),
    })),
  ];
}

function roundTrips(bench: SampleBench, trip: Trip, options: TestOptions, exercised: Exercised[]): Case {
  const { runs, seed, clock, only } = options;
  const start = clock();
  const refused = new Map<string, number>();
  const finish = (run: number, failure?: Failure): Case => ({
    kind: 'round trips',
    name: `round trips of ${runs} ${trip.name}`,
    ok: failure === undefined,
    milliseconds: clock() - start,
    ...(failure === undefined ? {} : { failure }),
    ...(refused.size === 0 ? {} : { note: refusedInWords(refused, runs) }),
    again: `--only '${only ?? trip.name}' --seed ${seed + run} --runs ${failure === undefined ? runs : 1}`,
  });
  for (let run = 0; run < runs; run += 1) {
    const { failure, refusedAt, message } = roundTrip(bench, trip, seededRandom(seed + run));
    if (failure !== undefined) return finish(run, failure);
    if (refusedAt !== undefined) refused.set(refusedAt, (refused.get(refusedAt) ?? 0) + 1);
    else exercised.push({ template: trip.format.template, message });
  }
  const count = [...refused.values()].reduce((sum, each) => sum + each, 0);
  if (count * 2 <= runs) return finish(0);
  return finish(0, {
    detail: 'the template refuses more than half of the generated messages',
    got: refusedInWords(refused, runs),
  });
}

export interface RoundTrip {
  readonly message: unknown;
  readonly failure?: Failure;
  /** The template cannot carry a value and says so: a legal outcome. */
  readonly refusedAt?: string;
}

/** One message generated, encoded, compared with the schema and read back. */
export function roundTrip(
  { tools, checkSchema }: SampleBench,
  { format, invent }: Trip,
  random: SeededRandom,
): RoundTrip {
  const message = invent(random);
  let text: string;
  try {
    text = [...format.encode(message)].join('');
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_VALUE_INVALID' && error.at !== undefined)
      return { message, refusedAt: error.at.replaceAll(/\/\d+/gu, '') };
    const failure = failureOf(() => {
      throw error;
    });
    return failure === undefined ? { message } : { message, failure };
  }
  const failure = failureOf(() => {
    checkSchema(text, format);
    return differenceOf(format.asRead(message), decodeText(format, text, tools));
  });
  return failure === undefined ? { message } : { message, failure };
}

function refusedInWords(refused: ReadonlyMap<string, number>, runs: number): string {
  const places = [...refused].map(([at, count]) => `${at} ${count}`);
  return `not written, as the template cannot carry a value: ${places.join(', ')} of ${runs}`;
}
