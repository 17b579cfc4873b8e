/** Tests an adapter: its sample conversations, round trips of generated messages, and what the messages cover. */

import { join } from 'node:path';
import { loadAdapter, loadManifest } from '../load.ts';
import { codeTables } from '../template/code-tables.ts';
import type { AdapterTools } from '../tools.ts';
import { coverageOf, type Coverage, type Exercised } from './coverage.ts';
import type { Failure } from './failures.ts';
import type { CheckSchema } from './message-text.ts';
import { roundTrip, tripsOf, type Trip } from './round-trips.ts';
import { loadSamples, runSample, type AdapterSample, type SampleBench } from './samples.ts';
import { templatesOf } from './template-text.ts';
import { present } from '../../model/present.ts';

interface TestOptions {
  /** Generated messages of each kind and layout. */
  readonly runs: number;
  readonly seed: number;
  readonly checkSchema: CheckSchema;
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
export async function testAdapter(folder: string, tools: AdapterTools, options: TestOptions): Promise<TestReport> {
  const { only = '', clock, checkSchema } = options;
  const adapter = await loadAdapter(folder, tools);
  const bench = { adapter, tools, checkSchema };
  const exercised: { samples: Exercised[]; madeUp: Exercised[] } = { samples: [], madeUp: [] };
  const timed = (run: () => Result): Case => {
    const start = clock();
    const result = run();
    return { ...result, ok: result.failure === undefined, milliseconds: clock() - start };
  };
  const samples = (await loadSamples(join(folder, 'samples'), tools)).filter(({ name }) => name.includes(only));
  const trips = tripsOf(adapter).filter(({ name }) => name.includes(only));
  const cases = [
    ...samples.map((sample) => timed(() => sampleCase(bench, sample, exercised.samples))),
    ...trips.map((trip) => timed(() => roundTripsCase(bench, trip, options, exercised.madeUp))),
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

function sampleCase(bench: SampleBench, sample: AdapterSample, exercised: Exercised[]): Result {
  const { failure, exercised: message, written } = runSample(bench, sample);
  if (message !== undefined) exercised.push(message);
  const rewrite = written === undefined ? undefined : { file: sample.file, text: written };
  return present({ kind: 'sample' as const, name: sample.name, failure, rewrite, again: `--only ${sample.name}` });
}

function roundTripsCase(bench: SampleBench, trip: Trip, options: TestOptions, exercised: Exercised[]): Result {
  const { runs, seed, only = trip.name } = options;
  const about = { kind: 'round trips' as const, name: `round trips of ${runs} ${trip.name}` };
  const again = (first: number, count: number): string => `--only '${only}' --seed ${first} --runs ${count}`;
  const refused = new Map<string, number>();
  for (let run = 0; run < runs; run += 1) {
    const { failure, refusedAt, message } = roundTrip(bench, trip, seed + run);
    if (failure !== undefined) return { ...about, failure, ...noteOn(refused, runs), again: again(seed + run, 1) };
    if (refusedAt !== undefined) refused.set(refusedAt, (refused.get(refusedAt) ?? 0) + 1);
    else exercised.push({ template: trip.format.template, message });
  }
  const count = refused.values().reduce((sum, each) => sum + each, 0);
  const { note } = noteOn(refused, runs);
  const result = present({ ...about, note, again: again(seed, runs) });
  if (note === undefined || count * 2 <= runs) return result;
  return { ...result, failure: { detail: 'the template refuses more than half of the generated messages', got: note } };
}

function noteOn(refused: ReadonlyMap<string, number>, runs: number): { readonly note?: string } {
  if (refused.size === 0) return {};
  const places = [...refused].map(([at, count]) => `${at} ${count}`);
  return { note: `not encoded, as the template cannot carry a value: ${places.join(', ')} of ${runs}` };
}
