/** Requests with a body: a status query, a batch of queries, an entry. They are plain data, so that a worker thread can answer large ones. */

import { join } from 'node:path';
import { assess, checkBatch, checkRecorded, type BatchResult, type Clearance } from '../clearance/requests.ts';
import type { RecordedAnswer } from '../clearance/answer-log.ts';
import type { CheckRequest } from '../model/clearance/answer.ts';
import type { Assessment } from '../model/clearance/assessment.ts';
import type { PostedReply, PostedRequest } from '../model/clearance/posted-request.ts';
import { asGatewayError, GatewayError, isGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { explainFaults, RequestFaults } from '../model/clearance/request-faults.ts';
import type { Tx } from '../store/database.ts';
import { loadEntryFormats, readEntry, type EntryFormats } from '../wire/files/entry-formats.ts';
import { faultFields, type Log } from '../wire/log.ts';
import { jsonValidator, type JsonVerdict } from '../wire/xsd/schema.ts';
import { CallerRefused } from './border-callers.ts';
import { postEvents, type EventsDocument } from './border-events.ts';
import { postOffline, type OfflineDocument } from './border-snapshots.ts';
import { asText, idempotently, type Reply } from './border-idempotency.ts';
import { faultsOf, problemReply, validBody, type BorderReply } from './border-requests.ts';
import { problemOf } from './problems.ts';

export interface PostDoor extends Clearance {
  readonly schemas: string;
  readonly log: Log;
}

interface Readers {
  readonly check: (value: unknown) => JsonVerdict<CheckRequest>;
  readonly batch: (value: unknown) => JsonVerdict<BatchDocument>;
  readonly entry: EntryFormats;
  readonly events: (value: unknown) => JsonVerdict<EventsDocument>;
  readonly offline: (value: unknown) => JsonVerdict<OfflineDocument>;
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

/** Paths that take a body, with its size limit in bytes and the scope that its caller needs. */
export const posts = {
  '/v1/checks': { limit: 64 * 1024, scope: 'check', answer: postCheck },
  '/v1/checks/batch': { limit: 2 * 1024 * 1024, scope: 'batch', answer: postBatch },
  '/v1/assessments': { limit: 8 * 1024 * 1024, scope: 'assess', answer: postAssessment },
  '/v1/entries/events': { limit: 512 * 1024, scope: 'report', answer: postEvents },
  '/v1/entries/:id/events': { limit: 64 * 1024, scope: 'report', answer: postEvents },
  '/v1/consultations/offline': { limit: 4 * 1024 * 1024, scope: 'snapshot', answer: postOffline },
} as const satisfies Record<PostedRequest['path'], object>;

/** Undefined for a path that takes no body. */
export function postPathOf(path: string): PostedRequest['path'] | undefined {
  const written = path.replace(/^\/v1\/entries\/[^/]+\/events$/u, '/v1/entries/:id/events');
  return Object.hasOwn(posts, written) ? (written as PostedRequest['path']) : undefined;
}

/** Returns the function that answers such requests; errors become replies. Throws E_CONFIG_INVALID if a schema or an entry profile is not valid. */
export function openPosts(door: PostDoor): (posted: PostedRequest) => Promise<PostedReply> {
  const readers: Readers = {
    check: jsonValidator(join(door.schemas, 'check-request.schema.json')),
    batch: jsonValidator(join(door.schemas, 'batch-request.schema.json')),
    entry: loadEntryFormats(door.schemas),
    events: jsonValidator(join(door.schemas, 'entry-events.schema.json')),
    offline: jsonValidator(join(door.schemas, 'offline-consultations.schema.json')),
  };
  return async (posted) => {
    try {
      const { limit, answer } = posts[posted.path];
      if (posted.body.length > limit) throw new GatewayError('E_SIZE_EXCEEDED', `a body may have ${limit} bytes`);
      return asText(await answer({ door, readers, posted }));
    } catch (error) {
      return asText(failedReply(door, error, posted));
    }
  };
}

/** A body up to this size takes less than 50 ms, whatever it contains. */
export const largeRequestBytes = 16 * 1024;

/** Up to this size, bodies are answered in this thread while the store is unreachable: only this thread has the register and the spool. */
const largestHereBytes = 1024 * 1024;

/** Like openPosts, but answers large bodies in a worker thread if there is one. */
export function openAnswers(
  door: PostDoor & { answerLarge?(posted: PostedRequest): Promise<PostedReply> },
): (posted: PostedRequest) => Promise<PostedReply> {
  const answerHere = openPosts(door);
  return async (posted) => {
    const isLarge = posted.body.length > largeRequestBytes && posted.path !== '/v1/checks';
    if (!isLarge || door.answerLarge === undefined) return await answerHere(posted);
    const isHere = posted.body.length <= largestHereBytes && (await isAnsweredFromMemory(door));
    return isHere ? await answerHere(posted) : await door.answerLarge(posted);
  };
}

async function isAnsweredFromMemory({ index, partners }: PostDoor): Promise<boolean> {
  const viewOf = await index?.current().catch(() => undefined);
  const [partner = ''] = partners.keys();
  return viewOf?.(partner)?.isStoreAway === true;
}

/** Logs errors of the gateway, whose details are not part of the reply. */
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
  return await idempotently(call, async (save) => {
    const question = validBody(posted, readers.check);
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
  return await idempotently(call, async (save) => {
    const { checks, ...shared } = validBody(posted, readers.batch);
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

/** Results under the caller's keys, in the caller's order. A faulty query does not affect the others. */
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
