/** Scans tags in exclusive canonical form: one space between attributes, double quotes, sorted, no empty-element tags. */

import { textIn } from '../../model/byte-memo.ts';
import {
  attributeToken,
  endTag,
  nameShift,
  resolveReferences,
  startTag,
  type Tokens,
} from '../../model/canonical-tokens.ts';
import {
  attributeName,
  unsafeName,
  elementName,
  findName,
  innerScope,
  openNames,
  startsWith,
  type PrefixDeclaration,
  type Names,
  type PrefixScope,
} from './canonical-names.ts';
import { addTag, addValue, openTokens } from './token-writer.ts';
import { attributeForm, valueEnd } from './canonical-values.ts';
import { xmlLimits } from './xml-guard.ts';

export interface ScanState {
  readonly bytes: Uint8Array;
  readonly names: Names;
  readonly tokens: Tokens;
  /** The written names of the open elements, and their scopes. */
  readonly open: Int32Array;
  readonly scopes: PrefixScope[];
  /** Attribute values of the root that may be its id. */
  readonly ids: { readonly start: number; readonly end: number }[];
  depth: number;
  elements: number;
  /** The flags of the value read last. */
  flags: number;
}

interface Attribute {
  readonly written: number;
  readonly flags: number;
  readonly start: number;
  readonly end: number;
}

const [space, quote, slash, equals, greaterThan] = [0x20, 0x22, 0x2f, 0x3d, 0x3e];
const nameBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 || /[\w.:-]/u.test(String.fromCharCode(byte)) ? 1 : 0,
);
const idNames = ['Id', 'ID', 'id'];

/** Shared by all documents, which are read one at a time. */
const open = new Int32Array(xmlLimits.depth + 1);

export function openScan(bytes: Uint8Array, strict: boolean): ScanState {
  const names = openNames(strict);
  const tokens = openTokens(bytes.length);
  return { bytes, names, tokens, open, scopes: [names.root], ids: [], depth: 0, elements: 0, flags: 0 };
}

/** Scans a start tag; returns its end, unsafeName, or signatureName for a signature below the root. */
export function scanStartTag(scan: ScanState, at: number): number {
  const { bytes, names, depth } = scan;
  let end = at + 1;
  let hash = 0;
  for (let byte = bytes[end] ?? 0; nameBytes[byte] === 1; byte = bytes[end] ?? 0) {
    hash = (Math.imul(hash, 31) + byte) | 0;
    end += 1;
  }
  const written = findName(names, bytes, at + 1, end, hash);
  const outer = scan.scopes[depth];
  if (written < 0 || outer === undefined || depth === xmlLimits.depth) return unsafeName;
  if (bytes[end] !== greaterThan) return scanAttributes(scan, end, written, outer);
  const name = elementName(names, outer, written);
  if (name < 0) return depth === 1 ? name : unsafeName;
  openElement(scan, written, name, outer);
  return end + 1;
}

function openElement(scan: ScanState, written: number, name: number, inner: PrefixScope): void {
  addTag(scan.tokens, startTag | (name << nameShift));
  scan.elements += 1;
  scan.depth += 1;
  scan.open[scan.depth] = written;
  scan.scopes[scan.depth] = inner;
}

/** Scans an end tag; returns its end, or unsafeName. */
export function scanEndTag(scan: ScanState, at: number): number {
  const { bytes } = scan;
  const known = scan.names.written[scan.open[scan.depth] ?? 0]?.bytes;
  if (known === undefined || bytes[at + 1] !== slash || !startsWith(bytes, at + 2, known)) return unsafeName;
  const end = at + 2 + known.length;
  if (bytes[end] !== greaterThan) return unsafeName;
  scan.depth -= 1;
  addTag(scan.tokens, endTag);
  return end + 1;
}

/** Scans a start tag from the first space. */
function scanAttributes(scan: ScanState, from: number, written: number, outer: PrefixScope): number {
  const { names } = scan;
  const declared: PrefixDeclaration[] = [];
  const attributes: Attribute[] = [];
  const used = new Set([names.written[written]?.prefix ?? '']);
  let at = from;
  while (scan.bytes[at] === space) {
    const found = scanAttribute(scan, at + 1);
    if (found === undefined || declared.length + attributes.length === xmlLimits.attributes) return unsafeName;
    const { prefix = '', local = '' } = names.written[found.written] ?? {};
    const declares = prefix === 'xmlns' || (prefix === '' && local === 'xmlns');
    if (declares) {
      if (names.strict && (attributes.length > 0 || found.flags !== 0)) return unsafeName;
      declared.push([prefix === '' ? '' : local, resolveReferences(textIn(scan.bytes, found.start, found.end))]);
    } else {
      attributes.push(found);
      if (prefix !== '') used.add(prefix);
    }
    at = found.end + 1;
  }
  if (scan.bytes[at] !== greaterThan) return unsafeName;
  const inner = declared.length === 0 ? outer : innerScope(names, outer, declared, used);
  if (inner === undefined) return unsafeName;
  const name = elementName(names, inner, written);
  if (name < 0) return scan.depth === 1 ? name : unsafeName;
  openElement(scan, written, name, inner);
  return addAttributes(scan, attributes, inner) ? at + 1 : unsafeName;
}

function scanAttribute(scan: ScanState, at: number): Attribute | undefined {
  const { bytes } = scan;
  let end = at;
  let hash = 0;
  for (let byte = bytes[end] ?? 0; nameBytes[byte] === 1; byte = bytes[end] ?? 0) {
    hash = (Math.imul(hash, 31) + byte) | 0;
    end += 1;
  }
  if (bytes[end] !== equals || bytes[end + 1] !== quote) return undefined;
  const written = findName(scan.names, bytes, at, end, hash);
  const start = end + 2;
  const valueAt = valueEnd(bytes, start, attributeForm, scan);
  if (written < 0 || valueAt < 0 || valueAt - start >= xmlLimits.value) return undefined;
  return { written, flags: scan.flags, start, end: valueAt };
}

/** Adds the attributes; false unless they are sorted by namespace and name, and none below the root repeats the root's id. */
function addAttributes(scan: ScanState, attributes: readonly Attribute[], inner: PrefixScope): boolean {
  const { names, tokens } = scan;
  let last = -1;
  for (const { written, flags, start, end } of attributes) {
    const name = attributeName(names, inner, written);
    if (name < 0 || (names.strict && !isSorted(names, last, name))) return false;
    if (names.strict && idNames.includes(names.resolved[name]?.name ?? '')) {
      if (scan.depth === 1) scan.ids.push({ start, end });
      else if (scan.ids.some((id) => sameValue(scan.bytes, id, { start, end }))) return false;
    }
    addValue(tokens, attributeToken | flags | (name << nameShift), start, end);
    last = name;
  }
  return true;
}

function isSorted({ resolved }: Names, before: number, name: number): boolean {
  const [first, second] = [resolved[before], resolved[name]];
  if (first === undefined || second === undefined) return second !== undefined;
  return first.namespace === second.namespace ? first.name < second.name : first.namespace < second.namespace;
}

type Range = Pick<Attribute, 'start' | 'end'>;

function sameValue(bytes: Uint8Array, one: Range, other: Range): boolean {
  return (
    startsWith(bytes, one.start, bytes.subarray(other.start, other.end)) &&
    one.end - one.start === other.end - other.start
  );
}
