/** What the border door does with bodies that stall, bodies that are large, and addresses in another spelling. */

import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { borderDoor } from '../../gateway/doors/border.ts';
import { openPosts } from '../../gateway/doors/border-posts.ts';
import type { PostedRequest } from '../../gateway/model/clearance/posted-request.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillRegister, northland, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { socketClosed } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const log = makeLog({ level: 'silent' });

describe('the limits of the border door', () => {
  let clearance: TestClearance;
  let servers: Server[] = [];

  beforeEach(async () => {
    clearance = await openClearance([northland]);
    await fillRegister(clearance.db);
  });
  afterEach(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    servers = [];
    await clearance.close();
  });

  async function open(options: Partial<Parameters<typeof borderDoor>[0]> = {}): Promise<number> {
    const server = createServer(borderDoor({ ...clearance, schemas, log, ...options }));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** A POST that sends `size` bytes of a body of 100,000. */
  function upload(port: number, size: number) {
    const headers = { 'content-type': 'application/xml', 'content-length': '100000' };
    const sent = httpRequest({ host: '127.0.0.1', port, path: '/v1/assessments', method: 'POST', headers });
    sent.on('error', () => undefined); // the rest is not taken
    sent.write(Buffer.alloc(size, ' '));
    return once(sent, 'response').then(([response]) => response as IncomingMessage);
  }
  const codeOf = async (response: IncomingMessage) => (JSON.parse(await text(response)) as { code: string }).code;

  it('an upload that stalls is cut, and its bytes are there for others again', async () => {
    const port = await open({ heldBytes: 50_000, stallMs: 100 });
    const stalled = await upload(port, 40_000);
    expect([stalled.statusCode, await codeOf(stalled)]).to.deep.equal([408, 'E_REQUEST_SLOW']);
    await socketClosed(stalled.socket);
    const next = await upload(port, 40_000);
    expect(await codeOf(next)).to.equal('E_REQUEST_SLOW');
  });

  it('beyond the budget for bodies that are being read, a request gets 503 with Retry-After', async () => {
    const port = await open({ heldBytes: 50_000, stallMs: 60_000 });
    const replies = [upload(port, 40_000), upload(port, 40_000)];
    const refused = await Promise.race(replies);
    expect([refused.statusCode, await codeOf(refused)]).to.deep.equal([503, 'E_BUSY']);
    expect(refused.headers).to.include({ 'retry-after': '5', connection: 'close' });
  });

  it('a system that reads nothing before it has sent its whole body gets the reply to a refused one, and no reset', async () => {
    const port = await open({ heldBytes: 50_000 });
    for (const [size, status] of [
      [8 * 1024 * 1024, 503],
      [9 * 1024 * 1024, 413],
    ] as const) {
      const socket = connect(port, '127.0.0.1').pause();
      socket.write(`POST /v1/assessments HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size), () => socket.resume());
      expect(await text(socket)).to.match(new RegExp(`^HTTP/1.1 ${status} `, 'u'));
    }
  });

  it('a large body is answered by another thread, and a small one or a single query here', async () => {
    const posts = openPosts({ ...clearance, schemas, log });
    const elsewhere: PostedRequest[] = [];
    const port = await open({
      answerLarge: async (posted) => {
        elsewhere.push(posted);
        return await posts(posted);
      },
    });
    const post = async (path: string, body: string, type: string) => {
      const headers = { 'content-type': type };
      return (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })).status;
    };
    const flood = (count: number) => `<Declaration><TypeCode>IMA</TypeCode>${'<a/>'.repeat(count)}</Declaration>`;
    const party = { role: 'consignor', identifier: 'NN0000001' };
    const entry = (count: number) => JSON.stringify({ entry: { type: 'import', parties: Array(count).fill(party) } });
    const batch = (count: number) => {
      const query = ['NN', { partner: 'NN', identifier: 'NN0000001' }] as const;
      return JSON.stringify({
        checks: Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, query[1]])),
      });
    };
    const name = 'x'.repeat(20_000);
    expect(await post('/v1/assessments', flood(10), 'application/xml')).to.equal(201);
    expect(await post('/v1/assessments', entry(10), 'application/json')).to.equal(201);
    expect(await post('/v1/checks/batch', batch(10), 'application/json')).to.equal(200);
    expect(await post('/v1/checks', JSON.stringify({ partner: 'NN', name }), 'application/json')).to.equal(422);
    expect(elsewhere).to.deep.equal([]);
    expect(await post('/v1/assessments?profile=wco-dec', flood(10_000), 'application/xml')).to.equal(201);
    expect(await post('/v1/assessments', entry(1000), 'application/json')).to.equal(201);
    expect(await post('/v1/checks/batch', batch(1000), 'application/json')).to.equal(200);
    expect(await post('/v1/assessments', flood(300_000), 'application/xml')).to.equal(422);
    expect(elsewhere.map(({ path, profile }) => [path, profile])).to.deep.equal([
      ['/v1/assessments', 'wco-dec'],
      ['/v1/assessments', undefined],
      ['/v1/checks/batch', undefined],
      ['/v1/assessments', undefined],
    ]);
  });

  async function raw(port: number, line: string, host = 'border.example'): Promise<number> {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return Number(/^HTTP\/1.1 (\d+)/u.exec(await text(socket))?.[1]);
  }

  it('a path is compared as it was sent: dots, doubled slashes and percent signs reach no route', async () => {
    const port = await open();
    const paths = [
      '//evil/v1/partners',
      '/livez/../v1/partners',
      '/v1/./partners',
      '/v1//partners',
      '/v1/%70artners',
      '/v1/partners/',
      '/v1\\partners',
      '/V1/partners',
      'http://border.example//v1/partners',
      '*',
    ];
    for (const path of paths) expect(await raw(port, `GET ${path}`), path).to.equal(404);
    for (const path of ['/v1/partners', '/readyz?verbose', 'http://border.example/v1/partners'])
      expect(await raw(port, `GET ${path}`), path).to.equal(200);
  });

  it('a request with two Host fields, or two content types, is refused, whether hosts are set or not', async () => {
    for (const port of [await open(), await open({ hosts: ['border.example'] })]) {
      expect(await raw(port, 'GET /v1/partners', 'border.example\r\nHost: evil.example')).to.equal(400);
      expect(await raw(port, 'GET /v1/partners', 'border.example\r\nhost: border.example')).to.equal(400);
      const types = 'border.example\r\nContent-Type: application/json\r\nContent-Type: text/xml\r\nContent-Length: 0';
      expect(await raw(port, 'POST /v1/checks', types)).to.equal(400);
      expect(await raw(port, 'GET http://border.example/v1/partners', 'a\r\nHost: b')).to.equal(400);
    }
  });

  it('where hosts are set, a request for another is refused, whether its header or its address names it', async () => {
    const port = await open({ hosts: ['Border.example'] });
    expect(await raw(port, 'GET /v1/partners')).to.equal(200);
    expect(await raw(port, 'GET /v1/partners', 'BORDER.example:8080')).to.equal(200);
    expect(await raw(port, 'GET /v1/partners', 'evil.example')).to.equal(421);
    expect(await raw(port, 'GET http://evil.example/v1/partners')).to.equal(421);
  });
});
