/** Decides which of our operators a partner may see, and states the reasons against the others. */

import type { Arrangement } from '../arrangement.ts';
import { byteMemo } from '../byte-memo.ts';
import type { Departure } from '../list/list.ts';
import { columnText, isAbsent, type Columns } from './columns.ts';
import {
  listedStatuses,
  recordFields,
  type Day,
  type DomesticPath,
  type DomesticRecord,
  type ListPath,
  type OperatorStatus,
} from './record.ts';
import { domesticLayout } from './record-text.ts';

/**
 * Why an operator is left out of a list. `field_missing:name.latin` names a value that the partner's message requires;
 * `value_not_writable`: the partner's layout or schema cannot express a value, such as a name that is too long.
 */
export type IneligibilityReason =
  | 'grade_not_accepted'
  | 'status_not_listed'
  | 'no_consent'
  | 'code_not_writable'
  | 'value_not_writable'
  | `field_missing:${string}`;

/** The grades that the arrangement accepts, the values that the partner's message requires, and the form of our identifiers. */
export interface ListTerms {
  readonly arrangement: Pick<Arrangement, 'grades'>;
  /** Paths inside a list record, `name.latin`. */
  readonly requiredPaths: readonly string[];
  readonly form: { readonly grammar: RegExp; toIdentifier(code: string): string };
}

/** Judges operators from the columns of their stored text. */
interface EligibilityRule {
  /** All reasons and not only the first, so that staff correct a record once. */
  ineligibilityReasons(operator: Columns, identifier: string): readonly IneligibilityReason[];
  isActive(operator: Columns): boolean;
}

/** The columns of a domestic record that list records take their values from, by the path in a list record. */
export const domesticColumn: Partial<Readonly<Record<ListPath, number>>> = Object.fromEntries(
  recordFields.flatMap(({ listed, domestic }) =>
    listed === undefined || domestic === undefined ? [] : [[listed, domesticLayout.column[domestic]]],
  ),
);

export function eligibilityRule({ arrangement, requiredPaths, form }: ListTerms): EligibilityRule {
  const grades = new Set(arrangement.grades);
  const words = byteMemo((text) => JSON.parse(`"${text}"`) as string);
  const wordAt = ({ bytes, starts, ends }: Columns, path: DomesticPath): string => {
    const column = domesticLayout.column[path];
    return words(bytes, starts[column] ?? 0, ends[column] ?? 0);
  };
  return {
    ineligibilityReasons(operator, identifier) {
      const reasons: IneligibilityReason[] = [];
      if (!grades.has(wordAt(operator, 'grade'))) reasons.push('grade_not_accepted');
      if (!isListed(wordAt(operator, 'status'))) reasons.push('status_not_listed');
      if (wordAt(operator, 'consent') !== 'yes') reasons.push('no_consent');
      if (!form.grammar.test(identifier)) reasons.push('code_not_writable');
      for (const path of requiredPaths) if (lacks(operator, path)) reasons.push(`field_missing:${path}`);
      return reasons;
    },
    isActive: (operator) => wordAt(operator, 'status') === 'active',
  };
}

/** Suspended operators stay on the list, so that the partner learns of the suspension; revoked and withdrawn ones leave it. */
function isListed(status: string): boolean {
  return listedStatuses.some((listed) => listed === status);
}

function lacks(operator: Columns, path: string): boolean {
  if (path === 'roles') return operator.count === domesticLayout.rolesFrom;
  const column = domesticColumn[path as ListPath];
  return column === undefined || isAbsent(operator, column);
}

export function identifierOf(operator: Columns, { form }: Pick<ListTerms, 'form'>): string {
  return form.toIdentifier(columnText(operator, domesticLayout.column.code));
}

/**
 * Why an operator leaves the list that the partner holds. `record`: the current record; undefined when we have none any more.
 * Consent comes first: after it has ended, no other reason may be published. `day`: today at home. The reason of an active
 * operator is its grade, unless that is one of `grades`, which the partner accepts.
 */
export function departureOf(
  record: DomesticRecord | undefined,
  identifier: string,
  day: Day,
  grades: readonly string[] = [],
): Departure {
  if (record === undefined) return { identifier, reason: 'left', since: day };
  if (!record.consent) return { identifier, reason: 'consent_withdrawn', since: record.consentSince ?? day };
  const status: OperatorStatus = record.status;
  switch (status) {
    case 'revoked':
    case 'withdrawn':
      return { identifier, reason: status, since: record.statusSince };
    case 'active':
    case 'suspended':
      if (grades.includes(record.grade)) return { identifier, reason: 'left', since: day };
      return { identifier, reason: 'grade_lost', since: record.gradeSince };
  }
}
