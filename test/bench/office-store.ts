/** Fills a closed store of an office to full size, from one real row of each kind: a year at a border, for measuring the pages. */

import { openDatabase } from '../../gateway/store/database.ts';
import { keepNodes } from '../../gateway/store/log.ts';
import { openOrdinal } from '../../gateway/store/tables.ts';
import { openFilling, quoted, withExpression, type Filling } from './filling.ts';

export interface OfficeSize {
  readonly operators: number;
  readonly foreign: number;
  /** Of a year, as the entries. */
  readonly consultations: number;
  readonly entries: number;
}

/** As many as operators of the partner are asked for, so that each is asked for equally often. */
export function sizeOf(consultations: number): OfficeSize {
  const foreign = Math.ceil(consultations / 5);
  return { consultations, foreign, operators: Math.ceil(foreign / 10), entries: Math.ceil(foreign * 1.2) };
}

const yearSeconds = 365 * 86_400;
/** Of messages in each direction, and of closed alarms. */
const [messages, alarms] = [20_000, 5_000];
/** One of so many operators is suspended, and one of so many suspensions came late. */
const [oneSuspended, oneLate] = [50, 100];

/** The rows that `test/support/office-pages.ts` makes are the examples. */
export async function fillOffice(url: string, size: OfficeSize, note: (text: string) => void): Promise<void> {
  const filling = await openFilling(url);
  try {
    note(`${size.operators} operators of ours`);
    await fillOperators(filling, size.operators);
    note(`${size.foreign} operators of the partner`);
    await fillRegister(filling, size.foreign);
    const { n = '0' } = await filling.first("select value as n from counter where name = 'event'");
    note(`${size.consultations} consultations`);
    await fillAnswers(filling, size, Number(n));
    note(`${size.entries} entries`);
    await fillEntries(filling, size.entries, Number(n) + size.consultations);
    note('what both are found by');
    await fillTerms(filling, size, Number(n));
    await fillMessages(filling);
    const last = Number(n) + size.consultations + size.entries;
    await filling.run(`update counter set value = ${last} where name in ('event', 'searchable')`);
  } finally {
    await filling.close();
  }
  note('nodes of the log');
  await keepLog(url);
}

/** As a gateway keeps them while the log grows. */
async function keepLog(url: string): Promise<void> {
  const db = await openDatabase(url);
  try {
    while (!(await keepNodes(db, 1_000)));
  } finally {
    await db.close();
  }
}

interface Example {
  readonly row: Readonly<Record<string, string>>;
  /** Of these columns, as SQL. */
  values(...columns: readonly string[]): string;
}

/** The first row of a table. A statement that fills a table and reads it as well would keep all rows elsewhere before it stores one. */
async function example(filling: Filling, table: string): Promise<Example> {
  const row = await filling.first(`select * from ${table} limit 1`);
  return { row, values: (...columns) => columns.map((column) => quoted(String(row[column]))).join(', ') };
}

const identifierOf = ({ padded }: Filling, number: string): string => `'AEOCN46' || ${padded(number, 8)}`;

/** Of the year up to now, in the order of the numbers. */
const momentOf = ({ momentBefore }: Filling, number: string, all: number): string =>
  momentBefore(`cast((${all} - (${number})) * ${(yearSeconds / all).toFixed(6)} as integer)`);

async function fillOperators(filling: Filling, count: number): Promise<void> {
  const { row, values } = await example(filling, 'operator order by code');
  const { code = '', record = '' } = row;
  const ours = `'45' || ${filling.padded('i', 8)}`;
  await filling.run(`insert into operator (code, revision, revised_at, as_of, record)
    select ${ours}, ${values('revision', 'revised_at', 'as_of')}, ${withExpression(record, code, ours)}
    from ${filling.numbers(count)}`);
}

async function fillRegister(filling: Filling, count: number): Promise<void> {
  const identifier = identifierOf(filling, 'i');
  const { values } = await example(filling, `register_version where to_list = ${openOrdinal} order by n`);
  await filling.run(`insert into register_version (partner, identifier, valid_from, valid_to, known_from, known_to,
      from_list, to_list, status, name, details, source_message)
    select ${values('partner')}, ${identifier},
      ${values('valid_from', 'valid_to', 'known_from', 'known_to', 'from_list', 'to_list')},
      case when i % ${oneSuspended} = 0 then 'suspended' else 'active' end,
      'EXAMPLE ' || i || ' TRADING CO., LTD.', ${values('details', 'source_message')}
    from ${filling.numbers(count)}`);
  const suspended = Math.floor(count / oneSuspended);
  const known = momentOf(filling, 'i', suspended);
  const { n = '0' } = await filling.first("select value as n from counter where name = 'register_change'");
  await filling.run(`insert into register_change (n, partner, identifier, kind, status_before, status_after, effective_from,
      known_at, list, is_late)
    select ${n} + i, ${values('partner')}, ${identifierOf(filling, `i * ${oneSuspended}`)}, 'suspended', 'active', 'suspended',
      substr(${known}, 1, 10), ${known}, ${values('from_list')}, case when i % ${oneLate} = 0 then 1 else 0 end
    from ${filling.numbers(suspended)}`);
  await filling.run(`update counter set value = value + ${suspended} where name = 'register_change'`);
  await filling.run('update register_revision set revision = revision + 1');
}

async function fillAnswers(filling: Filling, { consultations, foreign }: OfficeSize, first: number): Promise<void> {
  const { row, values } = await example(filling, 'border_answer order by n');
  const { request = '', answer = '' } = row;
  const { identifier: asked } = JSON.parse(request) as { readonly identifier: string };
  const identifier = identifierOf(filling, `i % ${foreign}`);
  await filling.run(`insert into border_answer (n, leaf_hash, asked_at, requester, partner, request, answer)
    select ${first} + i, ${values('leaf_hash')}, ${momentOf(filling, 'i', consultations)},
      ${values('requester', 'partner')}, ${withExpression(request, asked, identifier)}, ${withExpression(answer, asked, identifier)}
    from ${filling.numbers(consultations)}`);
}

const assessmentOf = ({ padded }: Filling): string => `'ASM-BENCH' || ${padded('i', 10)}`;
const entryOf = ({ padded }: Filling): string => `'BENCH-' || ${padded('i', 10)}`;

/** Most with the benefit, all of them released. */
async function fillEntries(filling: Filling, count: number, first: number): Promise<void> {
  const [number, entry, at] = [assessmentOf(filling), entryOf(filling), momentOf(filling, 'i', count)];
  const from = filling.numbers(count);
  const { row, values } = await example(filling, 'assessment');
  const { request = '', answer = '' } = row;
  await filling.run(`insert into assessment (number, asked_at, requester, request, answer)
    select ${number}, ${at}, ${values('requester')}, ${withExpression(request, 'ENTRY-7', entry)}, ${withExpression(answer, 'ENTRY-7', entry)}
    from ${from}`);
  await filling.run(`insert into event (n, leaf_hash, kind, ref, detail, at)
    select ${first} + i, ${quoted('0'.repeat(64))}, 'assessment', ${number}, '{}', ${at} from ${from}`);
  await filling.run(`insert into border_entry (entry, assessment, assessed_at, month, begun_at, office, mode, chapter,
      examined, documents_checked, released_at, release_s)
    select ${entry}, ${number}, ${at}, substr(${at}, 1, 7), ${at}, '530' || (i % 5), 'sea', ${filling.padded('i % 40 + 1', 2)},
      case when i % 20 = 0 then 1 else 0 end, case when i % 10 = 0 then 1 else 0 end, ${at}, 300 + i % 3000
    from ${from}`);
  await filling.run(`insert into entry_result (partner, month, entry, result, list_age_s)
    select 'CN', substr(${at}, 1, 7), ${entry}, case when i % 4 = 0 then 'no_code' else 'benefit' end, 3600
    from ${from}`);
  await filling.run(`insert into entry_event (n, entry, event, at, client, reported_at)
    select i, ${entry}, 'released', ${at}, 'clearance', ${at} from ${from}`);
  await filling.run(`update counter set value = ${count} where name = 'entry_event'`);
}

/** In the order of the index: a row at its end costs a fraction of one between others. */
async function fillTerms(filling: Filling, size: OfficeSize, first: number): Promise<void> {
  await filling.run('create temporary table kept as select * from search_term');
  await filling.run('delete from search_term');
  const insert = (term: string, count: number, number: string, begin: number, all = count): Promise<void> =>
    filling.run(`insert into search_term (term, asked_at, n)
      select ${term}, ${momentOf(filling, number, all)}, ${begin} + ${number} from ${filling.numbers(count)}`);
  const { entries, consultations, foreign } = size;
  const assessed = first + consultations;
  await insert("'assessment'", entries, 'i', assessed);
  await insert(`'assessment entry ' || ${entryOf(filling)}`, entries, 'i', assessed);
  for (const term of ['outcome apply', 'partner CN', 'requester port-a'])
    await insert(quoted(`assessment ${term}`), entries, 'i', assessed);
  await insert("'consultation'", consultations, 'i', first);
  // Whoever was asked for as number 7 was so again after all others.
  const again = Math.floor(consultations / foreign);
  const asked = `((i - 1) % ${again} * ${foreign} + (i - 1) / ${again} + 1)`;
  const found = identifierOf(filling, `${asked} % ${foreign}`);
  await insert(`'consultation identifier ' || ${found}`, again * foreign, asked, first, consultations);
  for (const term of ['outcome recognised', 'partner CN', 'requester port-a'])
    await insert(quoted(`consultation ${term}`), consultations, 'i', first);
  await filling.run('insert into search_term select * from kept');
}

async function fillMessages(filling: Filling): Promise<void> {
  const [digest, at] = [`'bench' || ${filling.padded('i', 59)}`, momentOf(filling, 'i', messages)];
  await filling.run(`insert into body (digest, bytes) select ${digest}, substr(t.bytes, 1, 10) from ${filling.numbers(messages)},
    (select bytes from body limit 1) t`);
  await filling.run(`insert into inbox (partner, digest, message_id, via, received_at, deliveries, state, state_rank, kind, settled_at)
    select 'CN', ${digest}, 'bench-in-' || i, 'https', ${at}, 1, 'APPLIED', 90, 'list', ${at} from ${filling.numbers(messages)}`);
  await filling.run(`insert into message (id, partner, kind, content_type, digest, state, state_rank, created_at, attempts, settled_at)
    select 'bench-out-' || i, 'CN', 'list', 'application/xml', ${digest}, 'ACCEPTED', 90, ${at}, 1, ${at}
    from ${filling.numbers(messages)}`);
  for (const event of ['started', 'handed_over'])
    await filling.run(`insert into attempt (message_id, no, event, at)
      select 'bench-out-' || i, 1, ${quoted(event)}, ${at} from ${filling.numbers(messages)}`);
  const { n = '0' } = await filling.first("select value as n from counter where name = 'alarm'");
  const opened = momentOf(filling, 'i', alarms);
  await filling.run(`insert into alarm (n, cause, subject, severity, detail, fix, opened_at, closed_at)
    select ${n} + i, 'list_stale', 'CN', 'warn', 'no list of CN', 'ask CN', ${opened}, ${opened} from ${filling.numbers(alarms)}`);
  await filling.run(`update counter set value = value + ${alarms} where name = 'alarm'`);
}
