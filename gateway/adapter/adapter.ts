/** What the rest of the program knows of a partner's formats and terms. All of it comes from data in adapters/<cc>. */

import type { Arrangement } from '../model/arrangement.ts';
import type { BodyDecoder } from '../model/message-body.ts';
import type { WrittenForm } from '../model/identifier.ts';
import type { ListMessage, ListRecord } from '../model/list/list.ts';
import type { Reply } from '../model/message.ts';
import type { PartnerView } from '../model/record/partner-view.ts';
import type { PackedList } from '../model/record/packed-records.ts';
import type { Day } from '../model/record/domestic-record.ts';

export type SignatureAlgorithm = 'rsa-sha256' | 'ecdsa-p256-sha256';
export type SealKind = 'xml-signature' | 'jws' | 'cms-detached';
/** `https-pull`: each side fetches what the other has for it. */
export type TransportKind = 'https' | 'amqp' | 'https-pull';

/** How operators of one side are written, and the way between the registration code and the identifier. */
export interface IdentifierForm extends WrittenForm {
  toIdentifier(code: string): string;
  /** The code inside an identifier; undefined when the identifier does not follow the grammar. */
  toCode(identifier: string): string | undefined;
}

/** One kind of message of a partner: its template compiled both ways. */
export interface MessageFormat<T> {
  readonly format: 'xml' | 'json' | 'text';
  /** `{namespace}root` of XML, the `typ` of a JWS, the media type of a text. */
  readonly type: string;
  readonly contentType: string;
  /** Its template, as a path. */
  readonly template: string;
  /** The partner's schema, an absolute path (XSD or JSON Schema by its ending). */
  readonly schema: string;
  /** Paths inside a record that the template cannot leave out: an operator that lacks one cannot be sent. */
  readonly requiredPaths: readonly string[];
  /**
   * The message in chunks, text or UTF-8, that may share their memory: each must be copied before the next is asked for.
   * Throws E_CODE_UNKNOWN, E_VALUE_INVALID, E_ELEMENT_MISSING with the place of the value.
   */
  encode(message: T): Iterable<string | Uint8Array>;
  decoder(): BodyDecoder<T>;
  /** The message as it will be read: without what the template does not carry, and as lossy transforms leave it. */
  asDecoded(message: T): T;
}

/** One record beside its form on the wire; `theirs` is empty where the template does not carry the value. */
export interface RecordPreview {
  readonly fields: readonly { readonly path: string; readonly ours: string; readonly theirs: string }[];
  /** The record as it stands in a message. */
  readonly text: string;
}

/** The format of lists, whose records are packed. */
export interface ListFormat extends MessageFormat<PackedList> {
  /** The template shows which part of a list a message is: only then may a list travel in parts. */
  readonly carriesParts: boolean;
  /** SHA-256 over template, code tables of the day, time zone and grades: all that decides how a record is read. Stored, so the same over restarts. */
  readonly fingerprint: string;
  /** What the layout makes of each value of a record. Digests cover what the partner reads. */
  readonly view: PartnerView;
  /** One record beside its form on the wire. Throws what encode throws. */
  preview(record: ListRecord): RecordPreview;
}

/** A layout that may be read on a day, told from the others by its `type`. */
export type AcceptedFormat =
  | { readonly kind: 'list'; readonly format: ListFormat }
  | { readonly kind: 'reply'; readonly format: MessageFormat<Reply> };

/** The partner's words on one day, layouts and codes both. */
export interface DayFormats {
  /** What is sent: the newest layout that holds. */
  readonly list: ListFormat;
  readonly reply: MessageFormat<Reply>;
  /** Everything that is read; while partners change over, old and new layouts. */
  readonly accepted: readonly AcceptedFormat[];
}

export interface Adapter {
  /** The folder's name, lower case. */
  readonly cc: string;
  /** ISO 3166-1 alpha-2 of the administration on the other side. */
  readonly partner: string;
  readonly name: string;
  readonly folder: string;
  readonly timeZone: string;
  readonly arrangement: Arrangement;
  /** The terms as the partner's own gateway has them: their grades, our programme, and how our list may move. */
  readonly otherSide: Arrangement;
  readonly identifiers: { readonly theirs: IdentifierForm; readonly ours: IdentifierForm };
  readonly seal: { readonly kind: SealKind; readonly algorithm: SignatureAlgorithm };
  readonly transport: TransportKind;
  /** How lists travel. */
  readonly lists: { readonly kinds: readonly ListMessage['kind'][]; readonly partRecords?: number };
  /** The newest layouts, for the author's tools; messages go by `on`. */
  readonly list: ListFormat;
  readonly reply: MessageFormat<Reply>;
  /** The formats of a day in `timeZone`. The same objects on all days between two changes. */
  formatsOn(day: Day): DayFormats;
  /** First days of the stretches in which no layout and no code changes; the first stands for all days before. */
  readonly periods: readonly Day[];
}

/**
 * The same words seen from the other side of the corridor: their gateway runs this program with our folder.
 * `other` is then the administration that wrote the folder.
 */
export function swapSides(adapter: Adapter, other: { readonly country: string; readonly name: string }): Adapter {
  const { theirs, ours } = adapter.identifiers;
  return {
    ...adapter,
    partner: other.country,
    name: other.name,
    arrangement: adapter.otherSide,
    otherSide: adapter.arrangement,
    identifiers: { theirs: ours, ours: theirs },
  };
}
