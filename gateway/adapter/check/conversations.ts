/** The sample conversations that every adapter shows, with generated operators: a drafted adapter can be certified at once. */

import { extname } from 'node:path';
import { departureReasons, type ListMessage } from '../../model/list/list.ts';
import { recordFaults, type Acknowledgement, type RecordAnswer } from '../../model/message.ts';
import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import { roles, type ListRecord } from '../../model/record/record.ts';
import { seededRandom } from '../../model/seeded-random.ts';
import type { Adapter, MessageFormat } from '../adapter.ts';
import { refusalOf } from './failures.ts';
import { inventList, inventReply, texts } from './generate.ts';
import { verdictsIn, wholeAnswer, withoutSome } from './generate-acknowledgements.ts';
import { decodeText, encodeText, jsonText, type Plain, type TextReaders } from './message-text.ts';

/** Files by path: a full list with its reply, each acknowledgement, a new operator, operators that left, and two lists that are refused. */
export function sampleConversations(adapter: Adapter, readers: TextReaders): ReadonlyMap<string, string> {
  const { list, reply, lists, acknowledgements } = adapter;
  const files = new Map<string, string>();
  const write = <T>(folder: string, step: number, kind: string, format: MessageFormat<T>, message: Plain<T>): void => {
    files.set(`samples/${folder}/${step}-ours.json`, jsonText(message));
    const file = `samples/${folder}/${step + 1}-${kind}${extname(format.template)}`;
    try {
      files.set(file, encodeText(format, message));
    } catch (error) {
      throw explained(adapter, format, error);
    }
  };
  const [result = { identifier: 'X1', detail: 'example' }] = invented((random) =>
    reply === undefined ? [] : inventReply(adapter, random, reply).results,
  );
  const converse = (folder: string, message: ListMessage, faults?: readonly (typeof recordFaults)[number][]): void => {
    write(folder, 1, 'list', list, message);
    if (reply === undefined || faults === undefined) return;
    const answer = { ...inventReply(adapter, seededRandom(1), reply), from: message.to, to: message.from };
    write(folder, 3, 'reply', reply, { ...answer, results: faults.map((code) => ({ ...result, code })) });
  };
  const full = { ...inventedList(adapter, 'theirs', 'full'), departures: [] };
  converse('list-full', full, recordFaults);
  if (lists.kinds.includes('delta')) {
    const [ours, theirs] = [inventedList(adapter, 'ours', 'delta'), inventedList(adapter, 'theirs', 'delta')];
    converse('grant-new', { ...ours, records: ours.records.slice(0, 1), departures: [] }, []);
    converse('departure', { ...ours, records: [] });
    converse('changes', { ...theirs, departures: theirs.departures.slice(0, 1) }, recordFaults.slice(0, 1));
  } else {
    const [one, empty] = wholeLists(adapter, full);
    converse('list-one', one, []);
    converse('list-empty', empty, recordFaults.slice(0, 1));
  }
  const operators = full.records.map(({ identifier }) => identifier);
  for (const [i, format] of acknowledgements.entries())
    for (const [step, said] of answersIn(format, wholeAnswer(adapter), operators).entries())
      write(`acknowledgements${i === 0 ? '' : `-${i + 1}`}`, 2 * step + 1, 'acknowledgement', format, said);
  for (const [name, text] of refusals(adapter, full, readers)) files.set(name, text);
  return files;
}

/** Nobody sees the invented message that has no room in a drafted layout: the error names the layout, and what it must carry. */
function explained(
  { identifiers }: Adapter,
  { template }: Pick<MessageFormat<never>, 'template'>,
  error: unknown,
): unknown {
  if (!isGatewayError(error) || error.code !== 'E_VALUE_INVALID') return error;
  const { code, detail, at = '' } = error;
  const examples = [identifiers.theirs, identifiers.ours].map(({ example }) => example).join(' and ');
  const fix = `Operators are written as ${examples}: answer columns and lengths that carry both, or ask the partner for room.`;
  return new GatewayError(code, `a message in this layout cannot be written: ${detail}`, {
    at: `${template}#${at}`,
    fix,
  });
}

/** Two lists that are refused, each with its error. */
function refusals(adapter: Adapter, full: ListMessage, readers: TextReaders): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const { list } = adapter;
  const refused = { status: unknownStatus(adapter, full, readers), element: unknownElement(adapter, full) };
  const ending = extname(list.template);
  for (const [what, text] of Object.entries(refused)) {
    const { code, at } = refusalOf(() => decodeText(list, text, readers)) ?? {};
    files.set(`samples/refuse-unknown-${what}/1-list${ending}`, text);
    files.set(`samples/refuse-unknown-${what}/2-error.json`, jsonText({ code, at }));
  }
  return files;
}

/** Of one operator and of none, with operators that left where full lists show them. */
function wholeLists(adapter: Adapter, full: ListMessage): readonly [ListMessage, ListMessage] {
  const { records, departures } = inventedList(adapter, 'ours', 'full');
  const gone = adapter.list.lists.has('departures') ? departures : [];
  return [
    { ...full, records: records.slice(0, 1), departures: gone.slice(0, 1) },
    { ...full, records: [], departures: gone },
  ];
}

/** One of each verdict, with the verdict on no, one and several operators, one with long texts, and one with no more than the template always writes. */
function answersIn(
  format: MessageFormat<Acknowledgement>,
  whole: Acknowledgement,
  operators: readonly string[],
): readonly Acknowledgement[] {
  const isWritten = (answer: Acknowledgement): boolean => refusalOf(() => encodeText(format, answer)) === undefined;
  const said = (each: string): Acknowledgement => ({ ...whole, reason: each, detail: each, place: each, text: each });
  const { detail, place, text } = whole;
  const why = present({ code: 'R1', detail, place, text });
  const rows = operators.map((identifier, i): RecordAnswer => {
    const about = { row: i + 1, identifier };
    return i === 0 ? { ...about, verdict: 'rejected', ...why } : { ...about, verdict: 'applied' };
  });
  // A row that could not be read may name no operator.
  const bare: RecordAnswer = { verdict: 'rejected', ...why };
  const carriesBare = isWritten({ ...whole, results: [bare] });
  const shown = [rows.slice(0, 2), [], carriesBare ? [bare] : rows.slice(0, 1)];
  const answers = verdictsIn(format, whole).map((verdict, i) => {
    const results = shown[i] ?? [];
    return { ...whole, verdict, ...(results.length > 0 && { results }) };
  });
  // In another script, and longer than a place may be.
  const strange = texts.map((each) => each.repeat(8)).find((each) => /\P{ASCII}/u.test(each) && isWritten(said(each)));
  return [...answers, ...(strange ? [said(strange)] : []), withoutSome(format, whole, () => true)];
}

/** What forty seeds give. */
function invented<T>(invent: (random: ReturnType<typeof seededRandom>) => readonly T[]): T[] {
  return Array.from({ length: 40 }, (_, seed) => invent(seededRandom(seed))).flat();
}

/** A list of operators of one side, with a departure for each reason. */
function inventedList(adapter: Adapter, side: 'ours' | 'theirs', kind: ListMessage['kind']): ListMessage {
  const { list, identifiers } = adapter;
  const { grammar, example: identifier } = identifiers[side];
  const messages = invented((random) => [inventList(adapter, random)]);
  const written = messages.filter((each) => refusalOf(() => encodeText(list, each)) === undefined);
  const message = written.find(({ from, to }) => from !== to) ?? written[0];
  if (message === undefined) throw new RangeError('no generated list can be written');
  const records = new Map<string, ListRecord>();
  for (const record of written.flatMap((each) => each.records))
    if (grammar.test(record.identifier) && records.size < 12) records.set(record.identifier, record);
  const departures = departureReasons.map((reason) => ({ identifier, reason, since: message.issuedAt.slice(0, 10) }));
  const all = [...records.values()].map((record, i) => (i > 1 ? record : { ...record, roles: i === 0 ? roles : [] }));
  return { ...message, kind, records: list.format === 'text' ? all.map(withLongTexts) : all, departures };
}

/** Lines show what becomes of a line end and of a long text. */
function withLongTexts({ name, address, ...record }: ListRecord): ListRecord {
  const long = (texts: object): object =>
    Object.fromEntries(
      Object.entries(texts as Readonly<Record<string, string>>).map(([path, text]) => [
        path,
        `${text.slice(0, 300)}\n${'X'.repeat(150)}`,
      ]),
    );
  return { ...record, name: long(name), address: long(address) };
}

/** A list with a state that nobody agreed on: other signs where two lists differ that are alike but for a state. */
function unknownStatus({ list }: Adapter, full: ListMessage, readers: TextReaders): string {
  const [one = '', other = ''] = (['active', 'suspended'] as const).map((status) =>
    encodeText(list, { ...full, records: full.records.map((record, i) => (i === 0 ? { ...record, status } : record)) }),
  );
  const most = Math.min(one.length, other.length);
  let [from, end] = [0, 0];
  while (from < most && one[from] === other[from]) from += 1;
  while (end < most - from && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const length = Math.max(1, one.length - end - from);
  const texts = Array.from('X9Q7Z', (sign) => one.slice(0, from) + sign.repeat(length) + one.slice(one.length - end));
  return texts.find((text) => refusalOf(() => decodeText(list, text, readers))?.code === 'E_CODE_UNKNOWN') ?? one;
}

function unknownElement({ list }: Adapter, full: ListMessage): string {
  const text = encodeText(list, full);
  if (list.format === 'xml') return text.replace(/(<\/[^<>]+>\s*)$/u, '<unexpected xmlns=""/>$1');
  return list.format === 'json' ? text.replace('{', '{"unexpected":1,') : `${text}UNEXPECTED\r\n`;
}
