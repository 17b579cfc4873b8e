/** Writes down what stands in a canonical document, as numbers: a fraction of the memory of a tree, and nothing to be freed. */

import type { Tokens } from '../model/canonical-tokens.ts';

/** Room for as many bytes of tokens as there are of text, which lists rarely need. */
export function openTokens(bytes: number): Tokens {
  return { numbers: new Int32Array(64 + (bytes >>> 2)), used: 0 };
}

export function addTag(tokens: Tokens, token: number): void {
  if (tokens.used === tokens.numbers.length) grow(tokens);
  tokens.numbers[tokens.used] = token;
  tokens.used += 1;
}

export function addValue(tokens: Tokens, token: number, start: number, end: number): void {
  if (tokens.used + 3 > tokens.numbers.length) grow(tokens);
  const { numbers, used } = tokens;
  numbers[used] = token;
  numbers[used + 1] = start;
  numbers[used + 2] = end;
  tokens.used = used + 3;
}

function grow(tokens: Tokens): void {
  const larger = new Int32Array(tokens.numbers.length * 2);
  larger.set(tokens.numbers);
  tokens.numbers = larger;
}
