/**
 * The office door: HTTP for staff. Answers its routes to people who are signed in and have the permission. Requests that change something
 * must come from a page of this office, in a form of the same session.
 */

import { randomUUID } from 'node:crypto';
import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { asGatewayError, GatewayError } from '../model/errors.ts';
import type { PeopleGateway } from '../people/people.ts';
import { requireMay, type Permission } from '../people/roles.ts';
import { findSession, type Session } from '../people/sessions.ts';
import { sessionOfToken } from '../people/tokens.ts';
import { faultFields, type Log } from '../wire/log.ts';
import {
  cookieOf,
  pathFault,
  requireFormToken,
  requireOwnOrigin,
  secretOf,
  setCookies,
  type Cookies,
} from './office-requests.ts';
import { entityTag, isKnownTo } from './entity-tag.ts';
import { leavesBody, openBodyReader, type HeldBody } from './body-reader.ts';
import { readForm, type SentFile, type SentForm } from './office-forms.ts';
import { openLive } from './office-live.ts';
import { problemOf, problemType } from './problems.ts';
import { requireHost, targetOf } from './request-target.ts';

/** A request as passed to a route. */
export interface Visit {
  /** Absent only on a route that is open to everybody. */
  readonly session?: Session;
  readonly secret?: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  /** Files of the form. */
  readonly file?: SentFile;
  readonly signature?: SentFile;
  /** Path and query as sent. */
  readonly target: string;
  /** The language that the person chose or the browser prefers. */
  readonly languages: readonly string[];
  readonly cookies: { readonly attempt: string | undefined; readonly browser: string | undefined };
  /** IP address of the browser; behind a proxy of the settings, the address that the proxy states. */
  readonly address: string;
  readonly requestId: string;
}

export type OfficeReply = { readonly cookies?: Cookies } & Answer;

type Answer =
  | { readonly kind: 'page'; readonly html: string; readonly status?: number }
  | { readonly kind: 'data'; readonly body: unknown; readonly status?: number }
  | { readonly kind: 'file'; readonly name: string; readonly contentType: string; readonly bytes: Uint8Array }
  | { readonly kind: 'redirect'; readonly to: string }
  /** The route writes the response itself and may leave it open. */
  | { readonly kind: 'stream'; start(response: Response): void };

export interface OfficeRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** `open`: for everybody, even before sign-in. */
  readonly needs: Permission | 'signed_in' | 'open';
  /** Size limit in bytes of a form with a file; absent: that of other forms. */
  readonly mostBytes?: number | undefined;
  /** Sent by a page on its own, so it does not extend the session. */
  readonly isLive?: boolean;
  answer(visit: Visit): Promise<OfficeReply>;
}

export type Problem = ReturnType<typeof problemOf> & { readonly fix?: string | undefined };

export interface OfficeDoor extends PeopleGateway {
  readonly routes: readonly OfficeRoute[];
  /** The origin of all pages. */
  publicUrl(): string;
  /** Addresses and networks of proxies whose X-Forwarded-For counts. */
  readonly proxies: readonly string[];
  /** False once the door is closing. */
  isOpen(): boolean;
  /** Static texts and their media types, by path. */
  readonly assets: Readonly<Record<string, { readonly contentType: string; readonly text: string }>>;
  /** The page for an error. */
  errorPage(problem: Problem, visit: Visit): string;
  readonly log: Log;
}

const apiPrefix = '/office/v1/';

export function officeDoor(door: OfficeDoor): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').set('query parser', false);
  app.set('trust proxy', [...door.proxies]);
  app.use(protect(door));
  for (const [path, { contentType, text }] of Object.entries(door.assets))
    app.get(path, (_request, response) => {
      response.set('Cache-Control', 'public, max-age=86400').type(contentType).send(text);
    });
  const bodyOf = openBodyReader({ heldBytes: 256 * 1024 * 1024, stallMs: 15_000 });
  for (const route of [liveRoute(door), ...door.routes]) {
    const answer = answerRoute(door, route, bodyOf);
    if (route.method === 'GET') app.get(route.path, answer);
    else app.post(route.path, answer);
  }
  for (const path of new Set(door.routes.map((route) => route.path)))
    app.all(path, () => {
      throw new GatewayError('E_METHOD_UNKNOWN', 'this address does not take this method');
    });
  app.use(() => {
    throw new GatewayError('E_ROUTE_UNKNOWN', 'there is no such page');
  });
  app.use(sendError(door));
  return app;
}

function liveRoute(door: OfficeDoor): OfficeRoute {
  const live = openLive(door, () => door.isOpen());
  return {
    ...{ method: 'GET', path: '/live', needs: 'signed_in', isLive: true },
    answer: ({ session, secret = '' }) => {
      if (session === undefined) throw new GatewayError('E_SESSION_MISSING', 'nobody is signed in');
      return Promise.resolve({ kind: 'stream', start: (response) => live.join(session, secret, response) });
    },
  };
}

/** Loads nothing from other hosts, runs only scripts of the office, and forbids framing by other sites. */
const policy = [
  ...["default-src 'none'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "script-src 'self'"],
  ...["connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
].join('; ');

function protect(door: OfficeDoor): RequestHandler {
  return (request, response, next) => {
    response.locals['requestId'] = randomUUID();
    response.set({
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
      // `no-referrer` would make browsers hide the origin of forms, which is checked.
      'Referrer-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    });
    if (isSecure(door)) response.set('Strict-Transport-Security', 'max-age=31536000');
    requireHost(targetOf(request), [new URL(door.publicUrl()).hostname]);
    next();
  };
}

function isSecure(door: Pick<OfficeDoor, 'publicUrl'>): boolean {
  return door.publicUrl().startsWith('https:');
}

function answerRoute(door: OfficeDoor, route: OfficeRoute, bodyOf: ReturnType<typeof openBodyReader>): RequestHandler {
  return async (request, response) => {
    const body = bodyOf(request);
    try {
      const visit = await admitted(door, route, request, response, body);
      if (visit === undefined) {
        response.redirect(303, `/sign-in?to=${encodeURIComponent(request.originalUrl)}`);
        return;
      }
      const language = visit.query.get('language');
      if (language !== null && /^[A-Za-z-]{2,10}$/u.test(language)) setCookies(response, { language }, isSecure(door));
      const reply = await route.answer(visit);
      setCookies(response, reply.cookies ?? {}, isSecure(door));
      send(response, reply);
    } finally {
      body.release();
    }
  };
}

/**
 * Undefined if the caller must sign in first. Reads the body only after the header fields pass all checks. Throws E_SESSION_MISSING,
 * E_ROLE_MISSING, E_REQUEST_FORGED, and the same errors as readForm.
 */
async function admitted(
  door: OfficeDoor,
  { needs, method, mostBytes, isLive = false }: OfficeRoute,
  request: Request,
  response: Response,
  body: HeldBody,
): Promise<Visit | undefined> {
  const { secret, byCookie } = secretOf(request, isSecure(door));
  const isToken = !byCookie && secret !== undefined;
  const asked = { isLive: isLive || request.get('x-live') !== undefined };
  const session = await (isToken ? sessionOfToken(door, secret) : findSession(door, secret, asked));
  response.locals['session'] = session;
  const posts = method === 'POST';
  const sender = session?.person.id ?? request.ip;
  if (posts && byCookie) requireOwnOrigin(request, door.publicUrl());
  if (needs !== 'open' && session === undefined) {
    if (posts || isApi(request)) throw new GatewayError('E_SESSION_MISSING', 'the session has ended, or none began');
    return undefined;
  }
  if (session !== undefined && needs !== 'open' && needs !== 'signed_in') requireMay(session.person, needs);
  const sent = posts ? await readForm(request, body, { mostBytes, sender }) : noForm();
  if (posts && byCookie && needs !== 'open') requireFormToken(request, sent.form, session?.formToken);
  return { ...visitOf(door, request, response, sent), secret, ...(session && { session }) };
}

function noForm(): SentForm {
  return { form: new URLSearchParams() };
}

function visitOf(door: OfficeDoor, request: Request, response: Response, sent: SentForm): Visit {
  const { query, sent: target } = targetOf(request);
  const cookie = (name: 'attempt' | 'browser' | 'language'): string | undefined =>
    cookieOf(request, name, isSecure(door));
  const chosen = query.get('language') ?? cookie('language');
  const accepted = request.acceptsLanguages();
  return {
    params: request.params as Record<string, string>,
    query,
    target,
    ...sent,
    languages: chosen === undefined ? accepted : [chosen, ...accepted],
    cookies: { attempt: cookie('attempt'), browser: cookie('browser') },
    address: request.ip ?? '',
    requestId: response.locals['requestId'] as string,
  };
}

function isApi(request: Request): boolean {
  return request.path.startsWith(apiPrefix);
}

function send(response: Response, reply: Answer): void {
  switch (reply.kind) {
    case 'page':
      response
        .status(reply.status ?? 200)
        .type('html')
        .send(reply.html);
      return;
    case 'data':
      sendData(response, reply);
      return;
    case 'file':
      response.attachment(reply.name).set('Content-Type', reply.contentType).send(Buffer.from(reply.bytes));
      return;
    case 'stream':
      reply.start(response);
      return;
    case 'redirect':
      response.redirect(303, reply.to);
  }
}

/** Answers 304 if a program already has the current text. */
function sendData(response: Response, { status = 200, body }: Extract<Answer, { readonly kind: 'data' }>): void {
  const { req: request } = response;
  const text = JSON.stringify(body);
  response.status(status).type('json');
  if (request.method === 'GET' && status === 200) {
    const etag = entityTag(text);
    response.set({ ETag: etag, 'Cache-Control': 'private, no-cache' });
    if (isKnownTo(request.get('if-none-match'), etag)) {
      response.status(304).end();
      return;
    }
  }
  response.send(text);
}

function sendError(door: OfficeDoor): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const requestId = response.locals['requestId'] as string;
    const error = pathFault(thrown) ?? asGatewayError(thrown);
    const problem = { ...problemOf(error, requestId), fix: error.kind.status < 500 ? error.fix : undefined };
    const { status } = problem;
    if (leavesBody(status)) response.set('Connection', 'close');
    if (status >= 500) door.log.error('office request failed', { requestId, ...faultFields(error) });
    if (isApi(request)) {
      response.status(status).type(problemType).send(JSON.stringify(problem));
      return;
    }
    const session = response.locals['session'] as Session | undefined;
    const visit = { ...visitOf(door, request, response, noForm()), ...(session && { session }) };
    response.status(status).type('html').send(door.errorPage(problem, visit));
  };
}
