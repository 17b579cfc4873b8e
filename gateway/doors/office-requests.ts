/** What requests to the office carry: the session in a cookie or a token, and what shows that a page of the office sent it. */

import { timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { GatewayError } from '../model/errors.ts';

/** Site of whose pages browsers send each, and for how many seconds they keep it; without seconds it goes with the browser. */
const cookies = {
  /** The secret of a session; the store knows when it ends. */
  session: { site: 'Strict', seconds: undefined },
  /** An attempt to sign in at an identity provider, whose answer comes by a link of its site. */
  attempt: { site: 'Lax', seconds: 600 },
  /** That somebody signed in by this browser before; also sent where an identity provider leads the browser here. */
  browser: { site: 'Lax', seconds: 180 * 86_400 },
  language: { site: 'Strict', seconds: 365 * 86_400 },
} as const;
type CookieName = keyof typeof cookies;
/** Null: the browser forgets it. */
export type Cookies = Readonly<Partial<Record<CookieName, string | null>>>;

/** Browsers take the prefix over TLS only, and then from no other host and for no other path (RFC 6265bis, 4.1.3). */
const cookieName = (name: CookieName, secure: boolean): string => `${secure ? '__Host-' : ''}mra-${name}`;

export function cookieOf(request: Request, name: CookieName, secure: boolean): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === cookieName(name, secure) && value !== undefined) return value;
  }
  return undefined;
}

export function setCookies(response: Response, all: Cookies, secure: boolean): void {
  for (const [name, value] of Object.entries(all) as [CookieName, string | null][]) {
    const { site, seconds } = cookies[name];
    const age = value === null ? 0 : seconds;
    const text = `${cookieName(name, secure)}=${value ?? ''}; Path=/; HttpOnly; SameSite=${site}`;
    response.append('Set-Cookie', `${text}${secure ? '; Secure' : ''}${age === undefined ? '' : `; Max-Age=${age}`}`);
  }
}

/** The secret of a session. A program sends a token in Authorization, which no browser adds by itself. */
export function secretOf(request: Request, secure: boolean): { secret: string | undefined; byCookie: boolean } {
  const [, bearer] = /^Bearer ([\w-]{20,100})$/u.exec(request.get('authorization') ?? '') ?? [];
  if (bearer !== undefined) return { secret: bearer, byCookie: false };
  return { secret: cookieOf(request, 'session', secure), byCookie: true };
}

/**
 * Whether a page of this origin sent the request: browsers say so in Sec-Fetch-Site and Origin, which pages cannot change (Fetch
 * Metadata, RFC 6454). Throws E_REQUEST_FORGED, also where neither is there.
 */
export function requireOwnOrigin(request: Request, publicUrl: string): void {
  const site = request.get('sec-fetch-site');
  const origin = request.get('origin');
  const isOwn = origin === undefined ? site !== undefined : origin === new URL(publicUrl).origin;
  if (isOwn && (site === undefined || site === 'same-origin')) return;
  throw new GatewayError('E_REQUEST_FORGED', 'another site sent the request, or a program that says no origin');
}

/** Throws E_REQUEST_FORGED unless the form, or the header of a script, carries the token of the session. */
export function requireFormToken(request: Request, form: URLSearchParams, expected = ''): void {
  const given = Buffer.from(form.get('form_token') ?? request.get('x-form-token') ?? '');
  const wanted = Buffer.from(expected);
  if (wanted.length > 0 && given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new GatewayError('E_REQUEST_FORGED', 'the form is not of this session', {
    fix: 'Open the page again; its form is of an earlier session.',
  });
}

/** A path of the office to go on to; another address could lead to another site. */
export function ownPath(text: string | null): string {
  return text !== null && /^\/(?![/\\])[\x21-\x7e]*$/u.test(text) && !text.startsWith('/sign-in') ? text : '/';
}

/** The error of Express for a path that cannot be decoded; undefined for any other. */
export function pathFault(cause: unknown): GatewayError | undefined {
  const isIts = cause instanceof URIError && 'status' in cause && cause.status === 400;
  return isIts ? new GatewayError('E_REQUEST_INVALID', 'the path is invalid', { cause }) : undefined;
}
