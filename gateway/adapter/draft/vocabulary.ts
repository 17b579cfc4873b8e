/** The words by which elements and codes of a sample are recognised, and the texts of a draft: schemas/draft-vocabulary.yaml. */

import { present } from '../../model/present.ts';
import type { AdapterTools } from '../tools.ts';

type Table<T> = Readonly<Record<string, T>>;

export interface Vocabulary {
  /** Our words, and what partners write for each. */
  readonly words: Table<string>;
  readonly fillers: string;
  readonly neutral: string;
  readonly fields: Table<{ type?: string; added?: string; names: string; maybe?: string }>;
  /** By table and word of ours: codes that partners write for it. */
  readonly codes: Table<Table<string>>;
  readonly days: readonly string[];
  readonly times: readonly string[];
  readonly zones: readonly string[];
  /** What texts look like that are a value: the first that all match counts. */
  readonly looks: Table<
    readonly { all: string; few?: true; unique?: true; score: number; why: string; proof?: true }[]
  >;
  /** Columns of a value in fixed width (`least`: fewer carry no value of ours), and an example. */
  readonly types: Table<{ width: number; least?: number; example: string }>;
  readonly texts: Table<string>;
  readonly questions: Table<string>;
  readonly seals: Table<unknown>;
  /** How a partner of another make converses. `ofChains`: what only chained lists state; `asked`: what no sample shows of the exchange. */
  readonly conversation: {
    readonly ofChains: readonly string[];
    readonly fills: unknown;
  } & Readonly<Record<'https' | 'files', { readonly asked: readonly string[]; readonly exchange: unknown }>>;
  /** Templates of adapter.yaml, of its card, of a partner's home.yaml and of README.md. */
  readonly templates: Table<unknown>;
  /** What each written word may mean. One may mean two things (`from`: sender, or first day); phrases decide. */
  readonly meanings: ReadonlyMap<string, readonly string[]>;
}

/** Reads the vocabulary, which is part of the program as code is. Throws E_CONFIG_INVALID for a file that is no YAML. */
export async function readVocabulary(
  file: string,
  { readText, readYaml }: Pick<AdapterTools, 'readText' | 'readYaml'>,
): Promise<Vocabulary> {
  const data = readYaml(await readText(file), file) as Vocabulary;
  const meanings = new Map<string, string[]>();
  for (const [word, written] of Object.entries(data.words))
    for (const each of written.split(' ').map(plain)) meanings.set(each, [...(meanings.get(each) ?? []), word]);
  return { ...data, meanings };
}

/** What is known of a value: its columns in fixed width, and an example. */
export function typeOf({ types, fields }: Vocabulary, path: string, kind: string): Vocabulary['types'][string] {
  return types[fields[path]?.type ?? kind] ?? { width: 120, example: 'example' };
}

/** A template of the vocabulary with facts in place of `{name}`; a text that is nothing else becomes the fact itself. */
export function filled(template: unknown, facts: Table<unknown>): unknown {
  if (Array.isArray(template)) return template.map((each) => filled(each, facts));
  if (typeof template === 'object' && template !== null)
    return present(Object.fromEntries(Object.entries(template).map(([name, value]) => [name, filled(value, facts)])));
  if (typeof template !== 'string') return template;
  const whole = /^\{(\w+)\}$/u.exec(template)?.[1];
  return whole !== undefined && whole in facts ? facts[whole] : filledText(template, facts);
}

export function filledText(text = '', facts: Table<unknown> = {}): string {
  return text.replaceAll(/\{(\w+)\}/gu, (hole, name: string) => (name in facts ? String(facts[name]) : hole));
}

/** Letters from which no accent can be taken. */
const letters: Table<string> = { ı: 'i', ł: 'l', ø: 'o', đ: 'd', ð: 'd', æ: 'ae', œ: 'oe' };

function plain(text: string): string {
  const bare = text
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/gu, '')
    .normalize('NFC')
    .toLowerCase();
  return bare.replaceAll(/[ıłøđðæœ]/gu, (letter) => letters[letter] ?? letter);
}

/** A code as it is compared: small letters without accents, `_` between its words. */
export function slug(code: string): string {
  return plain(code.trim()).replaceAll(/[\s-]+/gu, '_');
}

/** Our word for a code: one that is known for it, else the one with the longest beginning in common, of six letters at least. */
export function meaningOf(words: Table<string>, code: string): string | undefined {
  const own = slug(code);
  const found = Object.entries(words).flatMap(([word, written]) =>
    slugsIn(written).map((each) => ({ word, length: each === own ? Infinity : commonLength(each, own) })),
  );
  return found.filter(({ length }) => length > 5).sort((a, b) => b.length - a.length)[0]?.word;
}

const slugs = new Map<string, readonly string[]>();

/** Of codes of the vocabulary, each made once. */
function slugsIn(written: string): readonly string[] {
  const known = slugs.get(written) ?? written.split(' ').map(slug);
  slugs.set(written, known);
  return known;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** The words of a name, each with everything it may mean: `DateFrom`, `date_from` and `datefrom` are the same. */
function wordsOf(name: string, { meanings, fillers }: Vocabulary): readonly (readonly string[])[] {
  const spaced = name.replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2').replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  return plain(spaced)
    .split(/[^\p{L}\p{N}№.]+|\.(?=[\p{L}\p{N}])/u)
    .flatMap((token) => {
      const word = token.replaceAll('.', '');
      if (word === '' || fillers.split(' ').includes(word)) return [];
      const parts = segments(word, meanings);
      // `Bew.` is each known word that begins so.
      const isShort = word !== token && word.length > 2 && parts.every((part) => !meanings.has(part));
      const like = isShort ? [...meanings].flatMap(([each, means]) => (each.startsWith(word) ? means : [])) : [];
      return like.length > 0 ? [[...new Set(like)]] : parts.map((part) => meanings.get(part) ?? [part]);
    });
}

/**
 * A word written together, divided where all its parts are known: `validfrom`. One or several of a thing are one here.
 * In scripts without blanks, what is not known stands between what is: 海关|注册|编码.
 */
function segments(token: string, known: Vocabulary['meanings']): readonly string[] {
  if (known.has(token) || token === '') return [token].filter(Boolean);
  if (/[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}]/u.test(token)) {
    for (let at = 0; at < token.length; at += 1)
      for (let end = token.length; end > at; end -= 1)
        if (known.has(token.slice(at, end)))
          return [token.slice(0, at), token.slice(at, end), ...segments(token.slice(end), known)].filter(Boolean);
    return [token];
  }
  const single = ['s', 'es', 'en', 'n', 'e'].map((end) => (token.endsWith(end) ? token.slice(0, -end.length) : ''));
  // The article of Arabic stands before its word.
  const one = [...single, token.replace(/^ال/u, '')].find((word) => known.has(word));
  if (one !== undefined) return [one];
  for (let length = token.length - 1; length >= 1; length -= 1) {
    const head = token.slice(0, length);
    if (!known.has(head) || (length < 2 && /^[a-z]/u.test(head))) continue;
    // German joins words with an s.
    for (const tail of [token.slice(length), token.slice(length).replace(/^s/u, '')]) {
      const rest = segments(tail, known);
      if (rest.every((word) => known.has(word))) return [head, ...rest];
    }
  }
  return [token];
}

/** How well a name says that it is the field: 3 where it says so and nothing else does, 0 not at all. `around`: names of the groups around it. */
export function matchName(vocabulary: Vocabulary, path: string, own: string, around = ''): number {
  const { names = '', maybe = '' } = vocabulary.fields[path] ?? {};
  const [words, outer] = [wordsOf(own, vocabulary), wordsOf(around, vocabulary)];
  const neutral = vocabulary.neutral.split(' ');
  const scored = [names, maybe].flatMap((phrases, weak) =>
    phrases.split(', ').map((phrase) => {
      const wanted = phrase.split(' ');
      const alone = without(words, wanted);
      const rest = alone === undefined ? without([...words, ...outer], wanted) : [...alone, ...outer];
      if (phrase === '' || rest === undefined) return 0;
      const isNeutral = rest.every((each) => each.some((word) => neutral.includes(word)));
      return (isNeutral ? 3 : alone?.length === 0 ? 1.5 : 1) * (weak === 0 ? 1 : 0.6) + wanted.length * 0.01;
    }),
  );
  return Math.max(...scored);
}

/** The words that are left when every wanted one was taken out once; undefined when one is not there. */
function without(words: readonly (readonly string[])[], wanted: readonly string[]) {
  const free = [...words];
  for (const word of wanted) {
    const index = free.findIndex((meanings) => meanings.includes(word));
    if (index < 0) return undefined;
    free.splice(index, 1);
  }
  return free;
}
