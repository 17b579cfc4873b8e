/**
 * Texts under a detached signature, as one MIME entity multipart/signed (RFC 8551, 3.5.3): the text with its media type, then its
 * CMS signature. The signature covers the header of the text too, so the layout that the media type names is signed.
 */

import { createHash } from 'node:crypto';
import { GatewayError } from '../../model/errors.ts';
import { cmsLimit } from './cms.ts';

/** What a multipart/signed message holds. Nothing of it is believed yet. */
export interface StatedText {
  /** Media type of the text, with its parameters, as the sender wrote it. */
  readonly type: string;
  readonly text: Buffer;
  /** The header and the text: what the signature covers. */
  readonly entity: Buffer;
  /** DER. */
  readonly signature: Buffer;
}

/** What is signed of a text: its header and itself. E_ADAPTER_INVALID when the type could not stand in a header. */
export function textEntity(type: string, text: Uint8Array): Buffer {
  if (!mediaType.test(type) || type.length > maxTypeLength) {
    throw new GatewayError('E_ADAPTER_INVALID', 'the type of the message is not a media type', {
      at: 'messages',
      fix: 'Write it as text/csv; charset=utf-8; layout=list-1.',
    });
  }
  return Buffer.concat([Buffer.from(`Content-Type: ${type}\r\nContent-Transfer-Encoding: binary\r\n\r\n`), text]);
}

/** The whole message, and its media type. */
export function joinSigned(
  entity: Buffer,
  signature: Buffer,
): { readonly bytes: Buffer; readonly contentType: string } {
  // A text cannot hold its own digest, so the boundary never stands within.
  const boundary = `mra-${createHash('sha256').update(entity).digest('hex')}`;
  const contentType = `multipart/signed; protocol="${signatureType}"; micalg=sha-256; boundary="${boundary}"`;
  const head = `MIME-Version: 1.0\r\nContent-Type: ${contentType}\r\n\r\n--${boundary}\r\n`;
  const lines = signature.toString('base64').replace(/.{64}(?=.)/gu, '$&\r\n');
  const second =
    `\r\n--${boundary}\r\nContent-Type: ${signatureType}; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n` +
    `Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n${lines}\r\n--${boundary}--\r\n`;
  return { bytes: Buffer.concat([Buffer.from(head), entity, Buffer.from(second)]), contentType };
}

/**
 * Reads a message of exactly two parts, with nothing before, between or after them. E_SIGNATURE_MISSING when it is no multipart/signed,
 * E_SIGNATURE_PROFILE for one that is built otherwise, E_SIGNATURE_ALGORITHM when it names another digest.
 */
export function readSigned(bytes: Uint8Array): StatedText {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = readHeader(all, unsigned);
  const outer = /^multipart\/signed;(.*)$/iu.exec(head.fields.get('content-type') ?? '')?.[1];
  if (outer === undefined) throw unsigned();
  onlyFields(head, ['mime-version', 'content-type']);
  const boundary = readBoundary(outer);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter begins right after the header: nothing stands before the first part.
  const first = all.subarray(head.length - 2, head.length + delimiter.length);
  mustBe(first.equals(Buffer.concat([delimiter, lineEnd])), 'something stands before the text');
  const start = head.length + delimiter.length;
  const middle = all.indexOf(delimiter, start);
  const second = middle + delimiter.length + 2;
  mustBe(middle >= 0 && all.subarray(second - 2, second).equals(lineEnd), 'there is no second part');
  const end = all.indexOf(delimiter, second);
  mustBe(end >= 0, 'the second part has no end');
  const rest = all.subarray(end + delimiter.length);
  mustBe(['--', '--\r\n'].includes(rest.toString('latin1', 0, 5)), 'something stands after the signature');
  const entity = all.subarray(start, middle);
  return { ...readText(entity), entity, signature: readSignaturePart(all.subarray(second, end)) };
}

const signatureType = 'application/pkcs7-signature';
const lineEnd = Buffer.from('\r\n');
const headerEnd = Buffer.from('\r\n\r\n');
const maxHeaderBytes = 1024;
const maxTypeLength = 200;
const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const parameter = `${token}=(?:${token}|"[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]*")`;
const mediaType = new RegExp(`^${token}/${token}(?:; ?${parameter})*$`, 'u');

interface Header {
  readonly fields: ReadonlyMap<string, string>;
  /** Bytes up to and with the empty line. */
  readonly length: number;
}

/** Header fields by lower-case name, each once. `otherwise` makes the refusal of bytes that begin with none. */
function readHeader(bytes: Buffer, otherwise: () => GatewayError): Header {
  const end = bytes.subarray(0, maxHeaderBytes).indexOf(headerEnd);
  if (end < 0) throw otherwise();
  const text = bytes.toString('latin1', 0, end);
  const fields = new Map<string, string>();
  // A field may go on in the next line, which then begins with white space (RFC 5322, 2.2.3).
  for (const line of text.replace(/\r\n[ \t]+/gu, ' ').split('\r\n')) {
    const [, name, value] = /^([A-Za-z-]+):[ \t]*([\x20-\x7e]*)$/u.exec(line) ?? [];
    if (name === undefined || value === undefined) throw otherwise();
    mustBe(!fields.has(name.toLowerCase()), 'a header field stands twice');
    fields.set(name.toLowerCase(), value.trimEnd());
  }
  return { fields, length: end + headerEnd.length };
}

/** Closed: a field that nobody here understands may change the meaning of the others. */
function onlyFields({ fields }: Header, names: readonly string[]): void {
  mustBe(
    [...fields.keys()].every((name) => names.includes(name)),
    'a header field was not agreed',
  );
}

/** The boundary among the three parameters of multipart/signed. */
function readBoundary(written: string): string {
  const parameters = new Map<string, string>();
  for (const one of written.split(';')) {
    const [, name, value] =
      new RegExp(`^\\s*(${parameter})\\s*$`, 'u').exec(one)?.[1]?.match(/^([^=]+)="?([^"]*)"?$/u) ?? [];
    mustBe(
      name !== undefined && !parameters.has(name.toLowerCase()),
      'the parameters of multipart/signed cannot be read',
    );
    parameters.set(name.toLowerCase(), value ?? '');
  }
  const boundary = parameters.get('boundary') ?? '';
  mustBe(/^[A-Za-z0-9'()+_,./:=?-]{1,70}$/u.test(boundary), 'the boundary is missing or not one (RFC 2046, 5.1.1)');
  mustBe(parameters.get('protocol')?.toLowerCase() === signatureType, 'the signature is of another kind');
  mustBe(parameters.size === 3, 'multipart/signed has parameters that were not agreed');
  if (parameters.get('micalg')?.toLowerCase() !== 'sha-256') {
    throw new GatewayError('E_SIGNATURE_ALGORITHM', 'micalg is not sha-256');
  }
  return boundary;
}

function readText(entity: Buffer): Pick<StatedText, 'type' | 'text'> {
  const header = readHeader(entity, () => profile('the text has no header'));
  onlyFields(header, ['content-type', 'content-transfer-encoding']);
  const type = header.fields.get('content-type') ?? '';
  mustBe(mediaType.test(type) && type.length <= maxTypeLength, 'the text has no media type');
  const encoding = header.fields.get('content-transfer-encoding')?.toLowerCase();
  mustBe(encoding === 'binary' || encoding === '8bit', 'the text does not travel as it is');
  return { type, text: entity.subarray(header.length) };
}

function readSignaturePart(part: Buffer): Buffer {
  mustBe(part.length <= 2 * cmsLimit, 'the signature is larger than one can be');
  const header = readHeader(part, () => profile('the signature has no header'));
  onlyFields(header, ['content-type', 'content-transfer-encoding', 'content-disposition']);
  const [type] = (header.fields.get('content-type') ?? '').split(';');
  mustBe(type?.trim().toLowerCase() === signatureType, 'the second part is no signature');
  mustBe(header.fields.get('content-transfer-encoding')?.toLowerCase() === 'base64', 'the signature is not base64');
  // Lines may end anywhere; nothing else that a lenient reader would skip may stand there (RFC 4648, 3.5).
  const text = part.toString('latin1', header.length).replaceAll('\r\n', '');
  const bytes = Buffer.from(text, 'base64');
  mustBe(bytes.length > 0 && bytes.toString('base64') === text, 'the signature is empty or not strict base64');
  return bytes;
}

function unsigned(): GatewayError {
  return new GatewayError('E_SIGNATURE_MISSING', 'the message is not multipart/signed');
}

function profile(detail: string): GatewayError {
  return new GatewayError('E_SIGNATURE_PROFILE', detail);
}

function mustBe(holds: boolean, detail: string): asserts holds {
  if (!holds) throw profile(detail);
}
