/** Drafts the folder of a new partner from its samples: manifest, templates, schemas and kept samples, with a question for every guess. */

import { GatewayError } from '../../model/errors.ts';
import type { HomeProfile } from '../../model/home.ts';
import type { TransportKind } from '../adapter.ts';
import type { TextReaders } from '../check/message-text.ts';
import { listFormat, messageFormat, type TemplateSource } from '../format.ts';
import type { Ask, Manifest, MessageData } from '../manifest.ts';
import { codeTables } from '../template/code-tables.ts';
import { momentNotation } from '../template/dates.ts';
import { replyFields } from '../template/message-fields.ts';
import type { AdapterTools } from '../tools.ts';
import { addMissing, plainReply } from './additions.ts';
import { columnsOf, requireQuestions, withAnswers, type Answers } from './answers.ts';
import { ask, type Drafting } from './codes.ts';
import { placeHoles, type Message } from './holes.ts';
import { draftManifest, withCard, type ManifestDraft } from './manifest.ts';
import { placeSample, type Placement } from './placement.ts';
import { keepSamples, type ReadProblem } from './read-back.ts';
import { readSamples, type Sample, type SampleText } from './read-samples.ts';
import { pathOf, topOf, type SampleNode } from './sample-tree.ts';
import { schemasOf } from './schema.ts';
import { filledText, type Vocabulary } from './vocabulary.ts';
import { templatePiece, writtenText } from './write.ts';

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
  readonly answers: Answers;
}

export interface Draft {
  readonly manifest: ManifestDraft;
  /** Templates, schemas, README.md and kept samples, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly placements: readonly Placement[];
  readonly asks: readonly Ask[];
  readonly problems: readonly ReadProblem[];
}

type DraftTools = TextReaders & Pick<AdapterTools, 'readXml' | 'validateManifest'>;

/** The same samples and answers give the same draft. Throws E_SAMPLE_UNREADABLE, and E_REQUEST_INVALID for an answer that cannot be right. */
export function draftAdapter(request: DraftRequest, tools: DraftTools): Draft {
  const draft = draftOnce(request, tools);
  if (draft.problems.length === 0 || [...request.answers.values()].every((value) => value === 'yes')) return draft;
  // An answer is at fault where the sample is read without the answers.
  const before = draftOnce({ ...request, answers: new Map() }, tools).problems.map(({ at }) => at);
  const fault = draft.problems.find(({ at }) => !before.includes(at));
  if (fault === undefined) return draft;
  throw new GatewayError('E_REQUEST_INVALID', `an answer contradicts the sample: ${fault.detail}`, {
    at: fault.at,
    fix: 'Look at the values of the sample, and correct the answer.',
  });
}

function draftOnce(request: DraftRequest, tools: DraftTools): Draft {
  const { partner, vocabulary, answers } = request;
  const drafting = draftingOf(request);
  const reading = { partner, vocabulary, columns: columnsOf(answers) };
  const { list: sample, reply: replySample } = readSamples(request.samples, request.replies, reading, tools);
  const list = draftMessage('list', sample, answers, drafting);
  const reply = replySample === undefined ? plainReply(list) : draftMessage('reply', replySample, answers, drafting);
  const { format, placed } = list;
  const messages = { list: messageData(list), reply: messageData(reply) };
  const manifest = withAnswers(draftManifest({ ...request, format, placed, drafting, messages }), answers);
  const whole = withCard(manifest, vocabulary);
  const checked = tools.validateManifest(whole);
  if (!checked.ok) {
    const [{ pointer, detail } = { pointer: '', detail: 'does not follow the schema' }] = checked.errors;
    const fix = 'schemas/adapter.schema.json says what may stand there.';
    throw new GatewayError('E_REQUEST_INVALID', `an answer does not fit: ${detail}`, { at: pointer, fix });
  }
  const files = new Map(
    [list, reply].flatMap((message) => filesOf(message, message === list ? sample : (replySample ?? sample))),
  );
  const formats = formatsOf(files, checked.value, tools);
  const { codes } = checked.value;
  const problems = keepSamples(list, sample, formats.list, codes, { files, tools });
  if (replySample !== undefined)
    problems.push(...keepSamples(reply, replySample, formats.reply, codes, { files, tools }));
  requireQuestions(answers, drafting.asks, [list, reply]);
  const asks = drafting.asks.filter(({ at }) => !answers.has(at));
  const unread = problems.some((each) => each.unread);
  const placements = placed.placements.map((placement): Placement => {
    const at = `${list.file}#${pathOf(placement.node)}`;
    if (answers.get(at) === 'yes') return { ...placement, certainty: 'certain', why: `${placement.why}; confirmed` };
    const open = placement.certainty === 'certain' && (unread || drafting.asks.some((each) => each.at === at));
    return open && !answers.has(at) ? { ...placement, certainty: 'likely' } : placement;
  });
  files.set('README.md', readmeOf(drafting, placements, asks));
  return { manifest: asks.length === 0 ? whole : { ...whole, asks }, files, placements, asks, problems };
}

function draftingOf({ partner, home, ourGrades, timeZone, answers, vocabulary }: DraftRequest): Drafting {
  const answer = answers.get('/timeZone');
  const zone = typeof answer === 'string' && answer !== 'yes' ? answer : (timeZone ?? home.timeZone);
  const { code, places } = home.invented;
  return {
    ...{ vocabulary, codes: {}, strange: {}, asks: [], theirGrades: [], ourGrades, partner, home: home.country },
    // The letters AEO and those of the country may stand before the code.
    identifierWidth: code.replace('{place}', places[0]?.codePrefix ?? '').length + home.country.length + 3,
    steadyZone: momentNotation('yyyyMMddHHmm', zone) !== undefined,
  };
}

function draftMessage(kind: Message['kind'], sample: Sample, answers: Answers, drafting: Drafting): Message {
  const { format, root } = sample;
  const { partner, home, vocabulary } = drafting;
  const file = `${kind}.${format}`;
  const elements = [...answers].filter(([at, value]) => at.startsWith(`${file}#`) && value !== 'yes');
  const answered = new Map(elements.map(([at, value]) => [at.slice(file.length + 1), String(value)]));
  const placed = placeSample({ kind, root, partner, home, vocabulary, answered });
  const message = { kind, file, format, root, placed, like: root, drafting };
  askAboutLayout(message, sample);
  placeHoles(message);
  addMissing(message);
  return message;
}

/** What of the layout was guessed, or cannot be carried by a template of ours. */
function askAboutLayout({ file, format, root, placed, drafting }: Message, { others, files }: Sample): void {
  const about = (node: SampleNode | undefined, text: string, facts: Record<string, unknown> = {}): void =>
    ask(drafting, `${file}#${node === undefined ? topOf(root) : pathOf(node)}`, text, { name: node?.name, ...facts });
  for (const other of others) about(undefined, 'otherRoot', { file: other.file });
  if (format === 'json' && files.some(({ text }) => text.trimStart().startsWith('[')))
    about(root.children[0], 'bareList');
  for (const { node, path } of placed.placements) {
    const empty = path !== 'ignore' && node.kind !== 'column' && node.occurrences.length > node.values.length;
    if (empty) about(node, 'empty', { how: format === 'json' ? 'as null' : 'empty' });
  }
  for (const node of root.children) {
    const { kind, name, tag, children } = node;
    if (kind === 'line' && name === 'line' && tag?.added === true) about(node, 'untagged', { tag: tag.text });
    if (kind !== 'line' || format !== 'fixed' || /^(?:heading|title)/u.test(name)) continue;
    let column = 1 + (tag?.added === false ? tag.text.length : 0);
    const columns = children.map((cell) => (column += cell.columns?.width ?? 0) - (cell.columns?.width ?? 0));
    about(node, 'columns', { columns: columns.join(' ') });
  }
}

function messageData({ kind, file, format, drafting: { partner, vocabulary } }: Message): MessageData {
  const schema = format === 'xml' ? `${kind}.xsd` : `${kind}.schema.json`;
  const type = vocabulary.texts[`type.${format}`];
  if (type === undefined) return { template: file, schema };
  return { template: file, schema, type: filledText(type, { cc: partner.toLowerCase(), kind }) };
}

/** Template and schemas. */
function filesOf({ kind, file, root, drafting }: Message, sample: Sample): [string, string][] {
  const comment = 'Drafted from a sample; adapter.yaml says what is still asked.';
  const id = `urn:mra:profile:${drafting.partner.toLowerCase()}:${kind}`;
  const template = writtenText(templatePiece(root), sample, comment);
  return [[file, template], ...schemasOf(root, sample.format, sample.separator, kind, id)];
}

/** The drafted templates compiled in memory. Throws E_ADAPTER_INVALID. */
function formatsOf(
  files: ReadonlyMap<string, string>,
  { codes, timeZone, arrangement, messages }: Manifest,
  tools: DraftTools,
) {
  const tables = codeTables(codes, (pointer) => `adapter.yaml#${pointer}`).tablesOn('9999-12-31');
  const context = { tables, timeZone, grades: [...arrangement.grades.ours, ...arrangement.grades.theirs] };
  const source = (kind: Message['kind']): TemplateSource => {
    // A draft has one layout of each kind.
    const { template, type } = messages[kind] as MessageData;
    return { file: template, text: files.get(template) ?? '', schema: '', ...(type === undefined ? {} : { type }) };
  };
  return {
    list: listFormat(source('list'), context, tools),
    reply: messageFormat(source('reply'), replyFields, context, tools),
  };
}

/** README.md: where each value of the sample went, and what is still to be asked. */
function readmeOf({ partner, vocabulary }: Drafting, placements: readonly Placement[], asks: readonly Ask[]): string {
  const rows = placements.map(({ node, path, certainty, why }) => {
    const value = path === 'ignore' ? '' : `\`${path}\``;
    return `| \`${pathOf(node)}\` | ${value} | ${certainty} | ${why.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`;
  });
  const open = asks.map(({ at, question }) => `- \`${at}\`: ${question}`);
  return filledText(vocabulary.readme, { partner, rows: rows.join('\n'), asks: open.join('\n') || 'Nothing.' });
}
