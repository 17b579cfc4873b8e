/**
 * Reads XML that stands in exclusive canonical form already, in one pass over its bytes: what is digested, checked and decoded
 * is then the bytes themselves. Says nothing about any other document: that one is for libxml2.
 *
 * Canonical XML 1.0 and Exclusive XML Canonicalization 1.0 (W3C), for documents without comments.
 */

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { GatewayError } from '../../model/errors.ts';
import {
  attributeToken,
  kindMask,
  nameShift,
  textToken,
  valueText,
  type CanonicalXml,
} from '../../model/canonical-tokens.ts';
import { unsafeName, signatureName, startsWith } from './canonical-names.ts';
import { openScan, scanEndTag, scanStartTag, type ScanState } from './canonical-tags.ts';
import { addValue } from './token-writer.ts';
import { textForm, valueEnd } from './canonical-values.ts';
import { xmlLimits } from './xml-guard.ts';

const [lessThan, greaterThan, slash] = [0x3c, 0x3e, 0x2f];
const declaration = Buffer.from('<?xml version="1.0" encoding="UTF-8"?>');

/** Elements kept free for those of a signature, which are not counted here. */
const signatureElements = 64;

/**
 * The document, if it stands in canonical form but for an XML declaration and white space around the root, and holds nothing
 * that guardXml refuses; undefined otherwise. A signature that is the root's last element is left out and not looked into.
 */
export function readCanonical(source: Uint8Array): CanonicalXml | undefined {
  return source.length > xmlLimits.bytes || !isUtf8(source) ? undefined : tokensIn(source, true);
}

/**
 * The tokens of what libxml2 wrote in canonical form, whatever its names and namespaces. Throws E_LIMIT_EXCEEDED for a document
 * with more names, or longer values once escaped, than are read here.
 */
export function tokensOfCanonical(source: Uint8Array): CanonicalXml {
  const document = tokensIn(source, false);
  if (document === undefined)
    throw new GatewayError('E_LIMIT_EXCEEDED', 'the document holds too many names, or values that are too long', {
      fix: 'Send the message in canonical form (Exclusive XML Canonicalization 1.0), or with fewer names.',
    });
  return document;
}

function tokensIn(source: Uint8Array, strict: boolean): CanonicalXml | undefined {
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const start = blankEnd(bytes, startsWith(bytes, 0, declaration) ? declaration.length : 0);
  const scan = openScan(bytes, strict);
  const content = bytes[start] === lessThan ? scanStartTag(scan, start) : unsafeName;
  if (content < 0) return undefined;
  const at = scanContent(scan, content);
  if (at < 0) return undefined;
  // The content ends with the root, or before a signature.
  const signature = scan.depth === 0 ? undefined : skipSignature(scan, at);
  if (scan.depth > 0) return undefined;
  const after = signature?.after ?? at;
  if (blankEnd(bytes, after) !== bytes.length || scan.elements > xmlLimits.elements - signatureElements)
    return undefined;
  const { tokens, names } = scan;
  const rootName = names.written[scan.open[1] ?? 0]?.bytes.length ?? 0;
  return {
    bytes,
    tokens,
    names: names.resolved,
    root: { start, content, end: after - rootName - 3, after },
    signature: signature && { start: at, end: signature.end },
  };
}

/** Where the white space that starts at `at` ends. */
function blankEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (isBlank(bytes[end])) end += 1;
  return end;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d;
}

/** Reads on to the end of the root, or to a signature that is a child of it; gives where that is, or a negative number. */
function scanContent(scan: ScanState, from: number): number {
  const { bytes } = scan;
  let at = from;
  for (;;) {
    if (bytes[at] !== lessThan) at = scanText(scan, at);
    if (at < 0) return at;
    if (bytes[at + 1] === slash) {
      at = scanEndTag(scan, at);
      if (scan.depth === 0) return at;
    } else {
      const tag = at;
      at = scanStartTag(scan, at);
      if (at === signatureName) return tag;
    }
    if (at < 0) return at;
  }
}

function scanText(scan: ScanState, at: number): number {
  const end = valueEnd(scan.bytes, at, textForm, scan);
  if (end < 0 || end - at > xmlLimits.text) return unsafeName;
  addValue(scan.tokens, textToken | scan.flags, at, end);
  return end;
}

/**
 * Reads over the signature that starts at `at`: nothing but white space and the root's end tag may follow it. Whether it is one
 * element, and well-formed, is found out when it is parsed.
 */
function skipSignature(scan: ScanState, at: number): { end: number; after: number } | undefined {
  const { bytes } = scan;
  const tag = bytes.lastIndexOf(lessThan);
  let end = tag;
  while (isBlank(bytes[end - 1])) end -= 1;
  if (end <= at || bytes[end - 1] !== greaterThan || scan.depth !== 1) return undefined;
  // Line ends that a parser would change are no canonical text.
  if (end < tag && scanText(scan, end) !== tag) return undefined;
  const after = scanEndTag(scan, tag);
  return after < 0 ? undefined : { end, after };
}

/** The canonical form in pieces, as they stand in the document. */
export function canonicalPieces({ bytes, root, signature }: CanonicalXml): readonly Uint8Array[] {
  if (signature === undefined) return [bytes.subarray(root.start, root.after)];
  return [bytes.subarray(root.start, signature.start), bytes.subarray(signature.end, root.after)];
}

/** SHA-256 of the canonical form. */
export function canonicalDigest(document: CanonicalXml): Buffer {
  const hash = createHash('sha256');
  for (const piece of canonicalPieces(document)) hash.update(piece);
  return hash.digest();
}

/**
 * A small document that holds the signature as the large one does: in the root's start tag, with what follows it. What can be
 * said about the signature can be said about this one.
 */
export function signatureAlone({ bytes, root, signature }: CanonicalXml): Uint8Array {
  return Buffer.concat([
    bytes.subarray(root.start, root.content),
    bytes.subarray(signature?.start ?? root.end, root.after),
  ]);
}

/** `{namespace}name` of the root. */
export function rootName({ tokens, names }: CanonicalXml): string {
  const { namespace, name } = names[(tokens.numbers[0] ?? 0) >>> nameShift] ?? { namespace: '', name: '' };
  return `{${namespace}}${name}`;
}

/** The value of an attribute of the root that is in no namespace. */
export function rootAttribute(document: CanonicalXml, wanted: string): string | undefined {
  const { tokens, names } = document;
  const { numbers, used } = tokens;
  for (let at = 1; at < used && ((numbers[at] ?? 0) & kindMask) === attributeToken; at += 3) {
    const { namespace, name } = names[(numbers[at] ?? 0) >>> nameShift] ?? { namespace: '', name: '' };
    if (namespace === '' && name === wanted) return valueText(document, at);
  }
  return undefined;
}
