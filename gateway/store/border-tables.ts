/** Tables for border systems that ask, and for the changes that they are informed about. */

import type { RegisterFact } from '../model/clearance/answer.ts';

type Status = RegisterFact['status'];

/** `reloaded`: too many operators changed at once to list them; read the partner's whole list again. */
export type ChangeKind =
  'listed' | 'reinstated' | 'suspended' | 'revoked' | 'withdrawn' | 'left' | 'updated' | 'reloaded';

export interface BorderTables {
  /** `scopes`: separated by spaces; `rate`: requests per second. A name is never reused. */
  client: {
    name: string;
    scopes: string;
    rate: number | null;
    state: 'active' | 'revoked';
    reason: string | null;
    person: string;
    at: string;
  };
  /** A client's credential. `id`: the public part of a token, or the fingerprint of a certificate; `digest`: SHA-256, lower-case hex. */
  client_credential: {
    id: string;
    client: string;
    kind: 'token' | 'certificate';
    digest: string;
    at: string;
    /** Valid until then; null: without end. */
    until_at: string | null;
    /** Time of the last use, accurate to some minutes. */
    used_at: string | null;
  };
  /** Subscribers to changes: `n` is the last change that they accepted; the rest describes the deliveries since. */
  news_reader: {
    name: string;
    lane: 'restrictions' | 'others';
    n: number;
    attempts: number;
    next_at: string | null;
    failing_since: string | null;
    fault: string | null;
  };
  /** Changes of the register by lists. `is_late`: 1 if a restriction took effect before the day on which it became known. */
  register_change: {
    n: number;
    partner: string;
    identifier: string;
    kind: ChangeKind;
    status_before: Status | null;
    status_after: Status | null;
    effective_from: string;
    known_at: string;
    list: number;
    is_late: number;
  };
  /** Index of the log by searchable values; see answer-search.ts. */
  search_term: { term: string; asked_at: string; n: number };
}

/** Column types by engine: see first-tables.ts. */
interface Types {
  readonly text: string;
  readonly big: string;
  readonly clustered: string;
}

export function newsTables({ text, big, clustered }: Types): readonly string[] {
  return [
    `create table news_reader (name ${text} not null, lane ${text} not null, n ${big} not null, attempts integer not null,
      next_at ${text}, failing_since ${text}, fault ${text}, primary key (name, lane)) ${clustered}`,
    "insert into duty (name, owner, until) values ('news', '', '')",
  ];
}

export function changeTables({ text, big, clustered }: Types): readonly string[] {
  return [
    `create table register_change (n ${big} primary key, partner ${text} not null, identifier ${text} not null,
      kind ${text} not null, status_before ${text}, status_after ${text}, effective_from ${text} not null, known_at ${text} not null,
      list integer not null, is_late integer not null) ${clustered}`,
    'create index register_change_late on register_change (known_at) where is_late = 1',
    "insert into counter (name, value) values ('register_change', 0)",
  ];
}

export function clientTables({ text, clustered }: Types): readonly string[] {
  return [
    `create table client (name ${text} primary key, scopes ${text} not null, rate integer, state ${text} not null,
      reason ${text}, person ${text} not null, at ${text} not null) ${clustered}`,
    `create table client_credential (id ${text} primary key, client ${text} not null references client (name),
      kind ${text} not null, digest ${text} not null, at ${text} not null, until_at ${text}, used_at ${text}) ${clustered}`,
    "insert into counter (name, value) values ('client_revision', 0)",
  ];
}

/** The index for searches of answers and assessments. `term`: what is searched, and the value of one of its fields. */
export function searchTables({ text, big, clustered }: Types & { readonly big: string }): readonly string[] {
  return [
    `create table search_term (term ${text} not null, asked_at ${text} not null, n ${big} not null,
      primary key (term, asked_at, n)) ${clustered}`,
    "insert into counter (name, value) values ('searchable', 0)",
  ];
}
