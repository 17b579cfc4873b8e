/** Seals messages: a draft is parsed, checked against its schema, and then signed without being written again. */

import { openWriter, putBytes, putText, writerOf, written, type ByteWriter } from '../../model/byte-writer.ts';
import { sha256 } from '../../model/canonical-json.ts';
import { GatewayError } from '../../model/errors.ts';
import type { LineRules } from '../../model/message-body.ts';
import { isUnsigned, type SealedMessage } from '../../model/message.ts';
import type { Moment } from '../../model/record/record.ts';
import { holdsText } from '../../model/signature-form.ts';
import { signCms } from './cms.ts';
import { signJws } from './jws.ts';
import { sentLines } from '../files/text-lines.ts';
import { checkTree, type Schema } from '../xsd/schema.ts';
import { joinSigned, textEntity } from './signed-text.ts';
import { signXml } from './signed-xml.ts';
import { parseUnsigned } from '../xml/read-body.ts';
import { dropBody, keepBody, bodyOf, type ParsedBody } from '../xml/parsed-body.ts';
import { fingerprint } from './certificates.ts';
import { signerAt, type Sealer, type Signer } from './profile.ts';

interface SealFormat {
  readonly format: 'xml' | 'json' | 'text';
  /** `{namespace}name` of the root of XML, the `typ` of a JWS, the media type with parameters of a text. */
  readonly type: string;
  readonly contentType: string;
  /** Of a text. */
  readonly lines?: LineRules;
}

type Chunks = Iterable<string | Uint8Array>;

/** A message that follows its schema and is not signed yet. Only checkDraft creates one; it can be sealed once. Dispose of it. */
export interface UnsignedMessage extends Disposable {
  readonly format: SealFormat;
  /** The signature of XML is inserted here. */
  readonly content: ByteWriter;
}

/**
 * Parses an outbound message and checks it against the partner's schema, with the limits that apply to inbound messages.
 * Throws E_SCHEMA_INVALID with up to twenty faults, and what guardXml, parseXml, parseStrictJson and readLines throw.
 */
export function checkUnsigned(
  chunks: Chunks | Uint8Array | ByteWriter,
  format: SealFormat,
  schema: Schema,
): UnsignedMessage {
  const text = chunks instanceof Uint8Array ? writerOf(chunks) : 'bytes' in chunks ? chunks : writeChunks(chunks);
  const content = format.lines === undefined ? text : sentLines(text, format.lines);
  const tree = parseUnsigned(written(content), format.format);
  const draft: UnsignedMessage = {
    ...{ format, content },
    [Symbol.dispose]() {
      dropBody(draft);
    },
  };
  keepBody(draft, tree);
  try {
    if (tree.format === 'xml' && tree.type !== format.type) {
      throw new GatewayError('E_SCHEMA_INVALID', `the root is not ${format.type}`, { at: '/*' });
    }
    checkTree(tree, schema, format.lines);
  } catch (error) {
    dropBody(draft);
    throw error;
  }
  return draft;
}

/** Bytes that a record seldom exceeds: a buffer that need not grow saves page faults, each of which costs as much as ten records. */
const recordBytes = 640;

/** The chunks as UTF-8 in one buffer, without an intermediate string of the whole message. `records`: how many to reserve space for. */
export function writeChunks(chunks: Chunks, records = 0): ByteWriter {
  const writer = openWriter(8_192 + records * recordBytes);
  for (const chunk of chunks) {
    if (typeof chunk === 'string') putText(writer, chunk);
    else putBytes(writer, chunk);
  }
  return writer;
}

/**
 * The message as it is sent, signed if that was agreed, and the digest of its bytes. `at` is the signing time, which only CMS
 * signatures state. Throws E_KEY_EXPIRED, and E_SIGNATURE_REFERENCE when an XML root has no `Id`.
 */
export async function seal(
  draft: UnsignedMessage,
  sealer: Sealer,
  { at, ...meta }: Pick<SealedMessage, 'id' | 'partner' | 'kind'> & { readonly at: Moment },
): Promise<SealedMessage> {
  const signer = isUnsigned(sealer) ? sealer : signerAt(sealer, at);
  if (!isUnsigned(signer)) requireCurrent(signer, at);
  const { contentType = draft.format.contentType, bytes } = await signed(draft, signer, bodyOf(draft), at);
  dropBody(draft);
  return { ...meta, contentType, bytes, digest: sha256(bytes) };
}

/** Partners refuse what a certificate signed before its first or after its last second. Throws E_KEY_EXPIRED. */
function requireCurrent({ certificate }: Signer, at: Moment): void {
  const { validFromDate, validToDate } = certificate;
  if (new Date(at) < validFromDate)
    throw new GatewayError('E_KEY_EXPIRED', `our signing certificate is valid from ${validFromDate.toISOString()}`, {
      at: fingerprint(certificate),
      fix: 'Check the clock of this machine; else wait until then, or use the key before it.',
    });
  if (new Date(at) <= validToDate) return;
  const fix =
    'mra key rotate PARTNER makes a new key and announces it; docs/keys.md says what to do where the old one has expired.';
  const detail = `our signing certificate was valid until ${validToDate.toISOString()}`;
  throw new GatewayError('E_KEY_EXPIRED', detail, { at: fingerprint(certificate), fix });
}

/** RFC 8551, 3.5.2. */
const opaqueType = 'application/pkcs7-mime; smime-type=signed-data';

type Signed = Pick<SealedMessage, 'bytes'> & { readonly contentType?: string };

async function signed(
  { format, content }: Pick<UnsignedMessage, 'format' | 'content'>,
  signer: Sealer,
  tree: ParsedBody,
  at: Moment | undefined,
): Promise<Signed> {
  if (isUnsigned(signer)) return { bytes: written(content) };
  switch (tree.format) {
    case 'xml':
      return { bytes: await signXml(content, tree, signer) };
    case 'json':
      return { bytes: await signJws(written(content), format.type, signer, at) };
    case 'text': {
      if (signer.form !== undefined && holdsText(signer.form))
        return { bytes: await signCms(written(content), signer, at), contentType: opaqueType };
      const entity = textEntity(format.type, written(content));
      return joinSigned(entity, await signCms(entity, signer, at), signer.algorithm);
    }
  }
}

/** Signs content without checking it against a schema, so that a rehearsal can send messages that must be rejected. */
export async function signUnchecked(
  content: Uint8Array,
  format: SealFormat,
  signer: Sealer,
  at: Moment,
): Promise<Signed> {
  const sent = format.lines === undefined ? writerOf(content) : sentLines(writerOf(content), format.lines);
  const tree = parseUnsigned(written(sent), format.format);
  try {
    return await signed({ format, content: sent }, signer, tree, at);
  } finally {
    if (tree.format === 'xml') tree.dispose();
  }
}
