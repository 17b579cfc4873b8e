/** The members of a list, a reply and their parts, as templates may name them: how each is read from and put back into our own words. */

import type { Departure, ListMessage, ListRecord } from '../../model/list/list.ts';
import { departureReasons } from '../../model/list/list.ts';
import type { RecordResult, Reply } from '../../model/message.ts';
import { recordFaults } from '../../model/message.ts';
import type { Address, Role, TwoScripts } from '../../model/record/domestic-record.ts';
import { roles } from '../../model/record/domestic-record.ts';
import { misfit } from '../faults.ts';

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
  /** Words for people, which a partner may get shortened; nothing is found or decided by them alone. */
  readonly free: boolean;
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
  readonly free?: boolean;
}

// The getters below are each written for one shape, and a template is compiled against that shape only.
function field(path: string, kind: Kind, get: (item: never) => Scalar | undefined, nature: FieldNature = {}): Field {
  const { words = [], optional = false, free = false } = nature;
  return { path, kind, words, optional, free, get };
}

function list(
  path: string,
  shape: Shape<unknown>,
  get: (item: never) => readonly unknown[],
  optional = false,
): ListField {
  return { path, shape, optional, get };
}

const roleShape: Shape<Role> = {
  fields: [field('.', 'words', (role: Role) => role, { words: roles })],
  lists: [],
  build: ([role]) => role as Role,
};

const maybe = { optional: true };
const text = { optional: true, free: true };

export const recordShape: Shape<ListRecord> = {
  fields: [
    field('identifier', 'text', (record: ListRecord) => record.identifier),
    field('grade', 'text', (record: ListRecord) => record.grade),
    field('status', 'words', (record: ListRecord) => record.status, { words: ['active', 'suspended'] }),
    field('statusSince', 'day', (record: ListRecord) => record.statusSince),
    field('validFrom', 'day', (record: ListRecord) => record.validFrom),
    field('validTo', 'day', (record: ListRecord) => record.validTo, maybe),
    field('name.local', 'text', (record: ListRecord) => record.name.local, text),
    field('name.latin', 'text', (record: ListRecord) => record.name.latin, text),
    field('address.local', 'text', (record: ListRecord) => record.address.local, text),
    field('address.latin', 'text', (record: ListRecord) => record.address.latin, text),
    field('address.city', 'text', (record: ListRecord) => record.address.city, text),
    field('address.postcode', 'text', (record: ListRecord) => record.address.postcode, text),
  ],
  lists: [list('roles', roleShape, (record: ListRecord) => record.roles, true)],
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
    field('identifier', 'text', (departure: Departure) => departure.identifier),
    field('reason', 'words', (departure: Departure) => departure.reason, { words: departureReasons }),
    field('since', 'day', (departure: Departure) => departure.since),
  ],
  lists: [],
  build: (slots) => ({
    identifier: slots[0] as string,
    reason: slots[1] as Departure['reason'],
    since: slots[2] as string,
  }),
};

function partOf(no: Slot, of: Slot): Pick<ListMessage, 'part'> {
  if (no === undefined && of === undefined) return {};
  if (no === undefined || of === undefined)
    throw misfit('E_ELEMENT_MISSING', 'of the part only the number stands there, or only how many there are');
  return { part: { no: no as number, of: of as number } };
}

export const listShape: Shape<ListMessage> = {
  fields: [
    field('message.kind', 'words', (message: ListMessage) => message.kind, { words: ['full', 'delta'] }),
    field('message.id', 'text', (message: ListMessage) => message.id),
    field('message.from', 'text', (message: ListMessage) => message.from),
    field('message.to', 'text', (message: ListMessage) => message.to),
    field('message.issuedAt', 'moment', (message: ListMessage) => message.issuedAt),
    field('message.nextBy', 'moment', (message: ListMessage) => message.nextBy),
    field('message.position.epoch.no', 'count', (message: ListMessage) => message.position.epoch.no),
    field('message.position.epoch.id', 'text', (message: ListMessage) => message.position.epoch.id),
    field('message.position.sequence', 'count', (message: ListMessage) => message.position.sequence),
    field('message.position.chain', 'text', (message: ListMessage) => message.position.chain),
    field('message.position.root', 'text', (message: ListMessage) => message.position.root),
    field('message.position.count', 'count', (message: ListMessage) => message.position.count),
    field('message.previousChain', 'text', (message: ListMessage) => message.previousChain),
    field('message.part.no', 'count', (message: ListMessage) => message.part?.no, maybe),
    field('message.part.of', 'count', (message: ListMessage) => message.part?.of, maybe),
  ],
  lists: [
    list('records', recordShape, (message: ListMessage) => message.records),
    list('departures', departureShape, (message: ListMessage) => message.departures),
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
    ...partOf(slots[13], slots[14]),
    records: (slots[15] ?? []) as ListRecord[],
    departures: (slots[16] ?? []) as Departure[],
  }),
};

const resultShape: Shape<RecordResult> = {
  fields: [
    field('identifier', 'text', (result: RecordResult) => result.identifier),
    field('code', 'words', (result: RecordResult) => result.code, { words: recordFaults }),
    field('detail', 'text', (result: RecordResult) => result.detail, { free: true }),
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
    field('message.id', 'text', (reply: Reply) => reply.id),
    field('message.from', 'text', (reply: Reply) => reply.from),
    field('message.to', 'text', (reply: Reply) => reply.to),
    field('message.issuedAt', 'moment', (reply: Reply) => reply.issuedAt),
    field('message.subject', 'text', (reply: Reply) => reply.subject),
    field('message.taken', 'count', (reply: Reply) => reply.taken),
    field('message.refused', 'count', (reply: Reply) => reply.refused),
  ],
  lists: [list('results', resultShape, (reply: Reply) => reply.results)],
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
