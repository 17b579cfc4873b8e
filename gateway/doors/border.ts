/** The border door: the HTTP API for clearance systems. It uses node:http without a framework, because status queries must be fast. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import {
  assess,
  lookUpAssessment,
  check,
  checkBatch,
  lookUpConsultation,
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
  readRequestBody,
  requestIdOf,
  sendReply,
  type BorderReply,
} from './border-requests.ts';
import { problemOf } from './problems.ts';

interface BorderDoor extends Clearance {
  readonly schemas: string;
  readonly log: Log;
  /** The name of the caller, for the proof; absent: `border` for all. May throw a GatewayError to refuse a caller. */
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

interface Call {
  readonly door: BorderDoor;
  readonly readers: Readers;
  readonly request: IncomingMessage;
  readonly requester: string;
  readonly requestId: string;
  readonly url: URL;
  /** The id in the path; empty for a route without one. */
  readonly id: string;
}

interface Route {
  readonly path: RegExp;
  readonly GET?: (call: Call) => Promise<BorderReply>;
  readonly POST?: (call: Call) => Promise<BorderReply>;
}

const ok = (body: unknown): BorderReply => ({ status: 200, body });

const routes: readonly Route[] = [
  { path: /^\/v1\/checks$/u, POST: postCheck },
  { path: /^\/v1\/checks\/batch$/u, POST: postBatch },
  { path: /^\/v1\/assessments$/u, POST: postAssessment },
  { path: /^\/v1\/assessments\/([\w-]{1,40})$/u, GET: async ({ door, id }) => ok(await lookUpAssessment(door, id)) },
  {
    path: /^\/v1\/consultations\/([\w-]{1,40})$/u,
    GET: async ({ door, id }) => ok(await lookUpConsultation(door, id)),
  },
  { path: /^\/v1\/partners$/u, GET: ({ door }) => partnersReply(door) },
  { path: /^\/livez$/u, GET: () => Promise.resolve(ok({ status: 'pass' })) },
  { path: /^\/readyz$/u, GET: ({ door, url }) => readinessReply(door, url.searchParams.has('verbose')) },
];

/** Throws E_CONFIG_INVALID when a schema or an entry profile is not valid. */
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

async function answer(
  door: BorderDoor,
  readers: Readers,
  request: IncomingMessage,
  requestId: string,
): Promise<BorderReply> {
  const url = URL.parse(request.url ?? '', 'http://border');
  for (const route of url === null ? [] : routes) {
    const match = route.path.exec(url?.pathname ?? '');
    if (match === null || url === null) continue;
    const handler = request.method === 'GET' ? route.GET : request.method === 'POST' ? route.POST : undefined;
    if (handler === undefined) {
      const allow = route.GET === undefined ? 'POST' : 'GET';
      const problem = problemReply(new GatewayError('E_METHOD_UNKNOWN', `this address accepts ${allow}`), requestId);
      return { ...problem, headers: { ...problem.headers, allow } };
    }
    const requester = door.requesterOf?.(request) ?? 'border';
    return await handler({ door, readers, request, requester, requestId, url, id: match[1] ?? '' });
  }
  throw new GatewayError('E_ROUTE_UNKNOWN', 'docs/border.md lists the addresses of this door');
}

async function postCheck(call: Call): Promise<BorderReply> {
  const body = await readJsonBody(call, checkLimit);
  return await idempotently(call, body, async (save) => {
    const question = valid(call.readers.check, parseStrictJson(body));
    const minimal = call.request.headers['prefer']?.includes('return=minimal') === true;
    const reply = (proven: ProvenAnswer): BorderReply => checkReply(proven, minimal);
    return reply(await check(call.door, question, call.requester, (tx, proven) => save(tx, reply(proven))));
  });
}

function checkReply(proven: ProvenAnswer, minimal: boolean): BorderReply {
  const number = proven.proof.consultation_number;
  const location = `/v1/consultations/${number}`;
  if (!minimal) return { status: 201, body: proven, headers: { location } };
  const body = { outcome: proven.outcome, consultation_number: number };
  return { status: 201, body, headers: { location, 'preference-applied': 'return=minimal' } };
}

async function postBatch(call: Call): Promise<BorderReply> {
  const body = await readJsonBody(call, batchLimit);
  return await idempotently(call, body, async (save) => {
    const { checks, ...shared } = valid(call.readers.batch, parseStrictJson(body));
    const questions = new Map<string, CheckRequest>();
    const faulty = new Map<string, GatewayError>();
    for (const [key, item] of Object.entries(checks)) {
      const question = { ...shared, ...item };
      const verdict = call.readers.check(question);
      if (verdict.ok) questions.set(key, verdict.value);
      else faulty.set(key, new RequestFaults(explainFaults(verdict.errors, question)));
    }
    const reply = (results: BatchResult): BorderReply =>
      batchReply(call, Object.keys(checks), new Map([...results, ...faulty]));
    return reply(await checkBatch(call.door, questions, call.requester, (tx, results) => save(tx, reply(results))));
  });
}

/** Results under the caller's keys, in the caller's order. A faulty question does not affect the others. */
function batchReply({ door, requestId }: Call, keys: readonly string[], results: BatchResult): BorderReply {
  const counts = new Map<string, number>([['total', keys.length]]);
  const entries = keys.map((key): [string, unknown] => {
    const result = results.get(key) ?? new GatewayError('E_INTERNAL', 'a question was not answered');
    const kind = isGatewayError(result) ? 'problem' : result.outcome;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (isGatewayError(result)) {
      const problem = problemOf(result, requestId, result instanceof RequestFaults ? result.faults : []);
      return [key, { status: problem.status, problem }];
    }
    const { outcome, proof } = result;
    const advice = { action: result.advice.action, benefits: result.advice.benefits };
    return [key, { status: 200, outcome, advice, consultation_number: proof.consultation_number }];
  });
  const answeredAt = door.now().toISOString();
  return ok({ answered_at: answeredAt, counts: Object.fromEntries(counts), results: Object.fromEntries(entries) });
}

async function postAssessment(call: Call): Promise<BorderReply> {
  const body = await readRequestBody(call.request, entryLimit);
  return await idempotently(call, body, async (save) => {
    const profile = call.url.searchParams.get('profile') ?? undefined;
    const { home } = call.door;
    const contentType = call.request.headers['content-type'] ?? '';
    const read = readEntry(body, contentType, call.readers.entry, { profile, timeZone: home.timeZone });
    const assessed = await assess(call.door, read, call.requester, (tx, found) => save(tx, assessmentReply(found)));
    return assessmentReply(assessed);
  });
}

function assessmentReply(assessed: Assessment): BorderReply {
  const location = `/v1/assessments/${assessed.assessment}`;
  return { status: 201, body: { ...assessed, links: { self: location } }, headers: { location } };
}

async function readJsonBody({ request }: Call, limit: number): Promise<Buffer> {
  if (mediaTypeOf(request) !== 'application/json')
    throw new GatewayError('E_REQUEST_TYPE', 'the body must be application/json');
  return await readRequestBody(request, limit);
}

function valid<T>(validator: (value: unknown) => JsonVerdict<T>, value: unknown): T {
  const verdict = validator(value);
  if (verdict.ok) return verdict.value;
  throw new RequestFaults(explainFaults(verdict.errors, value));
}

/** Stores the reply in the transaction of the answer. */
type SaveReply = (tx: Tx, reply: BorderReply) => Promise<void>;

/**
 * With an idempotency key, the work is done once: the reply is stored with the answer, and a repeated request gets the stored reply. Of two
 * concurrent requests with one key, the second cannot store its reply: its transaction is rolled back, and it gets the reply of the first.
 */
async function idempotently(
  call: Call,
  body: Uint8Array,
  work: (save: SaveReply) => Promise<BorderReply>,
): Promise<BorderReply> {
  const key = idempotencyKeyOf(call.request);
  if (key === undefined) return await work(() => Promise.resolve());
  const { door, requester, url } = call;
  const fingerprint = fingerprintOf(`${url.pathname}${url.search}`, mediaTypeOf(call.request), body);
  const stored = await storedReply(call, key, fingerprint);
  if (stored !== undefined) return stored;
  try {
    return await work(async (tx, { status, ...rest }) => {
      const first = { fingerprint, status, body: JSON.stringify(rest), at: door.now().toISOString() };
      if (!(await saveIdempotent(tx, { requester, key, ...first }))) throw new KeyUsed();
    });
  } catch (error) {
    const first = error instanceof KeyUsed ? await storedReply(call, key, fingerprint) : undefined;
    if (first === undefined) throw error;
    return first;
  }
}

/** A concurrent request stored its reply under the key first. */
class KeyUsed extends Error {
  override readonly name = 'KeyUsed';
}

async function storedReply(
  { door, requester }: Call,
  key: string,
  fingerprint: string,
): Promise<BorderReply | undefined> {
  const found = await findIdempotent(door.db.sql, requester, key);
  if (found === undefined) return undefined;
  if (found.fingerprint !== fingerprint) {
    const detail = `the key was first used at ${found.at}; use a new key, or send the same body`;
    throw new GatewayError('E_IDEMPOTENCY_MISMATCH', detail);
  }
  const { body, headers } = JSON.parse(found.body) as Omit<BorderReply, 'status'>;
  return { status: found.status, body, headers: { ...headers, 'idempotent-replayed': 'true' } };
}
