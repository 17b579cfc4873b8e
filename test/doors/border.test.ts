/** The border door over HTTP: bodies, statuses, refusals and idempotency. */

import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { borderDoor } from '../../gateway/doors/border.ts';
import { eventsSince } from '../support/event-log.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillRegister, openClearance, union, northland, type TestClearance } from '../support/clearance-fixture.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const question = { partner: 'NN', identifier: 'NN0000001', role: 'consignor', direction: 'import' };

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // The tests look into answers of every shape.
  readonly body: Record<string, never> & Record<string, unknown>;
}

describe('border door', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  const logged: string[] = [];

  beforeEach(async () => {
    logged.length = 0;
    clearance = await openClearance([northland, union]);
    await fillRegister(clearance.db);
    const log = makeLog({ level: 'error', destination: { write: (line) => void logged.push(line) } });
    server = createServer(borderDoor({ ...clearance, schemas, log }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await clearance.close();
  });

  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${address}${path}`, {
      method,
      body: text,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Reply['body'] };
  }
  const post = (path: string, body: unknown, headers?: Record<string, string>) => send('POST', path, body, headers);

  it('a check is created, returned in full, and found again at its location', async () => {
    const reply = await post('/v1/checks', question);
    expect(reply.status).to.equal(201);
    expect(reply.body).to.include({ outcome: 'recognised' });
    expect(reply.headers.get('cache-control')).to.equal('no-store');
    const again = await send('GET', reply.headers.get('location') ?? '');
    expect([again.status, again.body]).to.deep.equal([200, reply.body]);
  });

  it('not on the list is an answer and no error', async () => {
    const reply = await post('/v1/checks', { ...question, identifier: 'NN0000009' });
    expect([reply.status, reply.body['outcome']]).to.deep.equal([201, 'not_on_list']);
  });

  it('Prefer: return=minimal returns outcome and number only', async () => {
    const reply = await post('/v1/checks', question, { prefer: 'return=minimal' });
    expect(reply.body).to.have.all.keys('outcome', 'consultation_number');
    expect(reply.headers.get('preference-applied')).to.equal('return=minimal');
  });

  it('all faults of a request are reported, with pointer and without value', async () => {
    const reply = await post('/v1/checks', {
      identifier: 123456789012345,
      role: 'shipper',
      at: '2026-11-23T14:05:11',
      secret: 1,
    });
    expect([reply.status, reply.body['code']]).to.deep.equal([422, 'E_REQUEST_INVALID']);
    expect(reply.headers.get('content-type')).to.equal('application/problem+json');
    const errors = reply.body['errors'] as unknown as { pointer: string; code: string }[];
    expect(errors.map(({ pointer, code }) => `${pointer} ${code}`)).to.have.members([
      '/partner REQUIRED',
      '/secret UNKNOWN_MEMBER',
      '/identifier NUMBER_AS_IDENTIFIER',
      '/role ENUM',
      '/at TIME_ZONE',
    ]);
    expect(JSON.stringify(reply.body)).to.not.match(/123456789012345|shipper/u);
    expect(await eventsSince(clearance.db.sql, 0, 1)).to.deep.equal([]);
  });

  it('a body that is not strict JSON is a bad request', async () => {
    for (const text of [
      '{',
      '[1,]',
      '{"partner":"NN","partner":"UU"}',
      '{"__proto__":{}}',
      '"\\ud800"',
      '{"partner":"NN","identifier":"a\\u0000"}',
      '[1e999]',
      '['.repeat(1000),
    ]) {
      const reply = await post('/v1/checks', text);
      expect(reply.status, text.slice(0, 20)).to.be.oneOf([400, 422]);
      expect(reply.body['code'], text.slice(0, 20)).to.be.oneOf(['E_REQUEST_MALFORMED', 'E_LIMIT_EXCEEDED']);
    }
    const latin = await fetch(`${address}/v1/checks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xe9, 0x22]),
    });
    expect(latin.status).to.equal(400);
  });

  it('an unknown partner, media type, method or address is a problem', async () => {
    const codes = async (reply: Promise<Reply>) => [(await reply).status, (await reply).body['code']];
    expect(await codes(post('/v1/checks', { ...question, partner: 'QQ' }))).to.deep.equal([422, 'E_PARTNER_UNKNOWN']);
    expect(await codes(post('/v1/checks', 'a=b', { 'content-type': 'text/plain' }))).to.deep.equal([
      415,
      'E_REQUEST_TYPE',
    ]);
    expect(await codes(post('/v1/checks', question, { 'content-encoding': 'gzip' }))).to.deep.equal([
      415,
      'E_REQUEST_TYPE',
    ]);
    expect(await codes(send('DELETE', '/v1/checks'))).to.deep.equal([405, 'E_METHOD_UNKNOWN']);
    expect((await send('GET', '/v1/checks')).headers.get('allow')).to.equal('POST');
    expect(await codes(send('GET', '/v1/nothing'))).to.deep.equal([404, 'E_ROUTE_UNKNOWN']);
    expect(await codes(send('GET', '/v1/consultations/CN7K2Q4M9XT3WHH'))).to.deep.equal([
      404,
      'E_CONSULTATION_UNKNOWN',
    ]);
    expect(await codes(send('GET', '/v1/consultations/CN7K2Q4M9XT3WHX'))).to.deep.equal([404, 'E_CONSULTATION_NUMBER']);
    expect(await codes(send('GET', '/v1/assessments/ASM-1'))).to.deep.equal([404, 'E_ASSESSMENT_UNKNOWN']);
  });

  it('a body that is too large is refused, with and without Content-Length', async () => {
    const large = JSON.stringify({ ...question, name: 'x'.repeat(70_000) });
    expect((await post('/v1/checks', large)).status).to.equal(413);
    const request = httpRequest(`${address}/v1/checks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    });
    request.on('error', () => undefined); // the rest of the body is not taken
    request.write(large);
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
    expect(response.statusCode).to.equal(413);
    response.resume();
    request.destroy();
  });

  it('the request id of the caller is returned, and an invalid one is replaced', async () => {
    expect((await post('/v1/checks', question, { 'x-request-id': 'abc-1' })).headers.get('x-request-id')).to.equal(
      'abc-1',
    );
    const reply = await post('/v1/checks', {}, { 'x-request-id': 'a b' });
    expect(reply.headers.get('x-request-id')).to.match(/^req_/u);
    expect(reply.body['request_id']).to.equal(reply.headers.get('x-request-id'));
  });

  it('the same request under the same key gets the same answer, and is recorded once', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const first = await post('/v1/checks', question, key);
    const second = await post('/v1/checks', question, key);
    expect(second.body).to.deep.equal(first.body);
    expect([second.status, second.headers.get('location')]).to.deep.equal([201, first.headers.get('location')]);
    expect([first.headers.get('idempotent-replayed'), second.headers.get('idempotent-replayed')]).to.deep.equal([
      null,
      'true',
    ]);
    expect(await eventsSince(clearance.db.sql, 0, 10)).to.have.length(1);
  });

  it('another request under the same key is a conflict', async () => {
    const key = { 'idempotency-key': 'k-2' };
    await post('/v1/checks', question, key);
    const other = await post('/v1/checks', { ...question, identifier: 'NN0000002' }, key);
    expect([other.status, other.body['code']]).to.deep.equal([409, 'E_IDEMPOTENCY_MISMATCH']);
    expect((await post('/v1/checks', question, { 'idempotency-key': 'x'.repeat(256) })).status).to.equal(422);
  });

  it('concurrent requests under one key store one answer', async () => {
    const reply = await Promise.all(
      Array.from({ length: 8 }, () => post('/v1/checks', question, { 'idempotency-key': 'k-3' })),
    );
    expect(new Set(reply.map(({ body }) => JSON.stringify(body))).size).to.equal(1);
    expect(await eventsSince(clearance.db.sql, 0, 20)).to.have.length(1);
  });

  it('a batch returns results under the caller’s keys, and the problem of a faulty query among them', async () => {
    const { status, body } = await post('/v1/checks/batch', {
      direction: 'import',
      checks: {
        'e/1': { partner: 'NN', identifier: 'NN0000001', role: 'consignor' },
        'e/2': { partner: 'QQ', identifier: 'QQ1' },
        'e/3': { partner: 'NN' },
        'e/4': { partner: 'NN', identifier: 'NN0000002' },
      },
    });
    expect(status).to.equal(200);
    expect(body['counts']).to.deep.equal({ total: 4, recognised: 1, problem: 2, suspended: 1 });
    const results = body['results'] as unknown as Record<
      string,
      { status: number; advice?: unknown; problem?: { code: string } }
    >;
    expect(Object.keys(results)).to.deep.equal(['e/1', 'e/2', 'e/3', 'e/4']);
    expect(results['e/1']?.advice).to.deep.equal({ action: 'apply', benefits: ['E', 'P'] });
    expect([results['e/2']?.problem?.code, results['e/3']?.problem?.code]).to.deep.equal([
      'E_PARTNER_UNKNOWN',
      'E_REQUEST_INVALID',
    ]);
  });

  it('a batch has at most a thousand queries', async () => {
    const checks = (n: number) => ({
      checks: Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, question])),
    });
    const full = await post('/v1/checks/batch', checks(1000));
    expect(full.body['counts']).to.deep.equal({ total: 1000, recognised: 1000 });
    expect((await post('/v1/checks/batch', checks(1001))).status).to.equal(422);
  });

  it('an entry is assessed as JSON and as XML, and the assessment found again', async () => {
    const entry = { entry: { id: 'E-9', type: 'import', parties: [{ role: 'consignor', identifier: 'NN0000001' }] } };
    const reply = await post('/v1/assessments', entry, { 'idempotency-key': 'a-1' });
    expect([reply.status, reply.body['decision'], reply.body['profile']]).to.deep.equal([201, 'apply', 'json']);
    const { links, ...stored } = reply.body;
    expect(links).to.deep.equal({ self: reply.headers.get('location') });
    expect((await send('GET', reply.headers.get('location') ?? '')).body).to.deep.equal(stored);
    expect((await post('/v1/assessments', entry, { 'idempotency-key': 'a-1' })).body).to.deep.equal(reply.body);

    const xml = '<Declaration><TypeCode>IMA</TypeCode><Exporter><ID>NN0000001</ID></Exporter></Declaration>';
    const read = await post('/v1/assessments?profile=wco-dec', xml, {
      'content-type': 'application/xml; charset=utf-8',
    });
    expect([read.status, read.body['decision'], read.body['profile']]).to.deep.equal([201, 'apply', 'wco-dec']);
    const wrong = await post('/v1/assessments', '<!DOCTYPE a><a/>', { 'content-type': 'application/xml' });
    expect([wrong.status, wrong.body['code']]).to.deep.equal([422, 'E_XML_FORBIDDEN']);
    const broken = await post('/v1/assessments', '<a>', { 'content-type': 'text/xml' });
    expect([broken.status, broken.body['code']]).to.deep.equal([400, 'E_REQUEST_MALFORMED']);
  });

  it('partners are listed with their terms and the freshness of their lists', async () => {
    const { body } = await send('GET', '/v1/partners');
    const partners = body['partners'] as unknown as { partner: string; freshness: { state: string } }[];
    expect(partners.map(({ partner, freshness }) => [partner, freshness.state])).to.deep.equal([
      ['NN', 'fresh'],
      ['UU', 'none'],
    ]);
  });

  it('the door is ready without a list of a partner, and not without the store', async () => {
    expect((await send('GET', '/livez')).body).to.deep.equal({ status: 'pass' });
    expect((await send('GET', '/readyz')).body).to.deep.equal({ status: 'degraded' });
    const verbose = await send('GET', '/readyz?verbose');
    expect([verbose.status, verbose.body['checks']]).to.deep.equal([
      200,
      { store: { status: 'pass' }, partners: { NN: 'fresh', UU: 'none' } },
    ]);
    await clearance.db.close();
    expect((await send('GET', '/readyz')).status).to.equal(503);
  });

  it('our own errors are reported without detail, and logged without the query', async () => {
    await clearance.db.close();
    const reply = await post('/v1/checks', question, { 'x-request-id': 'trouble-1' });
    expect(reply.status).to.be.at.least(500);
    expect(logged.join('')).to.include('trouble-1').and.not.include('NN0000001');
  });
});
