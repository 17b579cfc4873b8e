/** The sample conversations of a drafted adapter: what every adapter shows, written by its own templates, with invented operators. */

import { departureReasons, type Departure, type ListMessage, type ListRecord } from '../../model/list/list.ts';
import { recordFaults, type RecordFault, type Reply } from '../../model/message.ts';
import { roles } from '../../model/record/domestic-record.ts';
import { asGatewayError } from '../../model/errors.ts';
import { zeroChain } from '../../model/list/digest.ts';
import type { Adapter, IdentifierForm, MessageFormat } from '../adapter.ts';
import { decodeText, type TextReaders } from '../check/message-text.ts';

const companies = [
  ['EXAMPLE TRADING CO., LTD.', '示例贸易有限公司', '1 EXAMPLE ROAD', '示例路1号'],
  ['SAMPLE FOODS CO., LTD.', '样本食品有限公司', '2 EXAMPLE ROAD', '示例路2号'],
  ['MODEL LOGISTICS CO., LTD.', '模型物流有限公司', '3 EXAMPLE ROAD', '示例路3号'],
] as const;

export interface ConversationRequest {
  readonly adapter: Adapter;
  /** The same with what is dropped when read standing in its templates (`withDropped`), so that a message can be written that holds it. */
  readonly dropped: Adapter;
  /** Letters of the home administration. */
  readonly home: string;
}

/** A template in which everything that is dropped has a fixed text. */
export function withDropped(template: string): string {
  return template
    .replaceAll(/(<([^\s<>/]+)) t:ignore="true"\/>/gu, '$1>0</$2>')
    .replaceAll(/"\$ignore": \[([^\]]*)\]/gu, (_, names: string) => names.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '$&: "0"'))
    .replaceAll('{ignored}', '0');
}

/** Files under samples/, by path. Throws what the templates refuse to write. */
export function draftConversations(
  { adapter, dropped, home }: ConversationRequest,
  readers: TextReaders,
): ReadonlyMap<string, string> {
  const { list, reply } = adapter;
  const ending = endingOf(adapter);
  const files = new Map<string, string>();
  const add = (folder: string, step: number, name: string, text: string): void =>
    void files.set(`samples/${folder}/${step}-${name}`, text);
  const tell = (folder: string, step: number, kind: 'list' | 'reply', message: ListMessage | Reply): void => {
    add(folder, step, 'ours.json', json(message));
    // A list only ever comes with the kind list.
    const text = kind === 'list' ? list.encode(message as ListMessage) : reply.encode(message as Reply);
    add(folder, step + 1, `${kind}.${ending}`, [...text].join(''));
  };
  const conversations = conversationsOf(adapter, home);
  for (const { folder, message, answer } of conversations) {
    tell(folder, 1, 'list', message);
    if (answer !== undefined) tell(folder, 3, 'reply', answer);
  }
  const full = conversations.find(({ message }) => message.kind === 'full')?.message;
  if (full === undefined) return files;
  const more = [...dropped.list.encode(full)].join('');
  if (more !== [...list.encode(full)].join('')) add('dropped-elements', 1, `list.${ending}`, more);
  for (const [folder, text] of refusals(adapter, full, readers)) {
    add(folder, 1, `list.${ending}`, text);
    add(folder, 2, 'error.json', json(refusal(list, text, readers)));
  }
  return files;
}

function endingOf({ list }: Adapter): string {
  return list.format === 'text' ? 'csv' : list.format;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

interface Conversation {
  readonly folder: string;
  readonly message: ListMessage;
  readonly answer?: Reply;
}

function conversationsOf(adapter: Adapter, home: string): readonly Conversation[] {
  const { partner, identifiers, arrangement, otherSide, lists } = adapter;
  const ours = records(adapter, identifiers.ours, arrangement.grades);
  const theirs = records(adapter, identifiers.theirs, otherSide.grades);
  const [out, back] = [
    { kind: 'delta', from: home, to: partner, records: [], departures: [] },
    { kind: 'delta', from: partner, to: home, records: [], departures: [] },
  ] as const;
  const full = message(adapter, { ...back, kind: 'full', records: theirs });
  const granted = message(adapter, { ...out, records: ours.slice(0, 1) });
  const left = message(adapter, { ...out, departures: departures(identifiers.ours) });
  const changes = message(adapter, { ...back, departures: departures(identifiers.theirs).slice(0, 1) });
  const whole = { folder: 'list-full', message: full, answer: answer(full, identifiers.theirs, recordFaults) };
  if (!lists.kinds.includes('delta')) return [whole];
  return [
    whole,
    { folder: 'grant-new', message: granted, answer: answer(granted, identifiers.ours, []) },
    { folder: 'departure', message: left },
    {
      folder: 'changes',
      message: changes,
      answer: answer(changes, identifiers.theirs, recordFaults.slice(0, 1)),
    },
  ];
}

/** Operators that between them have every grade, every role, both states, and every value once present and once absent. */
function records({ list }: Adapter, form: IdentifierForm, grades: readonly string[]): ListRecord[] {
  const count = Math.max(companies.length, grades.length);
  const all = Array.from({ length: count }, (_, i): ListRecord => {
    const [latin, local, road, localRoad] = companies[i % companies.length] ?? companies[0];
    const needs = (path: string): boolean => list.needs.includes(path) || i !== 2;
    const inLines = (text: string): string => (list.format === 'text' ? text.replace(' ', '\n') : text);
    const present = (path: string, text: string): object =>
      needs(path) ? { [path.slice(path.indexOf('.') + 1)]: inLines(text) } : {};
    return {
      identifier: numbered(form, i),
      name: { ...present('name.local', local), ...present('name.latin', latin) },
      address: {
        ...present('address.local', localRoad),
        ...present('address.latin', road),
        ...present('address.city', 'EXAMPLE CITY'),
        ...present('address.postcode', `1000${i}`),
      },
      grade: grades[i % grades.length] ?? '',
      status: i === 1 ? 'suspended' : 'active',
      statusSince: i === 1 ? '2026-03-31' : '2024-05-20',
      validFrom: '2023-05-13',
      ...(i === 2 && !list.needs.includes('validTo') ? {} : { validTo: '2028-02-29' }),
      roles: i === 2 ? [] : i === 0 ? roles.slice(0, -1) : roles.slice(-1),
    };
  });
  // Lines show what becomes of a line end; elsewhere a text travels as it is.
  return list.format === 'text' ? all : all.map((record) => list.asSeen(record));
}

function departures(form: IdentifierForm): Departure[] {
  return departureReasons.map((reason, i) => ({ identifier: numbered(form, i), reason, since: `2026-04-0${i + 1}` }));
}

/** The example with other digits at its end; the example itself where the grammar wants something particular. */
function numbered({ example, grammar }: IdentifierForm, i: number): string {
  const last = example.search(/\d(?=\D*$)/u);
  if (last < 0) return example;
  const other = example.slice(0, last) + String((Number(example.charAt(last)) + i) % 10) + example.slice(last + 1);
  return grammar.test(other) ? other : example;
}

type Content = Pick<ListMessage, 'kind' | 'from' | 'to' | 'records' | 'departures'>;

function message(adapter: Adapter, content: Content): ListMessage {
  const sequence = content.kind === 'full' ? 1 : 2;
  const previousChain = content.kind === 'full' ? zeroChain : 'e'.repeat(64);
  return {
    kind: content.kind,
    id: `m-01960000-000${sequence}`,
    from: content.from,
    to: content.to,
    issuedAt: '2026-04-02T03:00:00.000Z',
    nextBy: '2026-04-05T03:00:00.000Z',
    ...(adapter.list.carriesParts ? { part: { no: 1, of: 1 } } : {}),
    position: {
      epoch: { no: 1, id: 'a7719e02bb3c4d15' },
      sequence,
      chain: 'c'.repeat(64),
      root: 'd'.repeat(64),
      count: content.records.length,
    },
    previousChain,
    records: content.records,
    departures: content.departures,
  };
}

function answer(list: ListMessage, form: IdentifierForm, faults: readonly RecordFault[]): Reply {
  const results = faults.map((code, i) => ({
    identifier: numbered(form, i),
    code,
    detail: code.replaceAll('_', ' '),
  }));
  const { from, to, id, issuedAt } = list;
  const about = { id: 'm-01960000-0009', from: to, to: from, issuedAt, subject: id };
  const taken = Math.max(0, list.records.length + list.departures.length - results.length);
  return { ...about, taken, refused: results.length, results };
}

/** The full list with a state nobody agreed on, and with something no template shows. */
function refusals(adapter: Adapter, full: ListMessage, readers: TextReaders): readonly (readonly [string, string])[] {
  const { list } = adapter;
  const text = [...list.encode(full)].join('');
  const [record] = full.records;
  const unknown = record === undefined ? undefined : withOtherState(list, record, text, readers);
  return [
    ...(unknown === undefined ? [] : [['refuse-unknown-status', unknown] as const]),
    ['refuse-unknown-element', withStranger(list.format, text)],
  ];
}

/** Where two states of one record differ in writing, there the state stands. */
function withOtherState(
  list: Adapter['list'],
  record: ListRecord,
  text: string,
  readers: TextReaders,
): string | undefined {
  const [active, suspended] = (['active', 'suspended'] as const).map((status) => list.view({ ...record, status }).text);
  if (active === undefined || suspended === undefined) return undefined;
  let start = 0;
  while (active[start] === suspended[start] && start < active.length) start += 1;
  let end = 0;
  while (active.at(-1 - end) === suspended.at(-1 - end) && end < active.length - start) end += 1;
  for (const letter of 'QZX9') {
    const other =
      active.slice(0, start) + letter.repeat(active.length - end - start) + active.slice(active.length - end);
    const changed = text.replace(active, other);
    if (refusal(list, changed, readers)?.code === 'E_CODE_UNKNOWN') return changed;
  }
  return undefined;
}

function withStranger(format: Adapter['list']['format'], text: string): string {
  switch (format) {
    case 'xml':
      return text.replace(/(<\/[^<>]+>\s*)$/u, '<unexpected xmlns=""/>$1');
    case 'json':
      return text.replace('{', '{"unexpected":1,');
    case 'text':
      return `${text}UNEXPECTED\r\n`;
  }
}

/** How a text is refused; undefined when it is taken. */
function refusal(
  format: MessageFormat<ListMessage>,
  text: string,
  readers: TextReaders,
): { code: string; at: string | undefined } | undefined {
  try {
    decodeText(format, text, readers);
    return undefined;
  } catch (error) {
    const { code, at } = asGatewayError(error);
    if (code === 'E_INTERNAL') throw error;
    return { code, at };
  }
}
