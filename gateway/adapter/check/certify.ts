/** Judges an adapter by the rules of quality: what is done, exempt with a reason, or open, and the tier it reaches. */

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Day } from '../../model/record/domestic-record.ts';
import { adapterDigest, conformanceFile, tiers, type Certificate, type Tier } from '../certificate.ts';
import { testAdapter } from './run-samples.ts';
import { daysLater } from '../template/dates.ts';
import { invalid } from '../faults.ts';
import { lintAdapter } from './lint.ts';
import { loadManifest, loadYaml } from '../load.ts';
import type { CheckSchema } from './read-text.ts';
import { readSamples } from './samples.ts';
import type { Quality } from './quality.ts';
import type { AdapterTools } from '../tools.ts';
import { mutateAdapter, type MutationReport } from './mutate.ts';
import { reviewDays, rules, type Conformance, type Evidence, type Rule } from './quality-rules.ts';

export interface Judged extends Pick<Rule, 'id' | 'tier' | 'says'> {
  readonly state: 'done' | 'exempt' | 'open';
  /** Why it is open, the reason of the exemption, or who judged it. */
  readonly because?: string;
}

export interface CertifyReport {
  readonly certificate: Certificate;
  readonly owner: string;
  readonly rules: readonly Judged[];
}

export interface CertifyOptions {
  readonly today: Day;
  readonly checkSchema: CheckSchema;
  readonly clock: () => number;
}

/** Made-up messages of each kind: enough to meet every branch many times, few enough to wait for. */
const testRuns = 500;
const mutationRuns = 30;
const seed = 1;

/** Runs everything there is to run and judges the folder as it is. Throws E_ADAPTER_INVALID where it does not load. */
export async function certifyAdapter(
  folder: string,
  tools: AdapterTools,
  options: CertifyOptions,
): Promise<CertifyReport> {
  if (!existsSync(join(folder, 'quality.yaml')))
    throw invalid('there is no quality.yaml', folder, 'Write one: owner, and reviewed, the day you looked it through.');
  const { value: quality, place } = await loadYaml(folder, 'quality.yaml', tools.validateQuality, tools);
  const known = rules.map(({ id }) => id);
  for (const [part, named] of Object.entries({ done: quality.done, exempt: quality.exempt })) {
    const stranger = Object.keys(named ?? {}).find((id) => !known.includes(id));
    if (stranger !== undefined)
      throw invalid(`there is no rule ${stranger}`, place(`/${part}/${stranger}`), `Name one of: ${known.join(', ')}.`);
  }
  const evidence = await gather(folder, quality, tools, options);
  const judged = rules.map((rule) => judge(rule, evidence, quality, options.today));
  const certificate: Certificate = {
    adapter: basename(resolve(folder)),
    tier: tierOf(judged),
    on: options.today,
    until: lastDay(quality, judged),
    digest: evidence.digest,
  };
  return { certificate, owner: quality.owner, rules: judged };
}

async function gather(
  folder: string,
  quality: Quality,
  tools: AdapterTools,
  options: CertifyOptions,
): Promise<Evidence> {
  const { checkSchema, clock, today } = options;
  const test = await testAdapter(folder, tools, { runs: testRuns, seed, checkSchema, clock });
  const sound = test.cases.every(({ ok }) => ok);
  return {
    manifest: (await loadManifest(folder, tools)).manifest,
    findings: await lintAdapter(folder, tools),
    samples: await readSamples(join(folder, 'samples'), tools),
    test,
    mutation: sound ? await mutateAdapter(folder, tools, { runs: mutationRuns, seed, checkSchema }) : notTried(folder),
    conformance: await readConformance(folder, tools),
    digest: await adapterDigest(folder),
    reviewedDaysAgo: (Date.parse(today) - Date.parse(quality.reviewed)) / 86_400_000,
  };
}

/** An adapter that fails its tests cannot show what breaking it would do. */
function notTried(folder: string): MutationReport {
  const survivor = { at: folder, change: 'none was tried', wanted: 'tests that pass' };
  return { changes: 0, refused: 0, bySamples: 0, byMadeUp: 0, survivors: [survivor] };
}

async function readConformance(folder: string, { readText, readJson }: AdapterTools): Promise<Conformance | undefined> {
  const file = join(folder, conformanceFile);
  if (!existsSync(file)) return undefined;
  const value = readJson(await readText(file));
  if (typeof value === 'object' && value !== null && 'scenarios' in value && Array.isArray(value.scenarios))
    return value as Conformance;
  throw invalid('not a report of a conformance run', file, 'Write it with mra conformance run.');
}

function judge(rule: Rule, evidence: Evidence, { done, exempt }: Quality, today: Day): Judged {
  const { id, tier, says } = rule;
  const person = done?.[id];
  const because = rule.open === undefined ? undefined : rule.open(evidence);
  if (rule.open === undefined && person !== undefined)
    return { id, tier, says, state: 'done', because: `${person.by}, ${person.on}` };
  if (rule.open !== undefined && because === undefined) return { id, tier, says, state: 'done' };
  const exemption = exempt?.[id];
  if (exemption !== undefined && exemption.until >= today)
    return { id, tier, says, state: 'exempt', because: `${exemption.reason} (until ${exemption.until})` };
  const ended = exemption === undefined ? '' : `, and the exemption ended on ${exemption.until}`;
  return { id, tier, says, state: 'open', because: `${because ?? 'nobody judged it'}${ended}` };
}

/** A tier is reached when no rule of it, or of those below, is open. */
function tierOf(judged: readonly Judged[]): Tier {
  const open = judged.filter(({ state }) => state === 'open').map(({ tier }) => tiers.indexOf(tier));
  return tiers[Math.min(tiers.length, ...open) - 1] ?? 'none';
}

/** The day on which the review or a used exemption runs out, whichever is first. */
function lastDay({ reviewed, exempt }: Quality, judged: readonly Judged[]): Day {
  const used = judged.filter(({ state }) => state === 'exempt').map(({ id }) => exempt?.[id]?.until ?? reviewed);
  return [...used, daysLater(reviewed, reviewDays)].sort()[0] ?? reviewed;
}
