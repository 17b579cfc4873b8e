/** The exchange door: where partners hand over messages, and fetch those that wait for them. Who they are comes from the TLS connection, never from what they say. */

import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { TLSSocket } from 'node:tls';
import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import type { PolledMessage } from '../outbound/answer-poll.ts';
import { GatewayError } from '../model/errors.ts';
import type { RawMessage, SealedMessage, Verdict } from '../model/message.ts';
import { faultFields } from '../wire/log.ts';
import type { Log } from '../wire/log.ts';
import { contentDigest } from '../wire/transport/https.ts';
import { messageIdPattern } from '../wire/transport/transport.ts';
import { problemOf, problemType } from './problems.ts';

/** What the inbound story made of a message. Without a receipt (receipts are not receipted) the answer is a bare 202. */
export interface ExchangeResult {
  readonly verdict: Verdict;
  readonly receipt?: Pick<SealedMessage, 'id' | 'contentType' | 'bytes'>;
}

export interface ExchangeDoor {
  /** The partner a client certificate belongs to, by its SHA-256 fingerprint in lower-case hex. */
  partnerOf(fingerprint256: string): string | undefined;
  /** The inbound story. Rejects only with our own trouble; then nothing was decided and the partner tries again. */
  receive(raw: RawMessage): Promise<ExchangeResult>;
  /** What waits for a partner that fetches; E_ROUTE_UNKNOWN for one whose messages are sent. */
  give(partner: string): Promise<PolledMessage | undefined>;
  now(): Date;
  readonly maxBytes: number;
  /** Messages of one partner that may be on their way in at once; more are asked to wait. */
  readonly maxInFlight?: number;
  readonly log: Log;
  newRequestId?(): string;
}

/** Seconds a partner is asked to wait when we are the ones in trouble. */
const retryAfterSeconds = 30;

/** To be served by `https.createServer(exchangeServerOptions(…), exchangeDoor(…))`. */
export function exchangeDoor(door: ExchangeDoor): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('strict routing').enable('case sensitive routing');
  app.set('query parser', false);
  app.use((_request, response, next) => {
    response.locals['requestId'] = door.newRequestId?.() ?? randomUUID();
    next();
  });
  // The order is a rule: nobody unknown makes us read a body. Compressed bodies are refused, so that none can swell.
  const body = express.raw({ type: () => true, limit: door.maxBytes, inflate: false });
  const few = oneOfFew(door.maxInFlight ?? 4);
  app.post('/exchange/:partner', admitPartner(door), few, body, takeMessage(door));
  app.all('/exchange/:partner', onlyMethod('POST'));
  // Express answers HEAD by GET, and a message would count as fetched.
  app.head('/exchange/:partner/next', onlyMethod('GET'));
  app.get('/exchange/:partner/next', admitPartner(door), few, giveMessage(door));
  app.all('/exchange/:partner/next', onlyMethod('GET'));
  app.use(() => {
    throw new GatewayError('E_ROUTE_UNKNOWN', 'Messages go to /exchange/ and the code of the sender.');
  });
  app.use(answerProblem(door));
  return app;
}

function onlyMethod(method: 'GET' | 'POST'): RequestHandler {
  return (_request, response) => {
    response.set('Allow', method);
    throw new GatewayError('E_METHOD_UNKNOWN', 'Messages are handed over with POST, and fetched with GET.');
  };
}

/** The certificate of the connection must be registered, and for the very partner the address names. */
function admitPartner(door: ExchangeDoor): RequestHandler<{ partner: string }> {
  return (request, response, next) => {
    const partner = partnerOnLine(door, request);
    if (partner === undefined) throw new GatewayError('E_CHANNEL_UNKNOWN', 'The client certificate is not registered.');
    if (partner !== request.params.partner) {
      throw new GatewayError('E_CHANNEL_MISMATCH', 'The client certificate is registered for another address.');
    }
    response.locals['partner'] = partner;
    next();
  };
}

function partnerOnLine(door: ExchangeDoor, request: Request<{ partner: string }>): string | undefined {
  const { socket } = request;
  // The server refuses unauthorised clients already; a door opened on the wrong kind of server must not admit anybody.
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  return certificate && door.partnerOf(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
}

/** Bodies are held in memory, so a partner has only so many of them on the way at once. */
function oneOfFew(maxInFlight: number): RequestHandler<{ partner: string }> {
  const inFlight = new Map<string, number>();
  return (request, response, next) => {
    const { partner } = request.params;
    const before = inFlight.get(partner) ?? 0;
    if (before >= maxInFlight) throw new GatewayError('E_BUSY', 'Too many messages of this partner at once.');
    inFlight.set(partner, before + 1);
    response.once('close', () => inFlight.set(partner, (inFlight.get(partner) ?? 1) - 1));
    next();
  };
}

function takeMessage(door: ExchangeDoor): RequestHandler<{ partner: string }> {
  return async (request, response) => {
    const bytes: unknown = request.body;
    if (!Buffer.isBuffer(bytes) || bytes.length === 0)
      throw new GatewayError('E_REQUEST_INVALID', 'The body is empty.');
    const hintedId = request.get('mra-message-id');
    const result = await door.receive({
      partner: request.params.partner,
      via: 'https',
      bytes,
      receivedAt: door.now().toISOString(),
      ...(hintedId !== undefined && messageIdPattern.test(hintedId) ? { hintedId } : {}),
    });
    answerReceipt(response, result);
  };
}

function answerReceipt(response: Response, { verdict, receipt }: ExchangeResult): void {
  if (receipt === undefined) {
    response.status(202).end();
    return;
  }
  response.status(verdict === 'rejected' ? 422 : 200);
  response.set({ 'Content-Type': receipt.contentType, 'MRA-Message-Id': receipt.id, 'MRA-Message-Kind': 'receipt' });
  response.end(receipt.bytes);
}

/** The bytes as they were sealed, named as a POST names them. How many left is known once the answer has ended. */
function giveMessage(door: ExchangeDoor): RequestHandler<{ partner: string }> {
  return async (request, response) => {
    const waiting = await door.give(request.params.partner);
    if (waiting === undefined) {
      response.status(204).end();
      return;
    }
    const { id, kind, contentType, digest, bytes } = waiting.message;
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
    await waiting.sent(whole);
  };
}

function answerProblem(door: ExchangeDoor): ErrorRequestHandler {
  return (thrown: unknown, _request, response, next) => {
    const requestId = String(response.locals['requestId']);
    const error = bodyFault(thrown) ?? thrown;
    const problem = problemOf(error, requestId);
    const fields = {
      requestId,
      door: 'exchange',
      status: problem.status,
      ...partnerField(response),
      ...faultFields(error),
    };
    if (problem.status < 500) door.log.warn('message turned away', fields);
    else door.log.error('message not taken', fields);
    // Once part of an answer has left, Express can only cut the connection; the sender then tries again.
    if (response.headersSent) {
      next(error);
      return;
    }
    if (problem.status === 503) response.set('Retry-After', String(retryAfterSeconds));
    response.status(problem.status).set('Content-Type', problemType).end(JSON.stringify(problem));
  };
}

function partnerField(response: Response): { readonly partner?: string } {
  const partner: unknown = response.locals['partner'];
  return typeof partner === 'string' ? { partner } : {};
}

/** What Express itself refuses (reading the body, decoding the address), in our words. */
function bodyFault(error: unknown): GatewayError | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  switch (error.status) {
    case 413:
      return new GatewayError('E_SIZE_EXCEEDED', 'The body is larger than this door takes.', { cause: error });
    case 415:
      return new GatewayError('E_REQUEST_TYPE', 'Bodies are taken uncompressed only.', { cause: error });
    case 400:
      return new GatewayError('E_REQUEST_INVALID', 'The request broke off, or its address cannot be read.', {
        cause: error,
      });
    default:
      return undefined;
  }
}
