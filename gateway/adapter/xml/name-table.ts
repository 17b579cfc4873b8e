/** The names of a plan as the tokens that documents use for them, so that reading compares numbers. */

import { nameShift, type XmlName } from '../../model/canonical-tokens.ts';

/** Names and kinds that a plan looks for, by number, and their tokens in the documents read last. */
export interface NameTable {
  readonly kinds: number[];
  readonly numbers: Map<string, number>;
  /** The names of the documents bound last: names are only ever added to them. */
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

/** The number by which `bindNames` knows the token of this kind and name. */
export function registerName({ kinds, numbers }: NameTable, kind: number, name: XmlName): number {
  const key = keyOf(kind, name);
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, kinds.length);
  return kinds.push(kind) - 1;
}

/** The tokens of a document for the names of the table; -1 for a name that it does not hold. */
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
