/** What requests to the office carry: the session in a cookie or a token, and what shows that a page of the office sent it. */

import { timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { GatewayError } from '../model/errors.ts';

/** Browsers take the prefix over TLS only, and then from no other host and for no other path (RFC 6265bis, 4.1.3). */
const cookieName = (secure: boolean): string => (secure ? '__Host-mra-session' : 'mra-session');
export const languageCookie = 'mra-language';

export function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value !== undefined) return value;
  }
  return undefined;
}

const attributes = 'Path=/; HttpOnly; SameSite=Strict';

/** `secret` undefined: the browser forgets it. Without an end of its own the cookie goes with the browser; the store knows when it ends. */
export function sessionCookie(secret: string | undefined, secure: boolean): string {
  const tls = secure ? '; Secure' : '';
  return `${cookieName(secure)}=${secret ?? ''}; ${attributes}${tls}${secret === undefined ? '; Max-Age=0' : ''}`;
}

export function languageCookieOf(language: string, secure: boolean): string {
  return `${languageCookie}=${language}; ${attributes}${secure ? '; Secure' : ''}; Max-Age=31536000`;
}

/** The secret of a session. A program sends a token in Authorization, which no browser adds by itself. */
export function secretOf(request: Request, secure: boolean): { secret: string | undefined; byCookie: boolean } {
  const [, bearer] = /^Bearer ([\w-]{20,100})$/u.exec(request.get('authorization') ?? '') ?? [];
  if (bearer !== undefined) return { secret: bearer, byCookie: false };
  return { secret: cookieOf(request, cookieName(secure)), byCookie: true };
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

const attemptsPerMinute = 60;

/** Attempts to sign in from one address in a minute: what more there are is refused before a password is compared. */
export function limitAttempts(now: () => Date): (address: string | undefined) => boolean {
  let minute = '';
  const attempts = new Map<string, number>();
  return (address = '') => {
    const current = now().toISOString().slice(0, 16);
    if (current !== minute) attempts.clear();
    minute = current;
    const count = (attempts.get(address) ?? 0) + 1;
    attempts.set(address, count);
    return count <= attemptsPerMinute;
  };
}

/** The error of Express for a path that cannot be decoded; undefined for any other. */
export function pathFault(cause: unknown): GatewayError | undefined {
  const isIts = cause instanceof URIError && 'status' in cause && cause.status === 400;
  return isIts ? new GatewayError('E_REQUEST_INVALID', 'the path is invalid', { cause }) : undefined;
}
