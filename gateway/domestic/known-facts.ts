/**
 * Compares an imported row with the stored record of its operator. An older row, or one that lifts a restriction, is no ordinary change.
 */

import type { FaultRule } from '../model/record/fault-rules.ts';
import { operatorOfText, operatorText } from '../model/record/record-text.ts';
import type { Day, DomesticPath, DomesticRecord, OperatorStatus } from '../model/record/record.ts';
import type { KnownOperator } from '../store/operators.ts';
import { isBefore, newestDay, type HomeMoment } from './import-moment.ts';

/** What a row can lift: a restriction by status, or a withdrawn consent. */
export const restrictions = ['suspension', 'revocation', 'withdrawal', 'consent_withdrawal'] as const;
export type Restriction = (typeof restrictions)[number];

interface Comparison {
  readonly lifts: readonly Restriction[];
  /** The row restricts the operator: its status moves further from `active`, or its consent has ended. */
  readonly restricts: boolean;
  /** Why the row is rejected, and the column concerned. */
  readonly refused?: { readonly rule: FaultRule; readonly path: DomesticPath; readonly detail: string };
}

const nothing: Comparison = { lifts: [], restricts: false };

interface RowTerms {
  /** The reference time of the row. */
  readonly moment: HomeMoment;
  readonly known: KnownOperator | undefined;
  readonly today: Day;
  /** It was rejected as a duplicate of another row, which was imported. */
  readonly repeated: boolean;
}

/** A row that repeats the stored record is never rejected. */
export function compareWithKnown(row: DomesticRecord, { moment, known, today, repeated }: RowTerms): Comparison {
  if (known === undefined || known.text === operatorText(row)) return nothing;
  if (repeated) {
    const detail = 'another row with this code was taken before';
    return { ...nothing, refused: { rule: 'code_repeated', path: 'code', detail } };
  }
  const before = operatorOfText(known.text);
  const asOf = known.asOf === '' ? newestDay([before], today) : known.asOf;
  if (isBefore(moment, asOf)) {
    const detail = `it speaks of ${moment === '' ? 'no day' : moment}, and what is known of ${asOf}`;
    return { ...nothing, refused: { rule: 'row_outdated', path: 'code', detail } };
  }
  const lifted = liftedBy(row, before, asOf.slice(0, 10));
  const early = lifted.find(({ day, since }) => day <= since);
  if (early === undefined)
    return { lifts: lifted.map(({ restriction }) => restriction), restricts: isRestriction(row, before) };
  const { path, since, restriction } = early;
  const detail = `${restrictionWords[restriction]} since ${since === '' ? 'an unknown day' : since}`;
  return { ...nothing, refused: { rule: 'lifting_not_later', path, detail } };
}

export const restrictionWords: Readonly<Record<Restriction, string>> = {
  suspension: 'suspension',
  revocation: 'revocation',
  withdrawal: 'withdrawal from the programme',
  consent_withdrawal: 'withdrawal of consent',
};

/** How far a status is from `active`, and the restriction that a move toward `active` lifts. */
const ranks: Readonly<Record<OperatorStatus, { readonly rank: number; readonly restriction?: Restriction }>> = {
  active: { rank: 0 },
  suspended: { rank: 1, restriction: 'suspension' },
  revoked: { rank: 2, restriction: 'revocation' },
  withdrawn: { rank: 2, restriction: 'withdrawal' },
};

/** Whether the row restricts the operator further, by its status or because its consent has ended. */
export function isRestriction(row: DomesticRecord, before: DomesticRecord): boolean {
  return ranks[row.status].rank > ranks[before.status].rank || (before.consent && !row.consent);
}

interface Lifted {
  readonly restriction: Restriction;
  readonly path: DomesticPath;
  /** The day on which the row would end the restriction, and the day since which the restriction is known. */
  readonly day: string;
  readonly since: string;
}

function liftedBy(row: DomesticRecord, before: DomesticRecord, knownDay: string): readonly Lifted[] {
  const { rank, restriction } = ranks[before.status];
  const lifted: Lifted[] = [];
  if (restriction !== undefined && ranks[row.status].rank < rank)
    lifted.push({ restriction, path: 'statusSince', day: row.statusSince, since: before.statusSince });
  if (row.consent && !before.consent) {
    const since = before.consentSince ?? knownDay;
    lifted.push({ restriction: 'consent_withdrawal', path: 'consentSince', day: row.consentSince ?? '', since });
  }
  return lifted;
}
