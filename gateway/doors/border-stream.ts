/**
 * Status queries without number, one JSON text a line (NDJSON), answered in the same way while they come. A caller that does not read its
 * answers is not read either.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import { checkBatch, type BatchResult } from '../clearance/requests.ts';
import type { CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import type { AnsweredRequest } from '../model/clearance/posted-request.ts';
import { explainFaults, RequestFaults } from '../model/clearance/request-faults.ts';
import { asGatewayError, GatewayError, isGatewayError } from '../model/errors.ts';
import { contentTypeOf } from '../wire/files/content-type.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';
import type { Caller } from './border-callers.ts';
import { requireScope } from './border-callers.ts';
import { failedReply, type PostDoor } from './border-posts.ts';
import { refuseCompressed } from './body-reader.ts';

export const streamType = 'application/x-ndjson';
/** Of the metrics: its seconds are no measure of a status query. */
export const streamRoute = '/v1/checks/stream';

/** Queries answered, and recorded together, before other callers get their turn: two or three milliseconds. */
const queriesPerTurn = 25;
const longestLine = 64 * 1024;
/** A connection on which nothing moves for so long is cut. */
const silenceMs = 30_000;

export function isStream({ headers, method }: IncomingMessage, path: string): boolean {
  return (
    method === 'POST' && path === '/v1/checks' && contentTypeOf(headers['content-type'] ?? '').mediaType === streamType
  );
}

/** Runs one piece of work after the other: however many streams there are, one slice of one of them is answered in a turn of the loop. */
export type Lane = <T>(work: () => Promise<T>) => Promise<T>;

export function openLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const mine = last.then(() => nextTurn()).then(work);
    last = mine.catch(() => undefined);
    return await mine;
  };
}

interface Streaming {
  readonly lane: Lane;
  readonly door: PostDoor;
  /** Asked before each slice: a client that is revoked meanwhile is not answered. Throws as CallerOf. */
  caller(): Promise<Caller>;
  readonly requestId: string;
}

/**
 * Answers until the caller ends its body. Where this gateway fails in between, or refuses the caller from then on, the last line is the
 * problem, and the connection is cut: what has no line was not answered. Throws CallerRefused, E_REQUEST_TYPE, E_REQUEST_INVALID before the first line.
 */
export async function answerStream(
  { door, caller, requestId, lane }: Streaming,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<AnsweredRequest['outcomes']> {
  await callerOfBatch(caller);
  refuseCompressed(request);
  if (request.headers['idempotency-key'] !== undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'a stream of queries has no idempotency key: each line stands alone');
  const outcomes: Record<string, number> = {};
  const headers = {
    'content-type': streamType,
    'cache-control': 'no-store',
    'x-request-id': requestId,
    connection: 'close',
  };
  response.writeHead(200, headers);
  response.setTimeout(silenceMs, () => response.destroy());
  const isMinimal = request.headers['prefer']?.includes('return=minimal') === true;
  const answers = answerLines({ door, caller, requestId, lane }, linesOf(request), { isMinimal, outcomes });
  // Why it ended is its last line, where the caller is still there to read it.
  await pipeline(Readable.from(answers, { objectMode: false }), response).catch(() => response.destroy());
  return outcomes;
}

async function callerOfBatch(caller: Streaming['caller']): Promise<Caller> {
  const known = await caller();
  requireScope(known, 'batch');
  return known;
}

interface Line {
  readonly n: number;
  readonly bytes: Uint8Array;
}

/** What came together, cut into turns. Blank lines count and are not answered. Throws E_SIZE_EXCEEDED. */
async function* linesOf(request: AsyncIterable<Buffer>): AsyncGenerator<readonly Line[]> {
  let rest: Buffer = Buffer.alloc(0);
  let n = 0;
  for await (const piece of request) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const lines: Line[] = [];
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      lines.push({ n: (n += 1), bytes: bytes.subarray(from, end) });
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > longestLine) throw new GatewayError('E_SIZE_EXCEEDED', `a line may have ${longestLine} bytes`);
    for (let i = 0; i < lines.length; i += queriesPerTurn) yield lines.slice(i, i + queriesPerTurn);
  }
  if (rest.length > 0) yield [{ n: n + 1, bytes: rest }];
}

interface StreamHow {
  readonly isMinimal: boolean;
  /** Counts how often each outcome was answered. */
  readonly outcomes: Record<string, number>;
}

async function* answerLines(
  { door, caller, requestId, lane }: Streaming,
  slices: AsyncIterable<readonly Line[]>,
  { isMinimal, outcomes }: StreamHow,
): AsyncGenerator<string> {
  const validator = jsonValidator<CheckRequest>(join(door.schemas, 'check-request.schema.json'));
  const host = { requestId, caller: undefined };
  let last = 0;
  try {
    for await (const lines of slices) {
      const asked = lines.filter(({ bytes }) => !/^\s*$/u.test(Buffer.from(bytes).toString('latin1')));
      const results = await lane(async () =>
        answerSlice(door, await callerOfBatch(caller), asked, (value) => validQuery(validator, value)),
      );
      yield asked.map(({ n }) => lineOf(n, results.get(String(n)))).join('');
      last = lines.at(-1)?.n ?? last;
    }
  } catch (error) {
    yield `${JSON.stringify({ line: last + 1, problem: failedReply(door, error, host).body })}\n`;
    throw error;
  }

  function lineOf(line: number, result: ProvenAnswer | GatewayError | undefined): string {
    if (result === undefined || isGatewayError(result)) {
      const error = result ?? new GatewayError('E_INTERNAL', 'a question was not answered');
      return `${JSON.stringify({ line, problem: failedReply(door, error, host).body })}\n`;
    }
    outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
    const { outcome, proof } = result;
    const answer = isMinimal ? { outcome, consultation_number: proof.consultation_number } : result;
    return `${JSON.stringify({ line, answer })}\n`;
  }
}

/** By the numbers of the lines. An error of the caller is the result of its line. */
async function answerSlice(
  door: PostDoor,
  { name }: Caller,
  lines: readonly Line[],
  queryIn: (value: unknown) => CheckRequest,
): Promise<BatchResult> {
  const queries = new Map<string, CheckRequest>();
  const faulty = new Map<string, GatewayError>();
  for (const { n, bytes } of lines) {
    try {
      if (bytes.length > longestLine) throw new GatewayError('E_SIZE_EXCEEDED', `a line may have ${longestLine} bytes`);
      queries.set(String(n), queryIn(parseStrictJson(bytes)));
    } catch (error) {
      const known = asGatewayError(error);
      if (known.kind.status >= 500) throw error;
      faulty.set(String(n), known);
    }
  }
  return new Map([...(await checkBatch(door, queries, name)), ...faulty]);
}

function validQuery(validator: ReturnType<typeof jsonValidator<CheckRequest>>, value: unknown): CheckRequest {
  const verdict = validator(value);
  if (verdict.ok) return verdict.value;
  throw new RequestFaults(explainFaults(verdict.errors, value));
}
