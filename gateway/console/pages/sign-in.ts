/** Sign-in by name and password, the link by which a password is set, and sign-out: the pages that are open before anybody is signed in. */

import type { OfficeReply, OfficeRoute, Visit } from '../../doors/office.ts';
import { ownPath, type Cookies } from '../../doors/office-requests.ts';
import { asGatewayError, GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import type { Attempts } from '../../people/attempts.ts';
import { findLink, setPassword, type PeopleGateway } from '../../people/people.ts';
import { fewestCharacters } from '../../people/passwords.ts';
import { openSession, signIn, signOut, type SignedIn } from '../../people/sessions.ts';
import type { Frame } from '../layout.ts';
import { english, field, html, link, type Content, type VNode } from '../parts.ts';
import type { Words } from '../words.ts';

/** Makes a document of the content, in the language of the visit. */
export interface OpenPages {
  readonly gateway: PeopleGateway & { readonly attempts: Attempts };
  /** What the identity provider of the settings is called, if there is one. */
  readonly providerName?: string | undefined;
  wordsFor(visit: Visit): Words;
  document(visit: Visit, title: string, main: Content, more?: Pick<Frame, 'next' | 'live'>): string;
}

export function signInRoutes(open: OpenPages): readonly OfficeRoute[] {
  const { gateway } = open;
  return [
    { method: 'GET', path: '/sign-in', needs: 'open', answer: (visit) => Promise.resolve(signInPage(open, visit)) },
    { method: 'POST', path: '/sign-in', needs: 'open', answer: (visit) => attempt(open, visit) },
    {
      ...{ method: 'POST', path: '/sign-out', needs: 'signed_in' },
      async answer({ secret = '' }) {
        await signOut(gateway, secret);
        const to = open.providerName === undefined ? '/sign-in' : '/sign-in?left=yes';
        return { kind: 'redirect', to, cookies: { session: null } };
      },
    },
    // A link is used up by the form, not by opening it: programs that read mail open links.
    { method: 'GET', path: '/link/:token', needs: 'open', answer: (visit) => linkPage(open, visit) },
    { method: 'POST', path: '/link/:token', needs: 'open', answer: (visit) => passwordSet(open, visit) },
  ];
}

/** `fault`: what was wrong before. */
export function signInPage(open: OpenPages, visit: Visit, fault?: GatewayError): OfficeReply {
  const { wordsFor, document, providerName } = open;
  const words = wordsFor(visit);
  const to = visit.form.get('to') ?? visit.query.get('to') ?? '/';
  const left = visit.query.has('left') && providerName !== undefined;
  const view = html`${faultView(fault)}
  ${left && html`<p>${link('/sign-in/leave', words.t('sign_in.leave', { name: providerName }))}</p>`}
  ${providerName !== undefined && providerLink(words, providerName, to)} ${signInForm(words, to)}`;
  return pageOf(document(visit, words.t('sign_in.title'), view), fault);
}

function providerLink({ t }: Words, name: string, to: string): VNode {
  return html`<p>
    <a class="button" href=${`/sign-in/provider?to=${encodeURIComponent(to)}`}>${t('sign_in.by', { name })}</a>
  </p>`;
}

async function attempt(open: OpenPages, visit: Visit): Promise<OfficeReply> {
  const [id, password] = [visit.form.get('name') ?? '', visit.form.get('password') ?? ''];
  const from = { address: visit.address, browser: visit.cookies.browser };
  const given = { id: id.trim().toLowerCase(), password, before: visit.secret, from };
  try {
    const done = await signIn(open.gateway, given);
    return { kind: 'redirect', to: ownPath(visit.form.get('to')), cookies: cookiesOf(done) };
  } catch (error) {
    return signInPage(open, visit, expected(error, 'E_SIGN_IN_REFUSED'));
  }
}

/** What the browser keeps of it. */
export function cookiesOf({ secret, browser }: SignedIn): Cookies {
  return { session: secret, ...present({ browser }) };
}

async function linkPage(
  { gateway, wordsFor, document }: OpenPages,
  visit: Visit,
  fault?: GatewayError,
): Promise<OfficeReply> {
  const token = visit.params['token'] ?? '';
  const { id, name } = await findLink(gateway.db.sql, token, gateway.now());
  const words = wordsFor(visit);
  return pageOf(document(visit, words.t('link.title', { name }), passwordForm(words, { token, id }, fault)), fault);
}

async function passwordSet(open: OpenPages, visit: Visit): Promise<OfficeReply> {
  const { gateway } = open;
  try {
    const person = await setPassword(gateway, visit.params['token'] ?? '', visit.form.get('password') ?? '');
    return { kind: 'redirect', to: '/', cookies: cookiesOf(await openSession(gateway, person)) };
  } catch (error) {
    return await linkPage(open, visit, expected(error, 'E_PASSWORD_WEAK'));
  }
}

/** What the form itself shows; anything else is thrown on. */
function expected(error: unknown, code: GatewayError['code']): GatewayError {
  const known = asGatewayError(error);
  if (known.code === code) return known;
  throw error;
}

function pageOf(document: string, fault: GatewayError | undefined): OfficeReply {
  return { kind: 'page', html: document, status: fault?.kind.status ?? 200 };
}

function faultView(fault: GatewayError | undefined): VNode | false {
  return (
    fault !== undefined &&
    html`<p class="problem" role="alert">${english(fault.kind.title)} ${english(fault.fix ?? '')}</p>`
  );
}

function signInForm({ t }: Words, to: string): VNode {
  return html`<form method="post" action="/sign-in">
      <input type="hidden" name="to" value=${to} />
      ${field({ name: 'name', label: t('sign_in.name'), required: true, autocomplete: 'username' })}
      ${field({ name: 'password', label: t('sign_in.password'), required: true, type: 'password', autocomplete: 'current-password' })}
      <p class="buttons"><button type="submit">${t('sign_in.button')}</button></p>
    </form>
    <p class="why">${t('sign_in.forgotten')}</p>`;
}

function passwordForm(
  { t }: Words,
  { token, id }: { token: string; id: string },
  fault: GatewayError | undefined,
): VNode {
  const hint = t('link.hint', { count: fewestCharacters });
  const label = t('sign_in.password');
  return html`${faultView(fault)}
    <p>${t('sign_in.name')}: <strong>${id}</strong></p>
    <form method="post" action=${`/link/${encodeURIComponent(token)}`}>
      <input type="text" name="name" value=${id} autocomplete="username" readonly hidden />
      ${field({ name: 'password', label, hint, required: true, type: 'password', autocomplete: 'new-password' })}
      <p class="buttons"><button type="submit">${t('link.button')}</button></p>
    </form>`;
}
