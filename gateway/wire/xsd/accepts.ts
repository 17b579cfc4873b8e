/** Holds a canonical document against an acceptor, token by token. */

import {
  attributeToken,
  escapedValue,
  kindMask,
  nameShift,
  startTag,
  textToken,
  type CanonicalXml,
  type XmlName,
} from '../../model/canonical-tokens.ts';
import { firstState } from './automaton.ts';
import { unescaped } from '../xml/canonical-values.ts';
import type { Acceptor, AttributeRule, ElementType } from './acceptor.ts';
import type { ValueCheck } from './simple-types.ts';

/** An element that is open. */
interface Frame {
  type: ElementType;
  state: number;
  children: number;
  texts: number;
}

/** A document while it is held against an acceptor. */
interface Reading {
  readonly bytes: Uint8Array;
  readonly numbers: Int32Array;
  /** The acceptor's numbers of the document's names, -1 for a name it does not know. */
  readonly names: readonly number[];
  readonly acceptor: Acceptor;
  readonly frames: Frame[];
  depth: number;
  /** Values of type ID so far. */
  readonly ids: Set<string>;
}

/** Whether the document surely follows the schema; false says nothing. */
export function accepts(acceptor: Acceptor, { bytes, tokens, names }: CanonicalXml): boolean {
  const reading: Reading = {
    bytes,
    numbers: tokens.numbers,
    names: numbersOf(acceptor, names),
    acceptor,
    frames: [],
    depth: 0,
    ids: new Set(),
  };
  for (let at = 0; at >= 0;) {
    if (at === tokens.used) return reading.depth === 0;
    at = step(reading, at, tokens.used);
  }
  return false;
}

/** What was found of the names that documents share. */
const found = new WeakMap<Acceptor, { readonly names: readonly XmlName[]; readonly numbers: number[] }>();

function numbersOf(acceptor: Acceptor, names: readonly XmlName[]): readonly number[] {
  const before = found.get(acceptor);
  const known = before?.names === names ? before : { names, numbers: [] };
  if (known !== before) found.set(acceptor, known);
  for (const { namespace, name } of names.slice(known.numbers.length))
    known.numbers.push(acceptor.names.get(`{${namespace}}${name}`) ?? -1);
  return known.numbers;
}

/** Takes one token; gives where the next one is, -1 when the document is not surely right. */
function step(reading: Reading, at: number, used: number): number {
  const token = reading.numbers[at] ?? 0;
  const kind = token & kindMask;
  if (kind === startTag) {
    const type = open(reading, reading.names[token >>> nameShift] ?? -1);
    return type === undefined ? -1 : readAttributes(reading, type, at + 1, used);
  }
  if (kind === textToken) return readText(reading, at) ? at + 3 : -1;
  return close(reading) ? at + 1 : -1;
}

function open(reading: Reading, name: number): ElementType | undefined {
  const parent = reading.frames[reading.depth];
  const type = reading.depth === 0 ? reading.acceptor.roots.get(name) : parent?.type.children[name];
  if (type === undefined || name < 0) return undefined;
  if (reading.depth > 0 && parent !== undefined) {
    const { content, mostChildren } = parent.type;
    if (content === undefined) return undefined;
    parent.state = content.next[parent.state * content.symbols + name] ?? 0;
    parent.children += 1;
    if (parent.state === 0 || parent.children > mostChildren) return undefined;
  }
  reading.depth += 1;
  const frame = (reading.frames[reading.depth] ??= { type, state: firstState, children: 0, texts: 0 });
  frame.type = type;
  frame.state = firstState;
  frame.children = 0;
  frame.texts = 0;
  return type;
}

function readAttributes(reading: Reading, type: ElementType, from: number, used: number): number {
  const { numbers, names } = reading;
  let required = 0;
  let at = from;
  for (; at < used; at += 3) {
    const token = numbers[at] ?? 0;
    if ((token & kindMask) !== attributeToken) break;
    const rule = type.attributes[names[token >>> nameShift] ?? -1];
    if (rule === undefined || !fits(reading, rule, at)) return -1;
    if (rule.required) required += 1;
  }
  return required === type.required ? at : -1;
}

function fits(reading: Reading, { type, fixed }: AttributeRule, at: number): boolean {
  if (fixed !== undefined && !checkValue(reading, at, (bytes, start, end) => fixed.equals(bytes.subarray(start, end))))
    return false;
  if (!checkValue(reading, at, type.check)) return false;
  if (type.family !== 'id') return true;
  const { bytes, numbers, ids } = reading;
  const id = String.fromCharCode(...bytes.subarray(numbers[at + 1], numbers[at + 2]));
  if (ids.has(id)) return false;
  ids.add(id);
  return true;
}

function checkValue({ bytes, numbers }: Reading, at: number, check: ValueCheck): boolean {
  const start = numbers[at + 1] ?? 0;
  const end = numbers[at + 2] ?? 0;
  if (((numbers[at] ?? 0) & escapedValue) === 0) return check(bytes, start, end);
  const text = new TextDecoder().decode(bytes.subarray(start, end));
  const plain = Buffer.from(unescaped(text));
  return check(plain, 0, plain.length);
}

function readText(reading: Reading, at: number): boolean {
  const frame = reading.frames[reading.depth];
  if (frame === undefined) return false;
  const { value, content } = frame.type;
  frame.texts += 1;
  if (value !== undefined) return frame.texts === 1 && checkValue(reading, at, value.check);
  return content !== undefined && isBlank(reading.bytes, reading.numbers[at + 1] ?? 0, reading.numbers[at + 2] ?? 0);
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (bytes[i] !== 0x20 && bytes[i] !== 0x0a && bytes[i] !== 0x09) return false;
  return true;
}

function close(reading: Reading): boolean {
  const frame = reading.frames[reading.depth];
  reading.depth -= 1;
  if (frame === undefined) return false;
  const { value, content } = frame.type;
  if (value !== undefined) return frame.texts > 0 || value.check(reading.bytes, 0, 0);
  return content === undefined || content.accepts[frame.state] === 1;
}
