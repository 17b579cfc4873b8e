/** A list: what one administration lets another see of its operators, and the position of that list in its stream. */

import type { Day, ListRecord, Moment } from '../record/domestic-record.ts';

export type { ListRecord };

/** Why an operator is no longer on a list. */
export const departureReasons = ['revoked', 'withdrawn', 'consent_withdrawn', 'grade_lost', 'left'] as const;
export type DepartureReason = (typeof departureReasons)[number];

/** An operator that left. It carries nothing but the number: where consent ended, nothing else may travel. */
export interface Departure {
  readonly identifier: string;
  readonly reason: DepartureReason;
  readonly since: Day;
}

/** Two full histories can carry one number after a restore: `id` tells them apart, `no` orders them. */
export interface Epoch {
  readonly no: number;
  readonly id: string;
}

/** Where a stream stands after a message. Hashes are SHA-256 in lower-case hex. */
export interface Position {
  readonly epoch: Epoch;
  readonly sequence: number;
  /** Hash over all messages of the epoch so far. */
  readonly chain: string;
  /** Hash over all records of the list as it then stands. */
  readonly root: string;
  readonly count: number;
}

export interface Part {
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
  /** Which part of a list this is, counted from 1; absent: the message is the whole list. All parts are of one kind and follow each other in the stream. */
  readonly part?: Part;
  readonly position: Position;
  /** The chain before this message; 64 zeros at the start of an epoch. */
  readonly previousChain: string;
  readonly records: readonly ListRecord[];
  readonly departures: readonly Departure[];
}
