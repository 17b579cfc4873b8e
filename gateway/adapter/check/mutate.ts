/** Changes an adapter on purpose, in memory, and reports which changes neither its samples nor generated messages notice. */

import { join, resolve } from 'node:path';
import { isGatewayError, GatewayError } from '../../model/errors.ts';
import type { Adapter } from '../adapter.ts';
import { loadAdapter, loadManifest } from '../load.ts';
import type { Manifest } from '../manifest.ts';
import type { AdapterTools } from '../tools.ts';
import { manifestMutants } from './manifest-mutants.ts';
import type { CheckTools } from './message-text.ts';
import { roundTrip, tripsOf } from './test-adapter.ts';
import { loadSamples, runSample, type AdapterSample } from './samples.ts';
import { templateMutants, type Mutant } from './template-mutants.ts';
import { holesIn, templatesOf } from './template-text.ts';

interface MutateOptions {
  readonly seed: number;
  /** Generated messages of each kind and layout for what no sample noticed. */
  readonly runs: number;
}

export interface MutationReport {
  readonly changes: number;
  readonly refused: number;
  readonly bySamples: number;
  readonly byMadeUp: number;
  readonly survivors: readonly Pick<Mutant, 'at' | 'change' | 'wanted'>[];
}

export function noticedText({ changes, bySamples, byMadeUp, refused }: MutationReport): string {
  return `${changes} changes: ${bySamples} noticed by samples, ${byMadeUp} by generated messages, ${refused} do not load`;
}

type Fate = 'refused' | 'bySamples' | 'byMadeUp' | 'survivors';

/** Tries every change. No file is written. Throws E_ADAPTER_INVALID for an adapter that fails its tests unchanged. */
export async function mutateAdapter(
  folder: string,
  tools: CheckTools,
  options: MutateOptions,
): Promise<MutationReport> {
  const samples = await loadSamples(join(folder, 'samples'), tools);
  const cached = cachingReader(tools);
  const noticedBy = (adapter: Adapter): Fate => {
    if (samplesNotice(adapter, samples, tools)) return 'bySamples';
    return generatedNotice(adapter, tools, options) ? 'byMadeUp' : 'survivors';
  };
  if (noticedBy(await loadAdapter(folder, { ...tools, readText: cached() })) !== 'survivors') {
    const fix = 'Correct what mra adapter test finds first.';
    throw new GatewayError('E_ADAPTER_INVALID', 'the adapter fails its tests as it is', { at: folder, fix });
  }
  const mutants = await mutantsOf(folder, tools);
  const fates: Record<Fate, Mutant[]> = { refused: [], bySamples: [], byMadeUp: [], survivors: [] };
  for (const mutant of mutants) {
    const changed = await loadChanged(folder, { ...tools, readText: cached(mutant) });
    fates[changed === undefined ? 'refused' : noticedBy(changed)].push(mutant);
  }
  return {
    changes: mutants.length,
    refused: fates.refused.length,
    bySamples: fates.bySamples.length,
    byMadeUp: fates.byMadeUp.length,
    survivors: fates.survivors.map(({ at, change, wanted }) => ({ at, change, wanted })),
  };
}

async function mutantsOf(folder: string, tools: AdapterTools): Promise<readonly Mutant[]> {
  const file = resolve(folder, 'adapter.yaml');
  const { manifest } = await loadManifest(folder, tools);
  const text = await tools.readText(file);
  // As it is written: an agency has terms that are made from its memorandum.
  const written = tools.readYaml(text, file) as Manifest;
  const templates = await templatesOf(folder, manifest, tools);
  const sameCode = (table: string): boolean =>
    Object.entries(manifest.codes[table] ?? {}).every(([word, code]) => word === code);
  return [
    ...templates.flatMap((template) => templateMutants(template, sameCode)),
    ...manifestMutants({ file, text, manifest: written }, templates.flatMap(holesIn), tools),
  ];
}

/** Readers that read each file once, and give a mutant's text instead of that of its file. */
function cachingReader({ readText }: AdapterTools): (mutant?: Mutant) => AdapterTools['readText'] {
  const texts = new Map<string, Promise<string>>();
  return (mutant) => (file) => {
    const path = resolve(file);
    if (path === mutant?.file) return Promise.resolve(mutant.text);
    const text = texts.get(path) ?? readText(path);
    texts.set(path, text);
    return text;
  };
}

async function loadChanged(folder: string, tools: AdapterTools): Promise<Adapter | undefined> {
  try {
    return await loadAdapter(folder, tools);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_ADAPTER_INVALID') return undefined;
    throw error;
  }
}

// An encoded message that equals its sample follows the schema as the sample does.
const noSchema = { checkSchema: () => undefined };

function samplesNotice(adapter: Adapter, samples: readonly AdapterSample[], tools: CheckTools): boolean {
  const bench = { adapter, tools: { ...tools, ...noSchema } };
  return samples.some((sample) => runSample(bench, sample).failure !== undefined);
}

function generatedNotice(adapter: Adapter, tools: CheckTools, { seed, runs }: MutateOptions): boolean {
  const seeds = Array.from({ length: runs }, (_, run) => seed + run);
  return tripsOf(adapter).some((trip) => seeds.some((each) => roundTrip(tools, trip, each).failure !== undefined));
}
