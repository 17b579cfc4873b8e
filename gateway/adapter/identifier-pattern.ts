/** Identifier patterns: rewrite one form of an identifier as another and back, character by character. */

import { GatewayError } from '../model/errors.ts';

/** In a pattern each lower-case letter stands for a capital letter or a digit; every other character is fixed. */
interface Pattern {
  readonly test: RegExp;
  /** The positions of each lower-case letter. */
  readonly places: ReadonlyMap<string, readonly number[]>;
  readonly characters: readonly string[];
}

/**
 * Both directions of a rewriting, or the reason why the patterns allow none. Values that match neither pattern pass unchanged, so
 * that one hole can carry operators of both sides. No character is lost: both patterns have the same places.
 */
export function identifierPatterns(
  ours: string,
  theirs: string,
): { encode(text: string): string; decode(text: string): string } | string {
  if (ours === '' || theirs === '') return 'it takes two patterns, ours and theirs';
  const [from, to] = [parsePattern(ours), parsePattern(theirs)];
  if (from.places.size === 0) return 'no lower-case letter marks a place';
  for (const letter of new Set([...from.places.keys(), ...to.places.keys()])) {
    if (from.places.get(letter)?.length !== to.places.get(letter)?.length)
      return `the patterns have different numbers of ${letter}, and characters would be lost`;
  }
  return { encode: rewriter(from, to), decode: rewriter(to, from) };
}

function parsePattern(pattern: string): Pattern {
  const characters = Array.from(pattern);
  const places = new Map<string, number[]>();
  for (const [i, character] of characters.entries()) {
    if (!isPlace(character)) continue;
    places.set(character, [...(places.get(character) ?? []), i]);
  }
  const source = characters.map((character) => (isPlace(character) ? '[0-9A-Z]' : RegExp.escape(character)));
  return { test: new RegExp(`^${source.join('')}$`, 'u'), places, characters };
}

function isPlace(character: string): boolean {
  return character >= 'a' && character <= 'z';
}

function rewriter(from: Pattern, to: Pattern): (text: string) => string {
  const order: (number | undefined)[] = to.characters.map(() => undefined);
  for (const [letter, targets] of to.places) {
    for (const [i, target] of targets.entries()) order[target] = from.places.get(letter)?.[i];
  }
  return (text) => {
    if (from.test.test(text)) {
      const given = Array.from(text);
      return to.characters.map((fixed, i) => given[order[i] ?? -1] ?? fixed).join('');
    }
    // Passed unchanged, it would be read back as a rewritten value.
    if (to.test.test(text))
      throw new GatewayError('E_VALUE_INVALID', 'the value already has the form of the other side');
    return text;
  };
}
