/** Assesses a whole entry from the answers about its parties: which parties to ask about, and what follows for the goods. */

import type { Advice, ExplanationStep, Outcome, ProvenAnswer } from './answer.ts';
import { foundByName, type Direction } from '../arrangement.ts';
import { dayAt, later } from '../day.ts';
import type { Entry, EntryParty, PartyRole } from './entry.ts';
import { cleanIdentifier, follows, readIdentifier, variantReading } from '../identifier.ts';
import { present } from '../present.ts';
import type { PartnerTerms } from './query.ts';
import type { Day, Moment } from '../record/record.ts';

/** Why nothing was asked about a party. */
export type NotChecked = 'no_identifier' | 'domestic_side' | 'no_partner' | 'several_partners' | 'role_earns_nothing';

export interface AssessedParty {
  /** Place in the entry's list of parties, from 0. */
  readonly n: number;
  readonly role: PartyRole;
  readonly pointer: string;
  readonly wco?: string;
  readonly partner?: string;
  readonly outcome?: Outcome;
  readonly not_checked?: NotChecked;
  readonly counts_for_benefit: boolean;
  readonly consultation_number?: string;
  readonly note?: string;
  /** All that the answer warns of. */
  readonly warnings?: readonly Pick<ExplanationStep, 'code' | 'text'>[];
}

export interface Assessment {
  readonly assessment: string;
  readonly entry?: string;
  readonly profile: string;
  readonly decision: Advice['action'];
  readonly benefits: readonly { readonly code: string; readonly name: string; readonly because: readonly string[] }[];
  readonly parties: readonly AssessedParty[];
  /** Until then the decision may be kept without asking again; absent where nothing was granted. */
  readonly valid_until?: Moment;
  readonly policy: string;
  readonly requester: string;
  readonly answered_at: Moment;
  readonly warnings: readonly string[];
}

/** Parties abroad, by direction; the parties of a mutual recognition (class 16C) may be abroad in both. */
const supplyChain: readonly PartyRole[] = ['CS', 'FW', 'MF', 'WH'];
const abroad: Readonly<Record<Direction, readonly PartyRole[]>> = {
  import: ['consignor', 'exporter', 'seller', 'manufacturer', ...supplyChain],
  export: ['consignee', 'importer', 'buyer', ...supplyChain],
};

export type Choice = { readonly partner: string } | { readonly not_checked: NotChecked };

/**
 * The partner to ask about a party: the one whose form its identifier follows, once read as that partner writes it. Where several
 * do (one writes its codes with letters of its own, another accepts nearly everything), the country letters decide. A party abroad whose
 * identifier follows no form is asked about at the partner of its letters or its country, so that a typing error is reported.
 */
export function choosePartner(party: EntryParty, entry: Entry, all: readonly PartnerTerms[]): Choice {
  if (party.asked === false) return { not_checked: 'role_earns_nothing' };
  const sent = party.identifier;
  if (sent === undefined || sent.trim() === '') return chooseByName(party, entry, all);
  const { value } = cleanIdentifier(sent);
  const byLetters = (terms: PartnerTerms): boolean => statesOf(terms).some((state) => value.startsWith(state));
  const byCountry = (terms: PartnerTerms): boolean => statesOf(terms).some((state) => state === party.country);
  const fitting = all.filter((terms) => fits(sent, terms));
  const best = fitting.length > 1 ? fitting.filter((terms) => byLetters(terms) || byCountry(terms)) : fitting;
  const [first, second] = best;
  if (first !== undefined && second === undefined) return { partner: first.partner };
  if (fitting.length > 1) return { not_checked: 'several_partners' };
  if (!isAbroad(party, entry)) return { not_checked: 'domestic_side' };
  const byVariant = ({ identifiers }: PartnerTerms): boolean => variantReading(sent, identifiers.theirs) !== undefined;
  const intended = all.find(byVariant) ?? all.find(byLetters) ?? all.find(byCountry);
  return intended === undefined ? { not_checked: 'no_partner' } : { partner: intended.partner };
}

export function isAbroad({ role }: EntryParty, { direction }: Entry): boolean {
  return direction !== undefined && abroad[direction].includes(role);
}

/** The partner and the states it speaks for. */
export function statesOf({ partner, identifiers }: PartnerTerms): readonly string[] {
  return [partner, ...(identifiers.theirs.issuers ?? [])];
}

/** A party abroad without an identifier is asked about where its country's operators are found by name and address. */
function chooseByName(party: EntryParty, entry: Entry, all: readonly PartnerTerms[]): Choice {
  const { name, address, country = '' } = party;
  if (name === undefined || address === undefined || !isAbroad(party, entry)) return { not_checked: 'no_identifier' };
  const named = all.find((terms) => statesOf(terms).includes(country) && foundByName(terms.arrangement, entry.mode));
  return named === undefined ? { not_checked: 'no_identifier' } : { partner: named.partner };
}

/** Letters that were left out are not evidence of whose identifier it is. */
function fits(sent: string, { partner, identifiers }: PartnerTerms): boolean {
  const form = identifiers.theirs;
  const { value, changes } = readIdentifier(sent, { partner, form });
  return follows(form, value) && !changes.includes('prefix_added');
}

export interface Finding {
  readonly party: EntryParty;
  readonly choice: Choice;
  readonly answer?: ProvenAnswer;
}

export function assessedParty({ party, choice, answer }: Finding, n: number): AssessedParty {
  const { role, pointer, wco } = party;
  if (answer === undefined) {
    const not_checked = 'partner' in choice ? undefined : choice.not_checked;
    return present({ n, role, pointer, wco, not_checked, counts_for_benefit: false });
  }
  const { outcome, advice, explanation, would_change_answer: suggestion } = answer;
  const warnings = explanation.filter(({ result }) => result === 'warn').map(({ code, text }) => ({ code, text }));
  const malformed = outcome === 'identifier_malformed' ? explanation.at(-1)?.text : undefined;
  return present({
    ...{ n, role, pointer, wco, partner: answer.subject.partner, outcome, counts_for_benefit: counts(answer) },
    consultation_number: answer.proof.consultation_number,
    note: advice.reason ?? suggestion?.because ?? malformed,
    warnings: warnings.length === 0 ? undefined : warnings,
  });
}

function counts({ advice }: ProvenAnswer): boolean {
  return advice.action === 'apply' && advice.benefits.length > 0;
}

/**
 * What follows for the entry. One recognised party in a covered role earns the benefits, unless another party asked about is
 * suspended or revoked: then a person decides. Where no party earns anything, an undetermined answer is referred, not refused.
 */
export function decideEntry(findings: readonly Finding[]): Advice['action'] {
  const answers = findings.flatMap(({ answer }) => answer ?? []);
  if (answers.some(({ outcome }) => outcome === 'suspended' || outcome === 'revoked')) {
    return answers.some(counts) ? 'refer' : 'do_not_apply';
  }
  if (answers.some(counts)) return 'apply';
  return answers.some(({ advice }) => advice.action === 'refer') ? 'refer' : 'do_not_apply';
}

/** The benefits of all parties that earn any, each once, with the parties it rests on (`party:0`). */
export function benefitsOf(findings: readonly Finding[], all: readonly PartnerTerms[]): Assessment['benefits'] {
  const found = new Map<string, { readonly code: string; readonly name: string; readonly because: string[] }>();
  for (const [n, { answer }] of findings.entries()) {
    if (answer === undefined || !counts(answer)) continue;
    const titles = all.find(({ partner }) => partner === answer.subject.partner)?.arrangement.benefits ?? {};
    for (const code of answer.advice.benefits) {
      const benefit = found.get(code) ?? { code, name: titles[code] ?? code, because: [] };
      benefit.because.push(`party:${n}`);
      found.set(code, benefit);
    }
  }
  return [...found.values()];
}

/** The first moment at which an answer that earns benefits may no longer hold: its list is too old, or its validity is over. */
export function validUntil(findings: readonly Finding[], all: readonly PartnerTerms[]): Moment | undefined {
  const ends = findings.flatMap(({ answer }) => {
    if (answer === undefined || !counts(answer)) return [];
    const { freshness, subject } = answer;
    const { list_as_of: issuedAt, max_age_s: seconds } = freshness;
    const zone = all.find(({ partner }) => partner === subject.partner)?.timeZone;
    const tooOld = issuedAt === undefined ? [] : [later(issuedAt, seconds)];
    return subject.valid_to === undefined || zone === undefined
      ? tooOld
      : [...tooOld, endOfDay(subject.valid_to, zone)];
  });
  return ends.sort()[0];
}

/** Offsets of time zones are at most 14 hours and multiples of 15 minutes. */
function endOfDay(day: Day, timeZone: string): Moment {
  let moment = later(`${day}T10:00:00.000Z`, 0);
  while (dayAt(moment, timeZone) <= day) moment = later(moment, 15 * 60);
  return moment;
}
