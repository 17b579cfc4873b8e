/** The requests with a body: a status query, a batch of them, an entry. They are plain data, so that a worker thread can answer large ones. */

import { join } from 'node:path';
import { assess, checkBatch, checkRecorded, type BatchResult, type Clearance } from '../clearance/requests.ts';
import type { RecordedAnswer } from '../clearance/answer-log.ts';
import type { CheckRequest } from '../model/clearance/answer.ts';
import type { Assessment } from '../model/clearance/assessment.ts';
import type { PostedReply, PostedRequest } from '../model/clearance/posted-request.ts';
import { asGatewayError, GatewayError, isGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { explainFaults, RequestFaults } from '../model/clearance/request-faults.ts';
import { findIdempotent, saveIdempotent } from '../store/consultations.ts';
import type { Tx } from '../store/database.ts';
import { contentTypeOf } from '../wire/files/content-type.ts';
import { loadEntryFormats, readEntry, type EntryFormats } from '../wire/files/entry-formats.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import { faultFields, type Log } from '../wire/log.ts';
import { jsonValidator, type JsonVerdict } from '../wire/xsd/schema.ts';
import { CallerRefused } from './border-callers.ts';
import { faultsOf, fingerprintOf, problemReply, type BorderReply } from './border-requests.ts';
import { problemOf } from './problems.ts';

export interface PostDoor extends Clearance {
  readonly schemas: string;
  readonly log: Log;
}

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
  readonly door: PostDoor;
  readonly readers: Readers;
  readonly posted: PostedRequest;
}

/** The paths that take a body, its largest size in bytes, and what its caller must be allowed. */
export const posts = {
  '/v1/checks': { limit: 64 * 1024, scope: 'check', answer: postCheck },
  '/v1/checks/batch': { limit: 2 * 1024 * 1024, scope: 'batch', answer: postBatch },
  '/v1/assessments': { limit: 8 * 1024 * 1024, scope: 'assess', answer: postAssessment },
} as const satisfies Record<PostedRequest['path'], object>;

/** Answers such requests; an error is a reply too. Throws E_CONFIG_INVALID when a schema or an entry profile is not valid. */
export function openPosts(door: PostDoor): (posted: PostedRequest) => Promise<PostedReply> {
  const readers: Readers = {
    check: jsonValidator(join(door.schemas, 'check-request.schema.json')),
    batch: jsonValidator(join(door.schemas, 'batch-request.schema.json')),
    entry: loadEntryFormats(door.schemas),
  };
  return async (posted) => {
    try {
      return asText(await posts[posted.path].answer({ door, readers, posted }));
    } catch (error) {
      return asText(failedReply(door, error, posted));
    }
  };
}

/** Our own errors are logged; their details are not part of the reply. */
export function failedReply(
  { log }: Pick<PostDoor, 'log'>,
  error: unknown,
  { requestId, caller: host }: Pick<PostedRequest, 'requestId' | 'caller'>,
): BorderReply {
  if (asGatewayError(error).kind.status >= 500)
    log.error('border request failed', { requestId, ...present({ host }), ...faultFields(error) });
  else if (error instanceof CallerRefused || asGatewayError(error).code === 'E_RATE_EXCEEDED')
    log.warn('border caller refused', { requestId, ...present({ host }), ...faultFields(error) });
  return problemReply(error, requestId);
}

async function postCheck(call: Call): Promise<Reply> {
  const { door, readers, posted } = call;
  requireJson(posted);
  return await idempotently(call, async (save) => {
    const question = valid(readers.check, parseStrictJson(posted.body));
    const reply = (recorded: RecordedAnswer): PostedReply => checkReply(recorded, posted.isMinimal);
    return reply(
      await checkRecorded(door, question, posted.requester, save && ((tx, recorded) => save(tx, reply(recorded)))),
    );
  });
}

function checkReply({ answer, text }: RecordedAnswer, minimal: boolean): PostedReply {
  const number = answer.proof.consultation_number;
  const location = `/v1/consultations/${number}`;
  const outcomes = { [answer.outcome]: 1 };
  if (!minimal) return { status: 201, text, headers: { location }, outcomes };
  const body = { outcome: answer.outcome, consultation_number: number };
  const headers = { location, 'preference-applied': 'return=minimal' };
  return { status: 201, text: JSON.stringify(body), headers, outcomes };
}

async function postBatch(call: Call): Promise<Reply> {
  const { door, readers, posted } = call;
  requireJson(posted);
  return await idempotently(call, async (save) => {
    const { checks, ...shared } = valid(readers.batch, parseStrictJson(posted.body));
    const questions = new Map<string, CheckRequest>();
    const faulty = new Map<string, GatewayError>();
    for (const [key, item] of Object.entries(checks)) {
      const question = { ...shared, ...item };
      const verdict = readers.check(question);
      if (verdict.ok) questions.set(key, verdict.value);
      else faulty.set(key, new RequestFaults(explainFaults(verdict.errors, question)));
    }
    const reply = (results: BatchResult): BorderReply =>
      batchReply(call, Object.keys(checks), new Map([...results, ...faulty]));
    return reply(
      await checkBatch(door, questions, posted.requester, save && ((tx, results) => save(tx, reply(results)))),
    );
  });
}

/** Results under the caller's keys, in the caller's order. A faulty question does not affect the others. */
function batchReply({ door, posted: { requestId } }: Call, keys: readonly string[], found: BatchResult): BorderReply {
  const counts = new Map<string, number>([['total', keys.length]]);
  const entries = keys.map((key): [string, unknown] => {
    const result = found.get(key) ?? new GatewayError('E_INTERNAL', 'a question was not answered');
    const kind = isGatewayError(result) ? 'problem' : result.outcome;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (isGatewayError(result)) {
      const problem = problemOf(result, requestId, faultsOf(result));
      return [key, { status: problem.status, problem }];
    }
    const { outcome, freshness, explanation, would_change_answer, proof } = result;
    const advice = { action: result.advice.action, benefits: result.advice.benefits };
    const answered = { status: 200, outcome, advice, freshness, explanation, would_change_answer };
    return [key, present({ ...answered, consultation_number: proof.consultation_number })];
  });
  const answeredAt = door.now().toISOString();
  const results = Object.fromEntries(entries);
  const body = { answered_at: answeredAt, counts: Object.fromEntries(counts), results };
  counts.delete('total');
  return { status: 200, body, outcomes: Object.fromEntries(counts) };
}

async function postAssessment(call: Call): Promise<Reply> {
  const { door, readers, posted } = call;
  return await idempotently(call, async (save) => {
    const options = { profile: posted.profile, timeZone: door.home.timeZone };
    const read = readEntry(posted.body, posted.contentType, readers.entry, options);
    const also = save && ((tx: Tx, found: Assessment): Promise<void> => save(tx, assessmentReply(found)));
    const assessed = await assess(door, read, posted.requester, also);
    return assessmentReply(assessed);
  });
}

function assessmentReply(assessed: Assessment): BorderReply {
  const location = `/v1/assessments/${assessed.assessment}`;
  const stated = Object.entries(Object.groupBy(assessed.parties, ({ outcome }) => outcome ?? 'not_checked'));
  const outcomes = Object.fromEntries(stated.map(([outcome, parties]) => [outcome, parties.length]));
  return { status: 201, body: { ...assessed, links: { self: location } }, headers: { location }, outcomes };
}

function requireJson({ contentType }: PostedRequest): void {
  if (contentTypeOf(contentType).mediaType !== 'application/json')
    throw new GatewayError('E_REQUEST_TYPE', 'the body must be application/json');
}

function valid<T>(validator: (value: unknown) => JsonVerdict<T>, value: unknown): T {
  const verdict = validator(value);
  if (verdict.ok) return verdict.value;
  throw new RequestFaults(explainFaults(verdict.errors, value));
}

type Reply = BorderReply | PostedReply;

function asText(reply: Reply): PostedReply {
  if ('text' in reply) return reply;
  const { status, headers = {}, body, outcomes = {} } = reply;
  return { status, headers, text: JSON.stringify(body), outcomes };
}

/** Stores the reply in the transaction of the answer; absent without an idempotency key. */
type SaveReply = ((tx: Tx, reply: Reply) => Promise<void>) | undefined;

/**
 * With an idempotency key, the work is done once: the reply is stored with the answer, and a repeated request gets the stored reply. Of two
 * concurrent requests with one key, the second cannot store its reply: its transaction is rolled back, and it gets the reply of the first.
 */
async function idempotently(call: Call, work: (save: SaveReply) => Promise<Reply>): Promise<Reply> {
  const { door, posted } = call;
  const { requester, idempotencyKey: key, target, contentType, body } = posted;
  if (key === undefined) return await work(undefined);
  const fingerprint = fingerprintOf(target, contentTypeOf(contentType).mediaType, body);
  let stored: BorderReply | undefined;
  try {
    stored = await storedReply(call, key, fingerprint);
  } catch (error) {
    // Without the store nobody knows the key. An answer from memory is given, and a repeated request gets one more.
    if (isGatewayError(error) && error.code === 'E_STORE_UNREACHABLE') return await work(undefined);
    throw error;
  }
  if (stored !== undefined) return stored;
  try {
    return await work(async (tx, reply) => {
      const { status, headers, text } = asText(reply);
      const body = `{"body":${text},"headers":${JSON.stringify(headers)}}`;
      const first = { fingerprint, status, body, at: door.now().toISOString() };
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
  { door, posted: { requester } }: Call,
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
