/** Held lists and keys: why, what would change, who decided; two people release or refuse. */

import { checkReason } from '../../domestic/change-operator.ts';
import type { HeldDifference, HeldReview } from '../../inbound/held-list.ts';
import { GatewayError } from '../../model/errors.ts';
import { deliverDue } from '../../outbound/delivery.ts';
import { findHeld, heldMessages } from '../../store/held-messages.ts';
import { type InboxMessage } from '../../store/inbox.ts';
import { asked, page, param, written, type Call, type Section } from '../page.ts';
import {
  actForm,
  english,
  facts,
  field,
  html,
  link,
  name,
  pathOf,
  state,
  table,
  time,
  withQuery,
  type VNode,
} from '../parts.ts';

const examplesShown = 100;
const listsShown = 100;

interface HeldLists {
  /** The oldest first. */
  readonly items: readonly InboxMessage[];
  /** After which the next page begins; null: there are no more. */
  readonly next: string | null;
}

const placeOf = ({ receivedAt, digest }: InboxMessage): string => `${receivedAt} ${digest}`;

async function loadAll(call: Call): Promise<HeldLists> {
  const after = asked(call, 'after') ?? '';
  const rest = (await heldMessages(call.gateway.db.sql)).filter((each) => placeOf(each) > after);
  const items = rest.slice(0, listsShown);
  const last = items.at(-1);
  return { items, next: last === undefined || items.length === rest.length ? null : placeOf(last) };
}

function viewAll({ items, next }: HeldLists, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${table(
    t('nav.held'),
    [
      { head: t('head.received') },
      { head: t('head.partner') },
      { head: t('head.kind') },
      { head: t('messages.reason') },
      { head: t('head.message') },
    ],
    items.map(({ receivedAt, partner, kind = '', reason = '', messageId, digest }) => [
      ...[time(words, receivedAt), partner, words.code('kind', kind), words.code('reason', reason)],
      link(pathOf('held', digest), html`<code>${(messageId ?? digest).slice(0, 20)}</code>`),
    ]),
    t('held.none'),
  )}
  ${next !== null && html`<p>${link(withQuery(call, 'after', next), t('form.more'))}</p>`}`;
}

type HeldPage = InboxMessage & HeldReview;

/** Throws E_MESSAGE_UNKNOWN also of one that was decided meanwhile. */
async function loadOne(call: Call): Promise<HeldPage> {
  const { gateway } = call;
  const held = await findHeld(gateway.db.sql, param(call, 'message'));
  return { ...held, ...(await call.work.reviewHeld(held.digest, examplesShown)) };
}

function viewOne(held: HeldPage, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const { difference, decisions } = held;
  const own = decisions.some(({ person }) => person === call.session.person.id);
  return html`${facts([
      [t('messages.reason'), state('held', words.code('reason', held.reason ?? ''))],
      [t('head.partner'), link(pathOf('partners', held.partner), held.partner)],
      [t('head.received'), time(words, held.receivedAt)],
      [t('head.message'), link(pathOf('messages', held.digest), html`<code>${held.messageId ?? held.digest}</code>`)],
    ])}
    ${contentView(held, call)}
    <h2>${t('held.decisions')}</h2>
    ${table(
      t('held.decisions'),
      [{ head: t('head.person') }, { head: t('head.decision') }, { head: t('head.at') }],
      decisions.map(({ person, decision, at }) => [person, words.code('decision', decision), time(words, at)]),
      t('held.nobody'),
    )}
    ${actForm(
      call,
      {
        ...{
          to: pathOf('held', held.digest),
          needs: 'lists.decide',
          unless: own ? t('held.own') : undefined,
        },
        children: field({ name: 'reason', label: t('form.reason'), hint: t('held.hint'), required: true }),
      },
      [
        { name: 'decision', value: 'release', text: t('held.release') },
        { name: 'decision', value: 'refuse', text: t('held.refuse') },
      ],
    )}
    ${difference !== undefined && rows(difference, call)}`;
}

/** What is held: a list in sentences, or a key; or why it would be rejected. */
function contentView({ difference, key, fault }: HeldReview, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${fault !== undefined && html`<p class="problem">${t('held.would_fail')} <code>${fault.code}</code> ${english(fault.detail)}</p>`}
  ${
    key !== undefined &&
    html`<p>${t('held.key', { from: words.moment(key.from) })}</p>
      <p><code>${key.fingerprint}</code></p>`
  }
  ${difference !== undefined && sentences(difference, call)}`;
}

function sentences(difference: HeldDifference, { words }: Call): VNode {
  const { t, number } = words;
  const { before, after, leaving, changed, suspended, reinstated, refused } = difference;
  const counts = { before: number(before), after: number(after), leaving: number(leaving), changed: number(changed) };
  return html`<h2>${t('held.difference')}</h2>
    <ul>
      <li>${t('held.sizes', counts)}</li>
      <li>${t('held.changes', { ...counts, new: number(difference.new) })}</li>
      ${suspended + reinstated > 0 && html`<li>${t('held.statuses', { suspended: number(suspended), reinstated: number(reinstated) })}</li>`}
      ${refused > 0 && html`<li>${t('held.refused', { count: refused })}</li>`}
    </ul>`;
}

/** The rows of the difference: first those that leave. */
function rows({ examples }: HeldDifference, { words }: Call): VNode {
  const { t } = words;
  return table(
    t('held.examples', { count: examples.length }),
    [{ head: t('head.change') }, { head: t('head.identifier') }, { head: t('head.name') }],
    examples.map(({ change, status, identifier, name: text }) => [
      ...[words.code('held_change', status ?? change), identifier, name(text)],
    ]),
    t('held.no_change'),
  );
}

export const held: Section = {
  pages: [
    page({
      path: '/held',
      needs: 'lists.read',
      live: true,
      title: ({ words }) => words.t('nav.held'),
      load: loadAll,
      view: viewAll,
    }),
    page({
      ...{ path: '/held/:message', needs: 'lists.read', load: loadOne, view: viewOne },
      title: ({ words }, { partner }) => words.t('today.held', { partner }),
    }),
  ],
  acts: [
    {
      ...{ path: '/held/:message', needs: 'lists.decide' },
      async act(call) {
        const { gateway, session } = call;
        const message = param(call, 'message');
        const decision = written(call, 'decision');
        if (decision !== 'release' && decision !== 'refuse')
          throw new GatewayError('E_REQUEST_INVALID', 'the decision is release or refuse');
        const { id: person } = session.person;
        const reason = written(call, 'reason');
        checkReason(reason);
        const { partner, digest } = await findHeld(gateway.db.sql, message);
        const decided = await call.work.decideHeld(message, { decision, person, reason });
        if (decided !== undefined) await deliverDue(gateway, partner);
        const to = pathOf(decided === undefined ? 'held' : 'messages', digest);
        return { to, result: { message, decision, verdict: decided?.verdict ?? null } };
      },
    },
  ],
};
