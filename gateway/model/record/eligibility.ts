/** Which of our operators a partner may see, and why another may not, or may no longer. */

import type { Arrangement } from '../arrangement.ts';
import type { Departure, ListRecord } from '../list/list.ts';
import type { Address, Day, DomesticRecord, OperatorStatus, TwoScripts } from './domestic-record.ts';

/**
 * Why an operator is left out of a list. `field_missing:name.latin` names what the partner's message cannot do without;
 * `value_not_writable`: a value that its layout or schema cannot carry, such as a name that is too long.
 */
export type Ineligible =
  | 'grade_not_accepted'
  | 'status_not_listed'
  | 'no_consent'
  | 'code_not_writable'
  | 'value_not_writable'
  | `field_missing:${string}`;

export type Eligibility =
  | { readonly eligible: true; readonly entry: ListRecord }
  | { readonly eligible: false; readonly reasons: readonly Ineligible[] };

/** What the arrangement accepts, what the partner's message needs, and how the partner writes our operators. */
export interface ListTerms {
  readonly arrangement: Pick<Arrangement, 'grades'>;
  /** Paths inside a list record, `name.latin`. */
  readonly needs: readonly string[];
  readonly form: { readonly grammar: RegExp; toIdentifier(code: string): string };
}

/** What decides whether an operator may be seen. */
export interface Standing {
  /** As the partner writes it. */
  readonly identifier: string;
  readonly grade: string;
  readonly status: OperatorStatus;
  readonly consent: boolean;
  /** Whether the value of that path inside a list record would be absent. */
  lacks(path: string): boolean;
}

/** Everything that keeps an operator off a list is named, not the first reason only: staff mend a record once. */
export function reasonsAgainst(standing: Standing, terms: ListTerms): readonly Ineligible[] {
  const reasons: Ineligible[] = [];
  if (!terms.arrangement.grades.includes(standing.grade)) reasons.push('grade_not_accepted');
  if (!isListed(standing.status)) reasons.push('status_not_listed');
  if (!standing.consent) reasons.push('no_consent');
  if (!terms.form.grammar.test(standing.identifier)) reasons.push('code_not_writable');
  for (const path of terms.needs) if (standing.lacks(path)) reasons.push(`field_missing:${path}`);
  return reasons;
}

export function eligibility(record: DomesticRecord, terms: ListTerms): Eligibility {
  const { code, grade, status, consent } = record;
  const identifier = terms.form.toIdentifier(code);
  // The other fields do not depend on the status, so a missing one is named even where the status is not listed.
  const entry = toListRecord(record, identifier, isListed(status) ? status : 'active');
  const lacks = (path: string): boolean => isMissing(entry, path);
  const reasons = reasonsAgainst({ identifier, grade, status, consent, lacks }, terms);
  return reasons.length === 0 ? { eligible: true, entry } : { eligible: false, reasons };
}

/** Suspension travels, so that the partner knows at once; an operator that is none any more leaves the list. */
function isListed(status: OperatorStatus): status is ListRecord['status'] {
  switch (status) {
    case 'active':
    case 'suspended':
      return true;
    case 'revoked':
    case 'withdrawn':
      return false;
  }
}

/** The business number, the consent and everything else a partner has no need of stay at home. */
function toListRecord(record: DomesticRecord, identifier: string, status: ListRecord['status']): ListRecord {
  return {
    identifier,
    name: filled(record.name),
    address: filled(record.address),
    grade: record.grade,
    status,
    statusSince: record.statusSince,
    validFrom: record.gradeSince,
    roles: record.roles,
  };
}

function filled<T extends TwoScripts | Address>(texts: T): T {
  let full = true;
  for (const text of Object.values(texts)) if (text === undefined || text === '') full = false;
  if (full) return texts;
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined && text !== '')) as T;
}

function isMissing(record: ListRecord, path: string): boolean {
  let value: unknown = record;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return true;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/**
 * Why an operator the partner holds leaves the list. `record`: what is known of it now; undefined when it is gone from
 * our own records too. Consent comes first: where it ended, no other reason may travel. `day`: today at home.
 * An operator in good standing lost its grade, unless `grades` (those the partner accepts) holds the grade it has.
 */
export function departureOf(
  record: DomesticRecord | undefined,
  identifier: string,
  day: Day,
  grades: readonly string[] = [],
): Departure {
  if (record === undefined) return { identifier, reason: 'left', since: day };
  if (!record.consent) return { identifier, reason: 'consent_withdrawn', since: record.consentSince ?? day };
  switch (record.status) {
    case 'revoked':
    case 'withdrawn':
      return { identifier, reason: record.status, since: record.statusSince };
    case 'active':
    case 'suspended':
      if (grades.includes(record.grade)) return { identifier, reason: 'left', since: day };
      return { identifier, reason: 'grade_lost', since: record.gradeSince };
  }
}
