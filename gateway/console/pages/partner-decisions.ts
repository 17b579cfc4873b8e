/**
 * What people decide about a partner: to let its stream begin anew, a certificate of it, a new key of ours. Two decide each; one alone takes
 * trust away. partner-adding.ts adds a partner.
 */

import { confirmTogether, rotateTogether } from '../../app/key-decisions.ts';
import { cancelKey } from '../../app/key-rollover.ts';
import { registerCertificate, revoke } from '../../app/partner-decisions.ts';
import { checkReason } from '../../domestic/change-operator.ts';
import { getPartner } from '../../gateway.ts';
import { resetStream } from '../../inbound/reset-stream.ts';
import { momentInZone } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import { keyUses } from '../../model/partner-key.ts';
import type { Moment } from '../../model/record/record.ts';
import { signedInDecider } from '../../people/people.ts';
import type { Permission } from '../../people/roles.ts';
import type { Decider } from '../../store/approvals.ts';
import { listEvents } from '../../store/events.ts';
import { openOwnKeys } from '../../store/partner-keys.ts';
import { present } from '../../model/present.ts';
import { beforeOf, nextBefore, olderLink } from '../paging.ts';
import { page, param, written, writtenNumber, type Act, type Call, type Section } from '../page.ts';
import { actForm, choice, field, html, link, pathOf, state, table, time, type Content, type VNode } from '../parts.ts';
import type { TextKey } from '../words.ts';

const mostShown = 50;
const usualGraceDays = 30;
/** Of a form with a certificate. */
const mostBytes = 256 * 1024;

interface Decided {
  readonly at: string;
  readonly person: string;
  readonly decision: string;
  readonly reason: string | null;
  /** What it is about, by name. */
  readonly about: Readonly<Record<string, unknown>>;
  /** False: a second person is missing. */
  readonly effective: boolean;
}

interface Decisions {
  readonly partner: string;
  readonly items: readonly Decided[];
  /** The state of a new key of ours that is not in use yet. */
  readonly changing: string | null;
  readonly next: number | null;
}

async function load(call: Call): Promise<Decisions> {
  const { code: partner } = getPartner(call.gateway, param(call, 'partner'));
  const { sql } = call.gateway.db;
  const query = { ref: partner, kind: 'decision_made', limit: mostShown, before: beforeOf(call) };
  const events = await listEvents(sql, present(query));
  const items = events.map(({ at, detail }) => {
    const read = JSON.parse(detail ?? '{}') as { readonly [name: string]: unknown };
    const { person, decision, reason = null, digest, people, partner: _, typed: __, entered: ___, ...about } = read;
    return { at, person, decision, reason, about, digest, effective: Array.isArray(people) && people.length > 1 };
  });
  const done = new Set(items.filter(({ effective }) => effective).map(({ digest }) => digest));
  const changing = (await openOwnKeys(sql)).find((key) => key.partner === partner)?.state ?? null;
  const shown = items.map(({ digest, ...each }) => ({ ...each, effective: done.has(digest) }) as Decided);
  return { partner, items: shown, changing, next: nextBefore(events, mostShown, ({ n }) => n) };
}

function view({ partner, items, changing, next }: Decisions, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`<p>${t('decisions.about')}</p>
    ${table(
      t('held.decisions'),
      [
        ...[{ head: t('head.at') }, { head: t('head.person') }, { head: t('head.decision') }],
        ...[{ head: t('head.detail') }, { head: t('form.reason') }, { head: t('head.state') }],
      ],
      items.map(({ at, person, decision, about, reason, effective }) => [
        ...[time(words, at), person, words.code('two', decision)],
        html`<code>${Object.entries(about).map(([name, value]) => `${name}=${String(value)} `)}</code>`,
        reason ?? '',
        effective ? state('good', t('decisions.done')) : state('held', t('decisions.waits')),
      ]),
      t('held.nobody'),
    )}
    ${olderLink(call, next)}
    ${decisionForm(call, partner, 'reset', 'lists.decide', html`<p>${t('decisions.reset_about')}</p>`)}
    ${decisionForm(call, partner, 'certificate', 'partners.decide', certificateFields(call))}
    ${changing === null ? decisionForm(call, partner, 'rotate', 'keys.decide', dayFields(call, 'rotate')) : changeForms(call, partner)}
    ${decisionForm(
      call,
      partner,
      'revoke',
      'partners.decide',
      html`<p>${t('decisions.revoke_about')}</p>
        ${field({ name: 'fingerprint', label: t('decisions.only'), hint: t('decisions.only_hint') })}`,
    )}
    <p>${link(pathOf('partners', partner), partner)}</p>`;
}

type Decision = 'reset' | 'certificate' | 'rotate' | 'confirm' | 'cancel' | 'revoke';

function decisionForm(call: Call, partner: string, decision: Decision, needs: Permission, children: Content): VNode {
  const { t } = call.words;
  const title = t(titles[decision]);
  const reason = field({ name: 'reason', id: `${decision}-reason`, label: t('form.reason'), required: true });
  const to = pathOf('partners', partner, decision);
  return html`<section aria-labelledby=${decision}>
    <h2 id=${decision}>${title}</h2>
    ${actForm(call, { to, needs, withFile: decision === 'certificate', children: html`${children} ${reason}` }, [{ text: title }])}
  </section>`;
}

const titles: Readonly<Record<Decision, TextKey>> = {
  reset: 'decisions.reset',
  certificate: 'decisions.certificate',
  rotate: 'decisions.rotate',
  confirm: 'decisions.confirm',
  cancel: 'decisions.cancel',
  revoke: 'decisions.revoke',
};

function changeForms(call: Call, partner: string): VNode {
  const { t } = call.words;
  return html`${decisionForm(call, partner, 'confirm', 'keys.decide', html`<p>${t('decisions.confirm_about')}</p>`)}
  ${decisionForm(call, partner, 'cancel', 'keys.decide', html`<p>${t('decisions.cancel_about')}</p>`)}`;
}

function dayFields({ words: { t } }: Call, decision: Decision): VNode {
  return html`${field({ name: 'from', id: `${decision}-from`, label: t('decisions.from'), type: 'date' })}
  ${field({ name: 'grace', id: `${decision}-grace`, label: t('decisions.grace'), type: 'number' })}`;
}

function certificateFields(call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`<p>${t('decisions.certificate_about')}</p>
    ${field({ name: 'file', label: t('decisions.file'), type: 'file', required: true })}
    ${choice(
      'use',
      t('decisions.use'),
      keyUses.map((use) => [use, words.code('use', use)] as const),
      'signing',
    )}
    ${dayFields(call, 'certificate')}
    ${field({ name: 'replaces', label: t('decisions.replaces'), hint: t('decisions.only_hint') })}`;
}

/** The begin of a day at home. */
function fromOf(call: Call): Moment | undefined {
  const day = written(call, 'from');
  if (day === '') return undefined;
  const moment = /^\d{4}-\d\d-\d\d$/u.test(day)
    ? momentInZone(`${day}T00:00:00`, call.gateway.home.timeZone)
    : undefined;
  if (moment !== undefined) return moment;
  throw new GatewayError('E_REQUEST_INVALID', 'it is no day of the form YYYY-MM-DD', { at: 'from' });
}

/** Who decides and why. Throws E_REQUEST_INVALID without a reason. */
export function deciderOf(call: Call, needs: Permission): Decider & { readonly reason: string } {
  const reason = written(call, 'reason');
  checkReason(reason);
  return { ...signedInDecider(call.session.person.id, needs, reason), reason };
}

function decisionAct(
  decision: Decision,
  needs: Permission,
  work: (call: Call, partner: string, decider: ReturnType<typeof deciderOf>) => Promise<object>,
): Act {
  return {
    ...{ path: `/partners/:partner/${decision}`, needs, mostBytes },
    async act(call) {
      const { code: partner } = getPartner(call.gateway, param(call, 'partner'));
      const result = await work(call, partner, deciderOf(call, needs));
      return { to: pathOf('partners', partner, 'decisions'), result: { partner, ...result } };
    },
  };
}

async function register(call: Call, partner: string, decider: Decider): Promise<object> {
  const given = call.file === undefined ? written(call, 'certificate') : Buffer.from(call.file.bytes).toString();
  const use = keyUses.find((each) => each === written(call, 'use'));
  if (use === undefined)
    throw new GatewayError('E_REQUEST_INVALID', `use is one of ${keyUses.join(', ')}`, { at: 'use' });
  const replaces = written(call, 'replaces');
  const done = await registerCertificate(call.gateway, partner, {
    ...{ ...decider, use, certificate: given, from: fromOf(call), replaces: replaces === '' ? undefined : replaces },
    graceDays: writtenNumber(call, 'grace', 0) ?? usualGraceDays,
  });
  return { done };
}

async function rotate(call: Call, partner: string, decider: Decider): Promise<object> {
  const terms = { from: fromOf(call), graceDays: writtenNumber(call, 'grace', 0) };
  const begun = await rotateTogether(call.gateway, partner, terms, decider);
  return begun === undefined ? { done: false } : { done: true, fingerprint: begun.fingerprint, from: begun.from };
}

export const partnerDecisions: Section = {
  pages: [
    page({
      ...{ path: '/partners/:partner/decisions', needs: 'partners.read', load, view },
      title: ({ words }, { partner }) => words.t('decisions.title', { partner }),
    }),
  ],
  acts: [
    decisionAct('reset', 'lists.decide', async ({ gateway }, partner, decider) => {
      return { done: await resetStream(gateway, partner, decider) };
    }),
    decisionAct('certificate', 'partners.decide', register),
    decisionAct('rotate', 'keys.decide', rotate),
    decisionAct('confirm', 'keys.decide', async ({ gateway }, partner, decider) => {
      return { done: (await confirmTogether(gateway, partner, decider)) !== undefined };
    }),
    decisionAct('cancel', 'keys.decide', async ({ gateway }, partner, { person, reason }) => {
      await cancelKey(gateway, partner, { person, reason });
      return { done: true };
    }),
    decisionAct('revoke', 'partners.decide', async (call, partner, { person, reason }) => {
      const certificate = written(call, 'fingerprint');
      await revoke(call.gateway, partner, { person, reason, ...(certificate !== '' && { certificate }) });
      return { done: true };
    }),
  ],
};
