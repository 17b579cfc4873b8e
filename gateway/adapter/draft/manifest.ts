/** The manifest of a drafted adapter with what was answered, and a sketch of the partner's own side, from the templates of the vocabulary. */

import { GatewayError } from '../../model/errors.ts';
import type { HomeProfile } from '../../model/home.ts';
import type { Ask, Manifest } from '../manifest.ts';
import { ask, gradesOf } from './drafting.ts';
import type { Message } from './holes.ts';
import { nodesIn, pathOf } from './tree.ts';
import { filled, filledText, type Vocabulary } from './vocabulary.ts';

export type ManifestDraft = Readonly<Record<string, unknown>>;

/** The draft loads at once, so that a preview can be looked at before the questions are answered. */
export function draftManifest({ drafting, placements, format }: Message, messages: object): ManifestDraft {
  const { partner, vocabulary, codes, ourGrades, home, given } = drafting;
  const valuesOf = (wanted: string): readonly string[] =>
    placements.find(({ scope, path }) => scope === 'records' && path === wanted)?.node.values ?? [];
  const theirGrades = Object.keys(gradesOf([...new Set(valuesOf('grade'))].sort()));
  const name = filledText(vocabulary.texts['name'], { partner });
  const facts = {
    ...{ partner, home: home.country, homeName: home.name, theirGrades, ourGrades, codes, messages },
    ...{
      name,
      timeZone: home.timeZone,
      transport: 'https',
      ...given,
      ...formsOf(valuesOf('identifier'), partner, home),
    },
    ...{ seal: vocabulary.seals[format], numbers: valuesOf('identifier').length },
  };
  for (const [at, question] of Object.entries(vocabulary.questions))
    if (!Object.keys(given).includes(at.slice(1))) ask(drafting, at, filledText(question, facts));
  // The templates of the vocabulary are mappings.
  return filled(vocabulary.templates['manifest'], facts) as ManifestDraft;
}

/** The forms of identifiers, by the numbers of the sample: the partner's letters in front, and how many signs follow. */
function formsOf(numbers: readonly string[], partner: string, home: HomeProfile): object {
  const prefix = numbers.every((number) => number.startsWith(partner)) ? partner : '';
  const codes = numbers.map((number) => number.slice(prefix.length));
  const lengths = codes.map(({ length }) => length);
  const isNumber = codes.every((code) => /^\d+$/u.test(code));
  const times = [...new Set([Math.min(...lengths), Math.max(...lengths)])].join(',');
  const { code, country, invented } = home;
  const example = invented.code.replaceAll('{place}', invented.places[0]?.codePrefix ?? '').replaceAll('#', '1');
  return {
    theirCode: isNumber ? `[0-9]{${times}}` : `[0-9A-Za-z./-]{${times}}`,
    theirWords: `${prefix}${prefix && ' and '}${times.replace(',', ' to ')} ${isNumber ? 'digits' : 'letters, digits or marks'}`,
    ...{ theirForm: `${prefix}{code}`, theirExample: numbers[0] },
    ...{ ourCode: code.pattern, ourWords: `${country} and ${code.words}`, ourForm: `${country}{code}` },
    ourExample: country + example.replaceAll('@', 'A'),
  };
}

/** With a card sketched from the forms of the identifiers as they were answered, where none was given. */
export function withCard(manifest: ManifestDraft, { templates }: Vocabulary): ManifestDraft {
  // The manifest was drafted with these members.
  const { partner, name, identifiers } = manifest as unknown as Manifest;
  const { words: theirWords, example: theirExample } = identifiers.theirs;
  const { words: ourWords, example: ourExample } = identifiers.ours;
  const facts = { partner, name, theirWords, theirExample, ourWords, ourExample };
  return { ...manifest, card: manifest['card'] ?? filled(templates['card'], facts) };
}

/** A sketch of the partner's own side, so that its gateway can be rehearsed here: invented words, columns named like our fields. */
export function draftHome(manifest: ManifestDraft, like: HomeProfile, { templates }: Vocabulary): ManifestDraft {
  const { partner, name, timeZone, identifiers, arrangement } = manifest as unknown as Manifest;
  const { form, code, words, example } = identifiers.theirs;
  const [before = '', after = ''] = form.split('{code}');
  const number = example.slice(before.length, example.length - after.length);
  return filled(templates['home'], {
    ...{ partner, name, timeZone, code, words, grades: arrangement.grades.theirs },
    codeForm: number.replaceAll(/\d/gu, '#').replaceAll(/[A-Z]/gu, '@'),
    trades: like.invented.trades.map(({ latin }) => ({ latin, local: latin })),
  }) as ManifestDraft;
}

type Answers = ReadonlyMap<string, unknown>;

/** Answers that say where the values of a fixed-width line begin, by kind of line. */
export function columnsOf(answers: Answers): ReadonlyMap<string, readonly number[]> {
  const given = [...answers].flatMap(([at, value]): [string, number[]][] => {
    const [, kind] = /\.fixed#\/([^/]+)$/u.exec(at) ?? [];
    if (kind === undefined || value === 'yes') return [];
    const columns = String(value)
      .split(/[\s,]+/u)
      .map(Number);
    if (columns.every((column, i) => Number.isInteger(column) && column > (columns[i - 1] ?? 0)))
      return [[kind, columns]];
    const fix = 'Write them in order, counted from 1: 1 2 11 41.';
    throw new GatewayError('E_REQUEST_INVALID', 'not the first columns of values', { at, fix });
  });
  return new Map(given);
}

/** E_REQUEST_INVALID for an answer that belongs to no question and no element. */
export function requireQuestions(answers: Answers, asks: readonly Ask[], messages: readonly Message[]): void {
  const elements = messages.flatMap(({ file, root }) => nodesIn(root).map((node) => `${file}#${pathOf(node)}`));
  const isKnown = ([at, value]: readonly [string, unknown]): boolean =>
    asks.some((each) => each.at === at) || (value !== 'yes' && (!at.includes('#') || elements.includes(at)));
  const unknown = [...answers].find((answer) => !isKnown(answer));
  if (unknown !== undefined) throw noQuestion(unknown[0]);
}

function noQuestion(at: string): GatewayError {
  const fix = 'Write it as the draft does: /name, or list.xml#/Root/Element.';
  return new GatewayError('E_REQUEST_INVALID', 'an answer belongs to no question', { at, fix });
}

/** Puts the answers for adapter.yaml where their questions point. */
export function withAnswers(manifest: ManifestDraft, answers: Answers): ManifestDraft {
  const own = [...answers].filter(([at, value]) => !at.includes('#') && value !== 'yes');
  return own.reduce<unknown>(
    (all, [at, value]) => withValue(all, at.split('/').slice(1), value, at),
    manifest,
  ) as ManifestDraft;
}

function withValue(target: unknown, [step, ...rest]: readonly string[], value: unknown, at: string): unknown {
  if (step === undefined) return value;
  if (typeof target !== 'object' || target === null || Array.isArray(target)) throw noQuestion(at);
  const known = target as Readonly<Record<string, unknown>>;
  return { ...known, [step]: withValue(known[step] ?? {}, rest, value, at) };
}
