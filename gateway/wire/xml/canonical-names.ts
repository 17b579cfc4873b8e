/** Interns the names of canonical documents by their bytes, and resolves each once in every scope of prefixes. */

import { internName } from '../../model/message-body.ts';
import type { XmlName } from '../../model/canonical-tokens.ts';
import { dsig } from '../signature/xml-algorithms.ts';

/** Names of documents by number: as written (`kr:AEO`), and resolved. */
export interface Names {
  /** Hash table of written names: the number plus one; 0 is free. */
  readonly table: Int32Array;
  readonly written: WrittenName[];
  readonly resolved: XmlName[];
  readonly numbers: Map<string, number>;
  /** Around the root of a document. */
  readonly root: PrefixScope;
  scopes: number;
  /** Accepts only names and declarations that every reader of XML resolves alike; otherwise trusts the output of libxml2. */
  readonly strict: boolean;
}

interface WrittenName {
  readonly bytes: Uint8Array;
  readonly prefix: string;
  readonly local: string;
}

/** The prefixes declared at one place. Elements with the same declarations share one scope. */
export interface PrefixScope {
  readonly prefixes: ReadonlyMap<string, string>;
  /** By number of the written name: the number of the resolved name plus one, 0 if not resolved yet. */
  readonly elements: Int32Array;
  readonly attributes: Int32Array;
  readonly inner: Map<string, PrefixScope>;
}

/** An undeclared name, or a name that XML readers might resolve differently. */
export const unsafeName = -1;
/** The element `Signature` of XML signatures. */
export const signatureName = -2;

// Half of each is reserved for the current document.
const maxNames = 1024;
const maxScopes = 128;
// A power of two, and how far a hash is shifted to be below it.
const [tableSize, tableShift] = [4096, 20];
const maxProbes = 16;
const maxNameLength = 128;
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

const cache = { strict: makeNames(true), lenient: makeNames(false) };

/**
 * Names are kept from document to document: messages of one partner have the same few names, and resolving them would be most of
 * the work for a message of one record. Names are never changed; too many names are discarded, so that invented names cannot
 * exhaust the table.
 */
export function openNames(strict: boolean): Names {
  const kind = strict ? 'strict' : 'lenient';
  if (cache[kind].written.length > maxNames / 2 || cache[kind].scopes > maxScopes / 2) cache[kind] = makeNames(strict);
  return cache[kind];
}

/** Discards the names of earlier documents: all of the table is then free for the next one. */
export function discardNames(): void {
  cache.lenient = makeNames(false);
}

function makeNames(strict: boolean): Names {
  const root = openPrefixScope(new Map(strict ? [] : [['xml', xmlNamespace]]));
  return { table: new Int32Array(tableSize), written: [], resolved: [], numbers: new Map(), root, scopes: 0, strict };
}

function openPrefixScope(prefixes: ReadonlyMap<string, string>): PrefixScope {
  return { prefixes, elements: new Int32Array(maxNames), attributes: new Int32Array(maxNames), inner: new Map() };
}

/** The number of a written name, by its bytes and any hash of them; unsafeName for an invalid name or too many names. */
export function findName(names: Names, bytes: Uint8Array, start: number, end: number, hash: number): number {
  // Names may be chosen to collide: after a few probes libxml2 reads the document instead. The multiplication (Fibonacci hashing)
  // separates similar names.
  const first = Math.imul(hash, 0x9e3779b1) >>> tableShift;
  for (let probe = 0; probe < maxProbes; probe += 1) {
    const slot = (first + probe) % tableSize;
    const number = (names.table[slot] ?? 0) - 1;
    if (number < 0) return addName(names, bytes.slice(start, end), slot);
    const known = names.written[number]?.bytes;
    if (known?.length === end - start && startsWith(bytes, start, known)) return number;
  }
  return unsafeName;
}

const strictName = /^(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)$/u;
const anyName = /^(?:([^:]+):)?([^:]+)$/u;

export function startsWith(bytes: Uint8Array, at: number, known: Uint8Array): boolean {
  for (let i = 0; i < known.length; i += 1) if (bytes[at + i] !== known[i]) return false;
  return true;
}

function addName(names: Names, bytes: Uint8Array, slot: number): number {
  const text = Buffer.from(bytes).toString('utf8');
  const match = (names.strict ? strictName : anyName).exec(text);
  const number = names.written.length;
  if (match === null || text.length > maxNameLength || number === maxNames) return unsafeName;
  names.written.push({ bytes, prefix: match[1] ?? '', local: match[2] ?? '' });
  names.table[slot] = number + 1;
  return number;
}

/** The number of an element's resolved name; unsafeName, or signatureName. */
export function elementName(names: Names, scope: PrefixScope, written: number): number {
  const known = scope.elements[written] ?? 0;
  return known > 0 ? known - 1 : resolve(names, scope, written, scope.elements);
}

/** The same for an attribute, which is in no namespace without a prefix. */
export function attributeName(names: Names, scope: PrefixScope, written: number): number {
  const known = scope.attributes[written] ?? 0;
  return known > 0 ? known - 1 : resolve(names, scope, written, scope.attributes);
}

function resolve(names: Names, scope: PrefixScope, written: number, known: Int32Array): number {
  const { prefix = '', local = '' } = names.written[written] ?? {};
  const plain = prefix === '' && known === scope.attributes;
  const namespace = plain ? '' : (scope.prefixes.get(prefix) ?? (prefix === '' ? '' : undefined));
  // Undeclared prefixes, and xml, are left to libxml2.
  if (namespace === undefined || local === '') return unsafeName;
  if (names.strict && namespace === dsig)
    return known === scope.elements && local === 'Signature' ? signatureName : unsafeName;
  const key = `{${namespace}}${local}`;
  const found = names.numbers.get(key) ?? names.resolved.length;
  if (found === names.resolved.length) {
    names.resolved.push({ namespace: internName(namespace), name: internName(local) });
    names.numbers.set(key, found);
  }
  known[written] = found + 1;
  return found;
}

// Absolute, and without characters that implementations treat differently.
const safeNamespace =
  /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/\/[A-Za-z0-9.-]+(?:\/[A-Za-z0-9:/._-]*)?|[A-Za-z0-9][A-Za-z0-9:/._-]*)(?:#[A-Za-z0-9/._-]*)?$/u;
const reservedNamespace = /^http:\/\/www\.w3\.org\/(?:XML\/1998\/namespace|2000\/xmlns\/)$/u;

export type PrefixDeclaration = readonly [prefix: string, namespace: string];

/**
 * The scope within an element with these declarations, in order. Undefined for declarations that are not in exclusive canonical
 * form: sorted, used by the element itself (`used`: prefixes), and not redundant.
 */
export function innerScope(
  names: Names,
  outer: PrefixScope,
  declared: readonly PrefixDeclaration[],
  used: ReadonlySet<string>,
): PrefixScope | undefined {
  const key = JSON.stringify(declared);
  if (names.strict && !declared.every(([prefix]) => used.has(prefix))) return undefined;
  const known = outer.inner.get(key);
  if (known !== undefined) return known;
  const prefixes = new Map(outer.prefixes);
  for (const [i, [prefix, namespace]] of declared.entries()) {
    if (names.strict && !isPlainDeclaration(outer, [prefix, namespace], declared[i - 1])) return undefined;
    prefixes.set(prefix, namespace);
  }
  if (names.scopes === maxScopes) return undefined;
  names.scopes += 1;
  const made = openPrefixScope(prefixes);
  outer.inner.set(key, made);
  return made;
}

/** Sorted, not redundant, with a safe namespace and without a prefix that XML reserves. */
function isPlainDeclaration(
  outer: PrefixScope,
  [prefix, namespace]: PrefixDeclaration,
  before: PrefixDeclaration | undefined,
): boolean {
  const isSorted = before === undefined || before[0] < prefix;
  if (!isSorted || /^xml/iu.test(prefix) || outer.prefixes.get(prefix) === namespace) return false;
  return safeNamespace.test(namespace) && !reservedNamespace.test(namespace);
}
