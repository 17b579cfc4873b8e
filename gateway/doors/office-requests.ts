/** What office requests carry: the session, in a cookie or a token, and proof that a page of the office sent the request. */

import { timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { GatewayError } from '../model/errors.ts';

/** Cookies with their SameSite value and lifetime in seconds; without seconds the cookie ends with the browser. */
const cookies = {
  /** The secret of a session, whose end is in the store. */
  session: { site: 'Strict', seconds: undefined },
  /** An attempt to sign in at an identity provider, which redirects back from its own site. */
  attempt: { site: 'Lax', seconds: 600 },
  /** Marks a browser in which somebody has signed in before; also sent on the redirect from an identity provider. */
  browser: { site: 'Lax', seconds: 180 * 86_400 },
  language: { site: 'Strict', seconds: 365 * 86_400 },
} as const;
type CookieName = keyof typeof cookies;
/** `null` deletes the cookie. */
export type Cookies = Readonly<Partial<Record<CookieName, string | null>>>;

/** Browsers accept the prefix only over TLS, for this host and the path / (RFC 6265bis, 4.1.3). */
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

/** The secret of a session. Programs send a token in Authorization, which browsers never add by themselves. */
export function secretOf(request: Request, secure: boolean): { secret: string | undefined; byCookie: boolean } {
  const [, bearer] = /^Bearer ([\w-]{20,100})$/u.exec(request.get('authorization') ?? '') ?? [];
  if (bearer !== undefined) return { secret: bearer, byCookie: false };
  return { secret: cookieOf(request, 'session', secure), byCookie: true };
}

/**
 * Requires that a page of this origin sent the request, by Sec-Fetch-Site and Origin, which pages cannot change (Fetch Metadata, RFC 6454).
 * Throws E_REQUEST_FORGED, also if both are absent.
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

/** A path of the office to redirect to; other addresses could lead to another site. */
export function ownPath(text: string | null): string {
  return text !== null && /^\/(?![/\\])[\x21-\x7e]*$/u.test(text) && !text.startsWith('/sign-in') ? text : '/';
}

/** The error of Express for a path that cannot be decoded; undefined for any other. */
export function pathFault(cause: unknown): GatewayError | undefined {
  const isIts = cause instanceof URIError && 'status' in cause && cause.status === 400;
  return isIts ? new GatewayError('E_REQUEST_INVALID', 'the path is invalid', { cause }) : undefined;
}
