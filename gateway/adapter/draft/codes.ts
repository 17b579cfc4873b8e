/** What the drafts of both messages share: the questions, and tables for the codes of the sample and those it does not show. */

import type { Ask } from '../manifest.ts';
import { filledText, slug, type Vocabulary } from './vocabulary.ts';

export interface Drafting {
  readonly vocabulary: Vocabulary;
  readonly codes: Record<string, Record<string, string>>;
  /** Codes of the sample without a meaning, by table. */
  readonly strange: Record<string, readonly string[]>;
  readonly asks: Ask[];
  /** Grades of the partner, as words of ours. */
  theirGrades: readonly string[];
  readonly ourGrades: readonly string[];
  readonly partner: string;
  readonly home: string;
  /** Of the longest identifier of ours. */
  readonly identifierWidth: number;
  /** The partner's clock keeps one offset all year, so that a time without zone can be read back. */
  readonly steadyZone: boolean;
}

/** One question for each place: another one about it is added to the first. `text`: its name in the vocabulary. */
export function ask(
  { asks, vocabulary }: Drafting,
  at: string,
  text: string,
  facts: Record<string, unknown> = {},
): void {
  const index = asks.findIndex((each) => each.at === at);
  const before = index < 0 ? '' : `${asks[index]?.question ?? ''} `;
  const question = before + filledText(vocabulary.texts[text] ?? text, facts);
  const asked = { at, question: question.length > 300 ? `${question.slice(0, 299)}…` : question };
  asks.splice(index < 0 ? asks.length : index, 1, asked);
}

/** The codes of one table; asked about once, with every code whose meaning is not spelled out. */
export function addTable(drafting: Drafting, table: string, values: readonly string[], width = 40, asked = true): void {
  if (drafting.codes[table] !== undefined) return;
  const { rows, strange, made } = codeRows(drafting.vocabulary.codes[table] ?? {}, values, width);
  drafting.codes[table] = rows;
  drafting.strange[table] = strange;
  const guessed = Object.entries(rows).filter(([word, code]) => !made.includes(word) && slug(code) !== word);
  const lists = [
    ['codesGuessed', guessed.map(([word, code]) => `${code} is ${word}`)],
    ['codesStrange', strange],
    ['codesMade', made],
  ] as const;
  const parts = lists
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => filledText(drafting.vocabulary.texts[name] ?? '', { list: list.join(', ') }));
  if (parts.length > 0 && asked) ask(drafting, `/codes/${table}`, 'codes', { parts: parts.join(' ') });
}

/** The words of the home programme, and words made from the codes of the sample. */
export function addGrades(drafting: Drafting, values: readonly string[], width = 40): void {
  if (drafting.codes['grade'] !== undefined) return;
  const theirs = [...new Set(values)].sort().map((code, i): [string, string[]] => {
    const word = slug(code).replaceAll(/[^a-z0-9_]/gu, '');
    return [/^[a-z]/u.test(word) ? word : `grade_${word === '' ? i + 1 : word}`, [slug(code)]];
  });
  const words = new Map<string, string[]>(theirs.length === 0 ? [['recognised', []]] : theirs);
  drafting.theirGrades = [...words.keys()];
  for (const word of drafting.ourGrades) if (!words.has(word)) words.set(word, []);
  const { rows, made } = codeRows(Object.fromEntries(words), values, width);
  drafting.codes['grade'] = rows;
  ask(drafting, '/codes/grade', 'grades', {
    list: made.filter((word) => drafting.ourGrades.includes(word)).join(', '),
  });
}

interface CodeRows {
  /** Our word to the partner's code, every word of the table. */
  readonly rows: Record<string, string>;
  /** Codes that fit none of our words. */
  readonly strange: readonly string[];
  /** Words for which a code was made up. */
  readonly made: readonly string[];
}

function codeRows(
  words: Readonly<Record<string, readonly string[]>>,
  codes: readonly string[],
  width: number,
): CodeRows {
  const different = [...new Set(codes)].sort();
  const rows: Record<string, string> = {};
  for (const code of different) {
    const means = (word: string): boolean => words[word]?.includes(slug(code)) === true && rows[word] === undefined;
    const word = Object.keys(words).find(means);
    if (word !== undefined) rows[word] = code;
  }
  const strange = different.filter((code) => !Object.values(rows).includes(code));
  const made = Object.keys(words).filter((word) => rows[word] === undefined);
  for (const word of made) rows[word] = freeCode(word, [...Object.values(rows), ...strange], different, width);
  return { rows, strange, made };
}

/** A code in the style of others, of at most `width` signs, and none of `taken`. */
export function freeCode(word: string, taken: readonly string[], like: readonly string[], width = 40): string {
  const some = like.length > 0;
  const length = Math.min(width, Math.max(1, ...like.map((code) => code.length)));
  const numbers = some && like.every((code) => /^\d+$/u.test(code));
  const styled = some && like.every((code) => code === code.toLowerCase()) ? word : word.toUpperCase();
  const letters = styled.replaceAll('_', '');
  // Of short codes: the first letters and another one of the word.
  const short = Array.from(letters.slice(length - 1) + (length === 1 ? 'QZXY' : ''));
  const isShort = (some && length <= 3) || styled.length > width;
  const candidates = isShort ? short.map((last) => letters.slice(0, length - 1) + last) : [styled];
  const found = numbers ? undefined : candidates.find((code) => !taken.includes(code));
  if (found !== undefined) return found;
  for (let number = 1; ; number += 1) {
    const code = numbers ? String(number).padStart(length, '0') : `${styled}_${number}`;
    if (!taken.includes(code)) return code;
  }
}
