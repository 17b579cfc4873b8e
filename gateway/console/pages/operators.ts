/** Our own operators: a search, and one with its record, its history, what each partner holds of it, and what a person may decide. */

import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { decideOperator, statusDecisions, type OperatorDecision } from '../../domestic/change-operator.ts';
import { GatewayError } from '../../model/errors.ts';
import { columnValues, recordColumns, type RecordColumn } from '../../model/record/record-text.ts';
import type { DomesticRecord, OperatorStatus } from '../../model/record/record.ts';
import { standing } from '../../outbound/standing.ts';
import {
  countOperators,
  findOperator,
  operatorsAfter,
  operatorVersions,
  type OperatorVersion,
} from '../../store/operators.ts';
import { writeCsv } from '../../wire/files/csv.ts';
import { asked, page, param, written, type Call, type Download, type Section } from '../page.ts';
import { olderLink, pageOfNumbered } from '../paging.ts';
import {
  actForm,
  facts,
  field,
  html,
  link,
  name,
  pathOf,
  searchForm,
  state,
  table,
  time,
  withQuery,
} from '../parts.ts';
import type { Kind, VNode } from '../parts.ts';

const mostFound = 50;
/** Names have no index: so many are read for one page, and the next goes on from there. */
const mostRead = 5_000;
const mostVersions = 100;

interface Found {
  readonly count: number;
  readonly items: readonly DomesticRecord[];
  /** The code behind which the search goes on; null: all were read. */
  readonly next: string | null;
}

async function load(call: Call): Promise<Found> {
  const { sql } = call.gateway.db;
  const text = (asked(call, 'text') ?? '').normalize('NFKC').toLowerCase();
  const items: DomesticRecord[] = [];
  let [after, read, more] = [asked(call, 'after') ?? '', 0, true];
  while (more && items.length < mostFound && read < mostRead) {
    const some = await operatorsAfter(sql, after);
    for (const record of some) {
      after = record.code;
      if (fits(record, text)) items.push(record);
      if (items.length === mostFound) break;
    }
    read += some.length;
    more = some.length > 0;
    await yieldToLoop();
  }
  return { count: await countOperators(sql), items, next: more ? after : null };
}

function fits({ code, name: { latin = '', local = '' } }: DomesticRecord, text: string): boolean {
  return text === '' || [code, latin, local].some((each) => each.normalize('NFKC').toLowerCase().includes(text));
}

const kinds: Readonly<Record<OperatorStatus, Kind>> = {
  active: 'good',
  suspended: 'held',
  revoked: 'bad',
  withdrawn: 'none',
};

function view({ count, items, next }: Found, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${searchForm(words, '/operators', field({ name: 'text', label: t('operators.text'), type: 'search', value: asked(call, 'text') }))}
    <p>${t('operators.count', { count, number: words.number(count) })}</p>
    ${table(
      t('nav.operators'),
      [
        { head: t('head.code') },
        { head: t('head.name') },
        { head: t('head.grade') },
        { head: t('head.state') },
        { head: t('head.consent') },
      ],
      items.map(({ code, name: { latin, local }, grade, status, consent }) => [
        link(pathOf('operators', code), code),
        html`${name(latin)} ${name(local)}`,
        grade,
        state(kinds[status], words.code('status', status)),
        consent ? t('form.yes') : t('form.no'),
      ]),
      count === 0 ? t('operators.none') : t('form.no_match'),
    )}
    ${next !== null && html`<p>${link(withQuery(call, 'after', next), t('form.more'))}</p>`}`;
}

interface OneOperator {
  readonly record: DomesticRecord;
  readonly partners: readonly Awaited<ReturnType<typeof standing>>[];
  /** A page of them, each with the columns that it changed. */
  readonly versions: readonly (OperatorVersion & { readonly changed: readonly RecordColumn[] })[];
  /** The number before which the next page of versions begins; null: there are no more. */
  readonly next: number | null;
}

async function existingOperator({ gateway, ...call }: Call): Promise<DomesticRecord> {
  const record = await findOperator(gateway.db.sql, call.params['code'] ?? '');
  if (record !== undefined) return record;
  throw new GatewayError('E_OPERATOR_UNKNOWN', 'no operator has this registration code', {
    fix: `A code is ${gateway.home.code.words}.`,
  });
}

/** A file that an import takes, with this record alone. */
async function rowOf(call: Call): ReturnType<Download['load']> {
  const cells: Readonly<Partial<Record<string, string>>> = columnValues(await existingOperator(call));
  const columns = Object.entries(call.gateway.home.columns);
  const rows = [columns.map(([, title]) => title), columns.map(([column]) => cells[column] ?? '')];
  const name = `operator-${param(call, 'code')}.csv`;
  return { name, contentType: 'text/csv; charset=utf-8', bytes: Buffer.from(writeCsv(rows)) };
}

async function loadOne(call: Call): Promise<OneOperator> {
  const { gateway } = call;
  const code = param(call, 'code');
  const record = await existingOperator(call);
  const versions = await operatorVersions(gateway.db.sql, code);
  const partners = [];
  for (const partner of gateway.partners.values()) partners.push(await standing(gateway, partner, record, versions));
  const { shown, start, next } = pageOfNumbered(versions, call, mostVersions);
  const changed = shown.map((each, i) => ({ ...each, changed: changedColumns(each, versions[start + i + 1]) }));
  return { record, partners, versions: changed, next };
}

function changedColumns({ record }: OperatorVersion, earlier: OperatorVersion | undefined): readonly RecordColumn[] {
  const [after, before] = [columnValues(record), columnValues(earlier?.record ?? record)];
  return recordColumns.filter((column) => after[column] !== before[column]);
}

function viewOne(one: OneOperator, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const { record } = one;
  const values = columnValues(record);
  return html`<p>${state(kinds[record.status], words.code('status', record.status))} ${name(record.name.local)}</p>
    ${facts(recordColumns.map((column) => [words.code('column', column), values[column]] as const))}
    ${decisionForm(record, call)}
    <p>${t('operators.row_hint')} ${link(pathOf('operators', record.code, 'row'), t('operators.row'))}</p>
    ${partnersView(one, call)}
    ${table(
      t('operators.history'),
      [
        { head: t('head.at') },
        { head: t('head.person') },
        { head: t('form.reason') },
        { head: t('operators.file') },
        { head: t('head.change') },
      ],
      one.versions.map(({ since, source, record: now, changed }) => {
        const after = columnValues(now);
        const changes = changed.map((column) => `${words.code('column', column)}: ${after[column] ?? ''}`);
        return [time(words, since), source?.person ?? '', source?.reason ?? '', source?.file ?? '', changes.join('; ')];
      }),
      t('operators.no_history'),
    )}
    ${olderLink(call, one.next)}`;
}

function partnersView({ partners }: OneOperator, { words }: Call): VNode {
  const { t } = words;
  return table(
    t('operators.partners'),
    [
      ...[
        { head: t('head.partner') },
        { head: t('head.identifier') },
        { head: t('operators.listed') },
        { head: t('operators.why_not') },
      ],
      ...[{ head: t('operators.holds') }, { head: t('head.message') }, { head: t('head.state') }],
    ],
    partners.map(({ partner, identifier, listed, reasons, holds, last }) => [
      ...[link(pathOf('partners', partner), partner), identifier],
      listed === 'yes' ? state('good', t('form.yes')) : state('none', t('form.no')),
      reasons.map((reason) => words.code('ineligible', reason)).join(', '),
      holds === undefined ? '' : words.code('holds', holds),
      last === undefined ? '' : link(pathOf('messages', last.message), html`<code>${last.message.slice(0, 16)}</code>`),
      last === undefined ? '' : words.code('state', last.state),
    ]),
    t('partners.none'),
  );
}

/** Those decisions that the state allows. */
function decisionForm(record: DomesticRecord, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const possible = Object.entries(statusDecisions).filter(
    ([, { status, from }]) => status !== record.status && (from as readonly OperatorStatus[]).includes(record.status),
  );
  const decisions = [...possible.map(([decision]) => decision), record.consent ? 'end_consent' : 'give_consent'];
  const fields = html`${field({ name: 'reason', label: t('form.reason'), hint: t('operators.hint'), required: true })}
  ${field({ name: 'from', label: t('operators.from'), type: 'date' })}`;
  return html`<h2>${t('operators.decide')}</h2>
    ${actForm(
      call,
      { to: pathOf('operators', record.code), needs: 'operators.decide', children: fields },
      decisions.map((decision) => ({
        name: 'decision',
        value: decision,
        text: words.code('operator_decision', decision),
      })),
    )}`;
}

const decisionNames: readonly string[] = [...Object.keys(statusDecisions), 'give_consent', 'end_consent'];

export const operators: Section = {
  pages: [
    page({ path: '/operators', needs: 'operators.read', title: ({ words }) => words.t('nav.operators'), load, view }),
    page({
      ...{ path: '/operators/:code', needs: 'operators.read', load: loadOne, view: viewOne },
      title: (_, { record }) => `${record.code} ${record.name.latin ?? record.name.local ?? ''}`,
    }),
  ],
  acts: [
    {
      ...{ path: '/operators/:code', needs: 'operators.decide' },
      async act(call) {
        const [code, decision, from] = [param(call, 'code'), written(call, 'decision'), written(call, 'from')];
        if (!decisionNames.includes(decision)) throw new GatewayError('E_REQUEST_INVALID', 'there is no such decision');
        const { record, changed } = await decideOperator(call.gateway, code, {
          ...{ decision: decision as OperatorDecision, from: from === '' ? undefined : from },
          ...{ reason: written(call, 'reason'), person: call.session.person.id },
        });
        return { to: pathOf('operators', code), result: { record, changed } };
      },
    },
  ],
  downloads: [{ path: '/operators/:code/row', needs: 'operators.read', load: rowOf }],
};
