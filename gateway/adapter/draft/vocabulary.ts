/** The words by which elements and codes of a sample are recognised, and the texts of a draft: schemas/draft-vocabulary.yaml. */

import type { AdapterTools } from '../tools.ts';

/** What is known of a value: the schema's pattern, none for any text; columns it takes in fixed width; an example. */
export interface ValueType {
  readonly pattern?: string;
  readonly id?: true;
  /** Of JSON. */
  readonly number?: true;
  readonly width: number;
  /** Fewer columns cannot carry our values. */
  readonly least?: number;
  readonly example: string;
}

type Table<T> = Readonly<Record<string, T>>;

interface Phrase {
  readonly words: readonly string[];
  readonly strong: boolean;
}

/** What of the file is used as it stands there. */
interface PlainData {
  readonly fields: Table<{ type?: string; added?: string; names: string; maybe?: string }>;
  /** Notations that are tried, in this order. */
  readonly days: readonly string[];
  readonly looks: Table<readonly { readonly all: string; readonly score: number; readonly why: string }[]>;
  readonly telling: { readonly reply: readonly string[]; readonly list: readonly string[] };
  readonly types: Table<ValueType>;
  readonly texts: Table<string>;
  readonly questions: Table<string>;
  readonly seals: Table<unknown>;
  /** Templates of adapter.yaml, of its card, of a partner's home.yaml and of README.md. */
  readonly manifest: unknown;
  readonly card: unknown;
  readonly home: unknown;
  readonly readme: string;
}

interface VocabularyData extends PlainData, Readonly<Record<'fillers' | 'neutral', string>> {
  readonly words: Table<string>;
  readonly codes: Table<Table<string>>;
  readonly times: readonly string[];
  readonly zones: readonly string[];
}

export interface Vocabulary extends PlainData, Readonly<Record<'fillers' | 'neutral', ReadonlySet<string>>> {
  /** What each written word may mean. One may mean two things (`from`: sender, or first day); phrases decide. */
  readonly meanings: ReadonlyMap<string, readonly string[]>;
  readonly phrases: ReadonlyMap<string, readonly Phrase[]>;
  /** By table and word of ours: codes of partners, as `slug` writes them. */
  readonly codes: Table<Table<readonly string[]>>;
  readonly moments: readonly string[];
  /** Names that were matched before. */
  readonly matches: Map<string, NameMatch>;
}

/** Reads the vocabulary. Throws E_CONFIG_INVALID for a file that is no YAML. */
export async function readVocabulary(
  file: string,
  { readText, readYaml }: Pick<AdapterTools, 'readText' | 'readYaml'>,
): Promise<Vocabulary> {
  // The file is part of the program, as code is.
  const whole = readYaml(await readText(file), file) as VocabularyData;
  const { words, fillers, neutral, codes, times, zones, ...data } = whole;
  const meanings = new Map<string, string[]>();
  for (const [word, written] of Object.entries(words))
    for (const each of written.split(' ').map(plain)) meanings.set(each, [...(meanings.get(each) ?? []), word]);
  const phrasesOf = (text: string | undefined, strong: boolean): Phrase[] =>
    (text?.split(', ') ?? []).map((phrase) => ({ words: phrase.split(' '), strong }));
  const slugs = (table: Table<string>): Table<readonly string[]> =>
    mapped(table, (known) => known.split(' ').map(slug));
  const phrases = mapped(data.fields, ({ names, maybe }) => [...phrasesOf(names, true), ...phrasesOf(maybe, false)]);
  return {
    ...data,
    meanings,
    fillers: new Set(fillers.split(' ')),
    neutral: new Set(neutral.split(' ')),
    phrases: new Map(Object.entries(phrases)),
    matches: new Map(),
    moments: data.days.slice(0, 11).flatMap((day) => times.flatMap((time) => zones.map((zone) => day + time + zone))),
    codes: mapped(codes, slugs),
  };
}

function mapped<T, U>(table: Table<T>, change: (value: T) => U): Table<U> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]));
}

export function typeOf({ types, fields }: Vocabulary, path: string, kind: string): ValueType {
  return types[fields[path]?.type ?? kind] ?? { width: 120, example: 'example' };
}

/** A template of the vocabulary with facts in place of `{name}`; a text that is nothing else becomes the fact itself. */
export function filled(template: unknown, facts: Table<unknown>): unknown {
  if (Array.isArray(template)) return template.map((each) => filled(each, facts));
  if (typeof template === 'object' && template !== null)
    return mapped(template as Table<unknown>, (each) => filled(each, facts));
  if (typeof template !== 'string') return template;
  const whole = /^\{(\w+)\}$/u.exec(template)?.[1];
  return whole !== undefined && whole in facts ? facts[whole] : filledText(template, facts);
}

export function filledText(text: string, facts: Table<unknown>): string {
  return text.replaceAll(/\{(\w+)\}/gu, (hole, name: string) => (name in facts ? String(facts[name]) : hole));
}

function plain(text: string): string {
  const bare = text.normalize('NFD').replaceAll(/[\u0300-\u036f]/gu, '');
  return bare.normalize('NFC').toLowerCase();
}

/** A code as it is compared: small letters without accents, `_` between its words. */
export function slug(code: string): string {
  return plain(code)
    .trim()
    .replaceAll(/[\s-]+/gu, '_');
}

type Words = readonly (readonly string[])[];

/** The words of a name, each with everything it may mean: `DateFrom`, `date_from` and `datefrom` are the same. */
function wordsOf(name: string, vocabulary: Vocabulary): Words {
  const spaced = name.replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2').replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2');
  return plain(spaced)
    .split(/[^\p{L}\p{N}№]+/u)
    .filter((token) => token !== '' && !vocabulary.fillers.has(token))
    .flatMap((token) => segments(token, vocabulary.meanings))
    .map((token) => vocabulary.meanings.get(token) ?? [token]);
}

/** A word written together, divided where all its parts are known: `validfrom`, 企业名称. */
function segments(token: string, known: Vocabulary['meanings']): readonly string[] {
  if (known.has(token)) return [token];
  // One or several of a thing are one thing here.
  const single = ['s', 'es', 'en', 'n', 'e'].find(
    (end) => token.endsWith(end) && known.has(token.slice(0, -end.length)),
  );
  if (single !== undefined) return [token.slice(0, -single.length)];
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

interface NameMatch {
  /** 3: the name says it. 0: nothing of it. */
  readonly score: number;
  /** Nothing in the name, or in the names around it, says anything else. */
  readonly strong: boolean;
}

/** How well a name says that it is the field. `around`: names of the groups it stands in. */
export function matchName(vocabulary: Vocabulary, path: string, own: string, around = ''): NameMatch {
  const key = [path, own, around].join('\n');
  const match = vocabulary.matches.get(key) ?? newMatch(vocabulary, path, own, around);
  vocabulary.matches.set(key, match);
  return match;
}

function newMatch(vocabulary: Vocabulary, path: string, own: string, around: string): NameMatch {
  const [words, outer] = [wordsOf(own, vocabulary), wordsOf(around, vocabulary)];
  const neutral = (rest: Words): boolean => rest.every((each) => each.some((word) => vocabulary.neutral.has(word)));
  const scored = (vocabulary.phrases.get(path) ?? []).map(({ words: wanted, strong }): NameMatch => {
    const ownRest = without(words, wanted);
    const rest = ownRest ?? without([...words, ...outer], wanted);
    if (rest === undefined) return { score: 0, strong: false };
    const around = ownRest === undefined ? [] : outer;
    const exact = rest.length === 0 && neutral(around);
    const near = wanted.length > 1 && neutral([...rest, ...around]);
    const found = exact ? 3 : near ? 2.6 : ownRest?.length === 0 ? 1.5 : 1;
    return { score: found * (strong ? 1 : 0.6) + wanted.length * 0.01, strong: strong && found > 2 };
  });
  return scored.reduce((best, each) => (each.score > best.score ? each : best), { score: 0, strong: false });
}

/** The words that are left when every wanted one was taken out once; undefined when one is not there. */
function without(words: Words, wanted: readonly string[]): Words | undefined {
  const free = [...words];
  for (const word of wanted) {
    const index = free.findIndex((meanings) => meanings.includes(word));
    if (index < 0) return undefined;
    free.splice(index, 1);
  }
  return free;
}
