/** The sample conversations of a drafted adapter: what every adapter shows, written by its own templates, with invented operators. */

import { zeroChain } from '../../model/list/digest.ts';
import { departureReasons, type Departure, type ListMessage, type ListRecord } from '../../model/list/list.ts';
import { recordFaults, type Reply } from '../../model/message.ts';
import { roles } from '../../model/record/domestic-record.ts';
import type { IdentifierForm, ListFormat, MessageFormat } from '../adapter.ts';
import { refusalOf } from '../check/failures.ts';
import { decodeText, encodeText, decodedRecord, type Plain, type TextReaders } from '../check/message-text.ts';

export interface ConversationRequest {
  readonly list: ListFormat;
  readonly reply: MessageFormat<Reply>;
  /** The list with a code for a state that nobody agreed on. */
  readonly odd: ListFormat;
  readonly ours: { readonly form: IdentifierForm; readonly grades: readonly string[]; readonly country: string };
  readonly theirs: ConversationRequest['ours'];
  readonly deltas: boolean;
}

/** Files under samples/, by path. Throws what the templates refuse to write. */
export function draftConversations(
  request: ConversationRequest,
  ending: string,
  readers: TextReaders,
): ReadonlyMap<string, string> {
  const { list, reply, odd, ours, theirs, deltas } = request;
  const files = new Map<string, string>();
  const add = (name: string, text: string): void => void files.set(`samples/${name}`, text);
  const say = <T>(
    folder: string,
    step: number,
    kind: 'list' | 'reply',
    format: MessageFormat<T>,
    message: Plain<T>,
  ): void => {
    add(`${folder}/${step}-ours.json`, jsonOf(message));
    add(`${folder}/${step + 1}-${kind}.${ending}`, encodeText(format, message));
  };
  const converse = (
    folder: string,
    message: ListMessage,
    form: IdentifierForm,
    faults?: (typeof recordFaults)[number][],
  ): void => {
    say(folder, 1, 'list', list, message);
    if (faults !== undefined) say(folder, 3, 'reply', reply, replyTo(message, form, faults));
  };
  const full = listOf(request, 'full', theirs, { records: recordsOf(list, theirs) });
  converse('list-full', full, theirs.form, [...recordFaults]);
  if (deltas) {
    converse(
      'grant-new',
      listOf(request, 'delta', ours, { records: recordsOf(list, ours).slice(0, 1) }),
      ours.form,
      [],
    );
    converse('departure', listOf(request, 'delta', ours, { departures: departuresOf(ours.form) }), ours.form);
    converse(
      'changes',
      listOf(request, 'delta', theirs, { departures: departuresOf(theirs.form).slice(0, 1) }),
      theirs.form,
      recordFaults.slice(0, 1),
    );
  }
  const refusal = (wrong: string): object => {
    const { code, at } = refusalOf(() => decodeText(list, wrong, readers)) ?? {};
    return { code, at };
  };
  const text = encodeText(list, full);
  for (const [folder, wrong] of [
    ['refuse-unknown-status', encodeText(odd, full)],
    ['refuse-unknown-element', withStranger(list.format, text)],
  ] as const) {
    add(`${folder}/1-list.${ending}`, wrong);
    add(`${folder}/2-error.json`, jsonOf(refusal(wrong)));
  }
  return files;
}

export function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Operators that between them have every grade, every role, both states, and every value once present and once absent. */
function recordsOf(list: ListFormat, { form, grades }: ConversationRequest['ours']): ListRecord[] {
  const { requiredPaths, format } = list;
  const all = Array.from({ length: Math.max(3, grades.length) }, (_, i): ListRecord => {
    const has = (path: string): boolean => requiredPaths.includes(path) || i !== 2;
    // Lines show what becomes of a line end and of a long text; elsewhere a text travels as it is.
    const texts = (entries: Readonly<Record<string, string>>, group: string): object =>
      Object.fromEntries(
        Object.entries(entries)
          .filter(([name]) => has(`${group}.${name}`))
          .map(([name, text]) => [name, format === 'text' ? `${text}\n${'X'.repeat(150)}` : text]),
      );
    return {
      identifier: numbered(form, i),
      name: texts({ local: `示例贸易有限公司${i}`, latin: `EXAMPLE TRADING ${i} LTD` }, 'name'),
      address: texts(
        { local: `示例路${i}号`, latin: `${i} EXAMPLE ROAD`, city: 'EXAMPLE CITY', postcode: `1000${i}` },
        'address',
      ),
      grade: grades[i % grades.length] ?? '',
      status: i === 1 ? 'suspended' : 'active',
      statusSince: i === 1 ? '2026-03-31' : '2024-05-20',
      validFrom: '2023-05-13',
      ...(has('validTo') ? { validTo: '2028-02-29' } : {}),
      roles: i === 2 ? [] : i === 0 ? roles.slice(0, -1) : roles.slice(-1),
    };
  });
  return format === 'text' ? all : all.map((record) => decodedRecord(list, record));
}

function departuresOf(form: IdentifierForm): Departure[] {
  return departureReasons.map((reason, i) => ({ identifier: numbered(form, i), reason, since: `2026-04-0${i + 1}` }));
}

/** The example with other digits at its end; the example itself where the grammar wants something particular. */
function numbered({ example, grammar }: IdentifierForm, i: number): string {
  const other = example.replace(/\d(?=\D*$)/u, (digit) => String((Number(digit) + i) % 10));
  return grammar.test(other) ? other : example;
}

function listOf(
  { list, ours, theirs }: ConversationRequest,
  kind: ListMessage['kind'],
  sender: ConversationRequest['ours'],
  { records = [], departures = [] }: { records?: ListRecord[]; departures?: Departure[] },
): ListMessage {
  const sequence = kind === 'full' ? 1 : 2;
  return {
    kind,
    id: `m-01960000-000${sequence}`,
    from: sender.country,
    to: sender === ours ? theirs.country : ours.country,
    issuedAt: '2026-04-02T03:00:00.000Z',
    nextBy: '2026-04-05T03:00:00.000Z',
    ...(list.carriesParts ? { part: { no: 1, of: 1 } } : {}),
    position: {
      epoch: { no: 1, id: 'a7719e02bb3c4d15' },
      sequence,
      chain: 'c'.repeat(64),
      root: 'd'.repeat(64),
      count: records.length,
    },
    previousChain: kind === 'full' ? zeroChain : 'e'.repeat(64),
    records,
    departures,
  };
}

function replyTo(
  { from, to, id, issuedAt, records, departures }: ListMessage,
  form: IdentifierForm,
  faults: readonly Reply['results'][number]['code'][],
): Reply {
  const results = faults.map((code, i) => ({ identifier: numbered(form, i), code, detail: code.replaceAll('_', ' ') }));
  const taken = Math.max(0, records.length + departures.length - results.length);
  return { id: 'm-01960000-0009', from: to, to: from, issuedAt, subject: id, taken, refused: results.length, results };
}

function withStranger(format: ListFormat['format'], text: string): string {
  switch (format) {
    case 'xml':
      return text.replace(/(<\/[^<>]+>\s*)$/u, '<unexpected xmlns=""/>$1');
    case 'json':
      return text.replace('{', '{"unexpected":1,');
    case 'text':
      return `${text}UNEXPECTED\r\n`;
  }
}
