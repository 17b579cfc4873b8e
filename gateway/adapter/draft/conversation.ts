/** How a partner of another make converses, as far as its samples tell: what its lists do not carry, and how it answers. */

import type { ConversationData } from '../conversation/conversation.ts';
import type { Fills, MessageFill, RecordFill } from '../conversation/fills.ts';
import type { MessageData } from '../message-data.ts';
import { withAnswers } from './answers.ts';
import { ask, type Drafting } from './drafting.ts';
import { periodForm, periodNumberForm } from './period-numbers.ts';
import type { Placed } from './place.ts';
import type { Layout } from './read-samples.ts';
import { filled } from './vocabulary.ts';

export interface ConversationDraft {
  readonly conversation: ConversationData;
  /** No sample names operators that left: lists are full ones, and who is missing has left. */
  readonly fullOnly: boolean;
  /** Codes of operators that left among the others, in the place of the state. */
  readonly leftCodes: readonly string[];
  /** Paths that a list need not carry. */
  readonly unstated: ReadonlySet<string>;
}

type Stream = NonNullable<ConversationData['stream']>;

function answeredConversation({ answers }: Drafting): ConversationData | undefined {
  return withAnswers({}, answers)['conversation'] as ConversationData | undefined;
}

function transportOf({ answers, given }: Drafting): unknown {
  const answered = answers.get('/transport') ?? 'yes';
  return answered === 'yes' ? given.transport : answered;
}

/** Messages travel as files, by names that the partner gives. */
export function goesAsFiles(drafting: Drafting): boolean {
  return ['folder', 'sftp'].includes(String(transportOf(drafting)));
}

/** Whether an acknowledgement, an answer, a workbook or files say that the partner runs another program than this. */
export function isOfOtherMake(drafting: Drafting, isWorkbook: boolean): boolean {
  const isAnswered = drafting.acknowledgements.length > 0 || answeredConversation(drafting) !== undefined;
  return isAnswered || isWorkbook || goesAsFiles(drafting);
}

/** The partner answers without a document, or by one of which there is no sample. */
export function hasOwnAnswers({ answers }: Drafting): boolean {
  return [...answers.keys()].some((at) => at.startsWith('/conversation/send/answer'));
}

/** Undefined where the partner runs this program. */
export function draftConversation(
  { placements, departures }: Placed,
  drafting: Drafting,
  isWorkbook: boolean,
): ConversationDraft | undefined {
  if (!isOfOtherMake(drafting, isWorkbook)) return undefined;
  const given = answeredConversation(drafting);
  const carried = new Set(placements.map(({ path }) => path));
  const { discipline = disciplineOf(carried) } = given?.stream ?? {};
  const isNumbered = discipline === 'numbered';
  const numbers = { ...numbersOf(placements), ...given?.stream };
  const stream: Stream = isNumbered ? { ...numbers, discipline } : { discipline };
  ask(drafting, '/conversation/stream/discipline', 'discipline', { discipline });
  if (isNumbered) ask(drafting, '/conversation/stream/restart', 'restart');
  if (discipline === 'chained')
    return { conversation: { stream }, fullOnly: false, leftCodes: [], unstated: new Set() };
  const fullOnly = departures === undefined;
  const fills = { ...draftFills(carried, stream, fullOnly, drafting), ...given?.fills };
  const paths = Object.values<object>(fills).flatMap((each) => Object.keys(each));
  if (paths.length > 0) ask(drafting, '/conversation/fills', 'fills', { list: paths.join(', ') });
  const own = drafting.vocabulary.conversation.ofChains.filter(
    (path) => !isNumbered || path !== 'message.position.sequence',
  );
  const named = paths.flatMap((path) => [path, `message.${path}`]);
  const leftCodes = leftCodesIn(placements, drafting);
  const byStatus = leftCodes.length > 0 && { departures: 'byStatus' as const };
  return {
    conversation: { stream: { ...stream, ...byStatus }, ...(paths.length > 0 && { fills }) },
    ...{ fullOnly, leftCodes },
    unstated: new Set([...own, ...named, ...(fullOnly && byStatus === false ? ['departures'] : [])]),
  };
}

/** The codes that were answered to be reasons to leave, and that stand where the sample shows states. */
function leftCodesIn(placements: Placed['placements'], { answers }: Drafting): readonly string[] {
  const answered = answers.get('/codes/reason');
  const states = placements.find(({ scope, path }) => scope === 'records' && path === 'status')?.node.values ?? [];
  const codes = typeof answered === 'object' && answered !== null ? Object.values(answered).map(String) : [];
  return codes.filter((code) => states.includes(code));
}

/** What no element carries, from the vocabulary. Copies need the value that they copy, and a kind lists that are all full. */
function draftFills(
  carried: ReadonlySet<string>,
  { discipline, restart = 'never' }: Stream,
  fullOnly: boolean,
  { vocabulary, ourGrades }: Drafting,
): Fills {
  const period = restart === 'never' ? [] : ['period'];
  const numbers: Partial<Record<Stream['discipline'], unknown>> = {
    numbered: ['from', 'to', ...period, 'number'],
    dated: ['from', 'to', 'day'],
  };
  const facts = { id: numbers[discipline] ?? 'digest', grade: ourGrades[0] };
  const { message, record } = filled(vocabulary.conversation.fills, facts) as FillTable;
  const lacking = <T>(table: Readonly<Record<string, T>>, before: string, fits: (fill: T, path: string) => boolean) =>
    Object.entries(table).filter(([path, fill]) => !carried.has(before + path) && fits(fill, path));
  const parts = {
    message: lacking(message, 'message.', (_, path) => path !== 'kind' || fullOnly),
    record: lacking(record, '', (fill) => 'is' in fill || carried.has(fill.from)),
  };
  const some = Object.entries(parts).filter(([, each]) => each.length > 0);
  return Object.fromEntries(some.map(([part, each]) => [part, Object.fromEntries(each)]));
}

interface FillTable {
  readonly message: Readonly<Record<string, MessageFill>>;
  readonly record: Readonly<Record<string, RecordFill>>;
}

/** What orders the lists, by what they carry. */
function disciplineOf(carried: ReadonlySet<string>): Stream['discipline'] {
  if (carried.has('message.position.chain') && carried.has('message.position.root')) return 'chained';
  if (carried.has('message.position.sequence')) return 'numbered';
  return carried.has('message.issuedAt') ? 'identified' : 'none';
}

/** When numbers begin again, by the period that stands with them, and the greatest that has room. */
function numbersOf(placements: Placed['placements']): Pick<Stream, 'restart' | 'max'> {
  const placed = (path: string) => placements.find((each) => each.path === path);
  const valuesOf = (path: string): readonly string[] => placed(path)?.node.values ?? [];
  const number = 'message.position.sequence';
  const values = valuesOf(number);
  // An answer may say how number and period stand in one value.
  const answered = placed(number)?.text;
  const together = periodNumberForm(values, { period: 'message.period', number, optional: false });
  const { restart = 'never' } = together ?? periodForm(valuesOf('message.period')) ?? {};
  const [{ length }, isFilled] = [values[0] ?? '', values.some((value) => value.startsWith('0'))];
  const alone = isFilled && values.every((value) => value.length === length) ? length : undefined;
  const text = together?.text ?? answered;
  const digits = Number(text === undefined ? alone : /\|pad:(\d)/u.exec(text)?.[1]);
  return { restart, ...(digits > 0 && { max: 10 ** digits - 1 }) };
}

/** Lists and acknowledgements over HTTPS or as files, each with a question: no sample shows paths, statuses and names. */
export function draftExchange(
  drafting: Drafting,
  { format, conversation }: Pick<Layout, 'format'> & { readonly conversation?: ConversationDraft },
  answer: MessageData | undefined,
): ConversationData {
  const { answers, vocabulary, partner } = drafting;
  const { template, schema, encoding } = answer ?? {};
  const way = goesAsFiles(drafting) ? 'files' : 'https';
  const { asked, exchange } = vocabulary.conversation[way];
  for (const at of asked) ask(drafting, `/conversation/${at}`, at);
  const ending = { 'xlsx.csv': 'xlsx', fixed: 'txt', csv: 'csv', xml: 'xml', json: 'json' }[format];
  const { fullOnly = true, conversation: { stream } = {} } = conversation ?? {};
  const isNumbered = stream?.discipline === 'numbered' || stream?.discipline === 'chained';
  // Two lists of one day have one name only where the later one replaces the other.
  const serial = isNumbered ? '_{message.position.sequence}' : fullOnly ? '' : '_{message.id}';
  const facts = { template, schema, encoding, ending, serial, cc: partner.toLowerCase() };
  const shown = filled(exchange, facts) as ConversationData;
  const drafted = answer === undefined ? withoutAnswers(shown) : shown;
  if (!answers.has('/conversation/send/answers')) return drafted;
  const { answer: _, ...send } = drafted.send ?? {};
  return { ...drafted, send };
}

/** No sample shows an answer. */
function withoutAnswers({ send, receive, ...rest }: ConversationData): ConversationData {
  const none = { answer: { kind: 'none' } } as const;
  return { ...rest, send: { ...send, ...none }, receive: { ...receive, ...none } };
}
