/**
 * Streams of status queries or entries, one JSON text per line (NDJSON), answered line by line as they arrive. If a caller does not read
 * its answers, its queries are not read either (back-pressure).
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import { checkBatch, type BatchResult } from '../clearance/requests.ts';
import type { CheckRequest, ProvenAnswer } from '../model/clearance/answer.ts';
import type { AnsweredRequest, PostedReply, PostedRequest } from '../model/clearance/posted-request.ts';
import { explainFaults, RequestFaults } from '../model/clearance/request-faults.ts';
import { asGatewayError, GatewayError, isGatewayError } from '../model/errors.ts';
import { contentTypeOf } from '../wire/files/content-type.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';
import type { Scope } from '../model/client.ts';
import type { Caller } from './border-callers.ts';
import { requireScope } from './border-callers.ts';
import { failedReply, largeRequestBytes, type PostDoor } from './border-posts.ts';
import { refuseCompressed } from './body-reader.ts';

const streamType = 'application/x-ndjson';

/** A kind of stream: its address and how its lines are answered. */
interface StreamKind {
  /** Name in the metrics; its duration does not measure a single request. */
  readonly route: string;
  readonly scope: Scope;
  /** Lines answered and recorded together before other callers get their turn, which takes two or three milliseconds. */
  readonly perTurn: number;
  readonly longestLine: number;
  /** The JSON members of each reply line beside its number. Throws errors of the gateway only. */
  open(streaming: Streaming, how: StreamHow): (caller: Caller, lines: readonly Line[]) => Promise<Members>;
}

type Members = ReadonlyMap<number, string>;

const kinds: Readonly<Record<string, StreamKind | undefined>> = {
  '/v1/checks': {
    ...{ route: '/v1/checks/stream', scope: 'batch', perTurn: 25, longestLine: 64 * 1024 },
    open: queriesOf,
  },
  '/v1/assessments': {
    ...{ route: '/v1/assessments/stream', scope: 'assess', perTurn: 1, longestLine: 2 * 1024 * 1024 },
    open: entriesOf,
  },
};

/** Idle time after which a connection is cut. */
const silenceMs = 30_000;

/** Undefined if the request is not a stream. */
export function streamOf({ headers, method }: IncomingMessage, path: string): StreamKind | undefined {
  const isLines = method === 'POST' && contentTypeOf(headers['content-type'] ?? '').mediaType === streamType;
  return isLines && Object.hasOwn(kinds, path) ? kinds[path] : undefined;
}

/** Runs one piece of work after the other: one turn of the event loop answers one slice of one stream, however many streams there are. */
type Lane = <T>(work: () => Promise<T>) => Promise<T>;

/** `large` is for entries that a worker thread reads, so that no other stream waits for them. */
export interface Lanes {
  readonly here: Lane;
  readonly large: Lane;
}

export function openLanes(): Lanes {
  return { here: openLane(), large: openLane() };
}

function openLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const mine = last.then(() => nextTurn()).then(work);
    last = mine.catch(() => undefined);
    return await mine;
  };
}

interface Streaming {
  readonly kind: StreamKind;
  readonly lanes: Lanes;
  readonly door: PostDoor;
  /** Answers one request with a body. */
  answerPosted(posted: PostedRequest): Promise<PostedReply>;
  /** Checked before each slice, so that a client revoked meanwhile gets no answer. Throws the same errors as CallerOf. */
  caller(): Promise<Caller>;
  readonly requestId: string;
}

/**
 * Answers until the caller ends its body. If the gateway fails in between, or refuses the caller, the last line is the problem and the
 * connection is cut: queries without a line were not answered. Throws CallerRefused, E_REQUEST_TYPE, E_REQUEST_INVALID before the first
 * line.
 */
export async function answerStream(
  streaming: Streaming,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<AnsweredRequest['outcomes']> {
  await allowedCaller(streaming);
  refuseCompressed(request);
  if (request.headers['idempotency-key'] !== undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'a stream has no idempotency key: each line stands alone');
  const outcomes: Record<string, number> = {};
  const headers = {
    'content-type': streamType,
    'cache-control': 'no-store',
    'x-request-id': streaming.requestId,
    connection: 'close',
  };
  response.writeHead(200, headers);
  response.setTimeout(silenceMs, () => response.destroy());
  const isMinimal = request.headers['prefer']?.includes('return=minimal') === true;
  const answers = answerLines(streaming, linesOf(request, streaming.kind), { isMinimal, outcomes });
  // The last line says why the stream ended, if the caller is still connected.
  await pipeline(Readable.from(answers, { objectMode: false }), response).catch(() => response.destroy());
  return outcomes;
}

async function allowedCaller({ caller, kind }: Streaming): Promise<Caller> {
  const known = await caller();
  requireScope(known, kind.scope);
  return known;
}

interface Line {
  readonly n: number;
  readonly bytes: Uint8Array;
}

/** Splits the input into slices. Blank lines are counted but not answered. Throws E_SIZE_EXCEEDED. */
async function* linesOf(
  request: AsyncIterable<Buffer>,
  { longestLine, perTurn }: StreamKind,
): AsyncGenerator<readonly Line[]> {
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
    if (rest.length > longestLine) throw tooLong(longestLine);
    for (let i = 0; i < lines.length; i += perTurn) yield lines.slice(i, i + perTurn);
  }
  if (rest.length > 0) yield [{ n: n + 1, bytes: rest }];
}

interface StreamHow {
  readonly isMinimal: boolean;
  /** Counts how often each outcome was answered. */
  readonly outcomes: Record<string, number>;
}

async function* answerLines(
  streaming: Streaming,
  slices: AsyncIterable<readonly Line[]>,
  how: StreamHow,
): AsyncGenerator<string> {
  const { lanes, kind } = streaming;
  const answerTo = kind.open(streaming, how);
  let last = 0;
  try {
    for await (const lines of slices) {
      const asked = lines.filter(({ bytes }) => !/^\s*$/u.test(Buffer.from(bytes).toString('latin1')));
      const isLarge = kind.scope === 'assess' && asked.some(({ bytes }) => bytes.length > largeRequestBytes);
      const members = await lanes[isLarge ? 'large' : 'here'](async () =>
        answerTo(await allowedCaller(streaming), asked),
      );
      yield asked.map(({ n }) => `{"line":${n},${members.get(n) ?? ''}}\n`).join('');
      last = lines.at(-1)?.n ?? last;
    }
  } catch (error) {
    yield `{"line":${last + 1},${problemMember(streaming, error)}}\n`;
    throw error;
  }
}

function problemMember({ door, requestId }: Streaming, error: unknown): string {
  return `"problem":${JSON.stringify(failedReply(door, error, { requestId, caller: undefined }).body)}`;
}

const tooLong = (bytes: number): GatewayError => new GatewayError('E_SIZE_EXCEEDED', `a line may have ${bytes} bytes`);

function queriesOf(streaming: Streaming, { isMinimal, outcomes }: StreamHow): ReturnType<StreamKind['open']> {
  const { door, kind } = streaming;
  const validator = jsonValidator<CheckRequest>(join(door.schemas, 'check-request.schema.json'));
  return async ({ name }, lines) => {
    const results = await answerSlice(door, name, lines, ({ bytes }) => {
      if (bytes.length > kind.longestLine) throw tooLong(kind.longestLine);
      return validQuery(validator, parseStrictJson(bytes));
    });
    return new Map(lines.map(({ n }) => [n, memberOf(results.get(String(n)))]));
  };

  function memberOf(result: ProvenAnswer | GatewayError | undefined): string {
    if (result === undefined || isGatewayError(result))
      return problemMember(streaming, result ?? new GatewayError('E_INTERNAL', 'a question was not answered'));
    outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
    const { outcome, proof } = result;
    const answer = isMinimal ? { outcome, consultation_number: proof.consultation_number } : result;
    return `"answer":${JSON.stringify(answer)}`;
  }
}

/** Results by line number. An error of the caller is the result of its line. */
async function answerSlice(
  door: PostDoor,
  requester: string,
  lines: readonly Line[],
  queryIn: (line: Line) => CheckRequest,
): Promise<BatchResult> {
  const queries = new Map<string, CheckRequest>();
  const faulty = new Map<string, GatewayError>();
  for (const line of lines) {
    try {
      queries.set(String(line.n), queryIn(line));
    } catch (error) {
      const known = asGatewayError(error);
      if (known.kind.status >= 500) throw error;
      faulty.set(String(line.n), known);
    }
  }
  return new Map([...(await checkBatch(door, queries, requester)), ...faulty]);
}

/** Answers each entry like a single request. */
function entriesOf(streaming: Streaming, { outcomes }: StreamHow): ReturnType<StreamKind['open']> {
  const path = '/v1/assessments';
  const { answerPosted, requestId, kind } = streaming;
  return async ({ name: requester }, lines) => {
    const members = new Map<number, string>();
    for (const { n, bytes: body } of lines) {
      const posted = { path, target: path, requester, requestId, body, contentType: 'application/json' } as const;
      const reply = body.length > kind.longestLine ? undefined : await answerPosted({ ...posted, ...absent });
      members.set(n, reply === undefined ? problemMember(streaming, tooLong(kind.longestLine)) : memberOf(reply));
    }
    return members;
  };

  function memberOf({ status, text, outcomes: found }: PostedReply): string {
    if (status >= 500)
      throw new GatewayError(status === 503 ? 'E_BUSY' : 'E_INTERNAL', 'the entry could not be assessed');
    for (const [outcome, count] of Object.entries(found)) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    return status >= 400 ? `"problem":${text}` : `"assessment":${text}`;
  }
}

/** Members that a line cannot have. */
const absent = { profile: undefined, isMinimal: false, idempotencyKey: undefined, caller: undefined } as const;

function validQuery(validator: ReturnType<typeof jsonValidator<CheckRequest>>, value: unknown): CheckRequest {
  const verdict = validator(value);
  if (verdict.ok) return verdict.value;
  throw new RequestFaults(explainFaults(verdict.errors, value));
}
