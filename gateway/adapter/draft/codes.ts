/** What the codes of a sample may mean, and codes for the words it does not show. */

import { slug, type Vocabulary } from './vocabulary.ts';

export interface CodeGuess {
  /** Our word to the partner's code, every word of the table. */
  readonly rows: Record<string, string>;
  /** Codes whose meaning follows from what such codes usually mean. */
  readonly guessed: readonly string[];
  /** Codes that fit none of our words. */
  readonly strange: readonly string[];
  /** Words for which a code was made up. */
  readonly made: readonly string[];
}

/** How many of the codes usually mean something in this table, 0 to 1: what tells a status from a role. */
export function knownShare(table: string, codes: readonly string[], { codes: known }: Vocabulary): number {
  const all = new Set(Object.values(known[table] ?? {}).flat());
  const different = [...new Set(codes.map(slug))];
  return different.length === 0 ? 0 : different.filter((code) => all.has(code)).length / different.length;
}

/** A table for the codes of a sample; `codes` may be empty: then all are made up, in capitals. */
export function guessCodes(
  table: string,
  codes: readonly string[],
  { codes: known }: Vocabulary,
  width: number,
): CodeGuess {
  const words = known[table] ?? {};
  const different = [...new Set(codes)].sort();
  const rows: Record<string, string> = {};
  const guessed: string[] = [];
  for (const code of different) {
    const word = Object.keys(words).find(
      (each) => words[each]?.includes(slug(code)) === true && rows[each] === undefined,
    );
    if (word === undefined) continue;
    rows[word] = code;
    if (slug(code) !== word) guessed.push(code);
  }
  const strange = different.filter((code) => !Object.values(rows).includes(code));
  const made = Object.keys(words).filter((word) => rows[word] === undefined);
  for (const word of made)
    rows[word] = freeCode(word, [...Object.values(rows), ...strange], { like: different, width });
  return { rows, guessed, strange, made };
}

/** The table of grades: `ours` are the words of the home programme; theirs are made from the codes of the sample. */
export function gradeCodes(
  ours: readonly string[],
  codes: readonly string[],
  width: number,
): CodeGuess & { theirs: string[] } {
  const different = [...new Set(codes)].sort();
  const theirs = different.map((code, i) => {
    const word = slug(code).replaceAll(/[^a-z0-9_]/gu, '');
    return /^[a-z]/u.test(word) ? word : `grade_${word === '' ? i + 1 : word}`;
  });
  const rows = Object.fromEntries(theirs.map((word, i) => [word, different[i] ?? '']));
  const made = ours.filter((word) => rows[word] === undefined);
  for (const word of made)
    rows[word] = freeCode(word, Object.values(rows), { like: codes.length === 0 ? ['AAAA'] : codes, width });
  return { rows, guessed: [], strange: [], made, theirs };
}

/** A code in the style of others, of at most `width` signs, and none of `taken`. */
export function freeCode(
  word: string,
  taken: readonly string[],
  { like, width }: { like: readonly string[]; width: number },
): string {
  const length = Math.min(width, Math.max(1, ...like.map((code) => code.length)));
  const numbers = like.length > 0 && like.every((code) => /^\d+$/u.test(code));
  const lower = like.length > 0 && like.every((code) => code === code.toLowerCase());
  const styled = lower ? word : word.toUpperCase();
  const letters = styled.replaceAll('_', '');
  // Of short codes: the first letters and another one of the word.
  const short = Array.from(letters.slice(length - 1)).map((last) => letters.slice(0, length - 1) + last);
  const candidates =
    (like.length > 0 && length <= 3) || styled.length > width
      ? [...short, ...(length === 1 ? ['Q', 'Z', 'X', 'Y'] : [])]
      : [styled];
  const found = numbers ? undefined : candidates.find((code) => !taken.includes(code));
  if (found !== undefined) return found;
  for (let number = 1; ; number += 1) {
    const code = numbers ? String(number).padStart(length, '0') : `${styled}_${number}`;
    if (!taken.includes(code)) return code;
  }
}
