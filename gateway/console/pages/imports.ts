/** Imports of our own operators: one person proposes a file and sees what it would change, another approves or refuses it. */

import { existingDraft } from '../../domestic/import-drafts.ts';
import type { ImportReport, Problem } from '../../domestic/import.ts';
import { restrictions } from '../../domestic/known-facts.ts';
import { refusedRowsCsv } from '../../domestic/refused-rows.ts';
import { readMoment } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import { decidedDrafts, waitingDrafts, type ImportDraft } from '../../store/import-drafts.ts';
import { tableEncodings } from '../../wire/files/file-content.ts';
import { openMoment } from '../../store/tables.ts';
import { olderLink } from '../paging.ts';
import { asked, page, param, written, type Call, type Download, type Section } from '../page.ts';
import { actForm, choice, english, facts, field, html, link, pathOf, state, table, time } from '../parts.ts';
import type { Kind, VNode } from '../parts.ts';
import type { Words } from '../words.ts';

/** The list of a whole programme has less than 20 MB. */
const mostBytes = 64 * 1024 * 1024;
const mostShown = 50;
const needs = 'imports.read';

const kinds: Readonly<Record<ImportDraft['state'], Kind>> = { waiting: 'held', saved: 'good', refused: 'bad' };

interface Drafts {
  readonly items: readonly ImportDraft[];
  /** The moment before which those of the next page were proposed; null: there are no more. */
  readonly next: string | null;
}

/** Those that wait come first, on the first page. */
async function loadAll(call: Call): Promise<Drafts> {
  const { sql } = call.gateway.db;
  const before = asked(call, 'before');
  if (before !== undefined && readMoment(before) === undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'before is no moment', {
      at: '/before',
      fix: 'Take the next of the page before.',
    });
  const decided = await decidedDrafts(sql, mostShown, before ?? openMoment);
  const next = decided.length < mostShown ? null : (decided.at(-1)?.at ?? null);
  return { items: [...(before === undefined ? await waitingDrafts(sql) : []), ...decided], next };
}

function viewAll({ items, next }: Drafts, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const fields = html`${field({ name: 'file', label: t('imports.file'), hint: t('imports.hint'), type: 'file', required: true })}
  ${choice(
    'encoding',
    t('imports.encoding'),
    tableEncodings.map((each) => [each, each.toUpperCase()] as const),
    'utf-8',
  )}
  ${field({ name: 'sheet', label: t('imports.sheet') })}
  ${field({ name: 'as_of', label: t('imports.as_of'), type: 'date' })}`;
  const form = { to: '/imports', needs: 'imports.upload', withFile: true, children: fields } as const;
  return html`<p>${t('imports.about')}</p>
    ${actForm(call, form, [{ text: t('imports.propose') }])}
    ${table(
      t('nav.imports'),
      [
        ...[{ head: t('head.at') }, { head: t('operators.file') }, { head: t('head.state') }],
        ...[{ head: t('imports.by') }, { head: t('imports.decided_by') }, { head: t('form.reason') }],
      ],
      items.map(({ id, at, name, state: code, person, decidedBy = '', reason = '' }) => [
        ...[time(words, at), link(pathOf('imports', id), name), stateView(words, code), person, decidedBy, reason],
      ]),
      t('imports.none'),
    )}
    ${olderLink(call, next)}`;
}

function stateView(words: Words, code: ImportDraft['state']): VNode {
  return state(kinds[code], words.code('import', code));
}

interface OneImport extends ImportDraft {
  /** What it would change now; null for one that was decided. */
  readonly report: Omit<ImportReport, 'refused'> | null;
}

async function loadOne(call: Call): Promise<OneImport> {
  const draft = await existingDraft(call.gateway, param(call, 'id'));
  const reviewed = await call.work.reviewImport(draft.id);
  if (reviewed === undefined) return { ...draft, report: null };
  const { refused: _, ...report } = reviewed;
  return { ...draft, report };
}

function viewOne(one: OneImport, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${facts([
    [t('head.state'), stateView(words, one.state)],
    [t('imports.by'), one.person],
    [t('head.at'), time(words, one.at)],
    [t('imports.decided_by'), one.decidedBy],
    [t('imports.decided_at'), time(words, one.decidedAt)],
    [t('form.reason'), one.reason],
    [t('head.digest'), html`<code>${one.digest}</code>`],
  ])}
  ${one.report !== null && reportView(one, one.report, call)}`;
}

function reportView(one: OneImport, report: NonNullable<OneImport['report']>, call: Call): VNode {
  const { words } = call;
  const { t, number } = words;
  const { counts, lifts, problems, asOf } = report;
  const lifted = restrictions.filter((kind) => lifts[kind] > 0);
  return html`<h2>${t('held.difference')}</h2>
    <ul>
      <li>${t('imports.rows', { rows: number(counts.rows), as_of: asOf.moment })}</li>
      <li>
        ${t('imports.changes', { created: number(counts.created), changed: number(counts.changed), unchanged: number(counts.unchanged) })}
      </li>
      <li>${t('imports.refused', { refused: number(counts.refused), warnings: number(counts.warnings) })}</li>
      ${lifted.map((kind) => html`<li>${state('held', words.code('lift', kind))}: ${number(lifts[kind])}</li>`)}
    </ul>
    ${decisionForm(one, lifted.length > 0, call)} ${problemsView(problems, words)}
    ${counts.refused > 0 && html`<p>${link(pathOf('imports', one.id, 'refused'), t('imports.download'))}</p>`}`;
}

function decisionForm({ id, person }: OneImport, lifts: boolean, call: Call): VNode {
  const { t } = call.words;
  const unless = person === call.session.person.id ? t('imports.own') : undefined;
  const fields = html`${field({ name: 'reason', label: t('form.reason'), required: true })}
  ${
    lifts &&
    html`<p>
      <label><input type="checkbox" name="lift" value="yes" /> ${t('imports.lift')}</label>
    </p>`
  }`;
  return actForm(call, { to: pathOf('imports', id), needs: 'imports.approve', children: fields, unless }, [
    { name: 'decision', value: 'approve', text: t('imports.approve') },
    { name: 'decision', value: 'refuse', text: t('held.refuse') },
  ]);
}

/** Faults by rule, each with its first rows and what to do. */
function problemsView(problems: readonly Problem[], words: Words): VNode {
  const { t } = words;
  return table(
    t('imports.problems'),
    [
      ...[{ head: t('imports.rule') }, { head: t('head.count'), number: true }, { head: t('head.state') }],
      ...[{ head: t('imports.examples') }, { head: t('imports.fix') }],
    ],
    problems.map(({ rule, title, severity, rows, samples, fix }) => [
      ...[html`${english(title)} <code>${rule}</code>`, words.number(rows), words.code('severity', severity)],
      html`<ul>
        ${samples.map(({ row, column, value, detail }) => html`<li>${t('imports.row', { row })} ${column} “${value}” ${english(detail)}</li>`)}
      </ul>`,
      english(fix),
    ]),
    t('imports.no_problems'),
  );
}

async function refusedRows(call: Call): ReturnType<Download['load']> {
  const draft = await existingDraft(call.gateway, param(call, 'id'));
  const report = await call.work.reviewImport(draft.id);
  if (report === undefined) throw new GatewayError('E_IMPORT_STATE', 'the file was decided about, and is not kept');
  return {
    ...{ name: `${draft.id}-refused.csv`, contentType: 'text/csv; charset=utf-8' },
    bytes: Buffer.from(refusedRowsCsv(report)),
  };
}

async function propose(call: Call): Promise<{ to: string; result: object }> {
  const { file, work, session } = call;
  if (file === undefined) throw new GatewayError('E_REQUEST_INVALID', 'there is no file', { fix: 'Choose a file.' });
  const encoding = tableEncodings.find((each) => each === written(call, 'encoding')) ?? 'utf-8';
  const [sheet, asOf] = [written(call, 'sheet'), written(call, 'as_of')];
  const reading = { encoding, ...(sheet === '' ? {} : { sheet }), ...(asOf === '' ? {} : { asOf }) };
  const id = await work.proposeImport({ ...file, ...reading, person: session.person.id });
  return { to: pathOf('imports', id), result: { id } };
}

async function decide(call: Call): Promise<{ to: string; result: object }> {
  const { id: person } = call.session.person;
  const [id, decision] = [param(call, 'id'), written(call, 'decision')];
  if (decision !== 'approve' && decision !== 'refuse')
    throw new GatewayError('E_REQUEST_INVALID', 'the decision is approve or refuse');
  const [reason, lift] = [written(call, 'reason'), written(call, 'lift') === 'yes'];
  const report = await call.work.decideImport(id, { decision, person, reason, lift });
  if (report?.state === 'stopped')
    throw new GatewayError('E_IMPORT_STATE', 'rows would lift a suspension, a revocation or a withdrawal', {
      fix: 'Look at these rows; then approve the file and say that they may be lifted.',
    });
  return { to: pathOf('imports', id), result: { id, decision, counts: report?.counts ?? null } };
}

export const imports: Section = {
  pages: [
    page({ path: '/imports', needs, title: ({ words }) => words.t('nav.imports'), load: loadAll, view: viewAll }),
    page({ path: '/imports/:id', needs, title: (_, { name }) => name, load: loadOne, view: viewOne }),
  ],
  acts: [
    { path: '/imports', needs: 'imports.upload', mostBytes, act: propose },
    { path: '/imports/:id', needs: 'imports.approve', act: decide },
  ],
  downloads: [{ path: '/imports/:id/refused', needs, load: refusedRows }],
};
