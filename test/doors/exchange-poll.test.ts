/** Polling at the exchange door: who gets which message, its headers, and the record of how it was sent. */

import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:https';
import { expect } from 'chai';
import type { ExchangeDoor } from '../../gateway/doors/exchange.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';
import { httpsTransport } from '../../gateway/wire/transport/https.ts';
import type { Transport } from '../../gateway/wire/transport/transport.ts';
import { sealed } from '../support/deliveries.ts';
import { expectProblem, maxBytes, openDoor, type Answer, type Call, type OpenDoor } from '../support/exchange-door.ts';
import type { TlsParty } from '../support/tls.ts';

describe('the exchange door, polled,', () => {
  let opened: OpenDoor;
  let poll: ExchangeDoor['poll'];
  before(async () => {
    const receive = () => Promise.reject(new Error('nothing is sent in these tests'));
    opened = await openDoor({ receive, poll: (partner) => poll(partner) });
  });
  after(() => opened.close());
  const call = (asked: Call): Promise<Answer> => opened.call(asked);

  const next = { path: '/exchange/XB/next', method: 'GET', body: '' };
  let sent: boolean[];
  let asked: string[];
  let told: PromiseWithResolvers<undefined>;
  const waiting = (message: SealedMessage): ExchangeDoor['poll'] => {
    return (partner) => {
      asked.push(partner);
      return Promise.resolve({
        message,
        sent: (whole) => {
          sent.push(whole);
          told.resolve(undefined);
          return Promise.resolve();
        },
      });
    };
  };
  const fetcher = (as: TlsParty, timeouts = {}): Transport => {
    const url = `https://127.0.0.1:${opened.port}`;
    const tls = { cert: as.cert, key: as.key, ca: [opened.home.ca] };
    return httpsTransport({ url, from: 'XB', tls, timeouts, pull: { seconds: 1, maxBytes, waits: true } });
  };
  beforeEach(() => {
    poll = () => Promise.resolve(undefined);
    sent = [];
    asked = [];
    told = Promise.withResolvers();
  });

  it('returns the message for the partner of the certificate, with the headers of a POST, and records that it was sent', async () => {
    poll = waiting(sealed('m-1', Buffer.from('<list/>')));
    const { status, type, headers, body } = await call(next);
    expect({ status, type, body }).to.deep.equal({ status: 200, type: 'application/xml', body: '<list/>' });
    expect(headers).to.include({
      'mra-message-id': 'm-1',
      'mra-message-kind': 'list',
      'content-digest': `sha-256=:${createHash('sha256').update('<list/>').digest('base64')}:`,
      'cache-control': 'no-store',
    });
    await told.promise;
    expect({ asked, sent }).to.deep.equal({ asked: ['XB'], sent: [true] });
  });

  it('returns 204 without a message', async () => {
    expect(await call(next)).to.include({ status: 204, body: '' });
  });

  it('returns nothing to strangers, to other partners, and for other methods', async () => {
    poll = waiting(sealed('m-1', Buffer.from('<list/>')));
    expectProblem(await call({ ...next, as: opened.unregistered }), 403, 'E_CHANNEL_UNKNOWN');
    expectProblem(await call({ ...next, as: opened.other }), 403, 'E_CHANNEL_MISMATCH');
    for (const method of ['POST', 'HEAD', 'DELETE']) {
      const { status, headers } = await call({ ...next, method });
      expect([status, headers['allow']]).to.deep.equal([405, 'GET']);
    }
    expect(asked).to.deep.equal([]);
  });

  it('returns nothing to a partner whose messages are sent', async () => {
    poll = () => Promise.reject(new GatewayError('E_ROUTE_UNKNOWN', 'sent, not fetched'));
    expectProblem(await call(next), 404, 'E_ROUTE_UNKNOWN');
  });

  it('records that the partner closed the connection early', async () => {
    poll = waiting(sealed('m-1', Buffer.alloc(64 * 1024 * 1024)));
    const agent = new Agent({ cert: opened.partner.cert, key: opened.partner.key, ca: opened.home.ca });
    const outgoing = request({ host: '127.0.0.1', port: opened.port, path: next.path, agent }, (incoming) => {
      incoming.once('data', () => outgoing.destroy());
    });
    outgoing.on('error', () => undefined).end(); // the connection is cut on purpose
    await told.promise;
    expect(sent).to.deep.equal([false]);
    agent.destroy();
  });

  it('is polled by the HTTPS transport: a message, nothing, or the failure', async () => {
    const [way, posing] = [fetcher(opened.partner), fetcher(opened.other)];
    const bytes = randomBytes(maxBytes);
    expect(await way.pull?.next()).to.deep.equal({ kind: 'none' });
    poll = waiting(sealed('m-1', bytes));
    const fetched = await way.pull?.next();
    expect(fetched).to.include({ kind: 'message', id: 'm-1' });
    expect(fetched?.kind === 'message' && Buffer.compare(fetched.bytes, bytes)).to.equal(0);
    expect(await posing.pull?.next()).to.deep.equal({ kind: 'failed', evidence: 'HTTP 403 E_CHANNEL_MISMATCH' });
    poll = waiting({ ...sealed('m-2'), digest: '0'.repeat(64) });
    expect((await way.pull?.next())?.kind).to.equal('failed');
    poll = waiting(sealed('m-3', Buffer.alloc(1024 * 1024 + 1)));
    expect(await way.pull?.next()).to.deep.equal({ kind: 'failed', evidence: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
    await Promise.all([way.close(), posing.close()]);
  });

  it('and a fetch that is never answered ends as trouble', async () => {
    poll = () => told.promise;
    const way = fetcher(opened.partner, { totalMs: 200 });
    expect(await way.pull?.next()).to.deep.equal({ kind: 'failed', evidence: 'no answer within 200 ms' });
    told.resolve(undefined);
    await way.close();
  });
});
