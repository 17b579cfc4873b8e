/** What the drafts of both messages share: the questions and the code tables. A code is made up for each word that the sample does not show. */

import type { HomeProfile } from '../../model/home.ts';
import { spareVerdicts } from '../../model/message.ts';
import type { TransportKind } from '../adapter.ts';
import type { Ask } from '../manifest.ts';
import type { SampleFile } from './sample-text.ts';
import { filledText, meaningOf, slug, type Vocabulary } from './vocabulary.ts';

export interface DraftRequest {
  /** The partner's letters, upper case. */
  readonly partner: string;
  readonly home: HomeProfile;
  /** Our grades that are offered to the partner. */
  readonly ourGrades: readonly string[];
  readonly samples: readonly SampleFile[];
  readonly replies: readonly SampleFile[];
  /** What the partner answers in place of receipts. */
  readonly acknowledgements: readonly SampleFile[];
  /** What is known without a question. */
  readonly given: { readonly name?: string; readonly timeZone?: string; readonly transport?: TransportKind };
  readonly vocabulary: Vocabulary;
  /** By the `at` of a question: `yes`, the value for adapter.yaml, or what an element is. */
  readonly answers: ReadonlyMap<string, unknown>;
}

export interface Drafting extends DraftRequest {
  readonly codes: Record<string, Record<string, string>>;
  readonly asks: Ask[];
}

/** One question for each place: another one about it is added to the first. `text`: its name in the vocabulary, or itself. */
export function ask({ asks, vocabulary }: Drafting, at: string, text: string, facts = {}): void {
  const index = asks.findIndex((each) => each.at === at);
  const before = index < 0 ? '' : `${asks[index]?.question ?? ''} `;
  const question = before + filledText(vocabulary.texts[text] ?? text, facts);
  const short = question.length > 300 ? `${question.slice(0, 299)}…` : question;
  asks.splice(index < 0 ? asks.length : index, 1, { at, question: short });
}

/** Adds a table with the codes of a sample, and asks what they mean. `width`: the most characters a code may have. */
export function addTable(drafting: Drafting, table: string, values: readonly string[], width = 40): void {
  if (drafting.codes[table] !== undefined) return;
  const { vocabulary, ourGrades } = drafting;
  const codes = [...new Set(values)].sort();
  const ours = Object.fromEntries(ourGrades.map((word) => [word, '']));
  const words = table === 'grade' ? { ...ours, ...gradesOf(codes) } : (vocabulary.codes[table] ?? {});
  const rows: Record<string, string> = {};
  for (const code of codes) {
    const word = meaningOf(
      Object.fromEntries(Object.entries(words).filter(([each]) => rows[each] === undefined)),
      code,
    );
    if (word !== undefined) rows[word] = code;
  }
  const strange = codes.filter((code) => !Object.values(rows).includes(code));
  const shown = Object.entries(rows).map(([word, code]) => `${code} is ${word}`);
  const made = Object.keys(words).filter((word) => rows[word] === undefined && !spareVerdicts.includes(word));
  for (const word of made) rows[word] = freeCode(word, [...Object.values(rows), ...strange], codes, width);
  drafting.codes[table] = rows;
  const isPlain =
    strange.length + made.length === 0 && Object.entries(rows).every(([word, code]) => slug(code) === word);
  if (table !== 'grade' && (isPlain || codes.length === 0)) return;
  const lists = Object.entries({ codesShown: shown, codesStrange: strange, codesMade: made });
  const texts = lists.flatMap(([name, list]) =>
    list.length === 0 ? [] : [filledText(vocabulary.texts[name], { list: list.join(', ') })],
  );
  ask(drafting, `/codes/${table}`, 'codes', { parts: texts.join(' ') });
}

/** The grades of the partner: a word made from each code, with that code. */
export function gradesOf(codes: readonly string[]): Readonly<Record<string, string>> {
  const made = (codes.length === 0 ? ['recognised'] : codes.map(slug)).map((code, i) => {
    const word = code.replaceAll(/[^a-z0-9_]/gu, '');
    return [/^[a-z]/u.test(word) ? word : `grade_${word || i + 1}`, code];
  });
  return Object.fromEntries(made) as Record<string, string>;
}

/** A code like the others, of at most `width` characters, and none of `taken`: the word, some letters of it, or a number. */
function freeCode(word: string, taken: readonly string[], like: readonly string[], width: number): string {
  const areAll = (pattern: RegExp): boolean => like.length > 0 && like.every((code) => pattern.test(code));
  const length = areAll(/^.{1,3}$/u) ? Math.max(...like.map((code) => code.length)) : width;
  const styled = areAll(/^[^\p{Lu}]*$/u) ? word : word.toUpperCase();
  const letters = Array.from(`${styled.slice(length - 1)}QZXYV`, (last) => styled.slice(0, length - 1) + last);
  const numbers = Array.from({ length: 99 }, (_, i) => String(i + 1).padStart(areAll(/^.{1,3}$/u) ? length : 1, '0'));
  const candidates = areAll(/^\d+$/u) ? numbers : [...(styled.length > length ? letters : [styled]), ...numbers];
  return candidates.find((code) => !taken.includes(code)) ?? styled;
}
