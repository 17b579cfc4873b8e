/** Status queries as lines: answered while they come, a faulty one by itself, and no other caller waits for them. */

import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import type { AnsweredRequest } from '../../gateway/model/clearance/posted-request.ts';
import { openAnswers } from '../../gateway/doors/border-posts.ts';
import { answerStream, openLanes, streamOf } from '../../gateway/doors/border-stream.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import type { Scope } from '../../gateway/model/client.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { jsonValidator } from '../../gateway/wire/xsd/schema.ts';
import { fillRegister, northland, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const type = 'application/x-ndjson';
const query = (identifier: string, reference?: string): string =>
  `${JSON.stringify({ partner: 'NN', identifier, role: 'consignor', direction: 'import', reference })}\n`;

interface ResultLine {
  readonly line: number;
  readonly answer?: Readonly<Record<string, unknown>> & { readonly outcome: string };
  readonly problem?: { readonly code: string; readonly errors?: readonly { readonly pointer: string }[] };
}

interface AssessedLine extends Pick<ResultLine, 'line' | 'problem'> {
  readonly assessment?: Readonly<Record<string, unknown>> & { readonly entry: string };
}

describe('a stream of status queries', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  let scopes: readonly Scope[];
  const counted: AnsweredRequest[] = [];

  /** Large entries wait here, as for a thread that is at work. */
  let waitsFor: Promise<void> | undefined;
  let large = 0;

  before(async () => {
    clearance = await openClearance([northland]);
    await fillRegister(clearance.db);
    const callerOf = () => Promise.resolve({ name: 'desk', scopes });
    const answered = (reply: AnsweredRequest): void => void counted.push(reply);
    const log = makeLog({ level: 'silent' });
    const answer = openAnswers({ ...clearance, schemas, log });
    const answerLarge: typeof answer = async (posted) => {
      large += 1;
      await waitsFor;
      return await answer(posted);
    };
    server = createServer(borderDoor({ ...clearance, schemas, log, callerOf, answered, answerLarge }));
    address = `http://127.0.0.1:${await listen(server)}`;
  });
  beforeEach(() => {
    scopes = ['check', 'batch'];
    counted.length = 0;
  });
  after(async () => {
    await shut(server);
    await clearance.close();
  });

  const send = (body: string | Buffer, headers = {}): Promise<Response> =>
    fetch(`${address}/v1/checks`, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { 'content-type': type, ...headers },
    });
  const linesIn = (text: string): ResultLine[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ResultLine);
  const brief = ({ line, answer, problem }: ResultLine): string => `${line} ${answer?.outcome ?? problem?.code}`;

  it('has an answer as a single query has it for each line, in their order, and a problem for a faulty one', async () => {
    const lines = [
      query('NN0000001'),
      query('NN0000002'),
      '\n',
      '{"partner":"NN"\n',
      query('NN0000009'),
      '{"partner":"NN","x":1}\n',
      '\xff\n',
      query('nn-0000001').trimEnd(),
    ];
    const reply = await send(Buffer.from(lines.join(''), 'latin1'));
    expect([reply.status, reply.headers.get('content-type')]).to.deep.equal([200, type]);
    const results = linesIn(await reply.text());
    expect(results.map(brief)).to.deep.equal([
      ...['1 recognised', '2 suspended', '4 E_REQUEST_MALFORMED', '5 not_on_list', '6 E_REQUEST_INVALID'],
      ...['7 E_REQUEST_MALFORMED', '8 recognised'],
    ]);
    const follows = jsonValidator(join(schemas, 'answer.schema.json'));
    for (const { answer } of results) if (answer !== undefined) expect(follows(answer).ok).to.equal(true);
    expect(results[4]?.problem?.errors?.map(({ pointer }) => pointer)).to.deep.equal(['/x']);
    const { consultation_number: number } = results[0]?.answer?.['proof'] as { consultation_number: string };
    const again = (await (await fetch(`${address}/v1/consultations/${number}`)).json()) as object;
    expect(again).to.deep.equal(results[0]?.answer);
    expect(counted[0]).to.deep.include({
      route: '/v1/checks/stream',
      outcomes: { recognised: 2, suspended: 1, not_on_list: 1 },
    });
  });

  it('answers more queries in one request than a batch may have, also as outcome and number alone', async () => {
    const body = Array.from({ length: 1_200 }, (_, i) => query(`NN000000${i % 10}`, `E${i}`)).join('');
    const results = linesIn(await (await send(body, { prefer: 'return=minimal' })).text());
    expect(results.map(({ line }) => line)).to.deep.equal(Array.from({ length: 1_200 }, (_, i) => i + 1));
    expect(results[1]?.answer).to.have.all.keys('outcome', 'consultation_number');
    expect(new Set(results.map(({ answer }) => answer?.['consultation_number'])).size).to.equal(1_200);
  });

  it('answers each line before the next one is sent', async () => {
    const sending = httpRequest(`${address}/v1/checks`, { method: 'POST', headers: { 'content-type': type } });
    sending.write(query('NN0000001'));
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => brief(JSON.parse((await lines.next()).value ?? '') as ResultLine);
    expect(await next()).to.equal('1 recognised');
    sending.write(query('NN0000002').slice(0, 30));
    sending.write(query('NN0000002').slice(30));
    expect(await next()).to.equal('2 suspended');
    sending.end();
    expect((await lines.next()).done).to.equal(true);
  });

  it('does not read a caller that does not read its answers', async () => {
    let pieces = 0;
    async function* asked(): AsyncGenerator<Buffer> {
      for (; pieces < 60; pieces += 1) yield await Promise.resolve(Buffer.from(query('NN0000001').repeat(25)));
    }
    const answers = Object.assign(new PassThrough(), { writeHead: () => undefined, setTimeout: () => undefined });
    const caller = () => Promise.resolve({ name: 'desk', scopes });
    const request = Object.assign(Readable.from(asked()), { method: 'POST', headers: { 'content-type': type } });
    const door = { ...clearance, schemas, log: makeLog({ level: 'silent' }) };
    const streams = [request as unknown as IncomingMessage, answers as unknown as ServerResponse] as const;
    const kind = streamOf(request as unknown as IncomingMessage, '/v1/checks');
    if (kind === undefined) throw new Error('it is a stream');
    const answerPosted = openAnswers(door);
    const streaming = { kind, door, answerPosted, caller, requestId: 'r1', lanes: openLanes() };
    const done = answerStream(streaming, ...streams);
    // Until it stands still: no piece is read while a whole answer of another caller is made.
    for (let before = -1; before < pieces;) {
      before = pieces;
      for (let n = 0; n < 3; n += 1) await fetch(`${address}/v1/partners`);
    }
    expect(pieces).to.be.below(30);
    expect(linesIn(await text(answers))).to.have.length(60 * 25);
    expect(await done).to.deep.equal({ recognised: 60 * 25 });
  });

  it('takes entries too: each is assessed as one that is posted by itself, and a faulty one has its problem', async () => {
    scopes = ['assess'];
    const entry = (id: string, identifier = 'NN0000001'): string =>
      `${JSON.stringify({ entry: { id, type: 'import', parties: [{ role: 'consignor', identifier }] } })}\n`;
    const many = {
      entry: {
        id: 'E3',
        type: 'import',
        parties: Array.from({ length: 200 }, () => ({ role: 'consignor', name: 'x'.repeat(99) })),
      },
    };
    const body = `${entry('E1')}\n{"entry":\n${JSON.stringify(many)}\n${entry('E4', 'NN0000002')}`;
    const response = await fetch(`${address}/v1/assessments`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    expect(response.headers.get('content-type')).to.equal(type);
    const lines = (await response.text()).trimEnd().split('\n');
    const validator = jsonValidator(join(schemas, 'stream-assessment.schema.json'));
    const read = lines.map((line) => JSON.parse(line) as AssessedLine);
    expect(read.map((line) => validator(line))).to.deep.equal(read.map((value) => ({ ok: true, value })));
    expect(read.map(({ line, assessment, problem }) => [line, assessment?.entry ?? problem?.code])).to.deep.equal([
      ...[
        [1, 'E1'],
        [3, 'E_REQUEST_MALFORMED'],
        [4, 'E3'],
        [5, 'E4'],
      ],
    ]);
    const alone = await fetch(`${address}/v1/assessments`, {
      method: 'POST',
      body: entry('E1'),
      headers: { 'content-type': 'application/json' },
    });
    const { decision, benefits } = (await alone.json()) as Record<string, unknown>;
    expect(read[0]?.assessment).to.deep.include({ decision, benefits });
    expect(counted.map(({ route }) => route)).to.deep.equal(['/v1/assessments/stream', '/v1/assessments']);
    scopes = ['check', 'batch'];
    const refused = { method: 'POST', body: entry('E1'), headers: { 'content-type': type } };
    expect((await fetch(`${address}/v1/assessments`, refused)).status).to.equal(403);
  });

  it('does not wait for a large entry of another stream', async () => {
    scopes = ['assess', 'batch'];
    const { promise, resolve } = Promise.withResolvers<undefined>();
    [waitsFor, large] = [promise, 0];
    const parties = Array.from({ length: 200 }, () => ({ role: 'consignor', name: 'x'.repeat(99) }));
    const entry = (id: string, more: readonly object[]): string =>
      `${JSON.stringify({ entry: { id, type: 'import', parties: [{ role: 'consignor', identifier: 'NN0000001' }, ...more] } })}\n`;
    const post = async (body: string): Promise<string> =>
      await (
        await fetch(`${address}/v1/assessments`, { method: 'POST', body, headers: { 'content-type': type } })
      ).text();
    const waiting = post(entry('E1', parties));
    while (large === 0) await fetch(`${address}/v1/partners`);
    expect(await post(entry('E2', []))).to.include('"entry":"E2"');
    expect(linesIn(await (await send(query('NN0000001'))).text())).to.have.length(1);
    resolve(undefined);
    expect(await waiting).to.include('"entry":"E1"');
    waitsFor = undefined;
  });

  it('needs the scope batch, and refuses what a stream cannot have', async () => {
    for (const headers of [{ 'idempotency-key': 'K' }, { 'content-encoding': 'gzip' }])
      expect((await send(query('NN0000001'), headers)).status).to.be.oneOf([415, 422]);
    scopes = ['check'];
    expect(((await (await send(query('NN0000001'))).json()) as { code: string }).code).to.equal('E_SCOPE_MISSING');
  });

  it('ends with a problem, and with its connection, at a line without an end', async () => {
    const reply = await send(query('NN0000001') + 'x'.repeat(200_000));
    const received = await reply.text().catch(() => undefined);
    if (received !== undefined) expect(linesIn(received).map(brief).at(-1)).to.equal('2 E_SIZE_EXCEEDED');
    expect((await send(query('NN0000001'))).status).to.equal(200);
  });
});
