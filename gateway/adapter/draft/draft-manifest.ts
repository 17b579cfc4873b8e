/** The manifest of a drafted adapter: what the sample tells, what usually holds, and a question for everything else. */

import type { HomeProfile } from '../../model/home.ts';
import type { SealKind, TransportKind } from '../adapter.ts';
import type { Ask, CardLine, Manifest, Sourced } from '../manifest.ts';
import type { Codes } from './draft-holes.ts';
import { dayPatternOf, identifierShape, momentPatternOf } from './field-values.ts';
import { dayNotation, momentNotation } from '../template/dates.ts';
import type { Placed } from './placement.ts';

export interface ManifestFacts {
  readonly partner: string;
  readonly home: HomeProfile;
  readonly name: string | undefined;
  readonly timeZone: string | undefined;
  readonly transport: TransportKind | undefined;
  readonly format: 'xml' | 'json' | 'text';
  readonly placed: Placed;
  readonly codes: Codes;
  readonly theirGrades: readonly string[];
  readonly ourGrades: readonly string[];
  readonly messages: Readonly<Record<'list' | 'reply', Readonly<Record<string, string>>>>;
}

export type ManifestDraft = Readonly<Record<string, unknown>>;

/** Adds to `asks` what cannot be known of the arrangement. The draft loads as it stands, so that a preview can be looked at first. */
export function draftManifest(facts: ManifestFacts, asks: Ask[]): ManifestDraft {
  const { partner, home, name, timeZone, format, codes, messages, transport } = facts;
  const asked = (at: string, question: string): void => void asks.push({ at, question });
  if (name === undefined) asked('/name', 'What is the partner administration called?');
  if (timeZone === undefined)
    asked('/timeZone', 'In which time zone does the partner live (IANA name, Europe/Example)?');
  asked('/stage', 'Is this layout agreed with the partner? It stays reference until it is.');
  const arrangement = draftArrangement(facts, asked);
  const identifiers = { theirs: theirForm(facts, asked), ours: ourForm(facts, asked) };
  asked('/seal', 'How does the partner sign its messages, and with which algorithm?');
  if (transport === undefined) asked('/transport', 'How do messages travel: https, https-pull or amqp?');
  asked(
    '/card',
    'Who writes which code in which box of an entry, here and at the partner’s? Systems and boxes are guesses.',
  );
  return {
    partner,
    name: name ?? `Customs administration of ${partner}`,
    timeZone: timeZone ?? home.timeZone,
    stage: 'reference',
    arrangement,
    identifiers,
    codes,
    seal: { kind: sealOf(format), algorithm: format === 'json' ? 'ecdsa-p256-sha256' : 'rsa-sha256' },
    transport: transport ?? 'https',
    messages,
  };
}

function sealOf(format: ManifestFacts['format']): SealKind {
  switch (format) {
    case 'xml':
      return 'xml-signature';
    case 'json':
      return 'jws';
    case 'text':
      return 'cms-detached';
  }
}

type Asked = (at: string, question: string) => void;

function draftArrangement(
  { partner, home, placed, theirGrades, ourGrades }: ManifestFacts,
  asked: Asked,
): ManifestDraft {
  const at = (name: string): string => `/arrangement/${name}`;
  asked(at('title'), 'What is the arrangement called?');
  asked(at('inForce'), 'From which day is the arrangement in force? The day here is one of the sample.');
  asked(at('programme'), 'What are the two programmes called?');
  asked(at('grades'), 'Which grades does each side accept of the other?');
  asked(at('directions'), 'Do operators earn benefits on import, on export, or on both?');
  asked(at('entryRoles'), 'In which roles on an entry does the partner’s operator earn benefits?');
  asked(at('benefits'), 'Which benefits were agreed? Each gets a letter.');
  asked(at('maxAgeSeconds'), 'How old may a list be before it no longer answers (seconds)?');
  asked(at('bands'), 'How many operators do the lists have, and how far may one message move them?');
  const bands = { between: [0, 200_000], shrink: { percent: 5, records: 20 }, grow: { percent: 20, records: 100 } };
  const confidence = 'assumed';
  return {
    title: `Mutual recognition arrangement between ${home.name} and ${partner}`,
    inForce: { from: firstDay(placed), confidence },
    programme: { theirs: `AEO programme of ${partner}`, ours: `AEO programme of ${home.country}`, confidence },
    grades: { theirs: theirGrades, ours: ourGrades, confidence },
    directions: { value: ['import', 'export'], confidence },
    entryRoles: { value: ['consignor', 'exporter'], confidence },
    benefits: { value: { E: 'lower examination rate' }, confidence },
    maxAgeSeconds: { value: 259_200, confidence },
    bands: { theirs: bands, ours: bands, confidence },
  };
}

/** The day the sample was sent, else the last on which something in it began to hold. */
function firstDay({ placements }: Placed): string {
  const sent = placements.find(({ path }) => path === 'message.issuedAt')?.node.values ?? [];
  const moment = momentPatternOf(sent);
  const sentDay =
    moment === undefined
      ? undefined
      : momentNotation(moment.pattern)
          ?.read(sent[0] ?? '')
          ?.slice(0, 10);
  if (sentDay !== undefined) return sentDay;
  const days = placements.find(({ path }) => path === 'validFrom' || path === 'statusSince')?.node.values ?? [];
  const notation = dayNotation(dayPatternOf(days)?.pattern ?? '');
  return (
    days
      .map((day) => notation?.read(day) ?? '')
      .sort()
      .at(-1) ?? '2026-01-01'
  );
}

function theirForm({ placed, partner }: ManifestFacts, asked: Asked): ManifestDraft {
  const own = placed.placements.filter(({ part }) => part === 'records');
  const values = own.find(({ path }) => path === 'identifier')?.node.values ?? [];
  const split = own.some(
    ({ path, node }) => path === 'ignore' && node.values.length > 0 && node.values.every((value) => value === partner),
  );
  const shape = identifierShape(values, partner);
  const prefix = split && shape.prefix === '' ? partner : shape.prefix;
  asked(
    '/identifiers/theirs',
    `How are the partner’s operators written on our entries, and which places may hold letters? The form is what ${values.length} numbers of the sample have in common.`,
  );
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
function ourForm({ placed, partner, home }: ManifestFacts, asked: Asked): ManifestDraft {
  const values =
    placed.placements.find(({ part, path }) => part === 'records' && path === 'identifier')?.node.values ?? [];
  const { prefix } = identifierShape(values, partner);
  const ours = prefix.includes(partner) ? prefix.replace(partner, home.country) : home.country;
  asked('/identifiers/ours', 'How does the partner write our operators on its entries and lists?');
  const { invented, code } = home;
  const [place] = invented.places;
  const example = invented.code
    .replaceAll('{place}', place?.codePrefix ?? '')
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

/** With a card sketched from the forms of the identifiers, where none was given. */
export function withCard(manifest: ManifestDraft): ManifestDraft {
  if ('card' in manifest) return manifest;
  // The manifest was drafted with these members.
  const { partner, name, identifiers } = manifest as unknown as Pick<Manifest, 'partner' | 'name' | 'identifiers'>;
  const line = (where: CardLine['where'], system: string, box: string): CardLine & Sourced => {
    const { words, example } = where === 'home' ? identifiers.theirs : identifiers.ours;
    const written = { form: words, example, writtenBy: 'whoever lodges the entry' };
    return { where, system, box, ...written, confidence: 'assumed' };
  };
  return {
    ...manifest,
    card: [
      line('home', 'our import declaration', `AEO code of the consignor in ${partner}`),
      line('abroad', `import declaration of ${name}`, 'AEO code of the foreign consignor'),
    ],
  };
}
