/** What a status query is decided from: the terms, the request and what the register holds; and what each step of the decision finds. */

import type { Advice, CheckRequest, ExplanationStep, Freshness, ListInForce, Outcome, RegisterFact } from './answer.ts';
import type { Arrangement } from '../arrangement.ts';
import type { CleanIdentifier, WrittenForm } from '../identifier.ts';
import type { Day, Moment } from '../record/record.ts';

/** What must be known of a partner to answer about its operators. An adapter is one of these. */
export interface PartnerTerms {
  readonly partner: string;
  readonly timeZone: string;
  readonly arrangement: Arrangement;
  readonly identifiers: { readonly theirs: WrittenForm };
}

/** What the home policy advises about a recognised operator whose name on the entry is another than on the list. */
export interface DifferingNames {
  /** A significant word is in both. */
  readonly partly: 'warn' | 'refer';
  /** None is. */
  readonly wholly: 'warn' | 'refer';
}

export const defaultDifferingNames: DifferingNames = { partly: 'warn', wholly: 'refer' };

export interface StatusQuery {
  /** Country of the home administration. */
  readonly home: string;
  readonly terms: PartnerTerms;
  readonly request: CheckRequest;
  /** As read for this partner; where the operator was found by name and address, its own. */
  readonly identifier: CleanIdentifier;
  /** How many operators have the name and address sent; absent where an identifier was sent. */
  readonly namesakes?: number;
  /** The newest version of the operator that began on or before the day of `at`, as of `list`; else the first that begins later. */
  readonly fact: RegisterFact | undefined;
  readonly list: ListInForce | undefined;
  readonly at: Moment;
  readonly knownAt: Moment;
  readonly now: Moment;
  readonly policy: string;
  /** Absent: defaultDifferingNames. */
  readonly differingNames?: DifferingNames | undefined;
  /** The store could not say whether a newer list was applied. */
  readonly isStoreAway?: boolean | undefined;
}

/** A query with what follows from its moments. */
export interface Facts extends StatusQuery {
  /** Day of `at` where the partner keeps its calendar: validity is stated in days of that calendar. */
  readonly day: Day;
  readonly freshness: Freshness;
}

export interface Ruling {
  readonly outcome: Outcome;
  readonly action: Advice['action'];
  readonly benefits?: readonly string[];
  readonly reason?: string;
}

/** What one step found, and the ruling if no further step is taken. */
export interface Judgement {
  readonly steps: readonly ExplanationStep[];
  readonly ruling?: Ruling;
}

type Finding = readonly [result: ExplanationStep['result'], code: string, text: string];

/** A step after which the next one follows. */
export function found(step: ExplanationStep['step'], [result, code, text]: Finding): Judgement {
  return { steps: [{ code, result, step, text }] };
}

/** A step that decides. */
export function decided(step: ExplanationStep['step'], finding: Finding, ruling: Ruling): Required<Judgement> {
  return { ...found(step, finding), ruling };
}
