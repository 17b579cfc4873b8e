/** The account of the person who is signed in: who it is, and its personal tokens, by which programs work as this person. */

import { GatewayError } from '../../model/errors.ts';
import type { Role } from '../../people/roles.ts';
import { endToken, listTokens, makeToken, mostTokenDays, type ShownToken } from '../../people/tokens.ts';
import { page, param, writtenNumber, type Call, type Done, type Section } from '../page.ts';
import { actForm, facts, field, html, link, pathOf, table, time, type VNode } from '../parts.ts';

interface Account {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly tokens: readonly ShownToken[];
}

const needs = 'signed_in';
const usualDays = 30;

async function load({ gateway, session: { person } }: Call): Promise<Account> {
  const { id, name, roles } = person;
  return { person: id, name, roles, tokens: await listTokens(gateway.db.sql, id) };
}

function view({ person, name, roles, tokens }: Account, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const days = field({ name: 'days', label: t('account.days'), type: 'number', value: String(usualDays) });
  return html`${facts([
      [t('head.person'), person],
      [t('head.name'), name],
      [t('head.roles'), roles.join(', ')],
    ])}
    <h2>${t('account.tokens')}</h2>
    <p>${t('account.about')} <code>mra login</code></p>
    ${table(
      t('account.tokens'),
      [
        ...[{ head: t('head.number') }, { head: t('head.from') }, { head: t('clients.last_use') }],
        ...[{ head: t('clients.until') }, { head: t('account.end') }],
      ],
      tokens.map(({ id, since, lastUse, until }) => [
        ...[html`<code>${id}</code>`, time(words, since)],
        ...[lastUse === undefined ? t('clients.never') : time(words, lastUse), time(words, until)],
        actForm(call, { to: pathOf('account', 'tokens', id, 'end'), needs }, [{ text: t('account.end') }]),
      ]),
      t('account.none'),
    )}
    ${actForm(call, { to: '/account/tokens', needs, children: days }, [{ text: t('account.make') }])}`;
}

/** Throws E_ROLE_MISSING where a token asks: one that was stolen must not outlive its day. */
async function make(call: Call): Promise<Done> {
  const { gateway, session, words } = call;
  const { t } = words;
  if (session.by === 'token') throw new GatewayError('E_ROLE_MISSING', 'a token makes no other one');
  const days = writtenNumber(call, 'days', 1) ?? usualDays;
  if (days > mostTokenDays)
    throw new GatewayError('E_REQUEST_INVALID', `a token counts for ${mostTokenDays} days at most`, { at: 'days' });
  const made = await makeToken(gateway, session.person.id, days * 86_400);
  const view = html`<p class="card warn">${t('clients.once')}</p>
    <p><code class="secret">${made.token}</code></p>
    <p>${t('account.until', { at: words.moment(made.until) })}</p>
    <p>${link('/account', t('nav.account'))}</p>`;
  return { title: t('account.made'), view, result: made };
}

export const account: Section = {
  pages: [page({ path: '/account', needs, title: ({ words }) => words.t('nav.account'), load, view })],
  acts: [
    { path: '/account/tokens', needs, act: make },
    {
      ...{ path: '/account/tokens/:token/end', needs },
      async act(call) {
        const token = param(call, 'token');
        await endToken(call.gateway, call.session.person.id, token);
        return { to: '/account', result: { token } };
      },
    },
  ],
};
