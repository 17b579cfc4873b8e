/** Identifier suggestions: an identifier one edit away from the one sent, for which the answer would have been `recognised`. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answer, WouldChangeAnswer } from '../model/clearance/answer.ts';
import { isCut, issuerOf } from '../model/clearance/check-identifier.ts';
import { decide } from '../model/clearance/check.ts';
import { dayAt } from '../model/day.ts';
import { candidatesOf, editInWords, type Candidate } from '../model/clearance/identifier-edits.ts';
import { cleanIdentifier, follows, readIdentifier, type CleanIdentifier } from '../model/identifier.ts';
import type { PartnerTerms, StatusQuery } from '../model/clearance/query.ts';
import { present } from '../model/present.ts';
import type { RegisterView } from '../store/register-view.ts';

interface Lookup {
  /** All partners. */
  all(): readonly PartnerTerms[];
  /** The register view of a partner at the moment of the query. */
  viewOf(partner: string): Promise<RegisterView>;
}

/**
 * Suggests the one identifier for which the query would have been answered `recognised`, if no operator was found. A suggestion is not a
 * consultation. Suggests nothing if the identifier was cut off by its box, or belongs to an operator that left the list.
 */
export async function suggestIdentifier(
  lookup: Lookup,
  query: StatusQuery,
  { outcome }: Answer,
): Promise<WouldChangeAnswer | undefined> {
  const { request, terms, fact } = query;
  const notFound = outcome === 'identifier_malformed' || outcome === 'not_on_list';
  const sent = request.identifier;
  if (!notFound || fact !== undefined || sent === undefined || isCut(request, terms.identifiers.theirs))
    return undefined;
  // Candidates take a millisecond or two; let other work run between them in a batch of mistyped identifiers.
  await nextTurn();
  const candidates = candidatesOf(sent, issuerOf(terms, request.partner));
  const recognised = await recognisedAmong(lookup, query, candidates);
  const cleaned = cleanIdentifier(sent);
  for (const other of lookup.all()) {
    const reading = other.partner === terms.partner ? undefined : readAsIdentifierOf(other, sent, cleaned);
    if (reading !== undefined)
      recognised.push(...(await recognisedAmong(lookup, { ...query, terms: other }, [reading])));
  }
  const [first, ...more] = recognised;
  if (first === undefined) return undefined;
  if (more.length > 0) {
    const because = 'More than one operator is a slip away from what was sent: compare it with the declaration.';
    return { because, edit: 'ambiguous' };
  }
  const { partner, candidate } = first;
  const { edit, from, to, identifier } = candidate;
  const because = `Not applied: ${editInWords(candidate)}, whose operator would be recognised.`;
  return present({ because, edit, from, identifier, partner, to });
}

/** The identifier as sent, read as one of another partner whose letters it has. */
function readAsIdentifierOf(
  { partner, identifiers }: PartnerTerms,
  sent: string,
  cleaned: CleanIdentifier,
): Candidate | undefined {
  const { value, changes } = readIdentifier(sent, { partner, form: identifiers.theirs }, cleaned);
  if (!follows(identifiers.theirs, value) || changes.includes('prefix_added')) return undefined;
  return { identifier: value, edit: 'other_partner', to: partner };
}

interface Recognised {
  readonly partner: string;
  readonly candidate: Candidate;
}

async function recognisedAmong(
  { viewOf }: Lookup,
  query: StatusQuery,
  candidates: readonly Candidate[],
): Promise<Recognised[]> {
  if (candidates.length === 0) return [];
  const { terms, at } = query;
  const { partner } = terms;
  const { list, statuses } = await viewOf(partner);
  if (list === undefined) return [];
  const identifiers = candidates.map(({ identifier }) => identifier);
  const facts = await statuses(identifiers, dayAt(at, terms.timeZone));
  const found = candidates.filter(({ identifier }) => facts.has(identifier));
  return found
    .filter(({ identifier }) => {
      const request = { ...query.request, partner, identifier };
      const asked = { ...query, request, identifier: { value: identifier, changes: [] }, list };
      return decide({ ...asked, fact: facts.get(identifier) }).outcome === 'recognised';
    })
    .map((candidate) => ({ partner, candidate }));
}
