/** Messages over HTTPS: what each answer, silence and broken connection means for the message. */

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createHttpsServer, request } from 'node:https';
import type { Server } from 'node:https';
import { createServer as createPlainServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { exchangeServerOptions, httpsTransport } from '../../gateway/wire/transport/https.ts';
import type { HttpsOptions } from '../../gateway/wire/transport/https.ts';
import { deadlineMs, receiptContentType } from '../../gateway/wire/transport/transport.ts';
import type { SendOutcome, Transport } from '../../gateway/wire/transport/transport.ts';
import { sealed } from '../support/deliveries.ts';
import { refusalCode } from '../support/expect-code.ts';
import { listen, shut, tlsParty } from '../support/tls.ts';
import type { TlsParty } from '../support/tls.ts';

describe('messages over HTTPS', () => {
  let us: TlsParty;
  let partner: TlsParty;
  let stranger: TlsParty;
  let answer: RequestListener;
  let server: Server;
  let url: string;
  let transports: Transport[];

  before(async () => {
    [us, partner, stranger] = await Promise.all([tlsParty('XA'), tlsParty('XB'), tlsParty('XC')]);
    const options = exchangeServerOptions({ cert: partner.cert, key: partner.key, ca: [us.ca] });
    server = createHttpsServer(options, (incoming, response) => answer(incoming, response));
    url = `https://127.0.0.1:${await listen(server)}`;
  });
  after(() => shut(server));
  beforeEach(() => {
    transports = [];
  });
  afterEach(() => Promise.all(transports.map((transport) => transport.close())));

  const way = (changes: Partial<HttpsOptions> = {}): Transport => {
    const transport = httpsTransport({ url, from: 'XA', tls: { ...us, ca: [partner.ca] }, ...changes });
    transports.push(transport);
    return transport;
  };
  const answering = (status: number, headers: Record<string, string> = {}, body: string | Uint8Array = '') => {
    answer = (incoming, response) => {
      incoming.resume().on('end', () => response.writeHead(status, headers).end(body));
    };
  };
  const sendTo = (changes: Partial<HttpsOptions> = {}): Promise<SendOutcome> => way(changes).send(sealed('m-1'));

  it('carry the bytes unchanged, with id, kind and type, to the path of the home administration', async () => {
    const seen = Promise.withResolvers<Pick<IncomingMessage, 'method' | 'url' | 'headers'>>();
    const bytes = randomBytes(3_000_000);
    const arrived = Promise.withResolvers<Buffer>();
    answer = (incoming, response) => {
      seen.resolve(incoming);
      void incoming.toArray().then((chunks: Buffer[]) => {
        arrived.resolve(Buffer.concat(chunks));
        response.writeHead(202).end();
      });
    };
    expect((await way().send(sealed('m-1', bytes))).kind).to.equal('custody');
    const { method, url: path, headers } = await seen.promise;
    expect({ method, path }).to.deep.equal({ method: 'POST', path: '/exchange/XA' });
    expect(headers).to.include({
      'content-type': 'application/xml',
      'mra-message-id': 'm-1',
      'mra-message-kind': 'list',
    });
    expect(Buffer.compare(await arrived.promise, bytes)).to.equal(0);
  });

  it('go with the method, path, query and headers of the partner, and what fills a hole of the address is percent-encoded', async () => {
    const seen = Promise.withResolvers<IncomingMessage>();
    answer = (incoming, response) => {
      seen.resolve(incoming.resume());
      incoming.on('end', () => response.writeHead(200).end('taken'));
    };
    const request = {
      method: 'PUT',
      path: '/lists/{message.from}/{message.id}',
      query: { to: '{message.to}', 'x[]': 'a&b {message.id}' },
      headers: { 'X-Ref': 'no {message.id}', 'Content-Type': 'text/xml' },
    };
    const transport = way({ exchange: { to: 'XB', request } });
    expect(await transport.send(sealed('n:1/?#&'))).to.include({ kind: 'answered' });
    const { method, url: target, headers } = await seen.promise;
    expect({ method, target }).to.deep.equal({
      method: 'PUT',
      target: '/lists/XA/n%3A1%2F%3F%23%26?to=XB&x%5B%5D=a%26b%20n%3A1%2F%3F%23%26',
    });
    expect(headers).to.include({ 'x-ref': 'no n:1/?#&', 'content-type': 'text/xml' });
  });

  for (const status of [200, 202, 409, 422, 503]) {
    it(`accept a receipt also with status ${status}`, async () => {
      answering(status, { 'content-type': `${receiptContentType}; charset=utf-8` }, '<receipt/>');
      const custody = await sendTo();
      expect(custody.kind === 'receipt' && Buffer.from(custody.bytes).toString()).to.equal('<receipt/>');
    });
  }

  for (const label of ['application/xml', 'text/plain', 'application/octet-stream']) {
    it(`accept a receipt that a proxy relabelled ${label}`, async () => {
      answering(422, { 'content-type': label }, '<?xml version="1.0"?>\n<r:Receipt xmlns:r="urn:mra:receipt:1"/>');
      expect((await sendTo()).kind).to.equal('receipt');
    });
  }

  it('ask for an answer that no proxy compresses, for a compressed receipt is none', async () => {
    answer = (incoming, response) => {
      const asksPlain = incoming.headers['accept-encoding'] === 'identity';
      const receipt = Buffer.from('<r:Receipt xmlns:r="urn:mra:receipt:1"/>');
      incoming.resume().on('end', () => response.writeHead(200).end(asksPlain ? receipt : gzipSync(receipt)));
    };
    expect((await sendTo()).kind).to.equal('receipt');
  });

  it('take another document for no receipt', async () => {
    answering(200, { 'content-type': 'application/xml' }, '<html><body>urn:mra</body></html>');
    expect((await sendTo()).kind).to.equal('refused');
  });

  it('are in custody with a 202 without a receipt, and with no other answer without one', async () => {
    answering(202);
    expect((await sendTo()).kind).to.equal('custody');
    for (const status of [200, 204, 301, 400, 404, 422, 500, 502]) {
      answering(status, { 'content-type': 'text/html', location: `${url}/elsewhere` }, '<p>hello</p>');
      const custody = await sendTo();
      expect(custody).to.deep.equal({ kind: 'refused', evidence: `HTTP ${status}` });
    }
  });

  it('wait, and are tried again soon, while the partner denies access; the evidence has its error code and no other text of it', async () => {
    const problem = '{"title":"secret text","code":"E_CHANNEL_UNKNOWN"}';
    answering(403, { 'content-type': 'application/problem+json' }, problem);
    expect(await sendTo()).to.deep.equal({
      kind: 'refused',
      evidence: 'HTTP 403 E_CHANNEL_UNKNOWN',
      unreachable: true,
    });
    answering(401);
    expect(await sendTo(), 'a password that is sent again and again is locked').to.include({ hold: 'refused' });
  });

  it('observe Retry-After in seconds or as a date by the partner’s clock, up to a day', async () => {
    const waits = async (status: number, headers: Record<string, string>): Promise<number | undefined> => {
      answering(status, headers);
      const custody = await sendTo();
      expect(custody.kind).to.equal('refused');
      return custody.kind === 'refused' ? custody.retryAfterSeconds : undefined;
    };
    expect(await waits(503, { 'retry-after': '17' })).to.equal(17);
    const date = 'Tue, 02 Jun 2026 08:00:00 GMT';
    expect(await waits(429, { date, 'retry-after': 'Tue, 02 Jun 2026 08:01:00 GMT' })).to.equal(60);
    expect(await waits(429, { date, 'retry-after': 'Tue, 02 Jun 2026 07:00:00 GMT' })).to.equal(0);
    expect(await waits(503, { 'retry-after': '999999999' })).to.equal(86_400);
    expect(await waits(503, { 'retry-after': 'soon' })).to.equal(undefined);
  });

  it('with agreed statuses wait for staff only after one that the agreement names or that does not pass', async () => {
    const exchange = { to: 'XB', read: [200], later: [429, 503], hold: [401, 505] };
    for (const status of [408, 429, 500, 502, 503, 504]) {
      answering(status);
      expect(await sendTo({ exchange })).to.deep.equal({ kind: 'refused', evidence: `HTTP ${status}` });
    }
    for (const status of [401, 404, 505]) {
      answering(status);
      expect(await sendTo({ exchange }), String(status)).to.include({ hold: 'refused' });
    }
  });

  it('ask for numbers and the list that is held, and take no answer of which two readers may read two things', async () => {
    const held = '"epoch":{"no":1,"id":"e"},"sequence":4';
    answering(200, {}, `{"month":"2026-10","open":0,${held}}`);
    expect(await way().numbers?.('2026-10')).to.include({ month: '2026-10', open: 0 });
    expect(await way().held?.()).to.deep.equal({ epoch: { no: 1, id: 'e' }, sequence: 4 });
    for (const body of [`{"open":1,"open":0,${held}}`, `{${held},"sequence":5}`, `{${held},}`, '<html>', '']) {
      answering(200, {}, body);
      expect(await way().numbers?.('2026-10'), body).to.equal(undefined);
      expect(await way().held?.(), body).to.equal(undefined);
    }
  });

  it('are refused when the connection is refused', async () => {
    expect(await sendTo({ url: 'https://127.0.0.1:1' })).to.include({ evidence: 'ECONNREFUSED', unreachable: true });
  });

  it('are refused when the TLS handshake is not answered', async () => {
    const mute = createPlainServer();
    const custody = await sendTo({ url: `https://127.0.0.1:${await listen(mute)}`, timeouts: { connectMs: 50 } });
    expect(custody).to.include({ kind: 'refused', evidence: 'UND_ERR_CONNECT_TIMEOUT', unreachable: true });
    mute.close();
  });

  it('wait while the server certificate is of another authority, or of another host', async () => {
    answering(202);
    expect(await sendTo({ tls: { ...us, ca: [stranger.ca] } })).to.include({ kind: 'refused', unreachable: true });
    const elsewhere = url.replace('127.0.0.1', '127.0.0.2');
    const other = createHttpsServer(exchangeServerOptions({ ...partner, ca: [us.ca] }));
    other.listen(Number(new URL(url).port), '127.0.0.2');
    expect(await sendTo({ url: elsewhere })).to.deep.equal({
      kind: 'refused',
      evidence: 'ERR_TLS_CERT_ALTNAME_INVALID',
      unreachable: true,
    });
    await shut(other);
  });

  it('wait while the server does not trust the authority of the client certificate', async () => {
    let requests = 0;
    answer = (_incoming: IncomingMessage, response: ServerResponse) => {
      requests += 1;
      response.writeHead(202).end();
    };
    const custody = await sendTo({ tls: { ...stranger, ca: [partner.ca] } });
    expect(custody.kind).to.be.oneOf(['unknown', 'refused']);
    expect(requests).to.equal(0);
  });

  it('are unknown when the connection ends after they were sent', async () => {
    answer = (incoming) => incoming.resume().on('end', () => incoming.socket.destroy());
    expect((await sendTo()).kind).to.equal('unknown');
  });

  it('are unknown when no answer comes in time, or only a part of one', async () => {
    answer = (incoming) => incoming.resume();
    expect((await sendTo({ timeouts: { totalMs: 100 } })).kind).to.equal('unknown');
    answer = (incoming, response) => {
      incoming.resume();
      response.writeHead(200, { 'content-type': receiptContentType }).write('<rec');
    };
    expect((await sendTo({ timeouts: { totalMs: 100 } })).kind).to.equal('unknown');
  });

  it('are unknown when the answer is larger than any receipt', async () => {
    answering(200, { 'content-type': receiptContentType }, Buffer.alloc(1024 * 1024 + 1));
    expect((await sendTo()).kind).to.equal('unknown');
  });

  it('have a longer deadline the larger they are', () => {
    expect(deadlineMs(30_000, 1000)).to.equal(30_000);
    expect(deadlineMs(30_000, 15_000_000)).to.equal(87_000);
  });

  it('go to https addresses only, and to none with credentials in it', async () => {
    for (const wrong of ['http://127.0.0.1:1', 'https://user:word@127.0.0.1:1', 'nonsense']) {
      expect(await refusalCode(() => way({ url: wrong }))).to.equal('E_CONFIG_INVALID');
    }
  });

  it('are not accepted over TLS 1.1, nor from a client without a certificate', async () => {
    answering(202);
    const attempt = (options: object): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<string>();
      const outgoing = request(url, { ca: partner.ca, ...options }, () => resolve('answered'));
      outgoing.on('error', () => resolve('no connection')).end();
      return promise;
    };
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };
    expect(await attempt({ cert: us.cert, key: us.key })).to.equal('answered');
    expect(await attempt({ cert: us.cert, key: us.key, ...old })).to.equal('no connection');
    expect(await attempt({})).to.equal('no connection');
  });
});
