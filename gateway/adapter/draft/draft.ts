/** Drafts the folder of a new partner from its samples: manifest, templates, schemas and sample conversations, with a question for every guess. */

import { GatewayError } from '../../model/errors.ts';
import type { HomeProfile } from '../../model/home.ts';
import type { TransportKind } from '../adapter.ts';
import { identifierForm } from '../identifiers.ts';
import type { Ask, Manifest } from '../manifest.ts';
import { momentNotation } from '../template/dates.ts';
import type { SchemaFault } from '../tools.ts';
import { draftConversations, type ConversationRequest } from './conversations.ts';
import { columnsOf, draftMessage, filesOf, messageData, plainReply, type DraftedMessage } from './draft-message.ts';
import type { Drafting } from './holes.ts';
import { formatsOf, keepSamples, oddStatus, placeOf, type Formats, type DraftTools } from './kept-samples.ts';
import { draftManifest, withCard, type ManifestDraft } from './manifest.ts';
import type { Placed, Placement } from './placement.ts';
import { readSamples, type SampleText } from './read-samples.ts';
import { pathOf, topOf, type SampleNode } from './sample-tree.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface DraftRequest {
  /** The partner's letters, upper case. */
  readonly partner: string;
  readonly home: HomeProfile;
  /** Our grades that are offered to the partner. */
  readonly ourGrades: readonly string[];
  readonly samples: readonly SampleText[];
  readonly replies: readonly SampleText[];
  readonly name?: string;
  readonly timeZone?: string;
  readonly transport?: TransportKind;
  readonly vocabulary: Vocabulary;
  /** By the `at` of a question: `yes`, the value for adapter.yaml, or what an element is. */
  readonly answers: ReadonlyMap<string, unknown>;
}

export interface Draft {
  readonly manifest: ManifestDraft;
  /** Templates, schemas, README.md and samples, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly placements: readonly Placement[];
  readonly asks: readonly Ask[];
}

/** The same samples and answers give the same draft. Throws E_SAMPLE_UNREADABLE, and E_REQUEST_INVALID for an answer that cannot be right. */
export function draftAdapter(request: DraftRequest, tools: DraftTools): Draft {
  const { partner, vocabulary, answers } = request;
  const drafting = draftingOf(request);
  const { list, reply } = readSamples(
    request.samples,
    request.replies,
    { partner, vocabulary, columns: columnsOf(answers) },
    tools,
  );
  const listed = draftMessage('list', list, request, drafting);
  const replied = reply === undefined ? plainReply(listed, drafting) : draftMessage('reply', reply, request, drafting);
  const placed = listed.placed ?? { placements: [], items: undefined, departures: undefined };
  const messages = { list: messageData(listed, partner), reply: messageData(replied, partner) };
  const drafted = draftManifest({ ...request, format: list.format, placed, drafting, messages });
  const manifest = withCard(withAnswers(drafted, answers));
  const checked = tools.validateManifest(manifest);
  if (!checked.ok) throw unfitAnswer(checked.errors[0]);
  const files = new Map([listed, replied].flatMap((message) => filesOf(message, partner)));
  const formats = formatsOf(files, checked.value, tools);
  const doubted = new Set<SampleNode>();
  for (const message of [listed, replied]) {
    const doubt = (detail: string, node?: SampleNode): void => {
      const all = message.placed?.placements ?? [];
      const about = all.filter((each) => node === undefined || each.node === node);
      if (about.some(({ why }) => why === 'answered') || (node === undefined && answers.size > 0))
        requireBlameless(request, tools, {
          at: `${message.file}#${node === undefined ? topOf(message.sample.root) : pathOf(node)}`,
          detail,
        });
      for (const each of about) doubted.add(each.node);
    };
    keepSamples(message, formats[message.kind], checked.value.codes, { drafting, files, tools, doubt });
  }
  addConversations(
    files,
    formats,
    { manifest: checked.value, placed, home: request.home.country, ending: list.format },
    tools,
  );
  const asked = new Set(drafting.asks.map(({ at }) => at));
  requireQuestions(answers, asked, [listed, replied]);
  const asks = drafting.asks.filter(({ at }) => !answers.has(at));
  const placements = placed.placements.map((placement): Placement => {
    const at = `${listed.file}#${pathOf(placement.node)}`;
    if (answers.get(at) === 'yes') return { ...placement, certainty: 'certain', why: `${placement.why}; confirmed` };
    const open =
      placement.certainty === 'certain' && (asked.has(at) || doubted.has(placement.node)) && !answers.has(at);
    return open ? { ...placement, certainty: 'likely' } : placement;
  });
  files.set('README.md', readmeOf(partner, placements, asks));
  return { manifest: asks.length === 0 ? manifest : { ...manifest, asks }, files, placements, asks };
}

function draftingOf({ partner, home, ourGrades, timeZone, answers, vocabulary }: DraftRequest): Drafting {
  const answer = answers.get('/timeZone');
  const zone = typeof answer === 'string' && answer !== 'yes' ? answer : (timeZone ?? home.timeZone);
  const { code, places } = home.invented;
  // The letters AEO and those of the country may stand before the code.
  const identifierWidth = code.replace('{place}', places[0]?.codePrefix ?? '').length + home.country.length + 3;
  const shared = {
    vocabulary,
    codes: {},
    strange: {},
    asks: [],
    theirGrades: [],
    ourGrades,
    partner,
    home: home.country,
    identifierWidth,
  };
  return { ...shared, steadyZone: momentNotation('yyyyMMddHHmm', zone) !== undefined };
}

function unfitAnswer(fault: SchemaFault | undefined): GatewayError {
  const { pointer = '', detail = 'does not follow the schema' } = fault ?? {};
  const fix = 'schemas/adapter.schema.json says what may stand there.';
  return new GatewayError('E_REQUEST_INVALID', `an answer does not fit: ${detail}`, { at: pointer, fix });
}

/** An answer is at fault where the sample is read without the answers. */
function requireBlameless(
  request: DraftRequest,
  tools: DraftTools,
  { at, detail }: { at: string; detail: string },
): void {
  if ([...request.answers.values()].every((value) => value === 'yes')) return;
  const { asks } = draftAdapter({ ...request, answers: new Map() }, tools);
  if (asks.some((each) => each.at === at && /^(?:.* )?(?:What is wrong here|Is this right)\?/u.test(each.question)))
    return;
  const fix = 'Look at the values of the sample, and correct the answer.';
  throw new GatewayError('E_REQUEST_INVALID', `an answer contradicts the sample: ${detail}`, { at, fix });
}

interface ConversationFacts {
  readonly manifest: Manifest;
  readonly placed: Placed;
  readonly home: string;
  readonly ending: string;
}

function addConversations(
  files: Map<string, string>,
  formats: Formats,
  { manifest, placed, home, ending }: ConversationFacts,
  tools: DraftTools,
): void {
  const { identifiers, arrangement, codes, lists, partner } = manifest;
  const side = (which: 'theirs' | 'ours', country: string): ConversationRequest['ours'] => ({
    form: identifierForm(identifiers[which], placeOf, `/identifiers/${which}`),
    grades: arrangement.grades[which],
    country,
  });
  const odd = formatsOf(files, { ...manifest, codes: { ...codes, status: oddStatus(manifest, placed) } }, tools).list;
  const request = {
    ...formats,
    odd,
    theirs: side('theirs', partner),
    ours: side('ours', home),
    deltas: lists?.kinds?.includes('delta') ?? true,
  };
  for (const [path, text] of draftConversations(request, ending, tools)) files.set(path, text);
}

/** E_REQUEST_INVALID for an answer that belongs to no question and no element. */
function requireQuestions(
  answers: DraftRequest['answers'],
  asked: ReadonlySet<string>,
  messages: readonly DraftedMessage[],
): void {
  const elements = messages.flatMap(({ file, placed, sample: { root } }) =>
    placed === undefined
      ? []
      : [...placed.placements.map(({ node }) => node), ...root.children].map((node) => `${file}#${pathOf(node)}`),
  );
  for (const [at, value] of answers) {
    const known = asked.has(at) || (value !== 'yes' && (at.includes('#') ? elements.includes(at) : true));
    if (!known) throw noQuestion(at);
  }
}

function noQuestion(at: string): GatewayError {
  const fix = 'Write it as the draft does: /name, or list.xml#/Root/Element.';
  return new GatewayError('E_REQUEST_INVALID', 'an answer belongs to no question', { at, fix });
}

/** Puts the answers for adapter.yaml where their questions point. */
function withAnswers(manifest: ManifestDraft, answers: DraftRequest['answers']): ManifestDraft {
  let changed: unknown = manifest;
  for (const [at, value] of answers)
    if (!at.includes('#') && value !== 'yes') changed = withValue(changed, at.split('/').slice(1), value, at);
  return changed as ManifestDraft;
}

function withValue(target: unknown, [step, ...rest]: readonly string[], value: unknown, at: string): unknown {
  if (step === undefined) return value;
  if (typeof target !== 'object' || target === null || Array.isArray(target)) throw noQuestion(at);
  const known = target as Readonly<Record<string, unknown>>;
  return { ...known, [step]: withValue(known[step] ?? {}, rest, value, at) };
}

/** README.md: where each value of the sample went, and what is still to be asked. */
function readmeOf(partner: string, placements: readonly Placement[], asks: readonly Ask[]): string {
  const rows = placements.map(
    ({ node, path, certainty, why }) =>
      `| \`${pathOf(node)}\` | ${path === 'ignore' ? '' : `\`${path}\``} | ${certainty} | ${why.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`,
  );
  const open =
    asks.length === 0
      ? ['Nothing.']
      : [
          '`adapter.yaml` holds the same questions; take each away there once it is answered.',
          '',
          ...asks.map(({ at, question }) => `- \`${at}\`: ${question}`),
        ];
  const head = [
    `# ${partner}`,
    '',
    'Drafted from a sample message. Replace this page by what the partner agreed to: quirks, sources, what is assumed.',
    '',
  ];
  const table = [
    '## Where the values of the sample stand',
    '',
    '| element | value | | known by |',
    '|---|---|---|---|',
    ...rows,
    '',
  ];
  return [...head, ...table, '## What is still asked', '', ...open, ''].join('\n');
}
