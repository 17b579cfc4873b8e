/** Drafts the folder of a new partner from its samples: manifest, templates, schemas and kept samples, with a question for every guess. */

import { GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import type { MessageFormat } from '../adapter.ts';
import { jsonText, type TextReaders } from '../check/message-text.ts';
import { acknowledgementFormat } from '../conversation/exchange.ts';
import { listFormat, messageFormat, type TemplateSource } from '../format.ts';
import { templateTerms } from '../load.ts';
import type { Ask, Manifest } from '../manifest.ts';
import type { MessageData } from '../message-data.ts';
import { codeTables } from '../template/code-tables.ts';
import { replyFields } from '../template/message-fields.ts';
import type { TransformContext } from '../template/transforms.ts';
import type { AdapterTools } from '../tools.ts';
import { complete } from './complete.ts';
import { addTable, ask, type Drafting, type DraftRequest } from './drafting.ts';
import { placeHoles, type Message } from './holes.ts';
import { columnsOf, requireQuestions, withAnswers, type ManifestDraft } from './answers.ts';
import { draftConversation, draftExchange, goesAsFiles, hasOwnAnswers, isOfOtherMake } from './conversation.ts';
import { draftManifest, withCard } from './manifest.ts';
import { placeSample, type Placement } from './place.ts';
import { keepSamples, readersOf, topOf, type Reading } from './read-back.ts';
import { addedKind } from './read-lines.ts';
import { readSamples, type Sample } from './read-samples.ts';
import { sampleFault } from './sample-text.ts';
import { schemasOf } from './schema.ts';
import { newNode, pathOf } from './tree.ts';
import { filled, filledText } from './vocabulary.ts';
import { templateOf, writtenText } from './write.ts';

export interface Draft {
  readonly manifest: ManifestDraft;
  /** Templates, schemas, README.md and kept samples, by path. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  readonly placements: readonly Placement[];
  /** The first values of the samples, each with what it is read as. */
  readonly readings: readonly Reading[];
  readonly asks: readonly Ask[];
}

type DraftTools = TextReaders & Pick<AdapterTools, 'readXml' | 'validateManifest'>;

/** The same samples and answers give the same draft. Throws E_SAMPLE_UNREADABLE, and E_REQUEST_INVALID for an answer that cannot be right. */
export function draftAdapter(request: DraftRequest, tools: DraftTools): Draft {
  const drafting: Drafting = { ...request, codes: {}, asks: [] };
  const { vocabulary, answers, samples, partner } = request;
  const read = (kind: Message['kind'], files: DraftRequest['samples']): Sample =>
    readSamples(files, { columns: columnsOf(answers, kind), encoding: answers.get(encodingAt[kind]), partner }, tools);
  const sample = read('list', samples);
  const list = draftMessage('list', sample, drafting);
  const others = draftAnswers(sample, drafting, read);
  const drafts = [list, ...Object.values(others)];
  const { reply, acknowledgement } = others;
  const messages = { list: messageData(list), ...(reply && { reply: messageData(reply) }) };
  const files = new Map<string, string | Uint8Array>(drafts.flatMap(filesOf));
  const answer = acknowledgement === undefined ? resultSheet(list, others, files) : messageData(acknowledgement);
  const exchange = answer === undefined && !goesAsFiles(drafting) ? {} : draftExchange(drafting, list, answer);
  const whole = withCard(withAnswers(draftManifest(list, { messages, exchange }), answers), vocabulary);
  const manifest = checkedManifest(whole, tools);
  const tables = codeTables(manifest.codes, (pointer) => `adapter.yaml#${pointer}`).tablesOn('9999-12-31');
  const { conversation, ...terms } = templateTerms(manifest);
  const context = { tables, timeZone: manifest.timeZone, ...terms };
  const readings = new Map(
    drafts.map((message) => {
      const own = message === list ? { ...context, conversation } : context;
      const readers = readersOf(message, own);
      const source = { ...messageData(message), file: message.file, text: String(files.get(message.file)) };
      return [message, keepSamples(message, readers, formatOf(message, source, own, tools), files, tools)];
    }),
  );
  requireQuestions(answers, drafting.asks, drafts);
  const asks = drafting.asks.filter(({ at }) => !answers.has(at));
  const placements = drafts.flatMap((message) =>
    message === reply ? [] : judgedPlacements(message, readings.get(message) !== undefined, asks),
  );
  files.set('README.md', readmeOf(drafting, placements, asks));
  const shown = [...readings.values()].flatMap((each) => each ?? []);
  return { manifest: asks.length === 0 ? whole : { ...whole, asks }, files, placements, readings: shown, asks };
}

/** Certain only where the sample is read, no question is open and, for a guess, the answer was yes. */
function judgedPlacements(
  { placements, file, drafting: { answers } }: Message,
  isRead: boolean,
  asks: readonly Ask[],
): readonly Placement[] {
  return placements.map((placement): Placement => {
    const at = `${file}#${pathOf(placement.node)}`;
    const isOpen = !isRead || asks.some((each) => each.at === at);
    if (isOpen) return { ...placement, certainty: placement.certainty === 'certain' ? 'likely' : placement.certainty };
    const isConfirmed = answers.get(at) === 'yes';
    return isConfirmed ? { ...placement, certainty: 'certain', why: `${placement.why}; confirmed` } : placement;
  });
}

/** The answer to a workbook where no sample shows one: a proposal, row by row. */
function resultSheet(
  { sheet, drafting }: Message,
  { reply }: ReturnType<typeof draftAnswers>,
  files: Map<string, string | Uint8Array>,
): MessageData | undefined {
  if (sheet === undefined || reply !== undefined) return undefined;
  const { templates } = drafting.vocabulary;
  addTable(drafting, 'verdict', []);
  const answer = { template: 'result.xlsx.csv', schema: 'result.schema.json' };
  files.set(answer.template, String(templates['result']));
  files.set(answer.schema, jsonText(filled(templates['rows'], { partner: drafting.partner.toLowerCase() })));
  ask(drafting, '/conversation/receive/answer', 'resultSheet');
  return answer;
}

/** The messages that answer a list. A partner that acknowledges lists and shows no reply sends none. */
function draftAnswers(
  list: Sample,
  drafting: Drafting,
  read: (kind: Message['kind'], files: DraftRequest['samples']) => Sample,
): Partial<Record<'reply' | 'acknowledgement', Message>> {
  const { replies, acknowledgements } = drafting;
  if (acknowledgements.length === 0 && replies.length === 0) {
    if (list.sheet !== undefined || hasOwnAnswers(drafting) || goesAsFiles(drafting)) return {};
    const reply = draftMessage('reply', plainReply(list), drafting);
    ask(drafting, '/messages/reply', 'noReply');
    return { reply };
  }
  return {
    ...(replies.length > 0 && { reply: draftMessage('reply', read('reply', replies), drafting) }),
    ...(acknowledgements.length > 0 && {
      acknowledgement: draftMessage('acknowledgement', read('acknowledgement', acknowledgements), drafting),
    }),
  };
}

function formatOf(
  { kind }: Message,
  source: TemplateSource,
  context: TransformContext,
  tools: DraftTools,
): MessageFormat<unknown> {
  switch (kind) {
    case 'list':
      // Formats are given messages of their own kind only.
      return listFormat(source, context, tools);
    case 'reply':
      return messageFormat(source, replyFields, context, tools);
    case 'acknowledgement':
      return acknowledgementFormat(source, context, tools);
  }
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
  const isWorkbook = sample.sheet !== undefined;
  const periods = isOfOtherMake(drafting, isWorkbook);
  const placed = placeSample({ partner, home: home.country, vocabulary, kind, root: sample.root, answered, periods });
  const conversation = kind === 'list' ? draftConversation(placed, drafting, isWorkbook) : undefined;
  // Where nobody is named who left, every line between titles and total is an operator.
  const isAlone = kind === 'acknowledgement' && sample.root.children.length === 1;
  const taken = (isAlone || conversation?.fullOnly === true) && takeKinds(sample);
  const plain = taken && !isAlone;
  const message: Message = { ...sample, ...placed, kind, file, drafting, plain, ...(conversation && { conversation }) };
  askAboutLayout(message);
  placeHoles(message);
  complete(message);
  return message;
}

/** Takes away the kinds that reading added to the lines; false where they have kinds of their own. */
function takeKinds({ root, files }: Sample): boolean {
  const added = root.children.filter(({ children: [first] }) => first?.label === true && first.name === addedKind);
  for (const line of added) line.children.shift();
  const trailers = root.children.filter(({ name }) => name.startsWith('trailer'));
  if (added.length > 0 && trailers.length > 1)
    throw sampleFault(
      files[0]?.file ?? '',
      'several lines follow the operators',
      'Agree one line after them, or none.',
    );
  return added.length > 0;
}

/** Where adapter.yaml says the encoding of a message. */
const encodingAt: Readonly<Record<Message['kind'], string>> = {
  list: '/messages/list/encoding',
  reply: '/messages/reply/encoding',
  acknowledgement: '/conversation/send/answer/encoding',
};

/** What of the layout was guessed, or cannot be carried by a template of ours. */
function askAboutLayout(message: Message): void {
  const { file, format, root, files, others, drafting } = message;
  const { stated, guesses: [guess, ...rest] = [] } = files.find((each) => each.stated ?? each.guesses) ?? {};
  if (stated !== undefined) ask(drafting, `${file}#${topOf(message)}`, 'statedEncoding', { stated });
  if (guess !== undefined)
    ask(drafting, encodingAt[message.kind], 'encoding', { guess, others: rest.slice(0, 4).join(', ') });
  for (const other of others) ask(drafting, `${file}#${topOf(message)}`, 'otherRoot', { file: other });
  if (format === 'json' && files.some(({ text }) => text.trimStart().startsWith('[')))
    ask(drafting, `${file}#${topOf(message)}`, 'bareList');
  for (const node of root.children) {
    const { kind, name, children } = node;
    if (kind !== 'line' || /^(?:heading|title|trailer)/u.test(name)) continue;
    if (name === 'line' && message.plain !== true)
      ask(drafting, `${file}#${pathOf(node)}`, 'untagged', { tag: children[0]?.use?.text });
    let column = name === 'line' ? 1 : 1 + name.length;
    const starts = children.slice(1).map(({ columns }) => (column += columns?.width ?? 0) - (columns?.width ?? 0));
    if (format === 'fixed') ask(drafting, `${file}#${pathOf(node)}`, 'columns', { name, columns: starts.join(' ') });
  }
}

function messageData({ kind, file, format, encoding, drafting: { partner, vocabulary } }: Message): MessageData {
  const schema = format === 'xml' ? `${kind}.xsd` : `${kind}.schema.json`;
  const type = kind === 'acknowledgement' ? undefined : vocabulary.texts[`type.${format}`];
  const facts = { cc: partner.toLowerCase(), kind, encoding: encoding ?? 'utf-8' };
  return present({ template: file, schema, encoding, type: type && filledText(type, facts) });
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
