/**
 * Texts with a detached signature as one MIME entity multipart/signed (RFC 8551, 3.5.3): the text with its media type, then its
 * CMS signature. The signature covers the header of the text too, so that the layout named by the media type is signed.
 */

import { sha256 } from '../../model/canonical-json.ts';
import { GatewayError } from '../../model/errors.ts';
import type { SignatureAlgorithm } from '../../model/message.ts';
import { holdsText } from '../../model/signature-form.ts';
import { maxCmsBytes, opaqueContent } from './cms.ts';
import type { CmsTerms } from './cms-signer.ts';
import { algorithms, profileError, requireAlgorithm, requireProfile, strictBase64 } from './profile.ts';

/** The parts of a signed text, not verified yet. */
interface ParsedText {
  /** Media type of the text, with its parameters, as the sender wrote it; absent where the text has no header. */
  readonly type?: string;
  readonly text: Buffer;
  /** The number that the first line of the text has in the message. */
  readonly firstLine: number;
  /** The header and the text, which the signature covers. */
  readonly entity: Buffer;
  /** DER. */
  readonly signature: Buffer;
}

/** The MIME entity to be signed: header and text. Throws E_ADAPTER_INVALID when `type` is not a media type. */
export function textEntity(type: string, text: Uint8Array): Buffer {
  if (!mediaType.test(type) || type.length > maxTypeLength) {
    const fix = 'Write it as text/csv; charset=utf-8; layout=list-1.';
    throw new GatewayError('E_ADAPTER_INVALID', 'the type of the message is not a media type', { at: 'messages', fix });
  }
  return Buffer.concat([Buffer.from(`Content-Type: ${type}\r\nContent-Transfer-Encoding: binary\r\n\r\n`), text]);
}

export function joinSigned(
  entity: Buffer,
  signature: Buffer,
  algorithm: SignatureAlgorithm = 'rsa-sha256',
): { readonly bytes: Buffer; readonly contentType: string } {
  // An entity cannot contain its own digest, so the boundary does not occur in it (RFC 2046, 5.1.1).
  const boundary = `mra-${sha256(entity)}`;
  const contentType = `multipart/signed; protocol="${signatureType}"; micalg=${micalgOf(algorithm)}; boundary="${boundary}"`;
  const head = `MIME-Version: 1.0\r\nContent-Type: ${contentType}\r\n\r\n--${boundary}\r\n`;
  const lines = signature.toString('base64').replace(/.{64}(?=.)/gu, '$&\r\n');
  const second =
    `\r\n--${boundary}\r\nContent-Type: ${signatureType}; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n` +
    `Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n${lines}\r\n--${boundary}--\r\n`;
  return { bytes: Buffer.concat([Buffer.from(head), entity, Buffer.from(second)]), contentType };
}

/** RFC 8551, 3.5.3.2. */
function micalgOf(algorithm: SignatureAlgorithm): string {
  return algorithms[algorithm].hash.replace('sha', 'sha-');
}

/**
 * Parses a message of exactly two parts, without preamble or epilogue unless the envelope is `smime`; one that is `opaque` has no header.
 * Throws E_SIGNATURE_MISSING when it is not multipart/signed, E_SIGNATURE_PROFILE for another structure, E_SIGNATURE_ALGORITHM for
 * another digest algorithm.
 */
export function readSigned(bytes: Uint8Array, terms: CmsTerms): ParsedText {
  const sent = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (holdsText(terms)) {
    const text = opaqueContent(sent);
    return { text, firstLine: 1, entity: text, signature: sent };
  }
  const isMail = terms.envelope === 'smime';
  // Signatures cover the canonical form, whose lines end with CR LF (RFC 8551, 3.1.1).
  const all = isMail ? Buffer.from(sent.toString('latin1').replace(/\r?\n/gu, '\r\n'), 'latin1') : sent;
  const head = readHeader(all, unsigned);
  const outer = /^multipart\/signed;(.*)$/iu.exec(head.fields.get('content-type') ?? '')?.[1];
  if (outer === undefined) throw unsigned();
  requireOnly(head, ['mime-version', 'content-type']);
  const boundary = readBoundary(outer, terms);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter directly follows the header, and shares its line end.
  const opening = Buffer.concat([delimiter, lineEnd]);
  const first = all.indexOf(opening, head.length - 2);
  requireProfile(first === head.length - 2 || (isMail && first >= 0), 'there is a preamble before the text');
  const start = first + opening.length;
  const middle = all.indexOf(delimiter, start);
  const second = middle + delimiter.length + 2;
  requireProfile(middle >= 0 && all.subarray(second - 2, second).equals(lineEnd), 'there is no second part');
  const end = all.indexOf(delimiter, second);
  requireProfile(end >= 0, 'the second part has no end');
  const rest = all.subarray(end + delimiter.length);
  const isEnd = isMail
    ? /^--\s*$/u.test(rest.toString('latin1'))
    : ['--', '--\r\n'].includes(rest.toString('latin1', 0, 5));
  requireProfile(isEnd, 'there is an epilogue after the signature');
  const entity = all.subarray(start, middle);
  const content = readText(entity, isMail);
  const firstLine = all.toString('latin1', 0, content.text.byteOffset - all.byteOffset).split('\n').length;
  return { ...content, firstLine, entity, signature: readSignaturePart(all.subarray(second, end)) };
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
  /** Octets including the empty line. */
  readonly length: number;
}

/** Header fields by lower-case name, each once. Throws `missing()` for bytes that do not begin with a header. */
function readHeader(bytes: Buffer, missing: () => GatewayError): Header {
  const end = bytes.subarray(0, maxHeaderBytes).indexOf(headerEnd);
  if (end < 0) throw missing();
  const text = bytes.toString('latin1', 0, end);
  const fields = new Map<string, string>();
  // Unfolding (RFC 5322, 2.2.3).
  for (const line of text.replace(/\r\n[ \t]+/gu, ' ').split('\r\n')) {
    const [, name, value] = /^([A-Za-z-]+):[ \t]*([\x20-\x7e]*)$/u.exec(line) ?? [];
    if (name === undefined || value === undefined) throw missing();
    requireProfile(!fields.has(name.toLowerCase()), 'a header field is repeated');
    fields.set(name.toLowerCase(), value.trimEnd());
  }
  return { fields, length: end + headerEnd.length };
}

/** Other fields are refused: an unknown one may change the meaning of the known ones. */
function requireOnly({ fields }: Header, names: readonly string[]): void {
  const isAgreed = [...fields.keys()].every((name) => names.includes(name));
  requireProfile(isAgreed, 'a header field was not agreed');
}

/** The boundary; boundary, protocol and micalg are the only parameters (RFC 1847, 2.1). */
function readBoundary(written: string, { algorithm }: CmsTerms): string {
  const parameters = new Map<string, string>();
  for (const one of written.split(';')) {
    const [, name, value] =
      new RegExp(`^\\s*(${parameter})\\s*$`, 'u').exec(one)?.[1]?.match(/^([^=]+)="?([^"]*)"?$/u) ?? [];
    const isNew = name !== undefined && !parameters.has(name.toLowerCase());
    requireProfile(isNew, 'the parameters of multipart/signed are malformed or repeated');
    parameters.set(name.toLowerCase(), value ?? '');
  }
  const boundary = parameters.get('boundary') ?? '';
  requireProfile(
    /^[A-Za-z0-9'()+_,./:=?-]{1,70}$/u.test(boundary),
    'the boundary is missing or malformed (RFC 2046, 5.1.1)',
  );
  requireProfile(
    parameters.get('protocol')?.toLowerCase() === signatureType,
    'protocol is not application/pkcs7-signature',
  );
  requireProfile(parameters.size === 3, 'multipart/signed has parameters that were not agreed');
  const micalg = micalgOf(algorithm);
  requireAlgorithm(parameters.get('micalg')?.toLowerCase() === micalg, `micalg is not ${micalg}`);
  return boundary;
}

function readText(entity: Buffer, isMail: boolean): Pick<ParsedText, 'type' | 'text'> {
  const header = readHeader(entity, () => profileError('the text has no header'));
  requireOnly(header, ['content-type', 'content-transfer-encoding']);
  const type = header.fields.get('content-type') ?? '';
  requireProfile(mediaType.test(type) && type.length <= maxTypeLength, 'the text has no media type');
  const encoding = header.fields.get('content-transfer-encoding')?.toLowerCase();
  requireProfile(
    encoding === 'binary' || encoding === '8bit' || (isMail && (encoding === undefined || encoding === '7bit')),
    'the transfer encoding of the text is not binary or 8bit',
  );
  return { type, text: entity.subarray(header.length) };
}

function readSignaturePart(part: Buffer): Buffer {
  requireProfile(part.length <= 2 * maxCmsBytes, 'the signature is too large');
  const header = readHeader(part, () => profileError('the signature has no header'));
  requireOnly(header, ['content-type', 'content-transfer-encoding', 'content-disposition']);
  const [type] = (header.fields.get('content-type') ?? '').split(';');
  requireProfile(type?.trim().toLowerCase() === signatureType, 'the second part is not a signature');
  requireProfile(
    header.fields.get('content-transfer-encoding')?.toLowerCase() === 'base64',
    'the signature is not base64',
  );
  const bytes = strictBase64(part.toString('latin1', header.length).replaceAll('\r\n', ''));
  requireProfile(bytes !== undefined, 'the signature is empty or not strict base64');
  return bytes;
}

function unsigned(): GatewayError {
  return new GatewayError('E_SIGNATURE_MISSING', 'the message is not multipart/signed');
}
