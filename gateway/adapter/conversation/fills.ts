/** Values that a partner's lists do not carry, and where they come from: adapter.yaml, conversation/fills. */

import { dayAt, later } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import { periodOf, type StreamRules } from '../../model/list/stream-rules.ts';
import type { PackedList, StatedList } from '../../model/record/packed-records.ts';
import { digestMessageId, fileMessageId } from '../../model/message-id.ts';
import type { ListPath, Moment } from '../../model/record/record.ts';
import type { NamedValues } from '../template/message-fields.ts';
import type { FileNames } from './files.ts';

/**
 * - `file`: from the name of the file; an id that the name does not carry is the name with the beginning of the SHA-256 of the message;
 * - `channel`: the partner and this administration, for `from` and `to`; `received`: the moment of receipt; `digest`: from the
 *   SHA-256 of the message;
 * - `is`: always this value; `from`, `add`: a moment after another one;
 * - a list of values, joined by hyphens. `period`: the year, month or day within which numbers count.
 */
export type MessageFill =
  | 'file'
  | 'channel'
  | 'received'
  | 'digest'
  | { readonly is: string }
  | { readonly from: 'issuedAt'; readonly add: 'maxAge' }
  | readonly ('from' | 'to' | 'period' | 'number' | 'day')[];

/** The same value in every record, where operators with another one are left out; or a copy of another value of the record. */
export type RecordFill = { readonly is: string } | { readonly from: ListPath };

type MessagePath = 'id' | 'from' | 'to' | 'kind' | 'issuedAt' | 'nextBy';
/** `number`: only from the name of a file. */
type FilledPath = MessagePath | 'number';

/** schemas/adapter.schema.json says which fill a value may have. */
export interface Fills {
  readonly message?: Readonly<Partial<Record<FilledPath, MessageFill>>>;
  readonly record?: Readonly<Partial<Record<ListPath, RecordFill>>>;
}

/** What templates of lists need not carry. */
export interface Conversation {
  /** Paths of the message, and `departures`, that a template may leave out. */
  readonly unstated: ReadonlySet<string>;
  /** Paths of the message that are filled in: a template must not carry them. */
  readonly filled: ReadonlySet<string>;
  readonly record: ReadonlyMap<string, RecordFill>;
}

/** The channel of a message, and its receipt. */
export interface FillContext {
  /** ISO 3166-1 alpha-2. */
  readonly partner: string;
  readonly home: string;
  readonly receivedAt: Moment;
  /** SHA-256 of the message, lower-case hex. */
  readonly digest: string;
  /** The name of the file in which it came. */
  readonly file?: string | undefined;
}

interface FillTerms {
  readonly fills: Fills;
  readonly rules: StreamRules;
  readonly timeZone: string;
  readonly maxAgeSeconds: number;
  /** Of the partner's files. */
  readonly names?: Pick<FileNames, 'read'> | undefined;
}

/** The decoded list with the values that its message does not carry. Throws E_ELEMENT_MISSING where nothing provides one. */
export function fillList(list: PackedList, terms: FillTerms, context: FillContext): StatedList {
  // A decoder leaves out what its template does not carry.
  const stated: Partial<StatedList> & Pick<StatedList, 'records' | 'departures'> = list;
  const fills = terms.fills.message ?? {};
  const named = namedValues(terms, context);
  const filled = <K extends MessagePath>(path: K, computed: string | undefined): StatedList[K] => {
    const fill = fills[path];
    const constant = typeof fill === 'object' && 'is' in fill ? fill.is : undefined;
    const found = fill === 'file' ? named[path as keyof NamedValues] : (constant ?? computed);
    const value = stated[path] ?? (fill === undefined ? undefined : found);
    if (value !== undefined) return value as StatedList[K];
    throw new GatewayError('E_ELEMENT_MISSING', `nothing states the ${path} of the message`);
  };
  const from = filled('from', context.partner);
  const to = filled('to', context.home);
  const kind = filled('kind', undefined);
  const issuedAt = filled('issuedAt', context.receivedAt);
  const nextBy = filled('nextBy', later(issuedAt, terms.maxAgeSeconds));
  const position = { ...stated.position, ...(fills.number === 'file' ? named.position : {}) };
  const own = listId({ from, to, issuedAt, position }, terms);
  const id = filled('id', own ?? digestMessageId(context.digest));
  return { ...stated, from, to, kind, issuedAt, nextBy, id, position };
}

/** What the name of the file says of the message; nothing where it came in none of the agreed name. */
function namedValues({ names }: FillTerms, { file, digest }: FillContext): NamedValues {
  const named = file === undefined ? undefined : names?.read(file);
  return file === undefined || named === undefined ? {} : { id: fileMessageId(file, digest), ...named };
}

/** The id of a list from its other values; undefined where conversation/fills does not say so. */
export function listId(
  { from, to, issuedAt, position: { sequence, epoch } }: Pick<StatedList, 'from' | 'to' | 'issuedAt' | 'position'>,
  { fills, rules, timeZone }: FillTerms,
): string | undefined {
  const fill = fills.message?.id;
  if (!Array.isArray(fill)) return undefined;
  const day = dayAt(issuedAt, timeZone);
  const parts: Readonly<Record<string, string>> = {
    ...{ from, to, day },
    ...{ period: epoch?.id ?? periodOf(rules, day).id, number: String(sequence ?? '') },
  };
  return fill.map((part: string) => parts[part] ?? '').join('-');
}
