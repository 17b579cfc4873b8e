/** What an arrangement brought on one entry: a benefit, or why none. */

import type { ProvenAnswer } from '../clearance/answer.ts';
import { choosePartner, isAbroad, statesOf, type Assessment, type Finding } from '../clearance/assessment.ts';
import type { Entry } from '../clearance/entry.ts';
import type { PartnerTerms } from '../clearance/query.ts';

/**
 * The first that is true of a party of the partner counts. `recognised`: without a benefit on this entry, for instance outside a pilot;
 * `no_code`: a party of the partner's country without an identifier, which may be an operator or not.
 */
export const entryResults = [
  'benefit',
  'recognised',
  'restricted',
  'wrong_party',
  'stale_list',
  'malformed',
  'not_in_force',
  'not_on_list',
  'no_code',
] as const;
export type EntryResult = (typeof entryResults)[number];

/** Why a benefit may have been missed. */
export const missed = ['no_code', 'malformed', 'wrong_party', 'stale_list'] as const satisfies readonly EntryResult[];

/** Their entries are compared with none: they are examined because of what is known about the operator. */
export const notCompared: readonly EntryResult[] = ['recognised', 'restricted'];

export interface PartnerResult {
  readonly partner: string;
  readonly result: EntryResult;
  /** Age in seconds of the list that was asked; absent where nothing was asked, or no list was there. */
  readonly list_age_s?: number;
}

/** For each partner with a party on the entry, in a direction that its arrangement covers. */
export function resultsOf(
  findings: readonly Finding[],
  { entry, decision }: { readonly entry: Entry; readonly decision: Assessment['decision'] },
  all: readonly PartnerTerms[],
): readonly PartnerResult[] {
  return all.flatMap((terms) => {
    const { directions } = terms.arrangement;
    if (entry.direction === undefined || !directions.includes(entry.direction)) return [];
    const found = findings.flatMap((finding) => resultOf(finding, { entry, decision }, { terms, all }) ?? []);
    const first = found.toSorted((a, b) => entryResults.indexOf(a) - entryResults.indexOf(b))[0];
    if (first === undefined) return [];
    const ages = findings.flatMap(({ answer }) =>
      answer?.subject.partner === terms.partner ? (answer.freshness.age_s ?? []) : [],
    );
    const [age] = ages;
    return [{ partner: terms.partner, result: first, ...(age !== undefined && { list_age_s: age }) }];
  });
}

/** Undefined for a party that is none of this partner. */
function resultOf(
  { party, choice, answer }: Finding,
  { entry, decision }: { readonly entry: Entry; readonly decision: Assessment['decision'] },
  { terms, all }: { readonly terms: PartnerTerms; readonly all: readonly PartnerTerms[] },
): EntryResult | undefined {
  if (answer !== undefined) return answer.subject.partner === terms.partner ? ofAnswer(answer, decision) : undefined;
  if (!('not_checked' in choice)) return undefined;
  const { partner } = terms;
  if (choice.not_checked === 'role_earns_nothing') {
    const { asked: _, ...elsewhere } = party;
    const meant = choosePartner(elsewhere, entry, all);
    return (party.identifier ?? '').trim() !== '' && 'partner' in meant && meant.partner === partner
      ? 'wrong_party'
      : undefined;
  }
  const isTheirs = statesOf(terms).some((state) => state === party.country) && isAbroad(party, entry);
  return choice.not_checked === 'no_identifier' && isTheirs ? 'no_code' : undefined;
}

const roleCodes: readonly string[] = ['ROLE_NOT_COVERED', 'OPERATOR_ROLE_NOT_COVERED'];

function ofAnswer(
  { outcome, advice, explanation, freshness }: ProvenAnswer,
  decision: Assessment['decision'],
): EntryResult {
  const isMisplaced = explanation.some(({ code, result }) => result === 'fail' && roleCodes.includes(code));
  switch (outcome) {
    case 'recognised':
    case 'recognised_with_limits':
      if (isMisplaced) return 'wrong_party';
      return decision === 'apply' && advice.action === 'apply' && advice.benefits.length > 0 ? 'benefit' : 'recognised';
    case 'suspended':
    case 'revoked':
    case 'expired':
      return 'restricted';
    case 'identifier_malformed':
      return 'malformed';
    case 'agreement_not_in_force':
      return 'not_in_force';
    case 'not_on_list':
      return isMisplaced ? 'wrong_party' : 'not_on_list';
    case 'undetermined':
      // The list was there: several operators have the name on the entry, and a code would have said which.
      return freshness.state === 'stale' || freshness.state === 'none' ? 'stale_list' : 'no_code';
  }
}
