/** The fields of list messages, replies and their items, by the paths that templates use. Getters and builders derive from the paths. */

import { GatewayError } from '../../model/errors.ts';
import { departureReasons, type Departure, type ListMessage } from '../../model/list/list.ts';
import {
  acknowledgedVerdicts,
  recordFaults,
  recordVerdicts,
  spareVerdicts,
  type Acknowledgement,
  type RecordAnswer,
  type RecordResult,
  type Reply,
} from '../../model/message.ts';
import { getterOf, setPath } from '../../model/paths.ts';
import { listFields, roles, type ListRecord, type Role } from '../../model/record/record.ts';
import { recordOfValues } from '../../model/record/record-text.ts';

export type Scalar = string | number;
/** A decoded value of an item that is being read; for a list, its items. */
export type Slot = Scalar | unknown[] | undefined;

/** The type of a value. `words`: one of a closed set. `period`: the year, month or day within which numbers count. */
export type FieldKind = 'text' | 'day' | 'moment' | 'count' | 'words' | 'period';

export interface Field {
  /** As in holes: `name.latin`, `message.position.sequence`, `.` for an item that is a single value. */
  readonly path: string;
  readonly kind: FieldKind;
  readonly words: readonly string[];
  /** Words that a code table may lack. */
  readonly spare?: readonly string[];
  /** The model allows it to be absent. */
  readonly optional: boolean;
  /** A template may leave it out. Where it is shown, it is never absent. */
  readonly derived?: true;
  /** Text for people: it may be shortened, and no rule depends on it. */
  readonly free: boolean;
  /** How long a text is, and of which signs, where the model says so. */
  readonly form?: { readonly length: number; readonly signs: string };
  get(item: unknown): Scalar | undefined;
}

export interface ListOfItems {
  readonly path: string;
  readonly items: ItemFields<unknown>;
  /** A template may omit the list, which is then empty. */
  readonly optional: boolean;
  get(item: unknown): readonly unknown[];
}

/** The fields of a message or of one item of a list. Slots are the fields in order, then the lists. */
export interface ItemFields<T> {
  readonly fields: readonly Field[];
  readonly lists: readonly ListOfItems[];
  build(slots: readonly Slot[]): T;
}

/** `member`: where the value stands in the model, if not at its path. */
type FieldSpec = Pick<Field, 'path' | 'kind' | 'form'> &
  Partial<Pick<Field, 'words' | 'spare' | 'optional' | 'free' | 'derived'>> & { readonly member?: string };
type ListSpec = Pick<ListOfItems, 'path' | 'items'> & Partial<Pick<ListOfItems, 'optional'>>;

/** Templates prefix values of the message itself with `message.`, of an acknowledgement with `ack.`; the model has no such member. */
function memberPath({ path, member }: { readonly path: string; readonly member?: string }): string {
  return member ?? path.replace(/^(?:message|ack)\./u, '');
}

/** The fields of objects whose members have these paths. */
function itemFields<T>(
  specs: readonly FieldSpec[],
  lists: readonly ListSpec[] = [],
  check?: (item: T) => void,
): ItemFields<T> {
  const paths = [...specs, ...lists].map(memberPath);
  return {
    fields: specs.map(({ member, ...spec }) => ({
      ...{ words: [], optional: false, free: false, ...spec },
      get: getterOf(memberPath({ ...spec, ...(member && { member }) })) as Field['get'],
    })),
    lists: lists.map((spec) => ({
      ...{ optional: false, ...spec },
      get: getterOf(memberPath(spec)) as ListOfItems['get'],
    })),
    build(slots) {
      const item: Record<string, unknown> = {};
      for (const [i, path] of paths.entries()) {
        const value = slots[i] ?? (i < specs.length ? undefined : []);
        if (value !== undefined) setPath(item, path, value);
      }
      check?.(item as T);
      // Kinds and words were checked when the slots were read.
      return item as T;
    },
  };
}

const roleFields: ItemFields<Role> = {
  fields: [{ path: '.', kind: 'words', words: roles, optional: false, free: false, get: (role) => role as Role }],
  lists: [],
  build: ([role]) => role as Role,
};

const recordPaths = listFields.map(({ listed }) => listed);

/** The fields of list records. */
export const recordItemFields: ItemFields<ListRecord> = {
  ...itemFields<ListRecord>(
    listFields.map(({ listed, kind, words, required, free }) => ({
      ...{ path: listed, kind, optional: required !== true, free: free === true },
      ...(words === undefined ? {} : { words }),
    })),
    [{ path: 'roles', items: roleFields, optional: true }],
  ),
  build(slots) {
    const record = recordOfValues(
      recordPaths,
      slots as readonly string[],
      (slots[recordPaths.length] ?? []) as string[],
    );
    return record as unknown as ListRecord;
  },
};

const departureFields = itemFields<Departure>([
  { path: 'identifier', kind: 'text' },
  { path: 'reason', kind: 'words', words: departureReasons },
  { path: 'since', kind: 'day' },
]);

/** ISO 3166-1 alpha-2. */
const countryForm = { length: 2, signs: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' };

/** What the head of a list and the name of its file can state alike. */
const headSpecs: readonly FieldSpec[] = [
  { path: 'message.kind', kind: 'words', words: ['full', 'delta'] },
  { path: 'message.id', kind: 'text' },
  { path: 'message.from', kind: 'text', form: countryForm },
  { path: 'message.to', kind: 'text', form: countryForm },
  { path: 'message.issuedAt', kind: 'moment' },
];

/** As `message.position.sequence` is the number of a list, its epoch is the period where numbers begin again. */
const periodSpec: FieldSpec = {
  path: 'message.period',
  member: 'position.epoch.id',
  kind: 'period',
  derived: true,
};

export const listMessageFields = itemFields<ListMessage>(
  [
    ...headSpecs,
    periodSpec,
    { path: 'message.nextBy', kind: 'moment' },
    { path: 'message.position.epoch.no', kind: 'count' },
    { path: 'message.position.epoch.id', kind: 'text' },
    { path: 'message.position.sequence', kind: 'count' },
    { path: 'message.position.chain', kind: 'text' },
    { path: 'message.position.root', kind: 'text' },
    { path: 'message.position.count', kind: 'count' },
    { path: 'message.previousChain', kind: 'text' },
    { path: 'message.part.no', kind: 'count', optional: true },
    { path: 'message.part.of', kind: 'count', optional: true },
  ],
  [
    { path: 'records', items: recordItemFields },
    { path: 'departures', items: departureFields },
  ],
  ({ part }) => {
    const { no, of } = (part ?? {}) as { readonly no?: number; readonly of?: number };
    if ((no === undefined) !== (of === undefined))
      throw new GatewayError('E_ELEMENT_MISSING', 'only one of the part number and the number of parts is present');
  },
);

const resultFields = itemFields<RecordResult>([
  { path: 'identifier', kind: 'text' },
  { path: 'code', kind: 'words', words: recordFaults },
  { path: 'detail', kind: 'text', free: true },
]);

export const replyFields = itemFields<Reply>(
  [
    { path: 'message.id', kind: 'text' },
    { path: 'message.from', kind: 'text' },
    { path: 'message.to', kind: 'text' },
    { path: 'message.issuedAt', kind: 'moment' },
    { path: 'message.subject', kind: 'text' },
    { path: 'message.taken', kind: 'count' },
    { path: 'message.refused', kind: 'count' },
  ],
  [{ path: 'results', items: resultFields }],
);

/** What the name of a file may carry. */
export type NamedValues = Partial<Pick<ListMessage, 'id' | 'kind' | 'from' | 'to' | 'issuedAt'>> & {
  readonly position?: { readonly sequence?: number; readonly epoch?: { readonly id?: string } };
};

export const fileNameFields = itemFields<NamedValues>([
  ...headSpecs,
  periodSpec,
  { path: 'message.position.sequence', kind: 'count' },
]);

const freeText = (path: string): FieldSpec => ({ path, kind: 'text', optional: true, free: true });

const recordAnswerFields = itemFields<RecordAnswer>([
  { path: 'row', kind: 'count', optional: true },
  { path: 'identifier', kind: 'text', optional: true },
  { path: 'verdict', kind: 'words', words: recordVerdicts, optional: true },
  ...['code', 'detail', 'place', 'text'].map(freeText),
]);

/** Its verdict is all that an acknowledgement must carry. */
export const acknowledgementFields = answerFields(false);

/** Of results by record. Without a verdict the message was taken, but for the records that it refuses. */
export const recordResultFields = answerFields(true);

function answerFields(optional: boolean): ItemFields<Acknowledgement> {
  const { fields, lists, build } = itemFields<Acknowledgement>(
    [
      { path: 'ack.verdict', kind: 'words', words: acknowledgedVerdicts, spare: spareVerdicts, optional },
      { path: 'ack.subject', kind: 'text', optional: true },
      { path: 'ack.number', kind: 'count', optional: true },
      { path: 'ack.period', kind: 'period', optional: true },
      { path: 'ack.id', kind: 'text', optional: true },
      { path: 'ack.issuedAt', kind: 'moment', optional: true },
      ...['ack.reason', 'ack.detail', 'ack.place', 'ack.text'].map(freeText),
      { path: 'ack.taken', kind: 'count', optional: true },
      { path: 'ack.refused', kind: 'count', optional: true },
    ],
    [{ path: 'results', items: recordAnswerFields, optional: true }],
  );
  return {
    fields,
    lists: lists.map((list) => ({ ...list, get: (item) => (item as Acknowledgement).results ?? [] })),
    build(slots) {
      const { results = [], ...answer } = { ...build(slots) };
      const { verdict = 'applied', ...rest } = answer as Partial<Acknowledgement>;
      return { verdict, ...rest, ...(results.length > 0 && { results }) };
    },
  };
}
