/** The members of a list, a reply and their parts, as templates may name them: how each is read from and put back into our own words. */

import type { Departure, ListMessage, ListRecord } from '../model/list.ts';
import { departureReasons } from '../model/list.ts';
import type { RecordResult, Reply } from '../model/message.ts';
import { recordFaults } from '../model/message.ts';
import type { Address, Role, TwoScripts } from '../model/record.ts';
import { roles } from '../model/record.ts';

export type Scalar = string | number;
/** One value of a message while it is read; a list waits here for its items. */
export type Slot = Scalar | unknown[] | undefined;

/** What a value must look like in our own words. `words`: one of a closed set. */
export type Kind = 'text' | 'day' | 'moment' | 'count' | 'words';

export interface Field {
  /** As a hole writes it: `name.latin`, `message.position.sequence`, `.` for an item that is itself a value. */
  readonly path: string;
  readonly kind: Kind;
  readonly words: readonly string[];
  /** The model allows it to be absent. */
  readonly optional: boolean;
  get(item: unknown): Scalar | undefined;
}

export interface ListField {
  readonly path: string;
  readonly shape: Shape<unknown>;
  /** A template may leave the list out; it then counts as empty. */
  readonly optional: boolean;
  get(item: unknown): readonly unknown[];
}

/** Slots are numbered: the fields in order, then the lists. */
export interface Shape<T> {
  readonly fields: readonly Field[];
  readonly lists: readonly ListField[];
  build(slots: readonly Slot[]): T;
}

interface FieldNature {
  readonly words?: readonly string[];
  readonly optional?: boolean;
}

// The getters below are each written for one shape, and a template is compiled against that shape only.
function field<T>(path: string, kind: Kind, get: (item: T) => Scalar | undefined, nature: FieldNature = {}): Field {
  const { words = [], optional = false } = nature;
  return { path, kind, words, optional, get: get as (item: unknown) => Scalar | undefined };
}

function list<T>(
  path: string,
  shape: Shape<unknown>,
  get: (item: T) => readonly unknown[],
  optional = false,
): ListField {
  return { path, shape, optional, get: get as (item: unknown) => readonly unknown[] };
}

const roleShape: Shape<Role> = {
  fields: [field<Role>('.', 'words', (role) => role, { words: roles })],
  lists: [],
  build: ([role]) => role as Role,
};

const maybe = { optional: true };

export const recordShape: Shape<ListRecord> = {
  fields: [
    field<ListRecord>('identifier', 'text', (record) => record.identifier),
    field<ListRecord>('grade', 'text', (record) => record.grade),
    field<ListRecord>('status', 'words', (record) => record.status, { words: ['active', 'suspended'] }),
    field<ListRecord>('statusSince', 'day', (record) => record.statusSince),
    field<ListRecord>('validFrom', 'day', (record) => record.validFrom),
    field<ListRecord>('validTo', 'day', (record) => record.validTo, maybe),
    field<ListRecord>('name.local', 'text', (record) => record.name.local, maybe),
    field<ListRecord>('name.latin', 'text', (record) => record.name.latin, maybe),
    field<ListRecord>('address.local', 'text', (record) => record.address.local, maybe),
    field<ListRecord>('address.latin', 'text', (record) => record.address.latin, maybe),
    field<ListRecord>('address.city', 'text', (record) => record.address.city, maybe),
    field<ListRecord>('address.postcode', 'text', (record) => record.address.postcode, maybe),
  ],
  lists: [list<ListRecord>('roles', roleShape, (record) => record.roles, true)],
  build: buildRecord,
};

// Index by index, for speed: this runs once for each of tens of thousands of records. The kinds were checked when the
// slots were filled, so the assertions below cannot be wrong.
function buildRecord(slots: readonly Slot[]): ListRecord {
  const record = {
    identifier: slots[0] as string,
    name: twoScripts(slots[6], slots[7]),
    address: address(slots),
    grade: slots[1] as string,
    status: slots[2] as ListRecord['status'],
    statusSince: slots[3] as string,
    validFrom: slots[4] as string,
    roles: (slots[12] ?? []) as readonly Role[],
  };
  return slots[5] === undefined ? record : { ...record, validTo: slots[5] as string };
}

function twoScripts(local: Slot, latin: Slot): TwoScripts {
  if (local === undefined) return latin === undefined ? {} : { latin: latin as string };
  return latin === undefined ? { local: local as string } : { local: local as string, latin: latin as string };
}

function address(slots: readonly Slot[]): Address {
  const made: { -readonly [K in keyof Address]: Address[K] } = {};
  if (slots[8] !== undefined) made.local = slots[8] as string;
  if (slots[9] !== undefined) made.latin = slots[9] as string;
  if (slots[10] !== undefined) made.city = slots[10] as string;
  if (slots[11] !== undefined) made.postcode = slots[11] as string;
  return made;
}

const departureShape: Shape<Departure> = {
  fields: [
    field<Departure>('identifier', 'text', (departure) => departure.identifier),
    field<Departure>('reason', 'words', (departure) => departure.reason, { words: departureReasons }),
    field<Departure>('since', 'day', (departure) => departure.since),
  ],
  lists: [],
  build: (slots) => ({
    identifier: slots[0] as string,
    reason: slots[1] as Departure['reason'],
    since: slots[2] as string,
  }),
};

export const listShape: Shape<ListMessage> = {
  fields: [
    field<ListMessage>('message.kind', 'words', (message) => message.kind, { words: ['full', 'delta'] }),
    field<ListMessage>('message.id', 'text', (message) => message.id),
    field<ListMessage>('message.from', 'text', (message) => message.from),
    field<ListMessage>('message.to', 'text', (message) => message.to),
    field<ListMessage>('message.issuedAt', 'moment', (message) => message.issuedAt),
    field<ListMessage>('message.nextBy', 'moment', (message) => message.nextBy),
    field<ListMessage>('message.position.epoch.no', 'count', (message) => message.position.epoch.no),
    field<ListMessage>('message.position.epoch.id', 'text', (message) => message.position.epoch.id),
    field<ListMessage>('message.position.sequence', 'count', (message) => message.position.sequence),
    field<ListMessage>('message.position.chain', 'text', (message) => message.position.chain),
    field<ListMessage>('message.position.root', 'text', (message) => message.position.root),
    field<ListMessage>('message.position.count', 'count', (message) => message.position.count),
    field<ListMessage>('message.previousChain', 'text', (message) => message.previousChain),
  ],
  lists: [
    list<ListMessage>('records', recordShape, (message) => message.records),
    list<ListMessage>('departures', departureShape, (message) => message.departures),
  ],
  build: (slots) => ({
    kind: slots[0] as ListMessage['kind'],
    id: slots[1] as string,
    from: slots[2] as string,
    to: slots[3] as string,
    issuedAt: slots[4] as string,
    nextBy: slots[5] as string,
    position: {
      epoch: { no: slots[6] as number, id: slots[7] as string },
      sequence: slots[8] as number,
      chain: slots[9] as string,
      root: slots[10] as string,
      count: slots[11] as number,
    },
    previousChain: slots[12] as string,
    records: (slots[13] ?? []) as ListRecord[],
    departures: (slots[14] ?? []) as Departure[],
  }),
};

const resultShape: Shape<RecordResult> = {
  fields: [
    field<RecordResult>('identifier', 'text', (result) => result.identifier),
    field<RecordResult>('code', 'words', (result) => result.code, { words: recordFaults }),
    field<RecordResult>('detail', 'text', (result) => result.detail),
  ],
  lists: [],
  build: (slots) => ({
    identifier: slots[0] as string,
    code: slots[1] as RecordResult['code'],
    detail: slots[2] as string,
  }),
};

export const replyShape: Shape<Reply> = {
  fields: [
    field<Reply>('message.id', 'text', (reply) => reply.id),
    field<Reply>('message.from', 'text', (reply) => reply.from),
    field<Reply>('message.to', 'text', (reply) => reply.to),
    field<Reply>('message.issuedAt', 'moment', (reply) => reply.issuedAt),
    field<Reply>('message.subject', 'text', (reply) => reply.subject),
    field<Reply>('message.taken', 'count', (reply) => reply.taken),
    field<Reply>('message.refused', 'count', (reply) => reply.refused),
  ],
  lists: [list<Reply>('results', resultShape, (reply) => reply.results)],
  build: (slots) => ({
    id: slots[0] as string,
    from: slots[1] as string,
    to: slots[2] as string,
    issuedAt: slots[3] as string,
    subject: slots[4] as string,
    taken: slots[5] as number,
    refused: slots[6] as number,
    results: (slots[7] ?? []) as RecordResult[],
  }),
};
