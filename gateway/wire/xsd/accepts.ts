/** Runs a canonical document through an acceptor, token by token. */

import {
  attributeToken,
  escapedValue,
  kindMask,
  nameShift,
  startTag,
  textToken,
  type CanonicalXml,
  resolveReferences,
  type XmlName,
} from '../../model/canonical-tokens.ts';
import { initialState } from './automaton.ts';
import type { Acceptor, AttributeRule, ElementType } from './acceptor.ts';
import type { ValueCheck } from './simple-types.ts';

interface Frame {
  type: ElementType;
  state: number;
  children: number;
  texts: number;
}

interface Run {
  readonly bytes: Uint8Array;
  readonly numbers: Int32Array;
  /** The acceptor's symbol of each name of the document, -1 for unknown names. */
  readonly symbols: readonly number[];
  readonly acceptor: Acceptor;
  readonly frames: Frame[];
  depth: number;
  /** Values of type ID that occurred. */
  readonly ids: Set<string>;
}

/** Whether the document is certainly valid. False does not mean that it is invalid. */
export function accepts(acceptor: Acceptor, { bytes, tokens, names }: CanonicalXml): boolean {
  const run: Run = {
    ...{ bytes, acceptor, numbers: tokens.numbers, symbols: symbolsOf(acceptor, names) },
    ...{ frames: [], depth: 0, ids: new Set() },
  };
  for (let at = 0; at >= 0;) {
    if (at === tokens.used) return run.depth === 0;
    at = step(run, at, tokens.used);
  }
  return false;
}

/** The symbols of a table of names, which documents share and which only grows. */
const symbolTables = new WeakMap<Acceptor, { readonly names: readonly XmlName[]; readonly symbols: number[] }>();

function symbolsOf(acceptor: Acceptor, names: readonly XmlName[]): readonly number[] {
  const cached = symbolTables.get(acceptor);
  const table = cached?.names === names ? cached : { names, symbols: [] };
  if (table !== cached) symbolTables.set(acceptor, table);
  for (const { namespace, name } of names.slice(table.symbols.length))
    table.symbols.push(acceptor.names.get(`{${namespace}}${name}`) ?? -1);
  return table.symbols;
}

/** Processes one token; returns the position of the next, or -1 when the document is not accepted. */
function step(run: Run, at: number, used: number): number {
  const token = run.numbers[at] ?? 0;
  const kind = token & kindMask;
  if (kind === startTag) {
    const type = open(run, run.symbols[token >>> nameShift] ?? -1);
    return type === undefined ? -1 : readAttributes(run, type, at + 1, used);
  }
  if (kind === textToken) return readText(run, at) ? at + 3 : -1;
  return close(run) ? at + 1 : -1;
}

function open(run: Run, symbol: number): ElementType | undefined {
  const parent = run.frames[run.depth];
  const type = run.depth === 0 ? run.acceptor.roots.get(symbol) : parent?.type.children[symbol];
  if (type === undefined || symbol < 0) return undefined;
  if (run.depth > 0 && parent !== undefined) {
    const { content, maxChildren } = parent.type;
    if (content === undefined) return undefined;
    parent.state = content.next[parent.state * content.symbols + symbol] ?? 0;
    parent.children += 1;
    if (parent.state === 0 || parent.children > maxChildren) return undefined;
  }
  run.depth += 1;
  const frame = (run.frames[run.depth] ??= { type, state: initialState, children: 0, texts: 0 });
  frame.type = type;
  frame.state = initialState;
  frame.children = 0;
  frame.texts = 0;
  return type;
}

function readAttributes(run: Run, type: ElementType, from: number, used: number): number {
  const { numbers, symbols } = run;
  let required = 0;
  let at = from;
  for (; at < used; at += 3) {
    const token = numbers[at] ?? 0;
    if ((token & kindMask) !== attributeToken) break;
    const rule = type.attributes[symbols[token >>> nameShift] ?? -1];
    if (rule === undefined || !isAttributeValid(run, rule, at)) return -1;
    if (rule.required) required += 1;
  }
  return required === type.requiredAttributes ? at : -1;
}

function isAttributeValid(run: Run, { type, fixed }: AttributeRule, at: number): boolean {
  if (fixed !== undefined && !checkValue(run, at, (bytes, start, end) => fixed.equals(bytes.subarray(start, end))))
    return false;
  if (!checkValue(run, at, type.check)) return false;
  if (type.family !== 'id') return true;
  const { bytes, numbers, ids } = run;
  const id = Buffer.from(bytes.subarray(numbers[at + 1], numbers[at + 2])).toString('latin1');
  if (ids.has(id)) return false;
  ids.add(id);
  return true;
}

function checkValue({ bytes, numbers }: Run, at: number, check: ValueCheck): boolean {
  const start = numbers[at + 1] ?? 0;
  const end = numbers[at + 2] ?? 0;
  if (((numbers[at] ?? 0) & escapedValue) === 0) return check(bytes, start, end);
  const plain = Buffer.from(resolveReferences(new TextDecoder().decode(bytes.subarray(start, end))));
  return check(plain, 0, plain.length);
}

function readText(run: Run, at: number): boolean {
  const frame = run.frames[run.depth];
  if (frame === undefined) return false;
  const { value, content } = frame.type;
  frame.texts += 1;
  if (value !== undefined) return frame.texts === 1 && checkValue(run, at, value.check);
  return content !== undefined && isBlank(run.bytes, run.numbers[at + 1] ?? 0, run.numbers[at + 2] ?? 0);
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (bytes[i] !== 0x20 && bytes[i] !== 0x0a && bytes[i] !== 0x09) return false;
  return true;
}

function close(run: Run): boolean {
  const frame = run.frames[run.depth];
  run.depth -= 1;
  if (frame === undefined) return false;
  const { value, content } = frame.type;
  if (value !== undefined) return frame.texts > 0 || value.check(run.bytes, 0, 0);
  return content === undefined || content.accepting[frame.state] === 1;
}
