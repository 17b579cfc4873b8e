/** What the rest of the house knows of a partner's words. Everything here comes from data in adapters/<cc>. */

import type { Arrangement } from '../model/arrangement.ts';
import type { BodyDecoder } from '../model/body.ts';
import type { ListMessage, ListRecord } from '../model/list.ts';
import type { Reply } from '../model/message.ts';

export type SignatureAlgorithm = 'rsa-sha256' | 'ecdsa-p256-sha256';
export type SealKind = 'xml-signature' | 'jws';

/** How operators of one side are written: a fixed text around their registration code. */
export interface IdentifierForm {
  /** `AEOCN{code}` */
  readonly form: string;
  readonly grammar: RegExp;
  /** The grammar in words, for whoever wrote it wrong. */
  readonly words: string;
  readonly example: string;
  toIdentifier(code: string): string;
  /** The code inside an identifier; undefined when the identifier does not follow the grammar. */
  toCode(identifier: string): string | undefined;
}

/** One kind of message of a partner: its template compiled both ways. */
export interface MessageFormat<T> {
  readonly format: 'xml' | 'json';
  /** `{namespace}root` of XML, the `typ` of a JWS. */
  readonly type: string;
  readonly contentType: string;
  /** The partner's schema, an absolute path (XSD or JSON Schema by its ending). */
  readonly schema: string;
  /** Paths inside a record that the template cannot leave out: an operator that lacks one cannot be sent. */
  readonly needs: readonly string[];
  /** The message as text, in chunks. Throws E_CODE_UNKNOWN, E_VALUE_INVALID, E_ELEMENT_MISSING with the record's place. */
  encode(message: T): Iterable<string>;
  decoder(): BodyDecoder<T>;
}

/** One record beside its form on the wire; `theirs` is empty where the template does not carry the value. */
export interface RecordView {
  readonly fields: readonly { readonly path: string; readonly ours: string; readonly theirs: string }[];
  /** The record as it stands in a message. */
  readonly text: string;
}

export interface ListFormat extends MessageFormat<ListMessage> {
  /** The record as the partner will read it: without what the template does not carry. Digests are taken over this. */
  asSeen(record: ListRecord): ListRecord;
  view(record: ListRecord): RecordView;
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
  readonly transport: 'https' | 'amqp';
  readonly list: ListFormat;
  readonly reply: MessageFormat<Reply>;
}

/**
 * The same words seen from the other side of the corridor: their gateway runs this program with our folder.
 * `other` is then the administration that wrote the folder.
 */
export function mirrored(adapter: Adapter, other: { readonly country: string; readonly name: string }): Adapter {
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
