/** What requests to the office carry: the session in a cookie or a token, the form, and what shows that a page of the office sent it. */

import { timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import express from 'express';
import type { Request, RequestHandler, Response as ExpressResponse } from 'express';
import { GatewayError, type ErrorCode } from '../model/errors.ts';

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

/** `name`: as the browser says it, for people; it is no path. */
export interface SentFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface SentForm {
  readonly form: URLSearchParams;
  /** Of the field `file`. */
  readonly file?: SentFile;
}

const formBytes = 256 * 1024;
const mostFields = 100;

/**
 * A form as browsers send it, also with a file, or a JSON object of texts. A form with a file may have `mostBytes`, any other 256 KiB.
 * Throws E_REQUEST_TYPE, E_REQUEST_MALFORMED, E_REQUEST_INVALID, and what `bodyFault` names.
 */
export async function readForm(request: Request, response: ExpressResponse, mostBytes = formBytes): Promise<SentForm> {
  const limit = isMultipart(request) ? mostBytes : formBytes;
  const read: RequestHandler = express.raw({ type: () => true, limit, inflate: false });
  await promisify(read)(request, response);
  return await formOf(request);
}

const isMultipart = (request: Request): boolean => request.is('multipart/form-data') === 'multipart/form-data';

async function formOf(request: Request): Promise<SentForm> {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return { form: new URLSearchParams() };
  if (isMultipart(request)) return await formWithFile(request, bytes);
  const text = bytes.toString('utf8');
  if (request.is('application/x-www-form-urlencoded') !== false) {
    requireFewFields(bytes, '&');
    return { form: new URLSearchParams(text) };
  }
  if (request.is('application/json') === false)
    throw new GatewayError('E_REQUEST_TYPE', 'the office reads forms and JSON');
  const members = parsed(text);
  if (Object.values(members).some((value) => typeof value !== 'string'))
    throw new GatewayError('E_REQUEST_INVALID', 'each member is a text');
  return { form: new URLSearchParams(members as Record<string, string>) };
}

/** Before the form is parsed: the time that this takes grows faster than the number of fields. Throws E_REQUEST_MALFORMED. */
function requireFewFields(bytes: Buffer, separator: string): void {
  let at = -1;
  for (let count = 0; count <= mostFields; count++) {
    at = bytes.indexOf(separator, at + 1);
    if (at === -1) return;
  }
  throw new GatewayError('E_REQUEST_MALFORMED', `the form has more than ${mostFields} fields`);
}

/** RFC 7578. */
async function formWithFile(request: Request, bytes: Buffer): Promise<SentForm> {
  const contentType = request.get('content-type') ?? '';
  const [, boundary] = /;\s*boundary="?([^";]+)/iu.exec(contentType) ?? [];
  if (boundary !== undefined) requireFewFields(bytes, `\r\n--${boundary}`);
  const response = new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } });
  const parts = await response.formData().catch((cause: unknown) => {
    throw new GatewayError('E_REQUEST_MALFORMED', 'the form cannot be read', { cause });
  });
  const form = new URLSearchParams();
  for (const [name, value] of parts) if (typeof value === 'string') form.append(name, value);
  const file = parts.get('file');
  // A browser sends a nameless empty file where none was chosen.
  if (file === null || typeof file === 'string' || file.size === 0) return { form };
  return { form, file: { name: file.name, bytes: await file.bytes() } };
}

function parsed(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new GatewayError('E_REQUEST_MALFORMED', 'the body is no JSON object');
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

/** Errors of Express itself (reading the body, decoding the path), by HTTP status. */
const bodyFaults: ReadonlyMap<unknown, readonly [ErrorCode, string]> = new Map([
  [413, ['E_SIZE_EXCEEDED', 'The body is larger than this door accepts.']],
  [415, ['E_REQUEST_TYPE', 'Compressed bodies are not accepted.']],
  [400, ['E_REQUEST_INVALID', 'The request ended early, or its path is invalid.']],
]);

export function bodyFault(cause: unknown): GatewayError | undefined {
  const known = cause instanceof Error && 'status' in cause ? bodyFaults.get(cause.status) : undefined;
  return known && new GatewayError(...known, { cause });
}
