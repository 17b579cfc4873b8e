/** What would have been recognised: identifiers one slip away from the one sent, each asked about in the same way before it is named. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClearanceTerms } from './status-query.ts';
import type { Answer, ListInForce, WouldChangeAnswer } from '../model/clearance/answer.ts';
import { isCut } from '../model/clearance/check-identifier.ts';
import { decide } from '../model/clearance/check.ts';
import { dayAt } from '../model/day.ts';
import { candidatesOf, editInWords, type Candidate } from '../model/clearance/identifier-edits.ts';
import { follows, readIdentifier, type Issuer } from '../model/identifier.ts';
import type { Question } from '../model/clearance/query.ts';
import type { Moment } from '../model/record/domestic-record.ts';
import type { Reader } from '../store/database.ts';
import { findStatuses } from '../store/register.ts';

export interface NearMiss {
  readonly reader: Reader;
  readonly all: readonly ClearanceTerms[];
  listOf(partner: string, knownAt: Moment): Promise<ListInForce | undefined>;
}

/**
 * Names the one identifier with which the question would have been answered `recognised`, after an answer that found nobody; no
 * consultation of its own. Nothing is said where the identifier was cut by its box, or belongs to an operator that left.
 */
export async function nearMiss(
  surroundings: NearMiss,
  question: Question,
  answer: Answer,
): Promise<WouldChangeAnswer | undefined> {
  const { request, terms, fact } = question;
  const nobody = answer.outcome === 'identifier_malformed' || answer.outcome === 'not_on_list';
  const sent = request.identifier;
  if (!nobody || fact !== undefined || sent === undefined || isCut(request, terms.identifiers.theirs)) return undefined;
  // Candidates take a millisecond or two; in a batch of slips, other work gets its turn in between.
  await nextTurn();
  const own = candidatesOf(sent, issuerOf(terms, request.partner));
  const recognised = await recognisedAmong(surroundings, question, own);
  for (const other of surroundings.all) {
    const reading = other.partner === terms.partner ? undefined : readingOf(sent, other);
    if (reading !== undefined)
      recognised.push(...(await recognisedAmong(surroundings, { ...question, terms: other }, [reading])));
  }
  const [first, ...more] = recognised;
  if (first === undefined) return undefined;
  if (more.length > 0) {
    const because = 'More than one operator is a slip away from what was sent: compare it with the declaration.';
    return { edit: 'ambiguous', because };
  }
  const { partner, candidate } = first;
  const { edit, from, to } = candidate;
  return {
    edit,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    partner,
    identifier: candidate.identifier,
    because: `Not applied: ${editInWords(candidate)}, whose operator would be recognised.`,
  };
}

/** The partner's form, and the state asked for where the partner speaks for it. */
export function issuerOf({ partner, identifiers }: ClearanceTerms | Question['terms'], asked: string): Issuer {
  const form = identifiers.theirs;
  const state = form.issuers?.find((issuer) => issuer === asked.toUpperCase());
  return { partner, form, ...(state === undefined ? {} : { state }) };
}

/** What was sent, as an identifier of another partner whose letters it bears. */
function readingOf(sent: string, { partner, identifiers }: ClearanceTerms): Candidate | undefined {
  const { value, changes } = readIdentifier(sent, { partner, form: identifiers.theirs });
  if (!follows(identifiers.theirs, value) || changes.includes('prefix_added')) return undefined;
  return { identifier: value, edit: 'other_partner', to: partner };
}

interface Recognised {
  readonly partner: string;
  readonly candidate: Candidate;
}

async function recognisedAmong(
  { reader, listOf }: NearMiss,
  question: Question,
  candidates: readonly Candidate[],
): Promise<Recognised[]> {
  if (candidates.length === 0) return [];
  const { terms, at, knownAt } = question;
  const { partner } = terms;
  const identifiers = candidates.map(({ identifier }) => identifier);
  const facts = await findStatuses(reader, partner, identifiers, dayAt(at, terms.timeZone), knownAt);
  const found = candidates.filter(({ identifier }) => facts.has(identifier));
  const list = found.length === 0 ? undefined : await listOf(partner, knownAt);
  return found
    .filter(({ identifier }) => {
      const request = { ...question.request, partner, identifier };
      const asked = { ...question, request, identifier: { value: identifier, changes: [] }, list };
      return decide({ ...asked, fact: facts.get(identifier) }).outcome === 'recognised';
    })
    .map((candidate) => ({ partner, candidate }));
}
