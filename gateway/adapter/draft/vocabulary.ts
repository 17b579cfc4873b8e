/** The words by which elements and codes of a sample are recognised: schemas/draft-vocabulary.yaml, folded for comparing. */

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

interface FieldWords {
  readonly type?: string;
  /** What an added element is called. */
  readonly added?: string;
  readonly names: string;
  readonly maybe?: string;
}

interface VocabularyData {
  readonly words: Readonly<Record<string, string>>;
  readonly fillers: string;
  readonly neutral: string;
  readonly fields: Readonly<Record<string, FieldWords>>;
  readonly codes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly days: readonly string[];
  readonly times: readonly string[];
  readonly zones: readonly string[];
  readonly types: Readonly<Record<string, ValueType>>;
  readonly questions: Readonly<Record<string, string>>;
  readonly arrangement: Readonly<Record<string, object>>;
  readonly invented: readonly string[];
}

interface Phrase {
  readonly words: readonly string[];
  readonly strong: boolean;
}

export interface Vocabulary extends Pick<VocabularyData, 'questions' | 'arrangement' | 'invented'> {
  /** What each written word may mean. One may mean two things (`from`: sender, or first day); phrases decide. */
  readonly meanings: ReadonlyMap<string, readonly string[]>;
  readonly fillers: ReadonlySet<string>;
  readonly neutral: ReadonlySet<string>;
  readonly phrases: ReadonlyMap<string, readonly Phrase[]>;
  readonly added: ReadonlyMap<string, string>;
  /** By table and word of ours: codes of partners, as `slug` writes them. */
  readonly codes: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Notations that are tried, in this order. */
  readonly days: readonly string[];
  readonly moments: readonly string[];
  /** Names that were matched before. */
  readonly matches: Map<string, NameMatch>;
  readonly type: (path: string, kind: string) => ValueType;
}

/** Reads the vocabulary. Throws E_CONFIG_INVALID for a file that is no YAML. */
export async function readVocabulary(
  file: string,
  { readText, readYaml }: Pick<AdapterTools, 'readText' | 'readYaml'>,
): Promise<Vocabulary> {
  // The file is part of the program, as code is.
  const { words, fillers, neutral, fields, codes, days, times, zones, types, ...texts } = readYaml(
    await readText(file),
    file,
  ) as VocabularyData;
  const meanings = new Map<string, string[]>();
  for (const [word, written] of Object.entries(words))
    for (const each of written.split(' ').map(plain)) meanings.set(each, [...(meanings.get(each) ?? []), word]);
  const phrasesOf = (text: string | undefined, strong: boolean): Phrase[] =>
    (text?.split(', ') ?? []).map((phrase) => ({ words: phrase.split(' '), strong }));
  const entries = Object.entries(fields);
  const slugs = (table: Readonly<Record<string, string>>): [string, string[]][] =>
    Object.entries(table).map(([word, known]) => [word, known.split(' ').map(slug)]);
  return {
    meanings,
    fillers: new Set(fillers.split(' ')),
    neutral: new Set(neutral.split(' ')),
    phrases: new Map(
      entries.map(([path, { names, maybe }]) => [path, [...phrasesOf(names, true), ...phrasesOf(maybe, false)]]),
    ),
    added: new Map(entries.flatMap(([path, { added }]) => (added === undefined ? [] : [[path, added] as const]))),
    ...texts,
    matches: new Map(),
    days,
    type: (path, kind) => types[fields[path]?.type ?? kind] ?? { width: 120, example: 'example' },
    moments: days.slice(0, 11).flatMap((day) => times.flatMap((time) => zones.map((zone) => day + time + zone))),
    codes: Object.fromEntries(Object.entries(codes).map(([name, table]) => [name, Object.fromEntries(slugs(table))])),
  };
}

function plain(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/gu, '')
    .normalize('NFC')
    .toLowerCase();
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

export interface NameMatch {
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
  const outerNeutral = neutral(outer);
  let best: NameMatch = { score: 0, strong: false };
  for (const { words: wanted, strong } of vocabulary.phrases.get(path) ?? []) {
    const ownRest = without(words, wanted);
    const bothRest = ownRest === undefined ? without([...words, ...outer], wanted) : undefined;
    const exact = ownRest !== undefined ? ownRest.length === 0 && outerNeutral : bothRest?.length === 0;
    const near = ownRest !== undefined ? neutral([...ownRest, ...outer]) : bothRest !== undefined && neutral(bothRest);
    const found = exact
      ? 3
      : near && wanted.length > 1
        ? 2.6
        : ownRest?.length === 0
          ? 1.5
          : (ownRest ?? bothRest) && 1;
    const score = (found ?? 0) * (strong ? 1 : 0.6) + (found === undefined ? 0 : wanted.length * 0.01);
    if (score > best.score) best = { score, strong: strong && (found ?? 0) > 2 };
  }
  return best;
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
