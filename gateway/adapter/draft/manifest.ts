/** The manifest of a drafted adapter: what the sample says, what usually holds, and a question for everything else. */

import { recordColumns } from '../../model/record/record-text.ts';
import type { SealKind } from '../../model/message.ts';
import type { HomeProfile } from '../../model/home.ts';
import type { TransportKind } from '../adapter.ts';
import type { IdentifierData } from '../identifiers.ts';
import type { CardLine, Sourced } from '../manifest.ts';
import { dayNotation, momentNotation } from '../template/dates.ts';
import { ask, type Drafting, type SampleFormat } from './holes.ts';
import { country } from './fields.ts';
import type { Placed } from './placement.ts';
import { dayPatternOf, identifierShape, momentPatternOf } from './values.ts';

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
export function draftManifest(facts: ManifestFacts): ManifestDraft {
  const { home, name, timeZone, transport, format, placed, drafting, messages } = facts;
  const { partner, vocabulary } = drafting;
  const numbers = valuesOf(placed, 'identifier');
  const filled = (text: string): string =>
    text
      .replaceAll('{partner}', partner)
      .replaceAll('{home}', home.country)
      .replaceAll('{homeName}', home.name)
      .replaceAll('{numbers}', String(numbers.length));
  const given: Readonly<Record<string, unknown>> = { '/name': name, '/timeZone': timeZone, '/transport': transport };
  for (const [at, question] of Object.entries(vocabulary.questions))
    if (given[at] === undefined) ask(drafting, at, filled(question));
  // The texts of the vocabulary hold no quote.
  const arrangement = JSON.parse(filled(JSON.stringify(vocabulary.arrangement))) as Record<string, object>;
  const seals: Readonly<Record<SampleFormat, SealKind>> = {
    xml: 'xml-signature',
    json: 'jws',
    csv: 'cms-detached',
    fixed: 'cms-detached',
  };
  return {
    partner,
    name: name ?? `Customs administration of ${partner}`,
    timeZone: timeZone ?? home.timeZone,
    stage: 'reference',
    arrangement: {
      ...arrangement,
      inForce: { from: firstDay(placed, drafting), ...arrangement['inForce'] },
      grades: { theirs: drafting.theirGrades, ours: drafting.ourGrades, ...arrangement['grades'] },
    },
    identifiers: { theirs: theirForm(placed, drafting), ours: ourForm(placed, drafting, home) },
    codes: drafting.codes,
    seal: { kind: seals[format], algorithm: format === 'json' ? 'ecdsa-p256-sha256' : 'rsa-sha256' },
    transport: transport ?? 'https',
    messages,
  };
}

function valuesOf({ placements }: Placed, path: string): readonly string[] {
  return (
    placements.find((each) => (each.part === 'records' || path.startsWith('message.')) && each.path === path)?.node
      .values ?? []
  );
}

/** The day the sample was sent, else the last on which something in it began to hold. */
function firstDay(placed: Placed, { vocabulary }: Drafting): string {
  const sent = valuesOf(placed, 'message.issuedAt');
  const moment = momentNotation(momentPatternOf(sent, vocabulary)?.pattern ?? '')?.read(sent[0] ?? '');
  if (moment !== undefined) return moment.slice(0, 10);
  const days =
    ['validFrom', 'statusSince'].map((path) => valuesOf(placed, path)).find((values) => values.length > 0) ?? [];
  const notation = dayNotation(dayPatternOf(days, vocabulary)?.pattern ?? '');
  return (
    days
      .map((day) => notation?.read(day) ?? '')
      .sort()
      .at(-1) ?? '2026-01-01'
  );
}

function theirForm(placed: Placed, { partner }: Drafting): IdentifierData & Sourced {
  const values = valuesOf(placed, 'identifier');
  const alone = placed.placements.some(({ part, path }) => part === 'records' && path === country);
  const shape = identifierShape(values, partner);
  const prefix = alone && shape.prefix === '' ? partner : shape.prefix;
  return {
    form: `${prefix}{code}`,
    code: shape.code,
    words: prefix === '' ? shape.words : `${prefix} and ${shape.words}`,
    example: prefix + (values[0] ?? '').slice(shape.prefix.length),
    confidence: 'inferred',
    source: 'the numbers of the sample message',
  };
}

/** Ours as the partner writes its own: its letters replaced by those of home. */
function ourForm(
  placed: Placed,
  { partner }: Drafting,
  { invented, code, country: letters }: HomeProfile,
): IdentifierData & Sourced {
  const { prefix } = identifierShape(valuesOf(placed, 'identifier'), partner);
  const ours = prefix.includes(partner) ? prefix.replace(partner, letters) : letters;
  const example = invented.code
    .replaceAll('{place}', invented.places[0]?.codePrefix ?? '')
    .replaceAll('#', '1')
    .replaceAll('@', 'A');
  return {
    form: `${ours}{code}`,
    code: code.pattern,
    words: `${ours} and ${code.words}`,
    example: ours + example,
    confidence: 'assumed',
  };
}

interface Known {
  readonly partner: string;
  readonly name: string;
  readonly timeZone: string;
  readonly identifiers: { readonly theirs: IdentifierData; readonly ours: IdentifierData };
  readonly arrangement: { readonly grades: { readonly theirs: readonly string[] } };
}

/** With a card sketched from the forms of the identifiers, where none was given. */
export function withCard(manifest: ManifestDraft): ManifestDraft {
  if ('card' in manifest) return manifest;
  // The manifest was drafted with these members.
  const { partner, name, identifiers } = manifest as unknown as Known;
  const line = (
    where: CardLine['where'],
    { words, example }: IdentifierData,
    system: string,
    box: string,
  ): CardLine & Sourced => ({
    ...{ where, system, box, form: words, example, writtenBy: 'the declarant', confidence: 'assumed' },
  });
  const home = line('home', identifiers.theirs, 'our import declaration', `AEO code of the consignor in ${partner}`);
  return {
    ...manifest,
    card: [
      home,
      line('abroad', identifiers.ours, `import declaration of ${name}`, 'AEO code of the foreign consignor'),
    ],
  };
}

/** A sketch of the partner's own side, so that its gateway can be rehearsed here: invented words, columns named like our fields. */
export function draftHome(manifest: ManifestDraft, like: HomeProfile, words: readonly string[]): HomeProfile {
  const { partner, name, timeZone, identifiers, arrangement } = manifest as unknown as Known;
  const { form, code, words: codeWords, example } = identifiers.theirs;
  const [before = '', after = ''] = form.split('{code}');
  const number = example.slice(before.length, example.length - after.length);
  const invented = words.map((word) => ({ latin: word, local: word }));
  const [place = { latin: '', local: '' }] = invented;
  const column = (path: string): string =>
    path.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`).replaceAll('.', '_');
  const grades = arrangement.grades.theirs;
  return {
    country: partner,
    name,
    timeZone,
    code: { pattern: code, words: codeWords },
    grades,
    decrees: [{ id: `AEO programme of ${partner}`, from: '2008-01-01', grades }],
    columns: Object.fromEntries(
      recordColumns.filter((path) => path !== 'businessNumber').map((path) => [path, column(path)]),
    ),
    invented: {
      places: [{ ...place, codePrefix: '', postcode: '10000', streets: invented.slice(0, 2) }],
      words: invented,
      trades: like.invented.trades.map(({ latin }) => ({ latin, local: latin })),
      company: { latin: 'LTD', local: 'LTD' },
      code: number.replaceAll(/\d/gu, '#').replaceAll(/[A-Z]/gu, '@'),
    },
  };
}
