/** The workbench of one adapter: its questions one by one, records beside the sample, the checks, and the folder to download or to store. */

import { discardDraft, type DraftChange, type DraftChecks, type ShownDraft } from '../../app/adapter-drafts.ts';
import { failurePlace } from '../../adapter/check/failures.ts';
import { asked, page, param, written, writtenNumber, type Act, type Call, type Done, type Section } from '../page.ts';
import { actForm, english, facts, field, html, link, pathOf, state, table, time, withQuery } from '../parts.ts';
import type { Kind, VNode } from '../parts.ts';
import { mostBytes, sampleFields, sampleOf } from './adapters.ts';

const needs = 'adapters.draft';
const path = '/adapters/:draft';

const certainties: Readonly<Record<string, Kind>> = { certain: 'good', likely: 'held' };

const load = (call: Call): Promise<ShownDraft> => call.work.showDraft(param(call, 'draft'));

function view(draft: ShownDraft, call: Call): VNode {
  const { words } = call;
  const { t, number } = words;
  const { id, partner, person, at, samples, questions, answers, stored } = draft;
  const placed = draft.elements.filter(({ certainty }) => certainty !== 'not placed').length;
  return html`${facts([
      [t('head.partner'), partner],
      [t('adapters.by'), person],
      [t('head.at'), time(words, at)],
      [t('adapters.samples'), samples.map(({ kind, file }) => html`${words.code('sample', kind)}: ${file} `)],
      [t('adapters.placed'), t('adapters.of', { some: number(placed), all: number(draft.elements.length) })],
      [t('adapters.open'), number(questions.length)],
    ])}
    ${questionView(draft, call)} ${answersView(id, answers, call)} ${readingsView(draft, call)}
    ${elementsView(draft, call)}
    <h2>${t('adapters.more')}</h2>
    ${actForm(call, { to: pathOf('adapters', id, 'sample'), needs, withFile: true, children: sampleFields(call) }, [{ text: t('adapters.add') }])}
    <h2>${t('adapters.finish')}</h2>
    ${actForm(call, { to: pathOf('adapters', id, 'check'), needs, children: html`<p>${t('adapters.check_about')}</p>` }, [{ text: t('adapters.check') }])}
    <p>${link(pathOf('adapters', id, 'folder'), t('adapters.download'))}</p>
    ${actForm(
      call,
      {
        ...{ to: pathOf('adapters', id, 'store'), needs, children: html`<p>${t('adapters.store_about')}</p>` },
        unless: stored ? t('adapters.stored') : undefined,
      },
      [{ text: t('adapters.store') }],
    )}
    ${stored && html`<p>${link('/partners/new', t('adding.title'))}</p>`}
    ${actForm(call, { to: pathOf('adapters', id, 'discard'), needs }, [{ text: t('adapters.discard') }])}`;
}

/** The question that is next, or the one that the address names. */
function questionView({ id, questions }: ShownDraft, call: Call): VNode {
  const { t, number } = call.words;
  const wanted = Number(asked(call, 'question') ?? 1);
  const index = Math.min(Math.max(Number.isInteger(wanted) ? wanted : 1, 1), questions.length) - 1;
  const question = questions[index];
  if (question === undefined) return html`<p>${state('good', t('adapters.answered'))}</p>`;
  const fields = html`<input type="hidden" name="at" value=${question.at} />
    <input type="hidden" name="question" value=${index + 1} />
    <p id="question"><code>${question.at}</code> ${english(question.question)}</p>
    ${field({ name: 'answer', label: t('adapters.answer'), hint: t('adapters.answer_hint') })}`;
  const next = index + 1 < questions.length ? index + 2 : 1;
  return html`<section aria-labelledby="asked">
    <h2 id="asked">${t('adapters.question', { number: number(index + 1), all: number(questions.length) })}</h2>
    ${actForm(call, { to: pathOf('adapters', id, 'answer'), needs, children: fields }, [
      { text: t('adapters.give') },
      { text: t('adapters.yes'), name: 'keep', value: 'yes' },
    ])}
    ${questions.length > 1 && html`<p>${link(withQuery(call, 'question', String(next)), t('adapters.later'))}</p>`}
  </section>`;
}

function answersView(id: string, answers: ShownDraft['answers'], call: Call): VNode | false {
  const { t } = call.words;
  return (
    answers.length > 0 &&
    table(
      t('adapters.answers'),
      [{ head: t('adapters.about_what') }, { head: t('adapters.answer') }, { head: t('adapters.back') }],
      answers.map(({ at, answer }) => {
        const children = html`<input type="hidden" name="at" value=${at} />`;
        const form = actForm(call, { to: pathOf('adapters', id, 'answer'), needs, children }, [
          { name: 'back', value: 'yes', text: t('adapters.back') },
        ]);
        return [html`<code>${at}</code>`, answer === 'yes' ? t('form.yes') : html`<code>${answer}</code>`, form];
      }),
      '',
    )
  );
}

/** What stands in the sample beside what it is read as; then the sample itself, as far as it is shown. */
function readingsView({ readings, samples }: ShownDraft, { words }: Call): VNode {
  const { t } = words;
  return html`<h2>${t('adapters.preview')}</h2>
    ${table(
      t('adapters.readings'),
      [
        ...[{ head: t('adapters.sample') }, { head: t('adapters.where') }, { head: t('adapters.element') }],
        ...[{ head: t('adapters.written') }, { head: t('adapters.field') }, { head: t('adapters.read_as') }],
      ],
      [...readings]
        .sort((a, b) => a.file.localeCompare(b.file) || a.scope.localeCompare(b.scope) || a.item - b.item)
        .map(({ file, scope, item, element, text, path: of, value }) => [
          ...[file, `${words.code('part', scope)} ${scope === 'message' ? '' : words.number(item)}`],
          ...[html`<code>${element}</code>`, html`<code lang="und">${text}</code>`],
          ...[html`<code>${of}</code>`, html`<span lang="und">${value}</span>`],
        ]),
      t('adapters.unread'),
    )}
    ${samples.map(({ file, text }) => html`<pre tabindex="0" aria-label=${file} lang="und">${text}</pre>`)}`;
}

function elementsView({ elements }: ShownDraft, { words }: Call): VNode {
  const { t } = words;
  return table(
    t('adapters.elements'),
    [
      ...[{ head: t('adapters.element') }, { head: t('adapters.field') }],
      ...[{ head: t('head.state') }, { head: t('adapters.why') }],
    ],
    elements.map(({ element, value, certainty, why }) => [
      ...[html`<code>${element}</code>`, value === '' ? t('adapters.dropped') : html`<code>${value}</code>`],
      ...[state(certainties[certainty] ?? 'none', words.code('certainty', certainty)), english(why)],
    ]),
    '',
  );
}

function checksView({ cases, findings }: DraftChecks, id: string, { words: { t } }: Call): VNode {
  return html`${table(
      t('adapters.cases'),
      [{ head: t('adapters.case') }, { head: t('head.state') }, { head: t('head.detail') }],
      cases.map(({ name, ok, failure, note = '' }) => [
        english(name),
        ok ? state('good', t('adapters.passed')) : state('bad', t('adapters.failed')),
        english(failure === undefined ? note : failurePlace(failure)),
      ]),
      '',
    )}
    ${table(
      t('adapters.findings'),
      [
        { head: t('head.code') },
        { head: t('adapters.about_what') },
        { head: t('head.detail') },
        { head: t('imports.fix') },
      ],
      findings.map(({ code, file, line, detail, fix = '' }) => [
        ...[html`<code>${code}</code>`, html`<code>${file}${line === undefined ? '' : `:${line}`}</code>`],
        ...[english(detail), english(fix)],
      ]),
      t('adapters.no_findings'),
    )}
    <p>${link(pathOf('adapters', id), t('adapters.back_to'))}</p>`;
}

/** Keeps one step, and shows the workbench again. */
function step(name: string, change: (call: Call) => Omit<DraftChange, 'id' | 'person'>, most?: number): Act {
  return {
    ...{ path: `${path}/${name}`, needs, ...(most !== undefined && { mostBytes: most }) },
    async act(call) {
      const id = await call.work.changeDraft({
        ...change(call),
        ...{ id: param(call, 'draft'), person: call.session.person.id },
      });
      // The place of the question that was answered is that of the next one.
      const place = writtenNumber(call, 'question', 1);
      return { to: pathOf('adapters', id) + (place === undefined ? '' : `?question=${place}`), result: { id } };
    },
  };
}

function answerOf(call: Call): Omit<DraftChange, 'id' | 'person'> {
  const text = written(call, 'keep') === 'yes' ? 'yes' : written(call, 'answer');
  return {
    answer: { at: written(call, 'at'), text: written(call, 'back') === 'yes' || text === '' ? undefined : text },
  };
}

async function check(call: Call): Promise<Done> {
  const id = param(call, 'draft');
  const checks = await call.work.checkDraft(id);
  return { title: call.words.t('adapters.check'), view: checksView(checks, id, call), result: checks };
}

async function store(call: Call): Promise<Done> {
  const id = param(call, 'draft');
  const partner = await call.work.storeDraft(id, call.session.person.id);
  return { to: pathOf('adapters', id), result: { adapter: partner.toLowerCase() } };
}

async function discard({ gateway, ...call }: Call): Promise<Done> {
  await discardDraft(gateway, call.params['draft'] ?? '', call.session.person.id);
  return { to: '/adapters', result: { discarded: true } };
}

export const adapterDrafts: Section = {
  pages: [page({ path, needs: 'partners.read', title: (_, { partner }) => partner, load, view })],
  acts: [
    step('answer', answerOf),
    step('sample', (call) => ({ sample: sampleOf(call) }), mostBytes),
    { path: `${path}/check`, needs, act: check },
    { path: `${path}/store`, needs, act: store },
    { path: `${path}/discard`, needs, act: discard },
  ],
  downloads: [
    {
      ...{ path: `${path}/folder`, needs },
      async load(call) {
        const bytes = await call.work.draftArchive(param(call, 'draft'));
        return { name: 'adapter.zip', contentType: 'application/zip', bytes };
      },
    },
  ],
};
