/**
 * Reads the content of a file whose signature is not checked, for people who look at it. It makes no VerifiedMessage, so nothing
 * that is read here can reach the register.
 */

import type { SignatureTerms } from '../../model/message.ts';
import { holdsText } from '../../model/signature-form.ts';
import { parseStrictJson } from '../files/json.ts';
import { lastElement, qualifiedName } from '../xml/libxml.ts';
import { textBody, type ParsedBody } from '../xml/parsed-body.ts';
import { readSignedXml } from '../xml/xml-tree.ts';
import { tags } from './der.ts';
import { readJws } from './jws.ts';
import { readSigned } from './signed-text.ts';

/** The content of a message, and whether it has a signature. Dispose of an XML body. */
interface UnverifiedContent {
  readonly body: ParsedBody;
  readonly signed: boolean;
}

/** `seal`: as agreed with the partner; a file without a signature is read as well. Throws the errors of the parsers. */
export function readUnverified(bytes: Uint8Array, seal: SignatureTerms): UnverifiedContent {
  switch (seal.kind) {
    case 'xml-signature':
      return unverifiedXml(bytes);
    case 'jws': {
      const signed = !/^(?:\xef\xbb\xbf)?\s*[[{]/u.test(startOf(bytes));
      const payload = signed ? payloadOf(readJws(bytes, seal).text) : bytes;
      return { body: { format: 'json', value: parseStrictJson(payload, { canonicalNumbers: true }) }, signed };
    }
    case 'cms-detached': {
      const signed = holdsText(seal)
        ? bytes[0] === tags.sequence
        : /^(?:MIME-Version|Content-[A-Za-z-]+):/iu.test(startOf(bytes));
      const { text, firstLine } = signed ? readSigned(bytes, seal) : { text: bytes, firstLine: 1 };
      return { body: textBody(text, firstLine), signed };
    }
  }
}

function unverifiedXml(bytes: Uint8Array): UnverifiedContent {
  const body = readSignedXml(bytes);
  const last = lastElement(body.signed().root);
  const signed = last !== undefined && qualifiedName(last) === '{http://www.w3.org/2000/09/xmldsig#}Signature';
  // The tokens of a canonical document leave the signature out already.
  if (signed && body.canonical === undefined) last.remove();
  return { body, signed };
}

function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 80)).toString('latin1');
}

function payloadOf(jws: string): Uint8Array {
  return Buffer.from(jws.split('.')[1] ?? '', 'base64url');
}
