/** Sign-in by the identity provider of the settings: the way there, its answer, and the way to sign out of it, too. */

import type { ProviderSettings } from '../../app/office-settings.ts';
import { ownPath } from '../../doors/office-requests.ts';
import type { OfficeReply, OfficeRoute, Visit } from '../../doors/office.ts';
import { asGatewayError, GatewayError } from '../../model/errors.ts';
import { newSecret } from '../../people/people.ts';
import { signInByProvider } from '../../people/provider-sign-in.ts';
import { knownBrowser } from '../../people/sessions.ts';
import type { IdentityProvider } from '../../wire/transport/identity-provider.ts';
import { faultFields, type Log } from '../../wire/log.ts';
import { html, link } from '../parts.ts';
import { cookiesOf, signInPage, type OpenPages } from './sign-in.ts';

export interface OpenProvider {
  readonly provider: IdentityProvider;
  readonly settings: ProviderSettings;
  publicUrl(): string;
  readonly log: Log;
}

const answerPath = '/sign-in/answer';

export function providerRoutes(open: OpenPages, by: OpenProvider): readonly OfficeRoute[] {
  const answered =
    (work: (visit: Visit) => Promise<OfficeReply>) =>
    async (visit: Visit): Promise<OfficeReply> => {
      try {
        return await work(visit);
      } catch (error) {
        return failed(open, by, visit, error);
      }
    };
  return [
    { method: 'GET', path: '/sign-in/provider', needs: 'open', answer: answered((visit) => begin(open, by, visit)) },
    { method: 'GET', path: answerPath, needs: 'open', answer: answered((visit) => finish(open, by, visit)) },
    { method: 'GET', path: '/sign-in/leave', needs: 'open', answer: answered(() => leave(by)) },
  ];
}

/** The attempt is a cookie: a secret, and where the person wanted to go. */
async function begin({ gateway }: OpenPages, by: OpenProvider, visit: Visit): Promise<OfficeReply> {
  const secret = newSecret(gateway);
  const to = Buffer.from(ownPath(visit.query.get('to'))).toString('base64url');
  const address = await by.provider.begin(secret, `${by.publicUrl()}${answerPath}`);
  return { kind: 'redirect', to: address, cookies: { attempt: `${secret}.${to}` } };
}

async function finish(open: OpenPages, by: OpenProvider, visit: Visit): Promise<OfficeReply> {
  const [secret = '', to = ''] = (visit.cookies.attempt ?? '').split('.', 2);
  if (secret === '') throw new GatewayError('E_SIGN_IN_REFUSED', 'this browser has begun no attempt to sign in');
  const identity = await by.provider.finish(secret, new URL(`${by.publicUrl()}${visit.target}`));
  const isKnown = (await knownBrowser(open.gateway, visit.cookies.browser)) !== undefined;
  const done = await signInByProvider(open.gateway, identity, by.settings, { before: visit.secret, isKnown });
  const path = ownPath(Buffer.from(to, 'base64url').toString());
  const { t } = open.wordsFor(visit);
  const view = html`<p>${link(path, t('sign_in.go_on'))}</p>`;
  // The provider led the browser here, so that it sends no strict cookie yet, nor after a redirect: a page of ours leads it on.
  const page = open.document(visit, t('sign_in.done'), view, { next: path });
  return { kind: 'page', html: page, cookies: { ...cookiesOf(done), attempt: null } };
}

async function leave(by: OpenProvider): Promise<OfficeReply> {
  return { kind: 'redirect', to: (await by.provider.leave(`${by.publicUrl()}/sign-in`)) ?? '/sign-in' };
}

/** One page for all causes; the log has them. */
function failed(open: OpenPages, by: OpenProvider, visit: Visit, thrown: unknown): OfficeReply {
  const error = asGatewayError(thrown);
  if (error.code !== 'E_SIGN_IN_REFUSED' && error.code !== 'E_PROVIDER_UNREACHABLE') throw thrown;
  by.log.warn('sign-in by the identity provider failed', { requestId: visit.requestId, ...faultFields(error) });
  // Nothing of the answer stands in the page: neither its code nor what was wrong.
  const plain = { ...visit, target: '/sign-in', query: new URLSearchParams() };
  return { ...signInPage(open, plain, error), cookies: { attempt: null } };
}
