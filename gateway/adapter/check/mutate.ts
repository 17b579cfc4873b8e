/** Breaks an adapter on purpose, in memory, and says which changes neither its samples nor generated messages notice. */

import { join, resolve } from 'node:path';
import { isGatewayError, GatewayError } from '../../model/errors.ts';
import { seededRandom } from '../../model/seeded-random.ts';
import type { Adapter } from '../adapter.ts';
import { roundTrip, tripsOf } from './run-samples.ts';
import { loadAdapter, loadManifest } from '../load.ts';
import type { CheckSchema } from './read-text.ts';
import { readSamples, runSample, type Sample } from './samples.ts';
import type { AdapterTools } from '../tools.ts';
import { manifestMutants } from './manifest-mutants.ts';
import { templateMutants, type Mutant } from './template-mutants.ts';
import { holesIn, templatesOf } from './template-text.ts';

export interface MutateOptions {
  readonly seed: number;
  /** Made-up messages of each kind and layout for what no sample noticed. */
  readonly runs: number;
  readonly checkSchema: CheckSchema;
}

export interface MutationReport {
  readonly changes: number;
  /** Changes after which the adapter does not load. */
  readonly refused: number;
  readonly bySamples: number;
  readonly byMadeUp: number;
  readonly survivors: readonly Survivor[];
}

export type Survivor = Pick<Mutant, 'at' | 'change' | 'wanted'>;

type Fate = 'refused' | 'bySamples' | 'byMadeUp' | 'survivors';

/** Tries every change. No file is written. Throws E_ADAPTER_INVALID for an adapter that is not sound to begin with. */
export async function mutateAdapter(
  folder: string,
  tools: AdapterTools,
  options: MutateOptions,
): Promise<MutationReport> {
  const samples = await readSamples(join(folder, 'samples'), tools);
  const reader = remembering(tools);
  const whole = await loadAdapter(folder, reader(undefined));
  if (noticedBySamples(whole, samples, tools) || noticedByMadeUp(whole, tools, options)) {
    const fix = 'Mend what mra adapter test finds first.';
    throw new GatewayError('E_ADAPTER_INVALID', 'the adapter fails its tests as it is', { at: folder, fix });
  }
  const fates: Record<Fate, Mutant[]> = { refused: [], bySamples: [], byMadeUp: [], survivors: [] };
  for (const mutant of await mutantsOf(folder, tools)) {
    const broken = await loadBroken(folder, reader(mutant));
    if (broken === undefined) fates.refused.push(mutant);
    else if (noticedBySamples(broken, samples, tools)) fates.bySamples.push(mutant);
    else if (noticedByMadeUp(broken, tools, options)) fates.byMadeUp.push(mutant);
    else fates.survivors.push(mutant);
  }
  const { refused, bySamples, byMadeUp, survivors } = fates;
  return {
    changes: refused.length + bySamples.length + byMadeUp.length + survivors.length,
    refused: refused.length,
    bySamples: bySamples.length,
    byMadeUp: byMadeUp.length,
    survivors: survivors.map(({ at, change, wanted }) => ({ at, change, wanted })),
  };
}

async function mutantsOf(folder: string, tools: AdapterTools): Promise<readonly Mutant[]> {
  const file = resolve(folder, 'adapter.yaml');
  const { manifest } = await loadManifest(folder, tools);
  const templates = await templatesOf(folder, manifest, tools);
  const sameCode = (table: string): boolean =>
    Object.entries(manifest.codes[table] ?? {}).every(([word, code]) => word === code);
  return [
    ...templates.flatMap((template) => templateMutants(template, sameCode)),
    ...manifestMutants({ file, text: await tools.readText(file), manifest }, templates.flatMap(holesIn), tools),
  ];
}

/** Tools that read each file once, and give a mutant's text in place of its file. */
function remembering(tools: AdapterTools): (mutant: Mutant | undefined) => AdapterTools {
  const texts = new Map<string, Promise<string>>();
  return (mutant) => ({
    ...tools,
    readText(file) {
      const path = resolve(file);
      if (path === mutant?.file) return Promise.resolve(mutant.text);
      const text = texts.get(path) ?? tools.readText(path);
      texts.set(path, text);
      return text;
    },
  });
}

async function loadBroken(folder: string, tools: AdapterTools): Promise<Adapter | undefined> {
  try {
    return await loadAdapter(folder, tools);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_ADAPTER_INVALID') return undefined;
    throw error;
  }
}

// A sample that is written as it stands follows its schema as it did before.
const noSchema: CheckSchema = () => undefined;

function noticedBySamples(adapter: Adapter, samples: readonly Sample[], tools: AdapterTools): boolean {
  const bench = { adapter, tools, checkSchema: noSchema };
  return samples.some((sample) => runSample(bench, sample).failure !== undefined);
}

function noticedByMadeUp(adapter: Adapter, tools: AdapterTools, { seed, runs, checkSchema }: MutateOptions): boolean {
  const bench = { adapter, tools, checkSchema };
  return tripsOf(adapter).some((trip) => {
    for (let run = 0; run < runs; run += 1) {
      if (roundTrip(bench, trip, seededRandom(seed + run)).failure !== undefined) return true;
    }
    return false;
  });
}
