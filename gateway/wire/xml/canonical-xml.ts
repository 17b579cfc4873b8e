/**
 * Reads XML that is already in exclusive canonical form, in one pass over its bytes, which are then digested, checked and decoded
 * themselves. Any other document is left to libxml2.
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
import { discardNames, unsafeName, signatureName, startsWith } from './canonical-names.ts';
import { openScan, scanEndTag, scanStartTag, type ScanState } from './canonical-tags.ts';
import { addValue } from './token-writer.ts';
import { textForm, valueEnd } from './canonical-values.ts';
import { xmlLimits } from './xml-guard.ts';

const [lessThan, greaterThan, slash] = [0x3c, 0x3e, 0x2f];
const declaration = Buffer.from('<?xml version="1.0" encoding="UTF-8"?>');

/** Elements reserved for a signature, which are not counted here. */
const signatureElements = 64;

/**
 * The document, if it is in canonical form except for an XML declaration and white space around the root, and contains nothing
 * that guardXml refuses; undefined otherwise. A signature that is the root's last element is left out and not parsed.
 */
export function readCanonical(source: Uint8Array): CanonicalXml | undefined {
  return source.length > xmlLimits.bytes || !isUtf8(source) ? undefined : tokensIn(source, true);
}

/**
 * The tokens of a canonical form that libxml2 wrote, with any names and namespaces. Throws E_LIMIT_EXCEEDED for a document with
 * too many names, or values that are too long when escaped.
 */
export function tokensOfCanonical(source: Uint8Array): CanonicalXml {
  const document = tokensIn(source, false) ?? tokensWithFreshNames(source);
  if (document === undefined)
    throw new GatewayError('E_LIMIT_EXCEEDED', 'the document contains too many names, or values that are too long', {
      fix: 'Send the message in canonical form (Exclusive XML Canonicalization 1.0), or with fewer names.',
    });
  return document;
}

/** Whether a document is read must not depend on the names of those before it. */
function tokensWithFreshNames(source: Uint8Array): CanonicalXml | undefined {
  discardNames();
  return tokensIn(source, false);
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

function blankEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (isBlank(bytes[end])) end += 1;
  return end;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x09 || byte === 0x0d;
}

/** Scans to the end of the root, or to a signature that is its child; returns that position, or a negative number. */
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
 * Skips the signature that starts at `at`: only white space and the root's end tag may follow it. Parsing it later shows whether
 * it is one well-formed element.
 */
function skipSignature(scan: ScanState, at: number): { end: number; after: number } | undefined {
  const { bytes } = scan;
  const tag = bytes.lastIndexOf(lessThan);
  let end = tag;
  while (isBlank(bytes[end - 1])) end -= 1;
  if (end <= at || bytes[end - 1] !== greaterThan || scan.depth !== 1) return undefined;
  // Line ends that a parser would change are not canonical.
  if (end < tag && scanText(scan, end) !== tag) return undefined;
  const after = scanEndTag(scan, tag);
  return after < 0 ? undefined : { end, after };
}

/** The canonical form as ranges of the document. */
export function canonicalPieces({ bytes, root, signature }: CanonicalXml): readonly Uint8Array[] {
  if (signature === undefined) return [bytes.subarray(root.start, root.after)];
  return [bytes.subarray(root.start, signature.start), bytes.subarray(signature.end, root.after)];
}

export function canonicalDigest(document: CanonicalXml, algorithm: string): Buffer {
  const hash = createHash(algorithm);
  for (const piece of canonicalPieces(document)) hash.update(piece);
  return hash.digest();
}

/** How many attributes with one of these local names have the value, outside the signature. */
export function countAttributes(document: CanonicalXml, locals: readonly string[], value: string): number {
  const { names, tokens } = document;
  let count = 0;
  for (let at = 0; at < tokens.used;) {
    const token = tokens.numbers[at] ?? 0;
    const kind = token & kindMask;
    const isNamed = kind === attributeToken && locals.includes(names[token >>> nameShift]?.name ?? '');
    if (isNamed && valueText(document, at) === value) count += 1;
    at += kind === textToken || kind === attributeToken ? 3 : 1;
  }
  return count;
}

/** A small document with the root's tags and the signature only. The signature in it has the same namespaces in scope. */
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
