/** A list: the operators that one administration publishes to another, and the position of the list in its stream. */

import type { Day, ListRecord, Moment } from '../record/record.ts';

/** Why an operator is no longer on a list. */
export const departureReasons = ['revoked', 'withdrawn', 'consent_withdrawn', 'grade_lost', 'left'] as const;
type DepartureReason = (typeof departureReasons)[number];

/** An operator that left the list. Only the identifier is sent: after consent has ended, nothing else may be published. */
export interface Departure {
  readonly identifier: string;
  readonly reason: DepartureReason;
  readonly since: Day;
}

/** After a restore two epochs can have one number: `id` distinguishes them, `no` orders them. */
export interface Epoch {
  readonly no: number;
  readonly id: string;
}

/** The largest number of an epoch or message that every store can keep. */
export const largestNumber = 2 ** 31 - 1;

/** The position of a stream after a message. Hashes are SHA-256 in lower-case hex. */
export interface Position {
  readonly epoch: Epoch;
  readonly sequence: number;
  /** Hash over all messages of the epoch so far. */
  readonly chain: string;
  /** Hash over all records of the list after the message. */
  readonly root: string;
  readonly count: number;
}

/** What a message states of its position: by the discipline of the partner's stream all of it, a number, or nothing. */
export interface StatedPosition extends Partial<Omit<Position, 'epoch'>> {
  readonly epoch?: Partial<Epoch>;
}

export interface ListPart {
  readonly no: number;
  readonly of: number;
}

export interface ListMessage {
  readonly kind: 'full' | 'delta';
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly issuedAt: Moment;
  /** When the next message is due at the latest. */
  readonly nextBy: Moment;
  /** The part of a list, counted from 1; absent when the message is the whole list. Parts are consecutive in the stream. */
  readonly part?: ListPart;
  readonly position: Position;
  /** The chain before this message; 64 zeros at the start of an epoch. */
  readonly previousChain: string;
  readonly records: readonly ListRecord[];
  readonly departures: readonly Departure[];
}
