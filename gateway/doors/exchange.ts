/** The exchange door: partners send messages here, and poll for ours. */

import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import { admitPartner, type Admission } from './admission.ts';
import { leavesBody, openBodyReader, refuseCompressed, type BodyLimits } from './body-reader.ts';
import { contradicts } from './content-type.ts';
import type { PolledMessage } from '../outbound/answer-poll.ts';
import { GatewayError } from '../model/errors.ts';
import type { Position } from '../model/list/list.ts';
import type { AuthenticatedChannel, RawMessage, SealedMessage, Verdict } from '../model/message.ts';
import { present } from '../model/present.ts';
import { faultFields, type Log } from '../wire/log.ts';
import { contentDigest } from '../wire/transport/https-pull.ts';
import { messageIdPattern } from '../wire/transport/transport.ts';
import { problemOf, problemType } from './problems.ts';
import { requireHost, targetOf } from './request-target.ts';

type Receipt = Pick<SealedMessage, 'id' | 'contentType' | 'bytes'>;

export interface ExchangeDoor extends Admission, Partial<BodyLimits> {
  /**
   * Processes a message. The reply is 202 if there is no receipt, as for a receipt itself. Rejects with errors of the gateway only; nothing
   * was decided then.
   */
  receive(
    raw: RawMessage,
  ): Promise<{ readonly verdict: Verdict; readonly receipt?: Receipt; readonly arrived?: Receipt }>;
  /** Combines a message with the signature from a header field. Throws E_SIGNATURE_MISSING, E_SIGNATURE_PROFILE. */
  joined?(partner: string, bytes: Buffer, headers: Request['headers']): Buffer;
  /** Paths that partners with a protocol of their own use instead of /exchange/. */
  readonly routes?: readonly ExchangeRoute[];
  /** Takes a later acknowledgement. Rejects if it is not acceptable. */
  acknowledge?(partner: string, bytes: Uint8Array, headers: Request['headers']): Promise<void>;
  /** The next message for a partner that polls. Throws E_ROUTE_UNKNOWN for a partner that does not poll. */
  poll(partner: string): Promise<PolledMessage | undefined>;
  /** The list of the partner that is in force here; undefined for none. */
  held(partner: string): Promise<Position | undefined>;
  /** What a partner may learn about one domestic operator. Throws E_ROUTE_UNKNOWN for a partner that may not ask. */
  status(partner: string, identifier: string): Promise<object>;
  /** The counts of a month, for a partner that compares them. Throws E_ROUTE_UNKNOWN if that was not agreed. */
  numbers(partner: string, month: string): Promise<object>;
  readonly maxBytes: number;
  /** Host names of this door; absent: any. */
  readonly hosts?: readonly string[] | undefined;
  /** Concurrent requests of one partner; default 4. More are refused with E_BUSY. */
  readonly maxInFlight?: number;
  readonly log: Log;
  newRequestId?(): string;
}

export interface ExchangeRoute {
  readonly partner: string;
  /** Absent: POST. */
  readonly method?: 'POST' | 'PUT' | 'PATCH' | undefined;
  /** A hole matches one segment, or a part of it. */
  readonly path: string;
  /** `acknowledgement` routes take later answers to messages of this gateway, which are not answered themselves. */
  readonly takes: 'message' | 'acknowledgement';
  /** HTTP status of each verdict. */
  readonly statuses: Readonly<Record<Verdict, number>>;
  /** The header that carries the verdict. */
  readonly header?: ((verdict: Verdict) => readonly [name: string, value: string]) | undefined;
  /** `async`: the answer is a separate message, and the response has no body. */
  readonly mode?: 'sync' | 'async' | undefined;
}

const receiptStatuses: ExchangeRoute['statuses'] = { applied: 200, held: 200, rejected: 422 };

const retryAfterSeconds = 5;

/** For `https.createServer(exchangeServerOptions(…), exchangeDoor(…))`. */
export function exchangeDoor(door: ExchangeDoor): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.set('query parser', false);
  app.use((request, response, next) => {
    response.locals['requestId'] = door.newRequestId?.() ?? randomUUID();
    requireHost(targetOf(request), door.hosts);
    next();
  });
  // The order matters: the body of an unknown caller is never read. Compressed bodies are refused, because they could expand without limit.
  const body = readBody(door);
  const limited = limitInFlight(door);
  // Paths without holes take precedence.
  const own = (door.routes ?? []).toSorted((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
  for (const [path, routes] of Map.groupBy(own, ({ path }) => path)) {
    const owners = routes.map(({ partner }) => partner);
    const place = path.replaceAll(/\{\w+\.(\w+)[^{}]*\}/gu, ':$1');
    const methods = routes.map(({ method = 'POST' }) => method);
    app.all(place, onlyMethod(...methods), admitPartner(door, owners), limited, body, answerByRoute(door, routes));
  }
  app.post('/exchange/:partner', admitPartner(door), limited, body, receivePost(door, { statuses: receiptStatuses }));
  app.all('/exchange/:partner', onlyMethod('POST'));
  // Express answers HEAD with the GET handler, and a message would count as fetched.
  app.head('/exchange/:partner/next', onlyMethod('GET'));
  app.get('/exchange/:partner/next', admitPartner(door), limited, answerPoll(door));
  app.all('/exchange/:partner/next', onlyMethod('GET'));
  app.get('/exchange/:partner/position', admitPartner(door), limited, answerPosition(door));
  app.all('/exchange/:partner/position', onlyMethod('GET'));
  const operators = '/exchange/:partner/operators/:identifier';
  const numbers = '/exchange/:partner/numbers/:month';
  const status = answerJson((partner, { identifier = '' }) => door.status(partner, identifier));
  app.get(operators, admitPartner(door), limited, status).all(operators, onlyMethod('GET'));
  const counts = answerJson((partner, { month = '' }) => door.numbers(partner, month));
  app.get(numbers, admitPartner(door), limited, counts).all(numbers, onlyMethod('GET'));
  app.use(() => {
    throw new GatewayError('E_ROUTE_UNKNOWN', 'Messages are sent to /exchange/ and the code of the sender.');
  });
  app.use(sendProblem(door));
  return app;
}

/** Partners may share a path; the certificate or secret of the caller tells them apart. */
function answerByRoute(door: ExchangeDoor, routes: readonly ExchangeRoute[]): RequestHandler<{ partner: string }> {
  const answers = routes.map(({ partner, method = 'POST', takes, ...route }) => {
    const answer = takes === 'message' ? receivePost(door, route) : receiveLater(door);
    return { partner, method, answer };
  });
  return (request, response, next) => {
    const own = answers.filter(({ partner }) => partner === admitted(response));
    const found = own.find(({ method }) => method === request.method);
    if (found !== undefined) return found.answer(request, response, next);
    onlyMethod(...own.map(({ method }) => method))(request, response, next);
  };
}

type Method = 'GET' | NonNullable<ExchangeRoute['method']>;

function onlyMethod(...methods: readonly Method[]): RequestHandler<{ partner: string }> {
  return (request, response, next) => {
    if (methods.some((method) => method === request.method)) {
      next();
      return;
    }
    response.set('Allow', [...new Set(methods)].join(', '));
    throw new GatewayError('E_METHOD_UNKNOWN', `This path takes ${methods.join(' or ')} alone.`);
  };
}

/** Bodies are held in memory, so the number of concurrent requests of a partner is limited. */
function limitInFlight({ maxInFlight = 4 }: ExchangeDoor): RequestHandler<{ partner: string }> {
  const inFlight = new Map<string, number>();
  return (_request, response, next) => {
    const partner = admitted(response);
    const before = inFlight.get(partner) ?? 0;
    if (before >= maxInFlight) throw new GatewayError('E_BUSY', 'Too many messages of this partner at once.');
    inFlight.set(partner, before + 1);
    response.once('close', () => inFlight.set(partner, (inFlight.get(partner) ?? 1) - 1));
    next();
  };
}

/** Counts received bytes, not stated ones: a partner that announces much and sends nothing blocks nobody. */
function readBody(door: ExchangeDoor): RequestHandler<{ partner: string }> {
  const openBody = openBodyReader({ heldBytes: 4 * door.maxBytes, ...door });
  return async (request, response, next) => {
    refuseCompressed(request);
    const body = openBody(request);
    response.once('close', () => body.release());
    request.body = await body.read(door.maxBytes, admitted(response));
    next();
  };
}

/** The partner identified by admitPartner. */
function admitted(response: Response): string {
  return String(response.locals['partner']);
}

function bodyOf(request: Request<{ partner: string }>): Buffer {
  const bytes: unknown = request.body;
  if (Buffer.isBuffer(bytes) && bytes.length > 0) return bytes;
  throw new GatewayError('E_REQUEST_INVALID', 'The body is empty.');
}

function receiveLater(door: ExchangeDoor): RequestHandler<{ partner: string }> {
  return async (request, response) => {
    await door.acknowledge?.(admitted(response), bodyOf(request), request.headers);
    response.status(204).end();
  };
}

function receivePost(
  door: ExchangeDoor,
  { statuses, mode, header }: Pick<ExchangeRoute, 'statuses' | 'mode' | 'header'>,
): RequestHandler<{ partner: string }> {
  return async (request, response) => {
    const bytes = bodyOf(request);
    if (contradicts(request.get('content-type'), bytes)) {
      const fix = 'Label the message by its format, or as application/octet-stream.';
      throw new GatewayError('E_REQUEST_TYPE', 'The Content-Type contradicts the bytes of the message.', { fix });
    }
    const hintedId = request.get('mra-message-id');
    const { verdict, receipt, arrived } = await door.receive({
      partner: admitted(response),
      via: 'https',
      bytes: door.joined?.(admitted(response), bytes, request.headers) ?? bytes,
      receivedAt: door.now().toISOString(),
      // Set by admitPartner.
      channel: response.locals['channel'] as AuthenticatedChannel,
      ...(hintedId !== undefined && messageIdPattern.test(hintedId) ? { hintedId } : {}),
    });
    if (header !== undefined) response.setHeader(...header(verdict));
    const answer = mode === 'async' ? arrived : receipt;
    if (mode === 'async' && answer === undefined) response.status(statuses[verdict]).end();
    else sendReceipt(response, statuses[verdict], answer);
  };
}

function sendReceipt(response: Response, status: number, receipt: Receipt | undefined): void {
  if (receipt === undefined) {
    response.status(202).end();
    return;
  }
  response.status(status);
  response.set({ 'Content-Type': receipt.contentType, 'MRA-Message-Id': receipt.id, 'MRA-Message-Kind': 'receipt' });
  response.end(receipt.bytes);
}

/** Sends the sealed bytes with the headers of a POST. Whether all were sent is known once the response has ended. */
function answerPoll(door: ExchangeDoor): RequestHandler<{ partner: string }> {
  return async (request, response) => {
    const polled = await door.poll(request.params.partner);
    if (polled === undefined) {
      response.status(204).end();
      return;
    }
    const { id, kind, contentType, digest, bytes } = polled.message;
    response.set({
      'Content-Type': contentType,
      'MRA-Message-Id': id,
      'MRA-Message-Kind': kind,
      'Content-Digest': contentDigest(Buffer.from(digest, 'hex')),
      'Cache-Control': 'no-store',
    });
    response.end(bytes);
    const whole = await finished(response).then(
      () => true,
      () => false,
    );
    await polled.sent(whole);
  };
}

function answerJson(
  answer: (partner: string, named: Readonly<Record<string, string | undefined>>) => Promise<object>,
): RequestHandler<{ partner: string }> {
  return async ({ params }, response) => {
    const { partner, ...named } = params;
    response.set('Cache-Control', 'no-store').json(await answer(partner, named));
  };
}

/** Tells a partner whose store was restored which numbers it has already used. */
function answerPosition(door: ExchangeDoor): RequestHandler<{ partner: string }> {
  return async (request, response) => {
    const held = await door.held(request.params.partner);
    response.set('Cache-Control', 'no-store');
    if (held === undefined) response.status(204).end();
    else response.json(held);
  };
}

function sendProblem(door: ExchangeDoor): ErrorRequestHandler {
  return (thrown: unknown, { socket }, response, next) => {
    const requestId = String(response.locals['requestId']);
    const error = pathFault(thrown) ?? thrown;
    const problem = problemOf(error, requestId);
    const partner: unknown = response.locals['partner'];
    const known = typeof partner === 'string' ? { partner } : present({ host: socket.remoteAddress });
    const fields = { requestId, door: 'exchange', status: problem.status, ...known, ...faultFields(error) };
    if (problem.status < 500) door.log.warn('message refused', fields);
    else door.log.error('message not processed', fields);
    // If part of a response was sent, Express can only close the connection; the partner then tries again.
    if (response.headersSent) {
      next(error);
      return;
    }
    if (problem.status === 503) response.set('Retry-After', String(retryAfterSeconds));
    if (leavesBody(problem.status)) response.set('Connection', 'close');
    response.status(problem.status).set('Content-Type', problemType).end(JSON.stringify(problem));
  };
}

/** The error of Express for a path that cannot be decoded. */
function pathFault(cause: unknown): GatewayError | undefined {
  const refused = cause instanceof Error && 'status' in cause && cause.status === 400;
  return refused ? new GatewayError('E_REQUEST_INVALID', 'The path is invalid.', { cause }) : undefined;
}
