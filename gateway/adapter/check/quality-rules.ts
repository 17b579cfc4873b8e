/** The rules an adapter is certified by, tier upon tier; each says by itself whether it is met, but those that only people can judge. */

import type { TestReport } from './run-samples.ts';
import type { Finding } from './lint.ts';
import type { Manifest } from '../manifest.ts';
import type { Sample } from './samples.ts';
import type { MutationReport } from './mutate.ts';

/** What is known of an adapter when it is judged. */
export interface Evidence {
  readonly manifest: Manifest;
  readonly findings: readonly Finding[];
  readonly samples: readonly Sample[];
  readonly test: TestReport;
  readonly mutation: MutationReport;
  /** Absent where no run of the partner simulator was kept. */
  readonly conformance: Conformance | undefined;
  /** Of the folder as it is now. */
  readonly digest: string;
  /** Days since the owner looked the folder through. */
  readonly reviewedDaysAgo: number;
}

/** The kept report of `mra conformance run`, as far as it matters here. */
export interface Conformance {
  readonly adapterDigest?: string;
  readonly scenarios: readonly { readonly id: string; readonly verdict: string; readonly reason?: string }[];
}

export interface Rule {
  readonly id: string;
  readonly tier: 'bronze' | 'silver' | 'gold';
  readonly says: string;
  /** Why the rule is open; undefined when it is met. Absent: only people can judge it. */
  readonly open?: (evidence: Evidence) => string | undefined;
}

/** Days after which a review is too old. */
export const reviewDays = 366;

export const rules: readonly Rule[] = [
  {
    id: 'lint-errors',
    tier: 'bronze',
    says: 'lint finds no error, and no question of the draft is left open',
    open: ({ findings }) =>
      countOf(
        findings.filter(({ severity }) => severity === 'error'),
        'errors of lint',
      ),
  },
  {
    id: 'facts-sourced',
    tier: 'bronze',
    says: 'every fact of the arrangement names its source or is marked assumed',
    open: ({ findings }) =>
      countOf(
        findings.filter(({ rule }) => rule === 'fact_unsourced'),
        'facts without a source',
      ),
  },
  {
    id: 'readme',
    tier: 'bronze',
    says: 'a README tells what is agreed and what is assumed',
    open: ({ findings }) =>
      countOf(
        findings.filter(({ rule }) => rule === 'readme_missing'),
        'README missing',
      ),
  },
  {
    id: 'samples-pass',
    tier: 'bronze',
    says: 'every sample conversation is written and read as it says',
    open: ({ test, samples }) => {
      const names = new Set(samples.map(({ name }) => name));
      return countOf(
        test.cases.filter(({ ok, name }) => !ok && names.has(name)),
        'samples fail',
      );
    },
  },
  {
    id: 'samples-out',
    tier: 'bronze',
    says: 'samples show a list and a reply beside our own words',
    open: ({ samples }) => {
      const lacking = (['list', 'reply'] as const).filter(
        (kind) => !samples.some((sample) => sample.kind === kind && sample.ours),
      );
      return lacking.length === 0 ? undefined : `no sample of a ${lacking.join(' and a ')}`;
    },
  },
  {
    id: 'samples-refused',
    tier: 'bronze',
    says: 'samples show an unknown code and an unknown element refused',
    open: ({ samples }) => {
      const codes = samples.map(({ refused }) => (refused as { code?: unknown } | undefined)?.code);
      const lacking = ['E_CODE_UNKNOWN', 'E_ELEMENT_UNKNOWN'].filter((code) => !codes.includes(code));
      return lacking.length === 0 ? undefined : `no sample is refused with ${lacking.join(' or with ')}`;
    },
  },
  {
    id: 'round-trips',
    tier: 'bronze',
    says: 'made-up messages follow the schema and come back as they were',
    open: ({ test }) =>
      countOf(
        test.cases.filter(({ ok, name }) => !ok && name.includes('made-up')),
        'round trips fail',
      ),
  },
  {
    id: 'field-card',
    tier: 'bronze',
    says: 'the card says who writes which code in which box, at home and abroad',
    open: ({ manifest: { card = [] } }) => {
      const lacking = (['home', 'abroad'] as const).filter((side) => !card.some(({ where }) => where === side));
      return lacking.length === 0 ? undefined : `the card has no line for ${lacking.join(' and ')}`;
    },
  },
  {
    id: 'coverage',
    tier: 'silver',
    says: 'samples exercise every value, branch, code and transform',
    open: ({ test }) => countOf(test.coverage.samples.never, 'points no sample exercises'),
  },
  {
    id: 'mutation',
    tier: 'silver',
    says: 'no change to the mapping goes unnoticed',
    open: ({ mutation }) => countOf(mutation.survivors, 'changes go unnoticed'),
  },
  {
    id: 'lint-warnings',
    tier: 'silver',
    says: 'lint finds nothing doubtful',
    open: ({ findings }) =>
      countOf(
        findings.filter(({ severity }) => severity === 'warning'),
        'warnings of lint',
      ),
  },
  {
    id: 'both-sides',
    tier: 'silver',
    says: 'samples show lists of both sides, so that the partner can run the same folder',
    open: ({ samples, manifest }) => {
      const senders = new Set(
        samples.flatMap(({ kind, ours }) => (kind === 'list' && ours ? [senderOf(ours.message)] : [])),
      );
      if (!senders.has(manifest.partner)) return 'no sample is a list of theirs';
      return senders.size > 1 ? undefined : 'no sample is a list of ours';
    },
  },
  {
    id: 'full-and-delta',
    tier: 'silver',
    says: 'samples show every kind of list that travels',
    open: ({ samples, manifest }) => {
      const shown = new Set(samples.map(({ ours }) => (ours?.message as { kind?: unknown } | undefined)?.kind));
      const lacking = (manifest.lists?.kinds ?? ['full', 'delta']).filter((kind) => !shown.has(kind));
      return lacking.length === 0 ? undefined : `no sample is a ${lacking.join(' or ')} list`;
    },
  },
  {
    id: 'owner-active',
    tier: 'silver',
    says: 'the owner looked the folder through within a year',
    open: ({ reviewedDaysAgo }) =>
      reviewedDaysAgo >= 0 && reviewedDaysAgo <= reviewDays
        ? undefined
        : `the last review is ${reviewedDaysAgo} days away`,
  },
  {
    id: 'conformance',
    tier: 'gold',
    says: 'this very folder passed all scenarios with the partner simulator',
    open: ({ conformance, digest }) => {
      if (conformance === undefined) return 'no run of mra conformance is kept';
      if (conformance.adapterDigest !== digest) return 'the folder changed after the run of mra conformance';
      const bad = conformance.scenarios.filter(
        ({ verdict, reason }) => verdict !== 'pass' && !(verdict === 'skip' && reason),
      );
      return countOf(bad, 'scenarios are not passed');
    },
  },
  {
    id: 'layout-agreed',
    tier: 'gold',
    says: 'the layouts are those agreed with the partner, not our own',
    open: ({ manifest }) => (manifest.stage === 'agreed' ? undefined : 'stage is reference'),
  },
  { id: 'facts-read', tier: 'gold', says: 'a second person compared every fact with its source' },
  { id: 'partner-read', tier: 'gold', says: 'the partner read the folder and found its side described' },
];

function countOf(found: readonly unknown[], what: string): string | undefined {
  return found.length === 0 ? undefined : `${found.length} ${what}`;
}

function senderOf(message: unknown): unknown {
  return (message as { from?: unknown }).from;
}
