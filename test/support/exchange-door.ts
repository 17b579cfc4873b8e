/** An exchange door on a real server, with a partner, another partner, and somebody who is not registered. */

import { Agent, createServer, request } from 'node:https';
import { expect } from 'chai';
import { exchangeDoor } from '../../gateway/doors/exchange.ts';
import type { ExchangeDoor } from '../../gateway/doors/exchange.ts';
import { exchangeServerOptions } from '../../gateway/wire/transport/https.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { listen, shut, tlsParty } from './tls.ts';
import type { TlsParty } from './tls.ts';

export const maxBytes = 100_000;

export interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export interface Call {
  /** `nobody`: without a client certificate. */
  readonly as?: TlsParty | 'nobody';
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  /** The body is not ended. */
  readonly stalls?: true;
}

export interface OpenDoor {
  readonly port: number;
  readonly home: TlsParty;
  /** Registered as XB. */
  readonly partner: TlsParty;
  /** Registered as XC. */
  readonly other: TlsParty;
  readonly unregistered: TlsParty;
  /** What was logged since the last look. */
  logged(): string;
  /** A POST of a list by the partner, unless it is said otherwise. */
  call(call: Call): Promise<Answer>;
  close(): Promise<void>;
}

export async function openDoor(
  behind: Pick<
    ExchangeDoor,
    'receive' | 'acknowledge' | 'poll' | 'secrets' | 'joined' | 'routes' | 'heldBytes' | 'stallMs'
  >,
): Promise<OpenDoor> {
  const [home, partner, other, unregistered] = (await Promise.all(['XA', 'XB', 'XC', 'XD'].map(tlsParty))) as [
    TlsParty,
    TlsParty,
    TlsParty,
    TlsParty,
  ];
  const registered = new Map([
    [partner.fingerprint, 'XB'],
    [other.fingerprint, 'XC'],
  ]);
  const ca = [partner.ca, other.ca, unregistered.ca];
  let lines = '';
  const door = exchangeDoor({
    held: () => Promise.resolve(undefined),
    status: () => Promise.resolve({}),
    numbers: () => Promise.resolve({}),
    ...behind,
    partnerOf: (fingerprint) => registered.get(fingerprint),
    now: () => new Date('2026-06-01T08:00:00.000Z'),
    maxBytes,
    maxInFlight: 2,
    log: makeLog({ level: 'info', destination: { write: (line) => (lines += line) } }),
    newRequestId: () => 'request-1',
  });
  const options = exchangeServerOptions({ cert: home.cert, key: home.key, ca });
  const server = createServer({ ...options, rejectUnauthorized: behind.secrets === undefined }, door);
  const port = await listen(server);
  const logged = (): string => {
    const text = lines;
    lines = '';
    return text;
  };
  const ask = (call: Call): Promise<Answer> => callDoor(port, home, { as: partner, ...call });
  return { port, home, partner, other, unregistered, logged, call: ask, close: () => shut(server) };
}

function callDoor(port: number, home: TlsParty, call: Call & { readonly as: TlsParty | 'nobody' }): Promise<Answer> {
  const { as, path = '/exchange/XB', method = 'POST', headers = {}, body = '<list/>', stalls } = call;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const agent = new Agent({ ...(as === 'nobody' ? {} : { cert: as.cert, key: as.key }), ca: home.ca });
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent }, (incoming) => {
    void incoming.toArray().then((chunks: Buffer[]) => {
      agent.destroy();
      const { statusCode = 0, headers: answered } = incoming;
      resolve({
        status: statusCode,
        type: answered['content-type'],
        headers: answered,
        body: Buffer.concat(chunks).toString(),
      });
    }, reject);
  });
  outgoing.on('error', reject);
  if (stalls === true) outgoing.write(body);
  else outgoing.end(body);
  return promise;
}

export function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.type).to.equal('application/problem+json');
  expect(answer.status).to.equal(status);
  const problem = JSON.parse(answer.body) as Record<string, unknown>;
  expect(problem).to.include({ status, code, type: `urn:mra:error:${code}`, request_id: 'request-1' });
  expect(problem).to.have.all.keys('type', 'title', 'status', 'detail', 'code', 'who_must_act', 'retry', 'request_id');
}
