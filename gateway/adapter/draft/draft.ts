/** Drafts the folder of a new partner from its samples: manifest, templates, schemas and kept samples, with a question for every guess. */

import { GatewayError } from '../../model/errors.ts';
import type { TextReaders } from '../check/message-text.ts';
import { listFormat, messageFormat } from '../format.ts';
import type { Ask, Manifest } from '../manifest.ts';
import type { MessageData } from '../message-data.ts';
import { codeTables } from '../template/code-tables.ts';
import { replyFields } from '../template/message-fields.ts';
import type { AdapterTools } from '../tools.ts';
import { complete } from './complete.ts';
import { ask, type Drafting, type DraftRequest } from './drafting.ts';
import { placeHoles, type Message } from './holes.ts';
import { columnsOf, draftManifest, requireQuestions, withAnswers, withCard, type ManifestDraft } from './manifest.ts';
import { placeSample, type Placement } from './place.ts';
import { keepSamples, readersOf, topOf } from './read-back.ts';
import { readSamples, type Sample } from './read-samples.ts';
import { schemasOf } from './schema.ts';
import { newNode, pathOf } from './tree.ts';
import { filledText } from './vocabulary.ts';
import { templateOf, writtenText } from './write.ts';

export interface Draft {
  readonly manifest: ManifestDraft;
  /** Templates, schemas, README.md and kept samples, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly placements: readonly Placement[];
  readonly asks: readonly Ask[];
}

type DraftTools = TextReaders & Pick<AdapterTools, 'readXml' | 'validateManifest'>;

/** The same samples and answers give the same draft. Throws E_SAMPLE_UNREADABLE, and E_REQUEST_INVALID for an answer that cannot be right. */
export function draftAdapter(request: DraftRequest, tools: DraftTools): Draft {
  const drafting: Drafting = { ...request, codes: {}, asks: [] };
  const { vocabulary, answers, samples, replies } = request;
  const sample = readSamples(samples, columnsOf(answers), request.partner, tools);
  const list = draftMessage('list', sample, drafting);
  const ownReply = replies.length > 0 ? readSamples(replies, columnsOf(answers), request.partner, tools) : undefined;
  const reply = draftMessage('reply', ownReply ?? plainReply(sample), drafting);
  if (ownReply === undefined) ask(drafting, '/messages/reply', 'noReply');
  const messages = { list: messageData(list), reply: messageData(reply) };
  const whole = withCard(withAnswers(draftManifest(list, messages), answers), vocabulary);
  const { codes, timeZone, arrangement } = checkedManifest(whole, tools);
  const tables = codeTables(codes, (pointer) => `adapter.yaml#${pointer}`).tablesOn('9999-12-31');
  const context = { tables, timeZone, grades: [...arrangement.grades.ours, ...arrangement.grades.theirs] };
  const files = new Map([list, reply].flatMap(filesOf));
  const areRead = [list, reply].map((message) => {
    const readers = readersOf(message, context);
    const source = { ...messages[message.kind], file: message.file, text: files.get(message.file) ?? '' };
    const format =
      message === list ? listFormat(source, context, tools) : messageFormat(source, replyFields, context, tools);
    return keepSamples(message, readers, format, files, tools);
  });
  requireQuestions(answers, drafting.asks, [list, reply]);
  const asks = drafting.asks.filter(({ at }) => !answers.has(at));
  const placements = list.placements.map((placement): Placement => {
    const at = `${list.file}#${pathOf(placement.node)}`;
    const isOpen = areRead[0] === false || asks.some((each) => each.at === at);
    if (isOpen) return { ...placement, certainty: placement.certainty === 'certain' ? 'likely' : placement.certainty };
    return answers.get(at) === 'yes'
      ? { ...placement, certainty: 'certain', why: `${placement.why}; confirmed` }
      : placement;
  });
  files.set('README.md', readmeOf(drafting, placements, asks));
  return { manifest: asks.length === 0 ? whole : { ...whole, asks }, files, placements, asks };
}

/** The reply of a partner that gave no sample of one: a root in the style of its list, to which everything is added. */
function plainReply({ root: { kind, name, space }, ...sample }: Sample): Sample {
  const own = name === '' ? '' : /^[A-Z]/u.test(name) ? 'ListReply' : 'listReply';
  return { ...sample, root: newNode({ kind, name: own, space }), files: [], others: [] };
}

function draftMessage(kind: Message['kind'], sample: Sample, drafting: Drafting): Message {
  const file = `${kind}.${sample.format}`;
  const given = [...drafting.answers].filter(([at, value]) => at.startsWith(`${file}#`) && value !== 'yes');
  const answered = new Map(given.map(([at, value]) => [at.slice(file.length + 1), String(value)]));
  const { partner, home, vocabulary } = drafting;
  const placed = placeSample({ partner, home: home.country, vocabulary, kind, root: sample.root, answered });
  const message: Message = { ...sample, ...placed, kind, file, drafting };
  askAboutLayout(message);
  placeHoles(message);
  complete(message);
  return message;
}

/** What of the layout was guessed, or cannot be carried by a template of ours. */
function askAboutLayout(message: Message): void {
  const { file, format, root, files, others, drafting } = message;
  for (const other of others) ask(drafting, `${file}#${topOf(message)}`, 'otherRoot', { file: other });
  if (format === 'json' && files.some(({ text }) => text.trimStart().startsWith('[')))
    ask(drafting, `${file}#${topOf(message)}`, 'bareList');
  for (const node of root.children) {
    const { kind, name, children } = node;
    if (kind !== 'line' || /^(?:heading|title|trailer)/u.test(name)) continue;
    if (name === 'line') ask(drafting, `${file}#${pathOf(node)}`, 'untagged', { tag: children[0]?.use?.text });
    let column = name === 'line' ? 1 : 1 + name.length;
    const starts = children.slice(1).map(({ columns }) => (column += columns?.width ?? 0) - (columns?.width ?? 0));
    if (format === 'fixed') ask(drafting, `${file}#${pathOf(node)}`, 'columns', { name, columns: starts.join(' ') });
  }
}

function messageData({ kind, file, format, drafting: { partner, vocabulary } }: Message): MessageData {
  const schema = format === 'xml' ? `${kind}.xsd` : `${kind}.schema.json`;
  const type = vocabulary.texts[`type.${format}`];
  return { template: file, schema, ...(type && { type: filledText(type, { cc: partner.toLowerCase(), kind }) }) };
}

/** Template and schemas. */
function filesOf(message: Message): [string, string][] {
  const { kind, file, root, drafting } = message;
  const template = templateOf(root);
  const text = writtenText(template, message, 'Drafted from a sample; adapter.yaml says what is still asked.');
  return [
    [file, text],
    ...schemasOf(template, message, kind, `urn:mra:profile:${drafting.partner.toLowerCase()}:${kind}`),
  ];
}

function checkedManifest(manifest: ManifestDraft, { validateManifest }: DraftTools): Manifest {
  const checked = validateManifest(manifest);
  if (checked.ok) return checked.value;
  const [{ pointer, detail } = { pointer: '', detail: 'does not follow the schema' }] = checked.errors;
  const fix = 'schemas/adapter.schema.json says what may stand there.';
  throw new GatewayError('E_REQUEST_INVALID', `an answer does not fit: ${detail}`, { at: pointer, fix });
}

/** README.md: where each value of the sample went, and what is still to be asked. */
function readmeOf({ partner, vocabulary }: Drafting, placements: readonly Placement[], asks: readonly Ask[]): string {
  const rows = placements.map(({ node, path, certainty, why }) => {
    const value = path === 'ignore' ? '' : `\`${path}\``;
    return `| \`${pathOf(node)}\` | ${value} | ${certainty} | ${why.replaceAll('|', '\\|')} |`;
  });
  const open = asks.map(({ at, question }) => `- \`${at}\`: ${question}`);
  const facts = { partner, rows: rows.join('\n'), asks: open.join('\n') || 'Nothing.' };
  return filledText(String(vocabulary.templates['readme']), facts);
}
