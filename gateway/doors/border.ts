/** The border door: clearance systems ask here. Plain node:http, because these are the questions that must be fast. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import {
  assess,
  assessment,
  check,
  checkBatch,
  consultation,
  type BatchResult,
  type Clearance,
} from '../clearance/requests.ts';
import type { CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import type { Assessment } from '../model/clearance/assessment.ts';
import { asGatewayError, GatewayError, isGatewayError } from '../model/errors.ts';
import { explainFaults, RequestFaults } from '../model/clearance/request-faults.ts';
import { findIdempotent, saveIdempotent } from '../store/consultations.ts';
import type { Tx } from '../store/database.ts';
import { loadEntryFormats, readEntry, type EntryFormats } from '../wire/files/entry-formats.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import { faultFields, type Log } from '../wire/log.ts';
import { jsonValidator, type JsonVerdict } from '../wire/xsd/schema.ts';
import { partnersReply, readinessReply } from './border-state.ts';
import {
  fingerprintOf,
  idempotencyKeyOf,
  mediaTypeOf,
  problemReply,
  readBody,
  requestIdOf,
  sendReply,
  type Reply,
} from './border-requests.ts';
import { problemOf } from './problems.ts';

export interface BorderDoor extends Clearance {
  /** The folder of our own schemas. */
  readonly schemas: string;
  readonly log: Log;
  /** Who asks, for the proof. Without it all callers are one, `border`; throw a GatewayError to turn a caller away. */
  requesterOf?(request: IncomingMessage): string;
}

const checkLimit = 64 * 1024;
const batchLimit = 2 * 1024 * 1024;
const entryLimit = 8 * 1024 * 1024;

interface Readers {
  readonly check: (value: unknown) => JsonVerdict<CheckRequest>;
  readonly batch: (value: unknown) => JsonVerdict<BatchDocument>;
  readonly entry: EntryFormats;
}

type Shared = 'at' | 'known_at' | 'direction' | 'mode' | 'port' | 'port_of_departure' | 'purpose';
interface BatchDocument extends Partial<Pick<CheckRequest, Shared>> {
  readonly checks: Readonly<Record<string, object>>;
}

/** One request as the routes see it. */
interface Visit {
  readonly door: BorderDoor;
  readonly readers: Readers;
  readonly request: IncomingMessage;
  readonly requester: string;
  readonly requestId: string;
  readonly url: URL;
  /** What stands in the path where the route has a place for it. */
  readonly id: string;
}

interface Route {
  readonly path: RegExp;
  readonly GET?: (visit: Visit) => Promise<Reply>;
  readonly POST?: (visit: Visit) => Promise<Reply>;
}

const routes: readonly Route[] = [
  { path: /^\/v1\/checks$/u, POST: postCheck },
  { path: /^\/v1\/checks\/batch$/u, POST: postBatch },
  { path: /^\/v1\/assessments$/u, POST: postAssessment },
  {
    path: /^\/v1\/assessments\/([\w-]{1,40})$/u,
    GET: async ({ door, id }) => ({ status: 200, body: await assessment(door, id) }),
  },
  {
    path: /^\/v1\/consultations\/([\w-]{1,40})$/u,
    GET: async ({ door, id }) => ({ status: 200, body: await consultation(door, id) }),
  },
  { path: /^\/v1\/partners$/u, GET: ({ door }) => partnersReply(door) },
  { path: /^\/livez$/u, GET: () => Promise.resolve({ status: 200, body: { status: 'pass' } }) },
  { path: /^\/readyz$/u, GET: ({ door, url }) => readinessReply(door, url.searchParams.has('verbose')) },
];

/** Compiles the schemas and answers requests. Throws E_CONFIG_INVALID when a schema or an entry profile is not valid. */
export function borderDoor(door: BorderDoor): RequestListener {
  const readers: Readers = {
    check: jsonValidator(join(door.schemas, 'check-request.schema.json')),
    batch: jsonValidator(join(door.schemas, 'batch-request.schema.json')),
    entry: loadEntryFormats(door.schemas),
  };
  return (request, response) => {
    const requestId = requestIdOf(request, (bytes) => door.random(bytes));
    answer(door, readers, request, requestId).then(
      (reply) => sendReply(response, requestId, reply),
      (error: unknown) => {
        if (asGatewayError(error).kind.status >= 500)
          door.log.error('border request failed', { requestId, ...faultFields(error) });
        sendReply(response, requestId, problemReply(error, requestId));
      },
    );
  };
}

async function answer(door: BorderDoor, readers: Readers, request: IncomingMessage, requestId: string): Promise<Reply> {
  const url = URL.parse(request.url ?? '', 'http://border');
  for (const route of url === null ? [] : routes) {
    const match = route.path.exec(url?.pathname ?? '');
    if (match === null || url === null) continue;
    const work = request.method === 'GET' ? route.GET : request.method === 'POST' ? route.POST : undefined;
    if (work === undefined) {
      const allow = route.GET === undefined ? 'POST' : 'GET';
      const problem = problemReply(new GatewayError('E_METHOD_UNKNOWN', `this address takes ${allow}`), requestId);
      return { ...problem, headers: { ...problem.headers, allow } };
    }
    const requester = door.requesterOf?.(request) ?? 'border';
    return await work({ door, readers, request, requester, requestId, url, id: match[1] ?? '' });
  }
  throw new GatewayError('E_ROUTE_UNKNOWN', 'the addresses of this door are in its documentation');
}

async function postCheck(visit: Visit): Promise<Reply> {
  const body = await readJsonBody(visit, checkLimit);
  return await once(visit, body, async (keep) => {
    const question = valid(visit.readers.check, parseStrictJson(body));
    const minimal = visit.request.headers['prefer']?.includes('return=minimal') === true;
    const replyTo = (proven: ProvenAnswer): Reply => checkReply(proven, minimal);
    return replyTo(await check(visit.door, question, visit.requester, keep(replyTo)));
  });
}

function checkReply(proven: ProvenAnswer, minimal: boolean): Reply {
  const number = proven.proof.consultation_number;
  const location = `/v1/consultations/${number}`;
  if (!minimal) return { status: 201, body: proven, headers: { location } };
  const body = { outcome: proven.outcome, consultation_number: number };
  return { status: 201, body, headers: { location, 'preference-applied': 'return=minimal' } };
}

async function postBatch(visit: Visit): Promise<Reply> {
  const body = await readJsonBody(visit, batchLimit);
  return await once(visit, body, async (keep) => {
    const { checks, ...shared } = valid(visit.readers.batch, parseStrictJson(body));
    const questions = new Map<string, CheckRequest>();
    const faulty = new Map<string, GatewayError>();
    for (const [key, item] of Object.entries(checks)) {
      const question = { ...shared, ...item };
      const verdict = visit.readers.check(question);
      if (verdict.ok) questions.set(key, verdict.value);
      else faulty.set(key, new RequestFaults(explainFaults(verdict.errors, question)));
    }
    const replyTo = (results: BatchResult): Reply =>
      batchReply(visit, Object.keys(checks), new Map([...results, ...faulty]));
    return replyTo(await checkBatch(visit.door, questions, visit.requester, keep(replyTo)));
  });
}

/** In the caller's order, under the caller's keys; one bad question spoils no other. */
function batchReply({ door, requestId }: Visit, keys: readonly string[], results: BatchResult): Reply {
  const counts = new Map<string, number>([['total', keys.length]]);
  const entries = keys.map((key): [string, unknown] => {
    const result = results.get(key) ?? new GatewayError('E_INTERNAL', 'a question was not answered');
    const kind = isGatewayError(result) ? 'problem' : result.outcome;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (isGatewayError(result)) {
      const problem = problemOf(result, requestId, result instanceof RequestFaults ? result.faults : []);
      return [key, { status: problem.status, problem }];
    }
    const { outcome, advice, proof } = result;
    return [
      key,
      {
        status: 200,
        outcome,
        advice: { action: advice.action, benefits: advice.benefits },
        consultation_number: proof.consultation_number,
      },
    ];
  });
  const body = {
    answered_at: door.now().toISOString(),
    counts: Object.fromEntries(counts),
    results: Object.fromEntries(entries),
  };
  return { status: 200, body };
}

async function postAssessment(visit: Visit): Promise<Reply> {
  const body = await readBody(visit.request, entryLimit);
  return await once(visit, body, async (keep) => {
    const profile = visit.url.searchParams.get('profile') ?? undefined;
    const read = readEntry(body, mediaTypeOf(visit.request), visit.readers.entry, profile);
    return assessmentReply(await assess(visit.door, read, visit.requester, keep(assessmentReply)));
  });
}

function assessmentReply(assessed: Assessment): Reply {
  const location = `/v1/assessments/${assessed.assessment}`;
  return { status: 201, body: { ...assessed, links: { self: location } }, headers: { location } };
}

async function readJsonBody({ request }: Visit, limit: number): Promise<Buffer> {
  if (mediaTypeOf(request) !== 'application/json')
    throw new GatewayError('E_REQUEST_TYPE', 'the body must be application/json');
  return await readBody(request, limit);
}

function valid<T>(validator: (value: unknown) => JsonVerdict<T>, value: unknown): T {
  const verdict = validator(value);
  if (verdict.ok) return verdict.value;
  throw new RequestFaults(explainFaults(verdict.errors, value));
}

/** Makes the function that stores a reply with its answer. */
type Keep = <T>(replyTo: (result: T) => Reply) => (tx: Tx, result: T) => Promise<void>;

/**
 * Under an idempotency key, the work is done once: the reply is stored in the transaction of the answer, and the same request gets the
 * same reply. Of two such requests at one time one does the work; the other cannot store its reply, is undone and gets the first one's.
 */
async function once(visit: Visit, body: Uint8Array, work: (keep: Keep) => Promise<Reply>): Promise<Reply> {
  const key = idempotencyKeyOf(visit.request);
  if (key === undefined) return await work(() => () => Promise.resolve());
  const { door, requester, url } = visit;
  const fingerprint = fingerprintOf(`${url.pathname}${url.search}`, mediaTypeOf(visit.request), body);
  const before = await replayed(visit, key, fingerprint);
  if (before !== undefined) return before;
  const keep: Keep = (replyTo) => async (tx, result) => {
    const { status, ...rest } = replyTo(result);
    const kept = await saveIdempotent(tx, {
      requester,
      key,
      fingerprint,
      status,
      body: JSON.stringify(rest),
      at: door.now().toISOString(),
    });
    if (!kept) throw new KeyTaken();
  };
  try {
    return await work(keep);
  } catch (error) {
    const first = error instanceof KeyTaken ? await replayed(visit, key, fingerprint) : undefined;
    if (first === undefined) throw error;
    return first;
  }
}

/** Another request with the key was quicker: what this one did is rolled back. */
class KeyTaken extends Error {
  override readonly name = 'KeyTaken';
}

async function replayed({ door, requester }: Visit, key: string, fingerprint: string): Promise<Reply | undefined> {
  const found = await findIdempotent(door.db.sql, requester, key);
  if (found === undefined) return undefined;
  if (found.fingerprint !== fingerprint) {
    throw new GatewayError(
      'E_IDEMPOTENCY_MISMATCH',
      `the key was first used at ${found.at}; use a new key, or send the same body`,
    );
  }
  const { body, headers } = JSON.parse(found.body) as Omit<Reply, 'status'>;
  return { status: found.status, body, headers: { ...headers, 'idempotent-replayed': 'true' } };
}
