/** The exchange door: who is admitted, which messages are accepted, and the response to each verdict. */

import { randomBytes } from 'node:crypto';
import { createServer as createPlainServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { exchangeDoor } from '../../gateway/doors/exchange.ts';
import type { ExchangeDoor } from '../../gateway/doors/exchange.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { RawMessage } from '../../gateway/model/message.ts';
import { httpsTransport } from '../../gateway/wire/transport/https.ts';
import { receiptContentType } from '../../gateway/wire/transport/transport.ts';
import { sealed, silent } from '../support/deliveries.ts';
import {
  expectProblem as expectItsProblem,
  maxBytes,
  openDoor,
  type Answer,
  type Call,
  type OpenDoor,
} from '../support/exchange-door.ts';
import { listen, shut } from '../support/tls.ts';

const receipt = { id: 'r-1', contentType: receiptContentType, bytes: Buffer.from('<receipt/>') };

describe('the exchange door', () => {
  let opened: OpenDoor;
  let taken: RawMessage[];
  let receive: ExchangeDoor['receive'];
  const poll: ExchangeDoor['poll'] = () => Promise.resolve(undefined);

  before(async () => {
    opened = await openDoor({ receive: (raw) => receive(raw), poll });
  });
  after(() => opened.close());
  beforeEach(() => {
    taken = [];
    opened.logged();
    receive = (raw) => {
      taken.push(raw);
      return Promise.resolve({ verdict: 'applied', receipt });
    };
  });
  const call = (asked: Call): Promise<Answer> => opened.call(asked);
  const expectProblem = (answer: Answer, status: number, code: string): void => {
    expectItsProblem(answer, status, code);
    expect(taken).to.have.length(0);
  };

  describe('passes on', () => {
    it('the unchanged bytes, for the partner of the certificate, with the id as a hint', async () => {
      const body = Buffer.concat([Buffer.from('\uFEFF<list>\r\n'), randomBytes(100)]);
      await call({ body, headers: { 'mra-message-id': 'm-1', 'content-type': 'application/octet-stream' } });
      expect(taken).to.have.length(1);
      const { bytes, ...rest } = taken[0] ?? { bytes: new Uint8Array() };
      expect(rest).to.deep.equal({
        partner: 'XB',
        via: 'https',
        receivedAt: '2026-06-01T08:00:00.000Z',
        hintedId: 'm-1',
        channel: { by: 'client-certificate', identity: opened.partner.fingerprint },
      });
      expect(Buffer.compare(bytes, body)).to.equal(0);
    });

    it('a message of exactly the maximum size', async () => {
      expect((await call({ body: 'x'.repeat(maxBytes) })).status).to.equal(200);
    });

    it('no hint that is not a valid id', async () => {
      await call({ headers: { 'mra-message-id': 'an id with spaces' } });
      expect(taken[0]).to.not.have.property('hintedId');
    });

    it('no partner that a header names', async () => {
      await call({
        headers: { 'x-client-cert': opened.other.cert.replaceAll('\n', ' '), 'x-forwarded-for': '10.0.0.1' },
      });
      expect(taken[0]?.partner).to.equal('XB');
    });
  });

  describe('answers', () => {
    for (const [verdict, status] of [
      ['applied', 200],
      ['held', 200],
      ['rejected', 422],
    ] as const) {
      it(`${verdict} with the receipt, unchanged, and status ${status}`, async () => {
        receive = () => Promise.resolve({ verdict, receipt });
        const answer = await call({});
        expect(answer).to.include({ status, type: receiptContentType, body: '<receipt/>' });
        expect(answer.headers).to.include({ 'mra-message-id': 'r-1', 'mra-message-kind': 'receipt' });
      });
    }

    it('a receipt with 202 only, because receipts get no receipt', async () => {
      receive = () => Promise.resolve({ verdict: 'applied' });
      expect(await call({})).to.include({ status: 202, body: '' });
    });

    it('our own errors with a problem and Retry-After, and keeps the details in the log', async () => {
      receive = () => Promise.reject(new GatewayError('E_STORE_UNREACHABLE', 'no route to database-7'));
      const answer = await call({});
      expectProblem(answer, 503, 'E_STORE_UNREACHABLE');
      expect(Number(answer.headers['retry-after'])).to.be.greaterThan(0);
      expect(answer.body).to.not.include('database-7');
      expect(opened.logged()).to.include('database-7').and.include('request-1');
    });

    it('unexpected errors with E_INTERNAL; neither response nor log quotes the error', async () => {
      receive = () => Promise.reject(new TypeError('SHENZHEN EXAMPLE CO is not iterable'));
      const answer = await call({});
      expectProblem(answer, 500, 'E_INTERNAL');
      const logged = opened.logged();
      expect(answer.body + logged).to.not.include('SHENZHEN');
      expect(logged).to.include('TypeError');
    });
  });

  describe('refuses', () => {
    it('a certificate that is not registered', async () => {
      expectProblem(await call({ as: opened.unregistered }), 403, 'E_CHANNEL_UNKNOWN');
    });

    it('a partner that sends for another', async () => {
      expectProblem(await call({ as: opened.other }), 403, 'E_CHANNEL_MISMATCH');
    });

    it('a Content-Type that contradicts the bytes, before anything is stored', async () => {
      const wrong: [string, string][] = [
        ['application/json', '<list/>'],
        ['text/html', '<?xml version="1.0"?><list/>'],
        ['application/xml', 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA'],
        ['application/jose', 'MIME-Version: 1.0\r\n\r\n'],
        ['multipart/signed; boundary=x', '<list/>'],
        ['application/xml; charset=gbk', '<list/>'],
      ];
      for (const [label, body] of wrong)
        expectProblem(await call({ body, headers: { 'content-type': label } }), 415, 'E_REQUEST_TYPE');
      expect(taken).to.deep.equal([]);
    });

    it('a message with two content types', async () => {
      const headers = { 'content-type': ['text/xml', 'application/xml'] };
      expectProblem(await call({ headers }), 400, 'E_REQUEST_MALFORMED');
    });

    it('no message for a label that fits all bytes', async () => {
      for (const label of ['application/octet-stream', 'text/plain; charset=latin1', 'text/xml; charset="UTF-8"'])
        expect((await call({ body: '<list/>', headers: { 'content-type': label } })).status).to.equal(200);
    });

    it('a message that is too large, with and without Content-Length', async () => {
      const body = 'x'.repeat(maxBytes + 1);
      expectProblem(await call({ body }), 413, 'E_SIZE_EXCEEDED');
      expectProblem(await call({ body, headers: { 'transfer-encoding': 'chunked' } }), 413, 'E_SIZE_EXCEEDED');
    });

    it('a compressed message', async () => {
      const answer = await call({ body: gzipSync('<list/>'), headers: { 'content-encoding': 'gzip' } });
      expectProblem(answer, 415, 'E_REQUEST_TYPE');
    });

    it('an empty message', async () => {
      expectProblem(await call({ body: '' }), 422, 'E_REQUEST_INVALID');
    });

    it('other methods and other addresses, without repeating them', async () => {
      const other = await call({ method: 'PUT' });
      expectProblem(other, 405, 'E_METHOD_UNKNOWN');
      expect(other.headers['allow']).to.equal('POST');
      for (const path of [
        '/',
        '/exchange',
        '/exchange/XB/',
        '/Exchange/XB',
        '//exchange/XB',
        '/exchange/XB/more',
        '/zebra',
      ]) {
        const answer = await call({ path });
        expectProblem(answer, 404, 'E_ROUTE_UNKNOWN');
        expect(answer.body).to.not.include('zebra');
      }
      expectProblem(await call({ path: '/exchange/%E0%A4%A' }), 422, 'E_REQUEST_INVALID');
    });

    it('everybody on a server without TLS', async () => {
      const door = exchangeDoor({
        held: () => Promise.resolve(undefined),
        status: () => Promise.resolve({}),
        numbers: () => Promise.resolve({}),
        partnerOf: () => 'XB',
        receive,
        poll,
        now: () => new Date(0),
        maxBytes,
        log: silent,
      });
      const plain = createPlainServer(door);
      const answer = await fetch(`http://127.0.0.1:${await listen(plain)}/exchange/XB`, { method: 'POST', body: 'x' });
      expect(answer.status).to.equal(403);
      await shut(plain);
    });

    it('too many concurrent messages, and accepts the next when one is done', async () => {
      const gate = Promise.withResolvers<undefined>();
      const bothIn = Promise.withResolvers<undefined>();
      let inside = 0;
      receive = async () => {
        if ((inside += 1) === 2) bothIn.resolve(undefined);
        await gate.promise;
        return { verdict: 'applied', receipt };
      };
      const first = [call({}), call({})];
      await bothIn.promise;
      const third = await call({});
      expectProblem(third, 503, 'E_BUSY');
      gate.resolve(undefined);
      expect((await Promise.all(first)).map(({ status }) => status)).to.deep.equal([200, 200]);
      expect((await call({})).status).to.equal(200);
    });
  });

  describe('while uploads stall', () => {
    const stalls = { headers: { 'content-length': String(maxBytes) }, stalls: true } as const;
    async function withDoor(
      limits: Pick<ExchangeDoor, 'heldBytes' | 'stallMs'>,
      test: (door: OpenDoor) => Promise<void>,
    ) {
      const door = await openDoor({ receive: (raw) => receive(raw), poll, ...limits });
      await test(door).finally(() => door.close());
    }

    it('cuts them, and a partner that states much and sends little keeps no other out', () =>
      withDoor({ heldBytes: maxBytes, stallMs: 300 }, async (door) => {
        const stalled = [door.call({ ...stalls, body: 'x' }), door.call({ ...stalls, body: 'x' })];
        expect((await door.call({ as: door.other, path: '/exchange/XC' })).status).to.equal(200);
        taken = [];
        for (const answer of await Promise.all(stalled)) {
          expectProblem(answer, 408, 'E_REQUEST_SLOW');
          expect(answer.headers).to.include({ connection: 'close' });
        }
      }));

    it('refuses the bytes beyond its budget for all partners with Retry-After', () =>
      withDoor({ heldBytes: maxBytes, stallMs: 60_000 }, async (door) => {
        const body = 'x'.repeat(maxBytes - 1);
        const other = { as: door.other, path: '/exchange/XC' };
        const refused = await Promise.race([door.call({ ...stalls, body }), door.call({ ...stalls, ...other, body })]);
        expectProblem(refused, 503, 'E_BUSY');
        expect(refused.headers).to.include({ 'retry-after': '5', connection: 'close' });
      }));
  });

  it('tells two partners with one path apart by their certificates, each with its own method and statuses', async () => {
    const own = { path: '/aeo', takes: 'message' } as const;
    const routes = [
      { ...own, partner: 'XB', statuses: { applied: 200, held: 202, rejected: 400 } },
      { ...own, partner: 'XC', method: 'PUT', statuses: { applied: 201, held: 202, rejected: 400 } },
    ] as const;
    const door = await openDoor({ receive: (raw) => receive(raw), poll, routes });
    try {
      const { other: as, unregistered } = door;
      expect((await door.call({ path: '/aeo' })).status).to.equal(200);
      expect((await door.call({ path: '/aeo', as, method: 'PUT' })).status).to.equal(201);
      expect(taken.map(({ partner }) => partner)).to.deep.equal(['XB', 'XC']);
      taken.splice(0);
      const wrong = await door.call({ path: '/aeo', as });
      expectProblem(wrong, 405, 'E_METHOD_UNKNOWN');
      expect(wrong.headers['allow']).to.equal('PUT');
      expectProblem(await door.call({ path: '/aeo', as: unregistered }), 403, 'E_CHANNEL_UNKNOWN');
      expectProblem(await door.call({ path: '/aeo', method: 'DELETE' }), 405, 'E_METHOD_UNKNOWN');
    } finally {
      await door.close();
    }
  });

  it('works with the HTTPS transport', async () => {
    const { port, home, partner, other } = opened;
    const url = `https://127.0.0.1:${port}`;
    const way = httpsTransport({ url, from: 'XB', tls: { cert: partner.cert, key: partner.key, ca: [home.ca] } });
    const posing = httpsTransport({ url, from: 'XB', tls: { cert: other.cert, key: other.key, ca: [home.ca] } });
    const custody = await way.send(sealed('m-1'));
    expect(custody.kind === 'receipt' && Buffer.from(custody.bytes).toString()).to.equal('<receipt/>');
    expect(await way.send(sealed('m-2', Buffer.alloc(maxBytes + 1)))).to.deep.equal({
      kind: 'refused',
      evidence: 'HTTP 413 E_SIZE_EXCEEDED',
    });
    expect(await posing.send(sealed('m-3'))).to.deep.equal({
      kind: 'refused',
      evidence: 'HTTP 403 E_CHANNEL_MISMATCH',
      unreachable: true,
    });
    expect(taken.map(({ hintedId }) => hintedId)).to.deep.equal(['m-1']);
    await Promise.all([way.close(), posing.close()]);
  });
});
