/** The tables of the store, the same on both engines. Timestamps are ISO 8601 in UTC; digests are SHA-256 in lower-case hex. */

import type { Generated } from 'kysely';
import type { RegisterFact } from '../model/clearance/answer.ts';
import type { KeyUse, OwnKeyState } from '../model/partner-key.ts';
import type {
  Digest,
  Evidence,
  InboundState,
  OutboundState,
  RecordResult,
  SealedMessage,
  SenderEvidence,
  Via,
} from '../model/message.ts';
import type { BorderTables } from './border-tables.ts';
import type { MonthNumberTables } from './month-number-tables.ts';
import type { OutcomeTables } from './outcome-tables.ts';
import type { PersonTables } from './person-rows.ts';

/** End of an interval without an end: the largest four-digit year. */
export const openDay = '9999-12-31';
export const openMoment = '9999-12-31T23:59:59.999Z';
/** The same for ordinals of lists: the largest number of both engines’ `integer`. */
export const openOrdinal = 2_147_483_647;

export interface Tables extends BorderTables, MonthNumberTables, OutcomeTables, PersonTables {
  /** `bytes` are empty where those of a refused message were dropped. */
  body: { digest: string; bytes: Uint8Array };
  operator: {
    code: string;
    /** Increases with every change of any operator. */
    revision: number;
    revised_at: string;
    /** The newest moment of home for which a file stated the record; empty where none did. */
    as_of: string;
    /** Canonical text of model/record/record-text.ts. */
    record: string;
  };
  /** Earlier states of operators, as they were when a later one replaced them. */
  operator_version: Tables['operator'];
  /** What brought all changes of a revision: an import (`digest`: of its file), or a command of a person, with a reason in place of a file. */
  operator_import: {
    revision: number;
    file: string;
    digest: string;
    person: string;
    at: string;
    reason: string | null;
    /** 1: one of the changes suspends or revokes an operator, or ends its consent. */
    restricts: number;
  };
  stream: {
    id: string;
    partner: string;
    direction: string;
    epoch_no: number;
    epoch_id: string;
    sequence: number;
    chain: string;
    root: string;
    count: number;
    /** 0; or the next list must be a full one, in the epoch after ours (1) or in this one. */
    resync_wanted: number;
    /** Of the mirror: the digests of its buckets, concatenated (64 characters each); `held`: entries; `active`: active ones among them. */
    digests: string;
    held: number;
    active: number;
    /** Outbound: the operator revision up to which the mirror is current, and the digest of the terms it was built under. */
    revision: number;
    terms: string;
  };
  mirror_bucket: {
    stream: string;
    bucket: number;
    /** `[identifier, +leaf if active and -leaf if not, identifier, …]` */
    entries: string;
  };
  /** Parts of a list received before its last part. */
  list_part: { stream: string; part: number; digest: string };
  list: {
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
    /** Counts the lists of one partner and direction in the order of their commits, from 1. Clocks do not order them. */
    ordinal: number;
  };
  message: {
    id: string;
    partner: string;
    kind: SealedMessage['kind'];
    content_type: string;
    digest: string;
    epoch_id: string | null;
    sequence: number | null;
    /** Id of the message it answers. */
    correlates_to: string | null;
    /** The name of the file in which it travels, where messages are files. */
    file: string | null;
    state: OutboundState;
    /** Only ever increases. */
    state_rank: number;
    created_at: string;
    /** When it is sent (again) at the earliest; null once it is settled. */
    next_attempt_at: string | null;
    receipt_due_at: string | null;
    /** When the absence of an agreed answer has consequences. */
    answer_due_at: string | null;
    /** The last answer without a verdict: the message arrived (`received`), people of the partner look at it; or none came in time. */
    progress: 'received' | 'held' | 'overdue' | null;
    /** Why it is not sent until a person acts. */
    hold_reason: string | null;
    /** How often the message was claimed. The number of the last claim is also the token of its lease. */
    attempts: number;
    lease_owner: string | null;
    lease_until: string | null;
    receipt_digest: string | null;
    verdict_detail: string | null;
    /** What the verdict rests on; null without one. */
    evidence: Evidence | null;
    settled_at: string | null;
  };
  attempt: {
    message_id: string;
    no: number;
    /** `started`; the outcome is in a second row. */
    event: 'started' | 'handed_over' | 'failed' | 'held';
    at: string;
    owner: string | null;
    evidence: string | null;
  };
  record_result: RecordResult<string> & { partner: string; message_id: string; n: number };
  inbox: {
    partner: string;
    digest: string;
    /** The id the transport states: a hint. */
    hinted_id: string | null;
    /** The signed id; null before or without verification. */
    message_id: string | null;
    via: Via;
    received_at: string;
    /** How often these bytes arrived. */
    deliveries: number;
    state: InboundState;
    state_rank: number;
    kind: string | null;
    /** An error code, or the reason of a hold. */
    reason: string | null;
    receipt_digest: string | null;
    /** How the sender is known; null where it is not. */
    evidence: SenderEvidence | null;
    held_at: string | null;
    /** Ordinal of the partner's newest applied list when this one was held. */
    held_after: number | null;
    settled_at: string | null;
    /** Bytes of all refused messages of the partner up to this one, receipts included; 0 once the bytes are dropped; null for other messages. */
    refused_upto: number | null;
  };
  /** The bytes a partner's message id belongs to. Only verified messages get a row. */
  inbound_id: { partner: string; message_id: string; digest: string };
  approval: { partner: string; digest: string; person: string; decision: string; at: string };
  /**
   * Valid from and to: effective dates (days, end exclusive). Known from and to: knowledge dates (timestamps, end exclusive). From and to
   * list: ordinals of the lists that stated and superseded it (end exclusive); versions are found by these.
   */
  register_version: {
    n: Generated<number>;
    partner: string;
    identifier: string;
    valid_from: string;
    valid_to: string;
    known_from: string;
    known_to: string;
    from_list: number;
    to_list: number;
    status: RegisterFact['status'];
    name: string | null;
    details: string;
    source_message: string;
  };
  /** Answers of programs before `border_answer`, under random numbers. */
  consultation: Tables['assessment'] & { partner: string };
  /** Answers to status queries, in the order of the log: `n` numbers them together with the events. */
  border_answer: {
    n: number;
    leaf_hash: string;
    asked_at: string;
    requester: string;
    partner: string;
    request: string;
    answer: string;
  };
  /** Answers given while the store was away: the place that their number stands for, and their place in the log. */
  spooled_answer: { place: number; n: number };
  /** Answers given from a snapshot: their number, which stands for no place, and their place in the log. */
  offline_answer: { number: string; n: number };
  assessment: { number: string; asked_at: string; requester: string; request: string; answer: string };
  idempotency: { requester: string; key: string; fingerprint: string; status: number; body: string; at: string };
  /** Partners that were added or revoked by a command. `settings`: as the settings of a gateway have them, with texts of PEM in place of files. */
  partner_setting: {
    partner: string;
    settings: string;
    state: 'active' | 'revoked';
    reason: string | null;
    person: string;
    at: string;
  };
  /**
   * Certificates beside those of the settings, and periods of those. Ours (`side`): keys that replace, for one partner, the common ones;
   * their private keys are files.
   */
  partner_key: {
    partner: string;
    side: 'ours' | 'theirs';
    use: KeyUse;
    fingerprint: Digest;
    /** PEM. */
    certificate: string;
    /** By which messages call the key. */
    name: string | null;
    state: OwnKeyState | 'accepted' | 'revoked';
    /** Theirs: accepted from and until. Ours: it signs from; the key before is accepted until. */
    from_at: string | null;
    until_at: string | null;
    /** Fingerprint of the certificate before. */
    replaces: string | null;
    reason: string | null;
    /** Of ours: the message that announces or probes it. */
    message_id: string | null;
    at: string;
  };
  /** Revocation lists fetched from the addresses of the settings. `list`: DER in base64; `fault`: why the last one was not taken. */
  revocation_list: {
    source: string;
    list: string | null;
    asked_at: string;
    fetched_at: string | null;
    fault: string | null;
  };
  /** `subject`: codes of the partners concerned; empty: the gateway. One cause and subject has one open alarm. */
  alarm: {
    n: number;
    cause: string;
    subject: string;
    severity: 'warn' | 'fail';
    detail: string;
    fix: string;
    opened_at: string;
    closed_at: string | null;
    acknowledged_at: string | null;
    acknowledged_by: string | null;
  };
  /** A message about an alarm by one way; `next_at`: when it is sent (again); null once it was. */
  alarm_notice: {
    alarm: number;
    event: 'opened' | 'worse' | 'closed';
    way: string;
    attempts: number;
    next_at: string | null;
  };
  /** What one of several gateways does for all of them, until a moment. */
  duty: { name: string; owner: string; until: string };
  event: { n: number; leaf_hash: string; kind: string; ref: string; detail: string | null; at: string };
  /** What stays of entries of the log that were older than agreed: their place in the tree. */
  log_retired: { n: number; leaf_hash: string };
  /** Hashes of complete subtrees of the log: of 2^level leaves, level a multiple of 8, in hex. Index 0 begins at entry 1. */
  log_node: { level: number; i: number; hash: string };
  /** Moves with every change of what the register holds of a partner, and of the list it is read as of. */
  register_revision: { partner: string; revision: number };
  /** Secrets of this store, as hex. `consultation_number`: the key under which log numbers become consultation numbers; `log_id`: names the log. */
  store_key: { name: string; value: string };
  /**
   * `event` and `operator_revision` number without gaps, but for the one that an event of older-store.ts explains; `opened` counts
   * openings, `partner_revision` changes of partners and keys, `client_revision` of clients; `searchable` is the last entry of the log that searches find; `probe` tests whether the store can be written. `lists_wait`: 1 while no
   * list is sent (older-store.ts). `retention_open`: 1 within a transaction that deletes what is older than agreed; `retention_night`: the
   * last night on which that was done, in days since 1970.
   */
  counter: { name: string; value: number };
}
