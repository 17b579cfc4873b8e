/** Messages in both directions, and one with its stages, its bytes and receipt, and the safe button: the same bytes again. */

import { GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import { resendMessage } from '../../outbound/resend.ts';
import { getBytes, storedBytes } from '../../store/bodies.ts';
import { decisionsAbout } from '../../store/approvals.ts';
import { findReceived, type InboxMessage } from '../../store/inbox.ts';
import { olderLink } from '../paging.ts';
import {
  attemptsOf,
  findMessage,
  listMessages,
  resultsOf,
  type MessageListRow,
  type MessageRow,
} from '../../store/outbox.ts';
import { asked, page, param, type Call, type Download, type Section } from '../page.ts';
import {
  actForm,
  choice,
  english,
  facts,
  html,
  link,
  pathOf,
  rowOf,
  searchForm,
  state,
  table,
  time,
} from '../parts.ts';
import type { Kind, VNode } from '../parts.ts';
import type { Words } from '../words.ts';

const pageSize = 50;
/** Of a message that is shown: lists have megabytes. */
const mostBytesShown = 20_000;

interface MessagePage {
  readonly items: readonly MessageListRow[];
  /** The moment before which the next page begins; null: there are no more. */
  readonly next: string | null;
}

async function loadAll(call: Call): Promise<MessagePage> {
  const partner = asked(call, 'partner')?.toUpperCase();
  const direction = (['in', 'out'] as const).find((each) => each === asked(call, 'direction'));
  const query = present({ partner, direction, before: asked(call, 'before'), limit: pageSize });
  const items = await listMessages(call.gateway.db.sql, query);
  return { items, next: items.length < pageSize ? null : (items.at(-1)?.at ?? null) };
}

const kinds: Readonly<Record<MessageListRow['state'], Kind>> = {
  ...{ SEALED: 'old', HANDED_OVER: 'old', SUPERSEDED: 'none', CLOSED: 'part', ACCEPTED: 'good', PARTIAL: 'part' },
  ...{ REJECTED: 'bad', RECEIVED: 'old', VERIFIED: 'old', HELD: 'held', APPLIED: 'good' },
};

export function messageState(words: Words, code: MessageListRow['state']): VNode {
  return state(kinds[code], words.code('state', code));
}

function viewAll({ items, next }: MessagePage, call: Call): VNode {
  const { words, gateway } = call;
  const { t } = words;
  const all: readonly [string, string] = ['', t('form.all')];
  return html`${searchForm(
    words,
    '/messages',
    html`${choice('partner', t('head.partner'), [all, ...[...gateway.partners.keys()].map((code) => [code, code] as const)], asked(call, 'partner'))}
    ${choice('direction', t('head.direction'), [all, ['in', t('direction.in')], ['out', t('direction.out')]], asked(call, 'direction'))}`,
    'form.filter',
  )}
  ${table(
    t('nav.messages'),
    [
      ...[{ head: t('head.at') }, { head: t('head.direction') }, { head: t('head.partner') }, { head: t('head.kind') }],
      ...[{ head: t('head.state') }, { head: t('head.detail') }, { head: t('head.message') }],
    ],
    items.map(({ at, direction, partner, kind = '', state: code, detail = '', id, digest }) => [
      ...[time(words, at), t(`direction.${direction}`), partner, words.code('kind', kind), messageState(words, code)],
      words.code('reason', detail) === detail ? english(detail) : words.code('reason', detail),
      link(pathOf('messages', id ?? digest), html`<code>${(id ?? digest).slice(0, 20)}</code>`),
    ]),
    call.query.size === 0 ? t('messages.none') : t('form.no_match'),
  )}
  ${olderLink(call, next)}`;
}

type Stages = readonly { readonly stage: string; readonly at: string | null }[];

type OneMessage =
  | (Omit<MessageRow, 'attempts'> & {
      readonly direction: 'out';
      readonly stages: Stages;
      readonly attempts: Awaited<ReturnType<typeof attemptsOf>>;
      readonly results: Awaited<ReturnType<typeof resultsOf>>;
    })
  | (InboxMessage & {
      readonly direction: 'in';
      readonly stages: Stages;
      readonly decisions: Awaited<ReturnType<typeof decisionsAbout>>;
    });

/** By its id or digest. Of several received messages with one, the newest. */
async function findOne(call: Call): Promise<MessageRow | InboxMessage> {
  const { sql } = call.gateway.db;
  const id = param(call, 'message');
  const found = (await findMessage(sql, id)) ?? (await findReceived(sql, id))[0];
  if (found !== undefined) return found;
  throw new GatewayError('E_MESSAGE_UNKNOWN', 'no message with this id or digest was sent or received');
}

async function loadOne(call: Call): Promise<OneMessage> {
  const { sql } = call.gateway.db;
  const found = await findOne(call);
  if ('deliveries' in found) {
    const stages = [
      { stage: 'received', at: found.receivedAt },
      { stage: found.state === 'HELD' ? 'held' : 'settled', at: found.settledAt ?? null },
    ];
    return { direction: 'in', ...found, stages, decisions: await decisionsAbout(sql, found) };
  }
  const attempts = await attemptsOf(sql, found.id);
  const handed = attempts.findLast(({ outcome }) => outcome === 'handed_over');
  const stages = [
    { stage: 'sealed', at: found.createdAt },
    { stage: 'handed_over', at: handed?.endedAt ?? null },
    { stage: 'settled', at: found.settledAt ?? null },
  ];
  return { direction: 'out', ...found, stages, attempts, results: await resultsOf(sql, found.partner, found.id) };
}

function viewOne(message: OneMessage, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const id = param(call, 'message');
  return html`<ol class="stages" aria-label=${t('messages.stages')}>
      ${message.stages.map(
        ({ stage, at }) =>
          html`<li>${state(at === null ? 'none' : 'good', words.code('stage', stage))}<br />${time(words, at)}</li>`,
      )}
    </ol>
    ${facts([
      [t('head.state'), messageState(words, message.state)],
      [t('head.partner'), link(pathOf('partners', message.partner), message.partner)],
      [t('head.direction'), t(`direction.${message.direction}`)],
      [t('head.kind'), words.code('kind', message.kind ?? '')],
      [t('messages.evidence'), words.code('evidence', message.evidence ?? '')],
      [t('head.digest'), html`<code>${message.digest}</code>`],
    ])}
    ${message.direction === 'out' ? sentView(message, call) : receivedView(message, call)}
    <h2>${t('messages.bytes')}</h2>
    <p>
      ${link(pathOf('messages', id, 'bytes'), t('messages.download'))}
      ${message.receiptDigest !== undefined && html` · ${link(pathOf('messages', id, 'receipt'), t('messages.receipt'))}`}
      · ${link(pathOf('messages', id, 'text'), t('messages.read'))}
    </p>`;
}

function sentView(message: OneMessage & { direction: 'out' }, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const isOpen = message.state === 'SEALED' || message.state === 'HANDED_OVER';
  return html`${facts([
    [t('messages.verdict'), message.verdictDetail === undefined ? undefined : english(message.verdictDetail)],
    [t('messages.next'), time(words, message.nextAttemptAt)],
    [t('messages.hold'), message.holdReason === undefined ? undefined : words.code('hold', message.holdReason)],
  ])}
  ${table(
    t('messages.attempts'),
    [
      { head: t('head.number'), number: true },
      { head: t('head.at') },
      { head: t('head.outcome') },
      { head: t('head.detail') },
    ],
    message.attempts.map(({ no, at, outcome, evidence = '' }) => [
      ...[words.number(no), time(words, at), words.code('attempt', outcome ?? 'in_progress'), english(evidence)],
    ]),
    t('messages.no_attempts'),
  )}
  ${
    message.results.length > 0 &&
    table(
      t('messages.refused_records'),
      [{ head: t('head.identifier') }, { head: t('head.code') }, { head: t('head.detail') }],
      message.results.map(({ identifier, code, detail }) => [identifier, html`<code>${code}</code>`, english(detail)]),
      '',
    )
  }
  ${actForm(call, { to: pathOf('messages', message.id, 'resend'), needs: 'messages.resend', unless: isOpen ? undefined : t('messages.settled') }, [{ text: t('messages.resend') }])}`;
}

function receivedView(message: OneMessage & { direction: 'in' }, { words }: Call): VNode {
  const { t } = words;
  return html`${facts([
    [t('messages.reason'), message.reason === undefined ? undefined : words.code('reason', message.reason)],
    [t('messages.via'), message.via],
    [t('messages.deliveries'), words.number(message.deliveries)],
  ])}
  ${table(
    t('held.decisions'),
    [{ head: t('head.person') }, { head: t('head.decision') }, { head: t('head.at') }],
    message.decisions.map(({ person, decision, at }) => [person, words.code('decision', decision), time(words, at)]),
    t('held.nobody'),
  )}
  ${message.state === 'HELD' && html`<p>${link(pathOf('held', message.digest), t('today.compare'))}</p>`}`;
}

async function fileOf(call: Call, part: 'digest' | 'receiptDigest'): ReturnType<Download['load']> {
  const message = await findOne(call);
  const digest = message[part];
  if (digest === undefined) throw new GatewayError('E_MESSAGE_UNKNOWN', 'there is no receipt over this message yet');
  const bytes = await getBytes(call.gateway.db.sql, digest);
  return {
    name: `${digest.slice(0, 16)}${part === 'digest' ? '' : '-receipt'}.bin`,
    contentType: 'application/octet-stream',
    bytes,
  };
}

interface MessageText {
  readonly id: string;
  readonly bytes: number;
  readonly text: string;
}

async function loadText(call: Call): Promise<MessageText> {
  const bytes = await storedBytes(call.gateway.db.sql, (await findOne(call)).digest);
  const text = Buffer.from(bytes.subarray(0, mostBytesShown)).toString('utf8');
  return { id: param(call, 'message'), bytes: bytes.length, text };
}

function viewText({ id, bytes, text }: MessageText, { words: { t, number } }: Call): VNode {
  return html`${rowOf([
      link(pathOf('messages', id), t('messages.back')),
      t('messages.size', { count: bytes, bytes: number(bytes) }),
    ])}
    ${bytes > mostBytesShown && html`<p class="why">${t('messages.cut', { bytes: number(mostBytesShown) })}</p>`}
    <pre tabindex="0" aria-label=${t('messages.bytes')}>${text}</pre>`;
}

const needs = 'messages.read';

export const messages: Section = {
  pages: [
    page({
      path: '/messages',
      needs,
      live: true,
      title: ({ words }) => words.t('nav.messages'),
      load: loadAll,
      view: viewAll,
    }),
    page({
      path: '/messages/:message',
      needs,
      title: (call) => `${call.words.t('head.message')} ${param(call, 'message')}`,
      load: loadOne,
      view: viewOne,
    }),
    page({
      path: '/messages/:message/text',
      needs,
      title: ({ words }) => words.t('messages.bytes'),
      load: loadText,
      view: viewText,
    }),
  ],
  acts: [
    {
      ...{ path: '/messages/:message/resend', needs: 'messages.resend' },
      async act(call) {
        const { id, state: now } = await resendMessage(call.gateway, param(call, 'message'), call.session.person.id);
        return { to: pathOf('messages', id), result: { message: id, state: now } };
      },
    },
  ],
  downloads: [
    { path: '/messages/:message/bytes', needs, load: (call) => fileOf(call, 'digest') },
    { path: '/messages/:message/receipt', needs, load: (call) => fileOf(call, 'receiptDigest') },
  ],
};
