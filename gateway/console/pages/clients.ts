/** API clients: the systems that ask at the border, what each may ask and last did; added, given another token, or refused from now on. */

import { addClient, revokeClient, rotateClient, shownClients, type Given } from '../../app/client-decisions.ts';
import { checkReason } from '../../domestic/change-operator.ts';
import { readScopes, scopes } from '../../model/client.ts';
import { momentOf } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import { allClients } from '../../store/clients.ts';
import { page, param, written, writtenNumber, type Call, type Done, type Section } from '../page.ts';
import { actForm, boxes, facts, field, html, link, pathOf, state, table, time, type VNode } from '../parts.ts';
import type { Words } from '../words.ts';

type ShownClient = ReturnType<typeof shownClients>[number];
const needs = 'clients.read';
const decides = 'clients.decide';
/** Of a form with a certificate. */
const mostBytes = 256 * 1024;
const usualGraceDays = 7;

async function loadAll({ gateway }: Call): Promise<{ readonly items: readonly ShownClient[] }> {
  return { items: shownClients(await allClients(gateway.db.sql)) };
}

const stateOf = ({ t }: Words, { state: is }: ShownClient): VNode =>
  is === 'active' ? state('good', t('clients.active')) : state('bad', t('clients.revoked'));

function viewAll({ items }: { readonly items: readonly ShownClient[] }, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${table(
      t('nav.clients'),
      [
        ...[{ head: t('head.name') }, { head: t('head.state') }, { head: t('clients.scopes') }],
        ...[{ head: t('clients.rate'), number: true }, { head: t('clients.last_use') }],
        ...[{ head: t('clients.added_at') }, { head: t('head.person') }],
      ],
      items.map((client) => [
        ...[link(pathOf('clients', client.client), client.client), stateOf(words, client), scopesOf(words, client)],
        ...[client.rate === null ? '' : words.number(client.rate), useOf(words, client.last_use)],
        ...[time(words, client.at), client.person],
      ]),
      t('clients.none'),
    )}
    <h2>${t('clients.add')}</h2>
    ${actForm(call, { to: '/clients', needs: decides, children: addFields(words), withFile: true }, [{ text: t('clients.add') }])}`;
}

function scopesOf(words: Words, { scopes: held }: ShownClient): string {
  return held.map((scope) => words.code('scope', scope)).join(', ');
}

function useOf(words: Words, at: string | null): VNode | ReturnType<typeof time> {
  return at === null ? words.t('clients.never') : time(words, at);
}

function addFields(words: Words): VNode {
  const { t } = words;
  return html`${field({ name: 'client', label: t('head.name'), hint: t('clients.name_hint'), required: true })}
  ${boxes(
    'scope',
    t('clients.scopes'),
    scopes.map((scope) => [scope, words.code('scope', scope)]),
  )}
  ${field({ name: 'rate', label: t('clients.rate'), hint: t('clients.rate_hint'), type: 'number' })}
  ${credentialFields(words)}`;
}

function credentialFields({ t }: Words): VNode {
  return html`${field({ name: 'file', label: t('clients.certificate'), hint: t('clients.certificate_hint'), type: 'file' })}
  ${field({ name: 'reason', label: t('form.reason'), hint: t('clients.reason_hint'), required: true })}`;
}

async function loadOne(call: Call): Promise<ShownClient> {
  const found = (await loadAll(call)).items.find(({ client }) => client === param(call, 'client'));
  if (found !== undefined) return found;
  throw new GatewayError('E_CLIENT_UNKNOWN', 'no client has this name');
}

function viewOne(client: ShownClient, call: Call): VNode {
  const { words, gateway } = call;
  const { t } = words;
  return html`${facts([
      [t('head.state'), stateOf(words, client)],
      [t('clients.scopes'), scopesOf(words, client)],
      [t('clients.rate'), client.rate === null ? undefined : words.number(client.rate)],
      [t('clients.last_use'), useOf(words, client.last_use)],
      [t('head.person'), client.person],
      [t('head.at'), time(words, client.at)],
      [t('form.reason'), client.reason ?? undefined],
    ])}
    ${credentialTable(client, words, momentOf(gateway.now()))} ${decisionForms(client, call)}
    <p>${link('/clients', t('clients.all'))}</p>`;
}

function decisionForms(client: ShownClient, call: Call): VNode {
  const { t } = call.words;
  const unless = client.state === 'revoked' ? t('clients.is_revoked') : undefined;
  const to = pathOf('clients', client.client);
  return html`<h2>${t('clients.rotate')}</h2>
    ${actForm(
      call,
      {
        ...{ to: `${to}/rotate`, needs: decides, unless, withFile: true },
        children: html`${field({ name: 'grace', label: t('clients.grace'), type: 'number', value: String(usualGraceDays) })}
        ${credentialFields(call.words)}`,
      },
      [{ text: t('clients.rotate') }],
    )}
    <h2>${t('clients.revoke')}</h2>
    ${actForm(
      call,
      {
        ...{ to: `${to}/revoke`, needs: decides, unless },
        children: field({
          name: 'reason',
          id: 'revoke-reason',
          label: t('form.reason'),
          hint: t('clients.revoke_hint'),
          required: true,
        }),
      },
      [{ text: t('clients.revoke') }],
    )}`;
}

function credentialTable({ credentials, state: is }: ShownClient, words: Words, now: string): VNode {
  const { t } = words;
  return table(
    t('clients.credentials'),
    [
      ...[{ head: t('head.kind') }, { head: t('head.identifier') }, { head: t('head.state') }],
      ...[{ head: t('head.from') }, { head: t('clients.until') }, { head: t('clients.last_use') }],
    ],
    credentials.map(({ id, kind, since, until, last_use: used }) => {
      const counts = is === 'active' && (until === null || until > now);
      return [
        ...[words.code('credential', kind), html`<code>${id.slice(0, 20)}</code>`],
        state(counts ? 'good' : 'none', t(counts ? 'clients.counts' : 'clients.ended')),
        ...[time(words, since), time(words, until), useOf(words, used)],
      ];
    }),
    '',
  );
}

interface GivenOnce {
  readonly client: string;
  /** Null for a certificate. */
  readonly token: string | null;
  readonly fingerprint: string | null;
  readonly others_until: string | null;
}

/** A page of its own, since nothing keeps the token. */
function shownOnce(call: Call, client: string, { token, fingerprint, othersUntil }: Given): Done {
  const { words } = call;
  const { t } = words;
  const result: GivenOnce = {
    ...{ client, token: token ?? null, fingerprint: fingerprint ?? null, others_until: othersUntil ?? null },
  };
  const view = html`${
      token === undefined
        ? html`<p>${t('clients.certificate_known')}</p>
            <p><code>${fingerprint}</code></p>`
        : html`<p class="card warn">${t('clients.once')}</p>
            <p><code class="secret">${token}</code></p>
            <p><code>Authorization: Bearer ${token}</code></p>`
    }
    ${othersUntil !== undefined && html`<p>${t('clients.others_until', { at: words.moment(othersUntil) })}</p>`}
    <p>${link(pathOf('clients', client), client)}</p>`;
  return { title: t('clients.title', { client }), view, result };
}

/** Who decides and why, and the certificate of the form; absent: a token is made. */
function decisionOf(call: Call) {
  const reason = written(call, 'reason');
  checkReason(reason);
  const certificate =
    call.file === undefined ? written(call, 'certificate') || undefined : Buffer.from(call.file.bytes).toString();
  return { person: call.session.person.id, reason, certificate };
}

export const clients: Section = {
  pages: [
    page({ path: '/clients', needs, title: ({ words }) => words.t('nav.clients'), load: loadAll, view: viewAll }),
    page({
      ...{ path: '/clients/:client', needs, load: loadOne, view: viewOne },
      title: ({ words }, { client }) => words.t('clients.title', { client }),
    }),
  ],
  acts: [
    {
      ...{ path: '/clients', needs: decides, mostBytes },
      async act(call) {
        const name = written(call, 'client');
        const chosen = readScopes(
          call.form.getAll('scope').flatMap((text) => text.split(',')),
          'scope',
        );
        const rate = writtenNumber(call, 'rate', 1);
        const given = await addClient(call.gateway, name, { ...decisionOf(call), scopes: chosen, rate });
        return shownOnce(call, name, given);
      },
    },
    {
      ...{ path: '/clients/:client/rotate', needs: decides, mostBytes },
      async act(call) {
        const graceSeconds = (writtenNumber(call, 'grace', 0) ?? usualGraceDays) * 86_400;
        const client = param(call, 'client');
        return shownOnce(call, client, await rotateClient(call.gateway, client, { ...decisionOf(call), graceSeconds }));
      },
    },
    {
      ...{ path: '/clients/:client/revoke', needs: decides },
      async act(call) {
        const client = param(call, 'client');
        const { person, reason } = decisionOf(call);
        const revoked = await revokeClient(call.gateway, client, { person, reason });
        return { to: pathOf('clients', client), result: { client, revoked } };
      },
    },
  ],
};
