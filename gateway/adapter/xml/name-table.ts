/** Maps the names of a plan to the tokens of a document, so that reading compares numbers. */

import { nameShift, type XmlName } from '../../model/canonical-tokens.ts';

/** The names and kinds that a plan uses, and their tokens in the documents read last. */
export interface NameTable {
  readonly kinds: number[];
  readonly numbers: Map<string, number>;
  /** The names of the documents read last; names are only ever added. */
  names: readonly XmlName[];
  nameCount: number;
  tokens: Int32Array;
}

export function openNameTable(): NameTable {
  return { kinds: [], numbers: new Map(), names: [], nameCount: 0, tokens: new Int32Array() };
}

function keyOf(kind: number, { namespace, name }: XmlName): string {
  return `${kind}{${namespace}}${name}`;
}

/** Registers a name; returns the index of its token in the result of `resolveTokens`. */
export function registerName({ kinds, numbers }: NameTable, kind: number, name: XmlName): number {
  const key = keyOf(kind, name);
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, kinds.length);
  return kinds.push(kind) - 1;
}

/** The tokens of a document for the names of the table; -1 for a name that the document does not contain. */
export function resolveTokens(table: NameTable, names: readonly XmlName[]): Int32Array {
  if (table.names !== names) {
    table.names = names;
    table.nameCount = 0;
    table.tokens = new Int32Array(table.kinds.length).fill(-1);
  }
  for (let i = table.nameCount; i < names.length; i += 1) {
    const name = names[i];
    if (name === undefined) continue;
    for (const kind of new Set(table.kinds)) {
      const number = table.numbers.get(keyOf(kind, name));
      if (number !== undefined) table.tokens[number] = (i << nameShift) | kind;
    }
  }
  table.nameCount = names.length;
  return table.tokens;
}
