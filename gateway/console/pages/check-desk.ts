/** The check desk: one status query with its reasons, recorded as any other; and an answer by its number, to print. */

import { check, lookUpConsultation, termsOf } from '../../clearance/requests.ts';
import type { Direction } from '../../model/arrangement.ts';
import { entryRoles } from '../../model/arrangement.ts';
import type {
  CheckRequest,
  ExplanationStep,
  Outcome,
  ProvenAnswer,
  WouldChangeAnswer,
} from '../../model/clearance/answer.ts';
import { readConsultationNumber, shownConsultationNumber } from '../../model/clearance/number-form.ts';
import { momentInZone } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import { asked, page, param, written, type Call, type Section } from '../page.ts';
import {
  actForm,
  choice,
  english,
  facts,
  field,
  html,
  link,
  name,
  seen,
  pathOf,
  rowOf,
  searchForm,
  state,
  table,
  time,
} from '../parts.ts';
import type { Kind, VNode } from '../parts.ts';

interface Asked {
  readonly identifier: string | null;
  readonly partner: string | null;
}

function askForm(call: Call): VNode {
  const { words, gateway } = call;
  const { t } = words;
  const partners = termsOf(gateway).map(({ partner, name }) => [partner, `${partner} ${name}`] as const);
  const fields = html`${field({ name: 'identifier', label: t('check.identifier'), value: asked(call, 'identifier'), required: true })}
  ${choice('partner', t('head.partner'), partners, asked(call, 'partner'))}
  ${choice('role', t('check.role'), [['', t('check.not_stated')], ...entryRoles.map((role) => [role, words.code('entry_role', role)] as const)], '')}
  ${choice(
    'direction',
    t('check.direction'),
    [
      ['import', words.code('direction', 'import')],
      ['export', words.code('direction', 'export')],
    ],
    'import',
  )}
  ${field({ name: 'day', label: t('check.day'), type: 'date' })}
  ${field({ name: 'name', label: t('check.name'), hint: t('check.name_hint') })}`;
  return actForm(call, { to: '/check', needs: 'checks.ask', children: fields }, [{ text: t('check.button') }]);
}

function view(_: Asked, call: Call): VNode {
  const { t } = call.words;
  return html`${askForm(call)}
    <h2>${t('check.earlier')}</h2>
    ${searchForm(call.words, '/answers', field({ name: 'number', label: t('check.number'), required: true }), 'check.show')}`;
}

function requestOf(call: Call): CheckRequest {
  const day = written(call, 'day');
  const at = day === '' ? undefined : momentInZone(`${day}T00:00:00`, call.gateway.home.timeZone);
  if (day !== '' && at === undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'this is no day', { fix: 'Write it as 2026-02-28.' });
  const role = entryRoles.find((each) => each === written(call, 'role'));
  const direction = (['import', 'export'] as const).find(
    (each): each is Direction => each === written(call, 'direction'),
  );
  // As it was written: the answer says what was changed.
  const [partner, identifier] = [written(call, 'partner').toUpperCase(), call.form.get('identifier') ?? ''];
  return present({ partner, identifier, role, direction, at, name: written(call, 'name') || undefined });
}

const kinds: Readonly<Record<Outcome, Kind>> = {
  ...{ recognised: 'good', recognised_with_limits: 'part', not_on_list: 'none', suspended: 'held', revoked: 'bad' },
  ...{ expired: 'bad', agreement_not_in_force: 'none', undetermined: 'old', identifier_malformed: 'form' },
};

const stepKinds: Readonly<Record<ExplanationStep['result'], Kind>> = {
  pass: 'good',
  warn: 'held',
  fail: 'bad',
  skip: 'none',
};

async function loadAnswer(call: Call): Promise<ProvenAnswer> {
  return (await lookUpConsultation(call.gateway, param(call, 'number'))) as ProvenAnswer;
}

function answerView(answer: ProvenAnswer, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const { outcome, subject, advice, freshness, proof, would_change_answer: change, explanation } = answer;
  return html`<p>${state(kinds[outcome], words.code('outcome', outcome))} ${name(subject.name)}</p>
    ${facts([
      [t('head.identifier'), subject.identifier ?? undefined],
      [t('check.as_sent'), subject.identifier_as_sent === undefined ? undefined : seen(subject.identifier_as_sent)],
      [t('head.partner'), subject.partner],
      [t('check.advice'), `${words.code('advice', advice.action)} ${advice.benefits.join(' ')}`],
      [t('check.at'), time(words, answer.at)],
      [t('check.known_at'), time(words, answer.known_at)],
      [t('check.freshness'), `${words.code('freshness', freshness.state)} ${freshness.list ?? ''}`],
      [t('check.number'), html`<strong>${shownConsultationNumber(proof.consultation_number)}</strong>`],
      [t('check.requester'), proof.requester],
      [t('head.digest'), html`<code>${proof.answer_digest}</code>`],
    ])}
    ${change !== undefined && changeView(change, t('check.change'))}
    ${table(
      t('check.steps'),
      [{ head: t('head.step') }, { head: t('head.result') }, { head: t('head.detail') }, { head: t('head.code') }],
      explanation.map(({ step, result, text, code }) => [
        ...[words.code('step', step), state(stepKinds[result], words.code('step_result', result)), english(text)],
        html`<code>${code}</code>`,
      ]),
      '',
    )}
    ${rowOf([
      link(pathOf('proofs', proof.consultation_number, 'print'), t('proofs.print')),
      link('/check', t('check.another')),
    ])}`;
}

function changeView(change: WouldChangeAnswer, text: string): VNode {
  const query = 'identifier' in change && { identifier: change.identifier, partner: change.partner };
  return html`<p class="card warn">
    ${text} ${english(change.because)}
    ${query !== false && link(`/check?${new URLSearchParams(query).toString()}`, query.identifier)}
  </p>`;
}

export const checkDesk: Section = {
  pages: [
    page({
      ...{ path: '/check', needs: 'checks.ask', view },
      title: ({ words }) => words.t('nav.check'),
      load: (call) =>
        Promise.resolve({ identifier: asked(call, 'identifier') ?? null, partner: asked(call, 'partner') ?? null }),
    }),
    page({
      ...{ path: '/answers', needs: 'register.read' },
      title: ({ words }) => words.t('check.earlier'),
      load: loadByQuery,
      view: answerView,
    }),
    page({
      ...{ path: '/answers/:number', needs: 'register.read', load: loadAnswer, view: answerView },
      title: ({ words }, { proof }) =>
        words.t('check.title', { number: shownConsultationNumber(proof.consultation_number) }),
    }),
  ],
  acts: [
    {
      ...{ path: '/check', needs: 'checks.ask' },
      async act(call) {
        // No client of the border has a colon in its name: a client named as a person must not read what the person was answered.
        const answer = await check(call.gateway, requestOf(call), `office:${call.session.person.id}`);
        return { to: pathOf('answers', readConsultationNumber(answer.proof.consultation_number)), result: answer };
      },
    },
  ],
};

function loadByQuery(call: Call): Promise<ProvenAnswer> {
  return loadAnswer({ ...call, params: { number: asked(call, 'number') ?? '' } });
}
