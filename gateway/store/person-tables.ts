/** The tables of people.ts, import-drafts.ts and adapter-drafts.ts. */

import type { Types } from './first-tables.ts';

export function personTables({ text, clustered, plain }: Types): readonly string[] {
  return [
    `create table person (id ${text} primary key, name ${text} not null, roles ${text} not null, state ${text} not null,
      password ${text}, link_hash ${text}, link_until ${text}, failed integer not null default 0, failed_at ${text},
      subject ${text}, at ${text} not null) ${plain}`,
    'create unique index person_link on person (link_hash) where link_hash is not null',
    'create unique index person_subject on person (subject) where subject is not null',
    `create table session (hash ${text} primary key, person ${text} not null references person (id),
      kind ${text} not null, created_at ${text} not null, seen_at ${text} not null, ends_at ${text} not null) ${clustered}`,
    'create index session_person on session (person)',
  ];
}

export function draftTables({ text, plain }: Types): readonly string[] {
  return [
    `create table import_draft (id ${text} primary key, digest ${text} not null references body (digest),
      name ${text} not null, options ${text} not null, person ${text} not null, at ${text} not null, state ${text} not null,
      decided_by ${text}, decided_at ${text}, reason ${text}) ${plain}`,
    "create unique index import_draft_waiting on import_draft (digest) where state = 'waiting'",
  ];
}

export function adapterDraftTables({ text, plain }: Types): readonly string[] {
  return [
    `create table adapter_draft (id ${text} primary key, partner ${text} not null, person ${text} not null,
      at ${text} not null, content ${text} not null) ${plain}`,
  ];
}
