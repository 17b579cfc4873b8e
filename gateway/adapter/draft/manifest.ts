/** The manifest of a drafted adapter and a sketch of the partner's own side, from the templates of the vocabulary. */

import type { HomeProfile } from '../../model/home.ts';
import type { TransportKind } from '../adapter.ts';
import type { IdentifierData } from '../identifiers.ts';
import type { Manifest } from '../manifest.ts';
import { ask, type Drafting } from './codes.ts';
import { country, type Placed } from './placement.ts';
import type { SampleFormat } from './sample-tree.ts';
import { datesOf, identifierShape } from './values.ts';
import { filled, filledText, type Vocabulary } from './vocabulary.ts';

export type ManifestDraft = Readonly<Record<string, unknown>>;

interface ManifestFacts {
  readonly home: HomeProfile;
  /** What was given with the command: no question is asked about it. */
  readonly name?: string;
  readonly timeZone?: string;
  readonly transport?: TransportKind;
  readonly format: SampleFormat;
  readonly placed: Placed;
  readonly drafting: Drafting;
  readonly messages: object;
}

/** The draft loads at once, so that a preview can be looked at before the questions are answered. */
export function draftManifest({ home, format, placed, drafting, messages, ...given }: ManifestFacts): ManifestDraft {
  const { partner, vocabulary, codes, theirGrades, ourGrades } = drafting;
  const known: Readonly<Record<string, unknown>> = {
    '/name': given.name,
    '/timeZone': given.timeZone,
    '/transport': given.transport,
  };
  const [theirs, ours] = formsOf(placed, partner, home);
  const facts = {
    ...{ partner, home: home.country, homeName: home.name, theirGrades, ourGrades, codes, messages },
    theirs: { ...theirs, confidence: 'inferred', source: 'the numbers of the sample message' },
    ours: { ...ours, confidence: 'assumed' },
    name: given.name ?? filledText(vocabulary.texts['name'] ?? '', { partner }),
    timeZone: given.timeZone ?? home.timeZone,
    transport: given.transport ?? 'https',
    seal: vocabulary.seals[format],
    firstDay: firstDay(placed, vocabulary),
    numbers: valuesOf(placed, 'identifier').length,
  };
  for (const [at, question] of Object.entries(vocabulary.questions))
    if (known[at] === undefined) ask(drafting, at, filledText(question, facts));
  // The templates of the vocabulary are mappings.
  return filled(vocabulary.manifest, facts) as ManifestDraft;
}

function valuesOf({ placements }: Placed, path: string): readonly string[] {
  const of = placements.find((each) => (each.part === 'records' || each.part === 'list') && each.path === path);
  return of?.node.values ?? [];
}

/** The day the sample was sent, else the last on which something in it began to hold. */
function firstDay(placed: Placed, vocabulary: Vocabulary): string {
  const sent = datesOf('moment', valuesOf(placed, 'message.issuedAt'), vocabulary).map((time) => time.slice(0, 10));
  const days = ['validFrom', 'statusSince'].map((path) => datesOf('day', valuesOf(placed, path), vocabulary));
  return [sent, ...days].find((each) => each.length > 0)?.at(-1) ?? '2026-01-01';
}

/** The forms of identifiers, theirs and ours: ours as the partner writes its own, its letters replaced by those of home. */
function formsOf(
  placed: Placed,
  partner: string,
  home: HomeProfile,
): [IdentifierData & object, IdentifierData & object] {
  const values = valuesOf(placed, 'identifier');
  const alone = placed.placements.some(({ part, path }) => part === 'records' && path === country);
  const found = identifierShape(values, partner);
  const form = (prefix: string, code: string, words: string, example: string): IdentifierData => ({
    ...{ form: `${prefix}{code}`, code, example: prefix + example },
    words: prefix === '' ? words : `${prefix} and ${words}`,
  });
  const { code, invented, country: letters } = home;
  const example = invented.code.replaceAll('{place}', invented.places[0]?.codePrefix ?? '').replaceAll('#', '1');
  const theirPrefix = alone && found.prefix === '' ? partner : found.prefix;
  const ourPrefix = found.prefix.includes(partner) ? found.prefix.replace(partner, letters) : letters;
  return [
    form(theirPrefix, found.code, found.words, (values[0] ?? '').slice(found.prefix.length)),
    form(ourPrefix, code.pattern, code.words, example.replaceAll('@', 'A')),
  ];
}

/** With a card sketched from the forms of the identifiers, where none was given. */
export function withCard(manifest: ManifestDraft, { card }: Vocabulary): ManifestDraft {
  if ('card' in manifest) return manifest;
  // The manifest was drafted with these members.
  const { partner, name, identifiers } = manifest as unknown as Manifest;
  const { theirs, ours } = identifiers;
  const [theirWords, theirExample, ourWords, ourExample] = [theirs.words, theirs.example, ours.words, ours.example];
  return { ...manifest, card: filled(card, { partner, name, theirWords, theirExample, ourWords, ourExample }) };
}

/** A sketch of the partner's own side, so that its gateway can be rehearsed here: invented words, columns named like our fields. */
export function draftHome(manifest: ManifestDraft, like: HomeProfile, vocabulary: Vocabulary): ManifestDraft {
  const { partner, name, timeZone, identifiers, arrangement } = manifest as unknown as Manifest;
  const { form, code, words, example } = identifiers.theirs;
  const [before = '', after = ''] = form.split('{code}');
  const number = example.slice(before.length, example.length - after.length);
  const facts = {
    ...{ partner, name, timeZone, code, words, grades: arrangement.grades.theirs },
    codeForm: number.replaceAll(/\d/gu, '#').replaceAll(/[A-Z]/gu, '@'),
    trades: like.invented.trades.map(({ latin }) => ({ latin, local: latin })),
  };
  return filled(vocabulary.home, facts) as ManifestDraft;
}
