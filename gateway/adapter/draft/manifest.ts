/** The manifest of a drafted adapter, and a sketch of the partner's own side, from the templates of the vocabulary. */

import type { HomeProfile } from '../../model/home.ts';
import type { Manifest } from '../manifest.ts';
import type { ManifestDraft } from './answers.ts';
import { ask, gradesOf } from './drafting.ts';
import type { Message } from './holes.ts';
import { filled, filledText, type Vocabulary } from './vocabulary.ts';

/** The draft loads at once, so that a preview can be looked at before the questions are answered. */
export function draftManifest(
  { drafting, placements, format, conversation: drafted }: Message,
  { messages, exchange }: { readonly messages: object; readonly exchange: object },
): ManifestDraft {
  const { partner, vocabulary, codes, ourGrades, home, given } = drafting;
  const valuesOf = (wanted: string): readonly string[] =>
    placements.find(({ scope, path }) => scope === 'records' && path === wanted)?.node.values ?? [];
  const theirGrades =
    drafted?.unstated.has('grade') === true ? ourGrades : Object.keys(gradesOf([...new Set(valuesOf('grade'))].sort()));
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
  const manifest = filled(vocabulary.templates['manifest'], facts) as ManifestDraft;
  if (drafted === undefined) return manifest;
  const lists = drafted.fullOnly ? { lists: { kinds: ['full'], confidence: 'assumed' } } : {};
  return { ...manifest, ...lists, conversation: { ...drafted.conversation, ...exchange } };
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
  const { partner, name } = manifest as unknown as Manifest;
  // What was answered is checked with the card: it need not be a form of identifiers.
  const { theirs, ours } = (manifest['identifiers'] ?? {}) as Partial<Manifest['identifiers']>;
  const { words: theirWords = '', example: theirExample = '' } = theirs ?? {};
  const { words: ourWords = '', example: ourExample = '' } = ours ?? {};
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
