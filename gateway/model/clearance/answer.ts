/** The answer to a status question: the fact, how fresh it is, what our policy advises, and why, step by step. */

import type { Direction, TransportMode } from '../arrangement.ts';
import type { SenderEvidence } from '../message.ts';
import type { PartyRole } from './entry.ts';
import type { Day, Moment, OperatorStatus } from '../record/record.ts';

/** Closed: a reader that meets another value treats it as `undetermined`. */
export const outcomes = [
  'recognised',
  'recognised_with_limits',
  'not_on_list',
  'suspended',
  'revoked',
  'expired',
  'agreement_not_in_force',
  'undetermined',
  'identifier_malformed',
] as const;
export type Outcome = (typeof outcomes)[number];

/** One status question, as a border system asks it. Member names are those of the API. */
export interface CheckRequest {
  /** Of the arrangement, or of a state it speaks for. */
  readonly partner: string;
  /** Absent only where the arrangement has operators found by name and address. */
  readonly identifier?: string;
  /** Characters the box of the declaration holds. */
  readonly box_length?: number;
  readonly role?: PartyRole;
  readonly direction?: Direction;
  readonly mode?: TransportMode;
  /** Where the goods enter or leave here, as the declaration writes it. */
  readonly port?: string;
  /** Where they were loaded there, likewise. */
  readonly port_of_departure?: string;
  /** The legal moment; absent: now. */
  readonly at?: Moment;
  /** What had reached us by then; absent: now. */
  readonly known_at?: Moment;
  readonly name?: string;
  readonly address?: string;
  readonly purpose?: string;
  readonly reference?: string;
}

/** What the register held about an operator at `at`, as known at `known_at`. */
export interface RegisterFact {
  readonly identifier: string;
  readonly status: OperatorStatus | 'left';
  readonly validFrom: Day;
  readonly validTo?: Day;
  readonly name?: string;
  /** The name in the second script. */
  readonly otherName?: string;
  readonly roles: readonly string[];
}

/** The newest list of a partner that was in force at a moment of knowledge. */
export interface ListInForce {
  /** `KR/1/00418`: partner, epoch, sequence. */
  readonly number: string;
  /** Counts the partner's lists in the order in which they were applied: the register is read as of this one. */
  readonly ordinal: number;
  readonly issuedAt: Moment;
  readonly receivedAt: Moment;
  /** How its sender is known. */
  readonly evidence: SenderEvidence;
  /** A newer list waits for two people. */
  readonly newerHeld: boolean;
}

export interface ExplanationStep {
  readonly step: 'identifier' | 'agreement' | 'freshness' | 'status' | 'scope' | 'name';
  readonly result: 'pass' | 'warn' | 'fail' | 'skip';
  readonly code: string;
  readonly text: string;
  readonly clause?: string;
}

export interface Freshness {
  readonly state: 'fresh' | 'ageing' | 'stale' | 'none';
  readonly list?: string;
  readonly list_as_of?: Moment;
  readonly received_at?: Moment;
  readonly age_s?: number;
  readonly max_age_s: number;
  /** `snapshot`: answered without a network, from a copy. */
  readonly source: 'register' | 'snapshot';
  /** The list was not signed: its sender is known by the connection over which it came, or by the word of our staff who brought it. Absent: it was signed. */
  readonly evidence?: Exclude<SenderEvidence, 'signed'>;
  readonly note?: string;
}

export interface Advice {
  readonly action: 'apply' | 'apply_with_limits' | 'do_not_apply' | 'refer';
  readonly benefits: readonly string[];
  readonly policy: string;
  readonly reason?: string;
}

export interface Subject {
  readonly partner: string;
  /** State of the operator, where the partner speaks for several. */
  readonly issuer?: string;
  readonly identifier: string | null;
  readonly identifier_as_sent?: string;
  readonly name?: string;
  readonly programme?: string;
  readonly roles?: readonly string[];
  readonly status?: string;
  readonly valid_from?: Day;
  readonly valid_to?: Day;
  readonly last_known_status?: string;
  readonly last_known_at?: Moment;
}

export interface NameComparison {
  readonly result: 'match' | 'differs';
  readonly score: number;
  /** A significant word is in both: not a legal form, nor a word of the trade. */
  readonly shares_word: boolean;
  readonly compared: { readonly sent: string; readonly held: string };
  readonly because: readonly string[];
}

/** How an identifier would have to be changed to be one that is recognised. */
export type IdentifierEdit =
  'prefix' | 'variant' | 'look_alike' | 'substitution' | 'transposition' | 'missing' | 'doubled' | 'other_partner';

/**
 * The one edit with which the same question would have been answered `recognised`; never applied by itself. Where more than one
 * operator would be, none is named.
 */
export type WouldChangeAnswer =
  | {
      readonly edit: IdentifierEdit;
      /** The characters sent at the place of the edit, and their replacement. */
      readonly from?: string;
      readonly to?: string;
      readonly partner: string;
      readonly identifier: string;
      readonly because: string;
    }
  | { readonly edit: 'ambiguous'; readonly because: string };

/** All of an answer but its proof; the proof's digest covers exactly this. */
export interface Answer {
  readonly outcome: Outcome;
  readonly subject: Subject;
  readonly name_match?: NameComparison;
  readonly at: Moment;
  readonly known_at: Moment;
  readonly answered_at: Moment;
  readonly freshness: Freshness;
  readonly advice: Advice;
  readonly explanation: readonly ExplanationStep[];
  readonly would_change_answer?: WouldChangeAnswer;
  readonly reference?: string;
}

interface Proof {
  readonly consultation_number: string;
  readonly issued_at: Moment;
  readonly requester: string;
  /** `sha-256:` + base64url of SHA-256 over the canonical JSON (RFC 8785) of the answer without `proof`. */
  readonly answer_digest: string;
  /** Absent where the store was away: the answer has its place once it is recorded. */
  readonly log_index?: number;
}

export type ProvenAnswer = Answer & { readonly proof: Proof };
