/** The tables of the store, one interface a table, the same on both engines. */

import type { Generated } from 'kysely';

/** End of an interval that is still open: the last day and the last moment four digits of a year can say. */
export const openDay = '9999-12-31';
export const openMoment = '9999-12-31T23:59:59.999Z';

export interface BodyTable {
  digest: string;
  bytes: Uint8Array;
}

export interface OperatorTable {
  code: string;
  /** Grows with every change of any operator. */
  revision: number;
  revised_at: string;
  /** As model/operator-text.ts writes it. */
  record: string;
}

export interface StreamTable {
  id: string;
  partner: string;
  direction: string;
  epoch_no: number;
  epoch_id: string;
  sequence: number;
  chain: string;
  root: string;
  count: number;
  resync_wanted: number;
  /** Of the mirror: digest of each bucket one after the other (64 characters each), entries, and active ones among them. */
  digests: string;
  held: number;
  active: number;
  /** Outbound: the revision of operators that the mirror shows, and what decided who may be seen and how. */
  revision: number;
  terms: string;
}

/** One bucket of what was published on a stream. */
export interface MirrorBucketTable {
  stream: string;
  bucket: number;
  /** `[identifier, +leaf if active and -leaf if not, identifier, …]` */
  entries: string;
}

/** Parts of a list that wait for the last one. */
export interface ListPartTable {
  stream: string;
  part: number;
  digest: string;
}

export interface ListTable {
  partner: string;
  direction: string;
  message_id: string;
  epoch_no: number;
  sequence: number;
  kind: string;
  count: number;
  issued_at: string;
  applied_at: string;
  next_by: string;
}

export interface MessageTable {
  id: string;
  partner: string;
  kind: string;
  content_type: string;
  digest: string;
  epoch_id: string | null;
  sequence: number | null;
  correlates_to: string | null;
  state: string;
  state_rank: number;
  created_at: string;
  next_attempt_at: string | null;
  receipt_due_at: string | null;
  hold_reason: string | null;
  /** How often the message was claimed; the number of the last claim is also the token of its lease. */
  attempts: number;
  lease_owner: string | null;
  lease_until: string | null;
  receipt_digest: string | null;
  verdict_detail: string | null;
  settled_at: string | null;
}

export interface AttemptTable {
  message_id: string;
  no: number;
  /** `started`, and later one row with how it ended. */
  event: string;
  at: string;
  owner: string | null;
  evidence: string | null;
}

export interface RecordResultTable {
  partner: string;
  message_id: string;
  n: number;
  identifier: string;
  code: string;
  detail: string;
}

export interface InboxTable {
  partner: string;
  digest: string;
  /** What the transport said; a hint. `message_id` is what the signature covers. */
  hinted_id: string | null;
  message_id: string | null;
  via: string;
  received_at: string;
  deliveries: number;
  state: string;
  state_rank: number;
  kind: string | null;
  reason: string | null;
  receipt_digest: string | null;
  held_at: string | null;
  settled_at: string | null;
}

/** Which bytes a partner's message id stands for. Only a verified message gets a row. */
export interface InboundIdTable {
  partner: string;
  message_id: string;
  digest: string;
}

export interface ApprovalTable {
  partner: string;
  digest: string;
  person: string;
  decision: string;
  at: string;
}

export interface RegisterTable {
  n: Generated<number>;
  partner: string;
  identifier: string;
  valid_from: string;
  valid_to: string;
  known_from: string;
  known_to: string;
  status: string;
  name: string | null;
  details: string;
  source_message: string;
}

export interface ConsultationTable {
  number: string;
  asked_at: string;
  requester: string;
  partner: string;
  request: string;
  answer: string;
}

export interface AssessmentTable {
  number: string;
  asked_at: string;
  requester: string;
  request: string;
  answer: string;
}

export interface IdempotencyTable {
  requester: string;
  key: string;
  fingerprint: string;
  status: number;
  body: string;
  at: string;
}

export interface EventTable {
  n: number;
  leaf_hash: string;
  kind: string;
  ref: string;
  detail: string | null;
  at: string;
}

/** Numbers that must have no gaps, and the mark of the store. */
export interface CounterTable {
  name: string;
  value: number;
}

export interface Tables {
  body: BodyTable;
  operator: OperatorTable;
  stream: StreamTable;
  mirror_bucket: MirrorBucketTable;
  list_part: ListPartTable;
  list: ListTable;
  message: MessageTable;
  attempt: AttemptTable;
  record_result: RecordResultTable;
  inbox: InboxTable;
  inbound_id: InboundIdTable;
  approval: ApprovalTable;
  register_version: RegisterTable;
  consultation: ConsultationTable;
  assessment: AssessmentTable;
  idempotency: IdempotencyTable;
  event: EventTable;
  counter: CounterTable;
}
