/** The border door: the HTTP API for clearance systems. Uses node:http without a framework, because status queries must be fast. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { LogSealer } from '../audit/seal-log.ts';
import { lookUpAssessment, lookUpConsultation } from '../clearance/requests.ts';
import { snapshotFile } from '../offline/border-page.ts';
import type { AnsweredRequest, PostedReply, PostedRequest } from '../model/clearance/posted-request.ts';
import type { Searched } from '../store/answer-search.ts';
import { GatewayError } from '../model/errors.ts';
import { everybody, requireScope, type Caller, type CallerOf } from './border-callers.ts';
import { failedReply, openAnswers, postPathOf, posts, type PostDoor } from './border-posts.ts';
import { openChangeFeed, type ChangeFeed } from '../clearance/change-feed.ts';
import { evidenceReply } from './border-evidence.ts';
import { changedAnswersReply, exposureReply } from './border-exposure.ts';
import { openChangeStreams, wantsEvents, type ChangeStreams } from './border-changes.ts';
import { changesReply } from './border-news.ts';
import { searchReply } from './border-searches.ts';
import { openSnapshots, snapshotReply, type SnapshotFile } from './border-snapshots.ts';
import { answerStream, openLanes, streamOf, type Lanes } from './border-stream.ts';
import { partnersReply, readinessReply } from './border-state.ts';
import { openBodyReader, refuseCompressed, type BodyLimits, type HeldBody } from './body-reader.ts';
import { idempotencyKeyOf, openRequestIds, problemReply, sendReply } from './border-requests.ts';
import type { BorderReply, FileReply } from './border-requests.ts';
import { isKnownTo } from './entity-tag.ts';
import { apiDocument, type ApiDocument } from './openapi.ts';
import { openStoreProbe } from './readiness.ts';
import { requireHost, targetOf, type RequestTarget } from './request-target.ts';

interface BorderDoor extends PostDoor, Partial<BodyLimits> {
  /** Identifies the caller; absent: everybody may ask everything. */
  readonly callerOf?: CallerOf;
  readonly sealer: LogSealer;
  /** Host names of this door; absent: any. */
  readonly hosts?: readonly string[] | undefined;
  /** Answers a request with a large body in a worker thread; absent: all are answered in this thread. */
  answerLarge?(posted: PostedRequest): Promise<PostedReply>;
  /** Cuts snapshot files in a worker thread; absent: in this thread. */
  snapshotFile?: SnapshotFile;
  /** Called after each reply, for metrics. */
  answered?(reply: AnsweredRequest): void;
}

/** Longest time for a whole body: a byte every few seconds is not progress. */
const wholeBodyMs = 30_000;

/** Shared by all requests of the door. */
interface Equipment {
  tryWriting(): Promise<void>;
  readonly callerOf: CallerOf;
  readonly document: ApiDocument;
  readonly feed: ChangeFeed;
  readonly changes: ChangeStreams;
  readonly snapshots: SnapshotFile;
  /** Shared by all streams of queries. */
  readonly lanes: Lanes;
}

interface Call {
  readonly door: BorderDoor & Equipment;
  readonly request: IncomingMessage;
  /** `everybody` on an open route. */
  readonly caller: Caller;
  readonly target: RequestTarget;
  /** The id in the path; empty for a route without one. */
  readonly id: string;
}

interface Route {
  readonly path: RegExp;
  /** Needs no credentials: it reveals nothing, and load balancers need it. */
  readonly isOpen?: true;
  readonly get: (call: Call) => Promise<BorderReply | PostedReply | FileReply>;
}

const ok = (body: unknown): BorderReply => ({ status: 200, body });

const routes: readonly Route[] = [
  {
    path: /^\/v1\/assessments\/([\w-]{1,40})$/u,
    get: async ({ door, id, caller }) => ok(await lookUpAssessment(door, id, readerOf(caller))),
  },
  {
    path: /^\/v1\/consultations\/([\w-]{1,40})\/evidence$/u,
    get: ({ door, id, caller, request }) =>
      evidenceReply(door, id, { reader: readerOf(caller), accept: request.headers.accept }),
  },
  {
    path: /^\/v1\/consultations\/([\w-]{1,40})$/u,
    get: async ({ door, id, caller }) => ok(await lookUpConsultation(door, id, readerOf(caller))),
  },
  { path: /^\/v1\/consultations$/u, get: search('consultation') },
  { path: /^\/v1\/assessments$/u, get: search('assessment') },
  { path: /^\/v1\/exposure$/u, get: ofHistory((door, query) => exposureReply(door, query)) },
  { path: /^\/v1\/exposure\/answers$/u, get: ofHistory((door, query) => changedAnswersReply(door, query)) },
  { path: /^\/v1\/partners$/u, get: ({ door }) => partnersReply(door) },
  {
    path: /^\/openapi\.json$/u,
    isOpen: true,
    get: ({ door, request }) => documentReply(door.document, request.headers['if-none-match']),
  },
  {
    path: /^\/v1\/changes$/u,
    async get({ door, caller, target, request }) {
      requireScope(caller, 'feed');
      const gone = new AbortController();
      const asked = { query: target.query, partners: [...door.partners.keys()] };
      const leave = (): void => gone.abort();
      request.socket.once('close', leave);
      const reply = await changesReply(door.feed, asked, gone.signal).finally(() => request.socket.off('close', leave));
      // The request may have waited; a client revoked meanwhile gets no answer.
      requireScope(await door.callerOf(request, 'ongoing'), 'feed');
      return reply;
    },
  },
  {
    path: /^\/v1\/snapshot$/u,
    async get({ door, caller, target, request }) {
      requireScope(caller, 'snapshot');
      const reply = await snapshotReply(door.snapshots, target.query, { accept: request.headers.accept, caller });
      requireScope(await door.callerOf(request, 'ongoing'), 'snapshot');
      return reply;
    },
  },
  { path: /^\/livez$/u, isOpen: true, get: () => Promise.resolve(ok({ status: 'pass' })) },
  {
    path: /^\/readyz$/u,
    isOpen: true,
    get: ({ door, target }) => readinessReply(door, target.query.has('verbose')),
  },
];

function search(kind: Searched): Route['get'] {
  return ofHistory((door, query) => searchReply(door, kind, query));
}

/** A route that shows answers given to others. */
function ofHistory(reply: (door: BorderDoor, query: URLSearchParams) => Promise<BorderReply>): Route['get'] {
  return async ({ door, caller, target }) => {
    requireScope(caller, 'history');
    return await reply(door, target.query);
  };
}

/** The document changes only with the version of the program. */
function documentReply({ text, etag }: ApiDocument, ifNoneMatch?: string): Promise<PostedReply> {
  const isKnown = isKnownTo(ifNoneMatch, etag);
  const headers = { etag, 'cache-control': 'no-cache' };
  return Promise.resolve({ ...(isKnown ? { status: 304, text: '' } : { status: 200, text }), headers, outcomes: {} });
}

/** A caller may read its own answers, and with the scope history all. */
function readerOf({ name, scopes }: Caller): string | undefined {
  return scopes.includes('history') ? undefined : name;
}

/** Throws E_CONFIG_INVALID when a schema or an entry profile is not valid. */
export function borderDoor(door: BorderDoor): RequestListener {
  const openBody = openBodyReader({ wholeMs: wholeBodyMs, ...door });
  const answerPosted = openAnswers(door);
  const requestIdOf = openRequestIds((bytes) => door.random(bytes));
  const { callerOf = () => Promise.resolve(everybody) } = door;
  const document = apiDocument(door.schemas, 'border-api.json');
  const feed = openChangeFeed(door.db.sql);
  const snapshots = openSnapshots(door.snapshotFile ?? ((order) => snapshotFile(door, order)));
  const equipment = { callerOf, document, feed, changes: openChangeStreams(feed), snapshots, lanes: openLanes() };
  const whole = { ...door, ...equipment, tryWriting: openStoreProbe(door.db) };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = performance.now();
    const requestId = requestIdOf(request);
    const host = request.socket.remoteAddress;
    const body = openBody(request);
    let reply: BorderReply | PostedReply | FileReply | Streamed;
    try {
      reply = await answer({ door: whole, answerPosted, response }, request, body, requestId);
    } catch (error) {
      reply = failedReply(door, error, { requestId, caller: host });
    } finally {
      body.release();
    }
    if (!('route' in reply)) sendReply(response, requestId, reply);
    endUnread(request);
    const route = 'route' in reply ? reply.route : routeOf(request);
    door.answered?.(answeredRequest(route, reply, performance.now() - startedAt));
  };
  return (request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
}

/** An unread body must not keep its connection open. */
function endUnread(request: IncomingMessage): void {
  if (!request.complete) setTimeout(() => request.complete || request.destroy(), wholeBodyMs).unref();
}

/** A reply that was already written line by line. */
interface Streamed {
  readonly status: 200;
  readonly route: string;
  readonly outcomes: AnsweredRequest['outcomes'];
}

function answeredRequest(
  route: string,
  reply: Pick<BorderReply, 'status' | 'outcomes'>,
  milliseconds: number,
): AnsweredRequest {
  return { route, status: reply.status, seconds: milliseconds / 1000, outcomes: reply.outcomes ?? {} };
}

/** Route label for metrics; unknown paths share one, because their number is unbounded. */
function routeOf({ url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?', 1);
  const posted = postPathOf(path);
  if (posted !== undefined) return posted;
  const known = routes.find((route) => route.path.test(path));
  return known === undefined ? 'other' : path.replace(/^(\/v1\/\w+\/).+/u, '$1:id');
}

interface Answering {
  readonly door: Call['door'];
  readonly answerPosted: ReturnType<typeof openAnswers>;
  readonly response: ServerResponse;
}

async function answer(
  { door, answerPosted, response }: Answering,
  request: IncomingMessage,
  body: HeldBody,
  requestId: string,
): Promise<BorderReply | PostedReply | FileReply | Streamed> {
  const target = targetOf(request);
  requireHost(target, door.hosts);
  const { path } = target;
  const kind = streamOf(request, path);
  if (kind !== undefined) {
    await door.callerOf(request);
    const caller = () => door.callerOf(request, 'ongoing');
    const streaming = { kind, door, answerPosted, caller, requestId, lanes: door.lanes };
    const outcomes = await answerStream(streaming, request, response);
    return { status: 200, route: kind.route, outcomes };
  }
  if (wantsEvents(request, path)) {
    const caller = () => door.callerOf(request, 'ongoing');
    await door.callerOf(request);
    const problem = (error: unknown) => failedReply(door, error, { requestId, caller: undefined }).body;
    const streamed = { query: target.query, partners: [...door.partners.keys()], requestId, caller, problem };
    await door.changes.send(streamed, request, response);
    return { status: 200, route: '/v1/changes/stream', outcomes: {} };
  }
  const postPath = postPathOf(path);
  if (postPath !== undefined && request.method === 'POST') {
    const posted = await readPosted(door, request, { target, path: postPath, body, requestId });
    return await answerPosted(posted);
  }
  const route = routes.find((each) => each.path.test(path));
  if (route !== undefined && request.method === 'GET') {
    const caller = route.isOpen === true ? everybody : await door.callerOf(request);
    const id = route.path.exec(path)?.[1] ?? '';
    return await route.get({ door, caller, target, request, id });
  }
  if (route === undefined && postPath === undefined)
    throw new GatewayError('E_ROUTE_UNKNOWN', 'GET /openapi.json lists the addresses of this door');
  return methodProblem([...(route ? ['GET'] : []), ...(postPath === undefined ? [] : ['POST'])].join(', '), requestId);
}

function methodProblem(allow: string, requestId: string): BorderReply {
  const problem = problemReply(new GatewayError('E_METHOD_UNKNOWN', `this address accepts ${allow}`), requestId);
  return { ...problem, headers: { ...problem.headers, allow } };
}

async function readPosted(
  door: Call['door'],
  request: IncomingMessage,
  {
    target,
    path,
    body,
    requestId,
  }: Pick<PostedRequest, 'path' | 'requestId'> & { target: RequestTarget; body: HeldBody },
): Promise<PostedRequest> {
  const caller = await door.callerOf(request);
  requireScope(caller, posts[path].scope);
  refuseCompressed(request);
  const { headers } = request;
  return {
    ...{ path, target: target.sent, requester: caller.name, requestId, caller: request.socket.remoteAddress },
    profile: target.query.get('profile') ?? undefined,
    contentType: headers['content-type'] ?? '',
    isMinimal: headers['prefer']?.includes('return=minimal') === true,
    idempotencyKey: idempotencyKeyOf(request),
    body: await body.read(posts[path].limit, caller === everybody ? undefined : caller.name),
  };
}
