/** A partner's formats and terms, as the rest of the program uses them. They are loaded from adapters/<cc>. */

import type { Arrangement } from '../model/arrangement.ts';
import type { CardLine } from '../model/corridor-card.ts';
import type { BodyDecoder, LineRules } from '../model/message-body.ts';
import type { WrittenForm } from '../model/identifier.ts';
import type { ListMessage } from '../model/list/list.ts';
import type { KeyTerms } from '../model/partner-key.ts';
import type { ListSchedule } from '../model/list/list-schedule.ts';
import type { StreamRules } from '../model/list/stream-rules.ts';
import type { Acknowledgement, Reply, SealTerms, Verdict } from '../model/message.ts';
import type { ReceiveData, SendData } from './conversation/answers.ts';
import type { Memorandum } from '../model/memorandum.ts';
import type { ConsumeForm, PublishForm, QueueBinding } from './conversation/broker.ts';
import type { Beside, ReceiveFile, SendFile } from './conversation/files.ts';
import type { MailboxForm, RequestForm } from './conversation/requests.ts';
import type { RetryTerms } from './conversation/retry.ts';
import type { ReadHead, Stage, WrittenAnswer } from './conversation/stages.ts';
import type { FillContext } from './conversation/fills.ts';
import type { PartnerView } from '../model/record/partner-view.ts';
import type { PackedList, StatedList } from '../model/record/packed-records.ts';
import type { Day, ListRecord } from '../model/record/record.ts';

/** `https-pull`: each side fetches the messages that the other has ready. `sftp`, `folder`: as files. */
export type TransportKind = 'https' | 'amqp' | 'https-pull' | 'sftp' | 'folder';

/** The form of one side's identifiers, and the conversion between registration code and identifier. */
export interface IdentifierForm extends WrittenForm {
  toIdentifier(code: string): string;
  /** The code inside an identifier; undefined when the identifier does not follow the grammar. */
  toCode(identifier: string): string | undefined;
}

/** One kind of message of a partner: its template, compiled to an encoder and a decoder. */
export interface MessageFormat<T> {
  readonly format: 'xml' | 'json' | 'text';
  /** `{namespace}root` of XML, the `typ` of a JWS, the media type of a text. */
  readonly type: string;
  readonly contentType: string;
  /** Of a text: how its lines are written. */
  readonly lines?: LineRules;
  /** Path of the template. */
  readonly template: string;
  /** The partner's schema, an absolute path (XSD or JSON Schema by its ending). */
  readonly schema: string;
  /** Optional values of a record that this template always writes: an operator without one cannot be sent. */
  readonly requiredPaths: readonly string[];
  /** The lists that the template shows, such as `records`, `results`. */
  readonly lists: ReadonlySet<string>;
  /**
   * The message in chunks of text or UTF-8. Chunks may share memory: copy each one before requesting the next.
   * Throws E_CODE_UNKNOWN, E_VALUE_INVALID, E_ELEMENT_MISSING with the place of the value.
   */
  encode(message: T): Iterable<string | Uint8Array>;
  decoder(): BodyDecoder<T>;
  /** The message as the receiver decodes it: without values that the template does not carry, and after lossy transforms. */
  asDecoded(message: T): T;
}

/** One record, and its encoding in the partner's format; `theirs` is empty for a value that the template does not carry. */
export interface RecordPreview {
  readonly fields: readonly { readonly path: string; readonly ours: string; readonly theirs: string }[];
  /** The encoded record. */
  readonly text: string;
}

/** The format of lists, whose records are packed. */
export interface ListFormat extends MessageFormat<PackedList> {
  /** The template states which part of a list a message is. Otherwise a list cannot be sent in parts. */
  readonly carriesParts: boolean;
  /** Digest of everything that determines how a record is read. It is stored, so it must not change between restarts. */
  readonly fingerprint: string;
  /** Paths of records that the template writes, `roles`, `departure.reason` and `departure.since`; without those that are filled in. */
  readonly carries: readonly string[];
  /** How each value of a record reaches the partner. Digests cover the values that the partner reads. */
  readonly view: PartnerView;
  /** One record beside its encoding. Throws the errors of encode. */
  preview(record: ListRecord): RecordPreview;
}

/** A layout that is accepted on a day. Its `type` selects it. */
export type AcceptedFormat =
  | { readonly kind: 'list'; readonly format: ListFormat }
  | { readonly kind: 'reply'; readonly format: MessageFormat<Reply> };

/** The partner's layouts on one day, with the code tables of that day. */
export interface DayFormats {
  /** The newest layout in force, which is used for sending. */
  readonly list: ListFormat;
  /** Absent where the partner does not answer for each record. */
  readonly reply?: MessageFormat<Reply>;
  /** All layouts in force, which are accepted from the partner: old and new ones during a change-over. */
  readonly accepted: readonly AcceptedFormat[];
}

export interface Adapter {
  /** The folder's name, lower case. */
  readonly cc: string;
  /** ISO 3166-1 alpha-2 of the administration on the other side; of an agency two letters that ISO leaves to users. */
  readonly partner: string;
  readonly name: string;
  /** Of an agency at home, which learns of our operators and sends no lists. */
  readonly memorandum?: Memorandum;
  readonly folder: string;
  readonly timeZone: string;
  readonly arrangement: Arrangement;
  /** The terms for the partner's own gateway: their grades, our programme, and the limits for changes of our list. */
  readonly otherSide: Arrangement;
  readonly identifiers: { readonly theirs: IdentifierForm; readonly ours: IdentifierForm };
  /** Empty where the adapter has none. */
  readonly card: readonly CardLine[];
  readonly seal: SealTerms;
  readonly transport: TransportKind;
  /** Kinds of lists the partner accepts, and the number of records in one message. */
  readonly lists: {
    readonly kinds: readonly ListMessage['kind'][];
    readonly partRecords?: number;
    /** Counts of each month are compared with the partner's. */
    readonly numbers?: boolean;
  };
  /** Seconds after which the next list is a full one; absent: never for that reason. */
  readonly reconcileSeconds?: number;
  /** How keys change. */
  readonly keys: KeyTerms;
  /** When lists go to the partner by themselves. */
  readonly schedule: ListSchedule;
  /** How often messages are sent until they are accepted and answered. */
  readonly retry: RetryTerms;
  /** How messages state their order. */
  readonly stream: StreamRules;
  /** The id of a list whose message does not carry it, from what it carries; undefined where the sender is free to choose. */
  listId(list: Pick<ListMessage, 'from' | 'to' | 'issuedAt' | 'position'>): string | undefined;
  /** Completes a decoded list with values that its message does not carry. */
  completeList(list: PackedList, context: FillContext): StatedList;
  /** A message is its bytes and the name of its file, which states what they do not. */
  readonly readsFileNames: boolean;
  /** How messages and answers travel where the partner does not run this program. */
  readonly exchange: Exchange;
  /** The newest layouts, for authors' tools; messages use `formatsOn`. */
  readonly list: ListFormat;
  readonly reply?: MessageFormat<Reply>;
  readonly acknowledgements: readonly MessageFormat<Acknowledgement>[];
  /** The formats of a day in `timeZone`. All days of one period share the same object. */
  formatsOn(day: Day): DayFormats;
  /** First day of each period in which no layout and no code changes. The first period has no beginning. */
  readonly periods: readonly Day[];
}

/** One answer of the partner that is expected. */
export type AnswerStage = Stage<MessageFormat<Acknowledgement>>;

/** Undefined in each direction where the partner runs this program. */
export interface Exchange {
  /** Of the partner's own side. */
  readonly waiting?: Waiting;
  readonly send?: Omit<SendData, 'answer' | 'answers' | 'file'> & {
    readonly file?: SendFile;
    readonly stages: readonly AnswerStage[];
  };
  readonly receive?: Pick<ReceiveData, 'method' | 'path' | 'acknowledgements' | 'request'> & {
    readonly consume?: ConsumeForm & { readonly bindings?: readonly QueueBinding[] };
    readonly file?: ReceiveFile;
    /** Absent: nothing is answered. */
    readonly answer?: MessageFormat<Acknowledgement>;
    readonly mode: 'sync' | 'async';
    /** Of the partner's own side: how acknowledgements of its lists come to its path; POST where absent. */
    readonly acknowledgementMethod?: RequestForm['method'];
    /** The answer is a message of its own, over a broker or in a file; otherwise it is the response. */
    readonly publish?: PublishForm;
    readonly answerFile?: Beside;
    /** Of a status: how the partner reads its verdict. */
    readonly readHead?: ReadHead;
    /** Of the partner's own side: the answer that says first that a message arrived. */
    readonly arrival?: AnswerStage;
    /** Of the partner's own side: how it writes an answer without a template. */
    readonly written?: WrittenAnswer;
    /** The header of a response that says the verdict. */
    readonly answerHeader?: (verdict: Verdict) => readonly [name: string, value: string];
    /** Where answers over HTTPS go that are no responses. */
    readonly answerRequest?: RequestForm;
    readonly statuses: Readonly<Record<Verdict, number>>;
    /** What a verdict, an error code or a reason means, in the partner's language. */
    textOf(code: string): string | undefined;
  };
}

/** Where messages and acknowledgements of a partner wait for the other side. */
export interface Waiting {
  readonly lists?: MailboxForm;
  readonly answers?: MailboxForm;
}

/** Whether our answer is a message of its own, beside or in place of the response. */
export function answerTravels({ receive }: Exchange, decidedByPeople: boolean): boolean {
  if (receive === undefined) return decidedByPeople;
  if ((receive.publish ?? receive.answerFile) !== undefined) return true;
  return receive.answerRequest !== undefined && (receive.mode === 'async' || decidedByPeople);
}
