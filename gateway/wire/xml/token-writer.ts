/** Writes the tokens of a canonical document: they take a fraction of the memory of a tree, and need not be freed. */

import type { Tokens } from '../../model/canonical-tokens.ts';

/** Size of the buffer that is kept for the next document: 16 MB, a list of some 40,000 records. */
const maxSpare = 4_000_000;
const none: Int32Array = new Int32Array();
let spare: Int32Array = none;

/**
 * A buffer as large as the text, which suffices for most lists; the buffer of the previous document, if it is large enough.
 * Allocating memory for a list takes as long as reading it.
 */
export function openTokens(bytes: number): Tokens {
  const wanted = 64 + (bytes >>> 2);
  const numbers = spare.length >= wanted ? spare : new Int32Array(wanted);
  if (numbers === spare) spare = none;
  return { numbers, used: 0 };
}

/** Releases the buffer. Tokens must not be read afterwards. */
export function closeTokens(tokens: Tokens): void {
  const { numbers } = tokens;
  if (numbers.length > spare.length && numbers.length <= maxSpare) spare = numbers;
  tokens.numbers = none;
  tokens.used = 0;
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
