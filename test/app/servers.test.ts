/** Doors that close although somebody holds half a request, half a handshake, or a connection that says nothing. */

import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { openServer } from '../../gateway/app/servers.ts';
import { exchangeServerOptions } from '../../gateway/wire/transport/https.ts';
import { socketClosed, tlsParty } from '../support/tls.ts';

const address = { host: '127.0.0.1', port: 0 };

async function connected(port: number, begin: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).resume(); // it is cut
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(begin, resolve));
  return socket;
}

describe('a server that stops', () => {
  it('cuts half a request, half a body and a silent connection when the time for them is over', async () => {
    const server = createServer((request) => void request.resume());
    const open = await openServer(server, 'border', address);
    const body = 'POST /v1/checks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{';
    const requested = once(server, 'request');
    const sockets = await Promise.all(['GET /v1/par', body, ' '].map((begin) => connected(open.port, begin)));
    await requested;
    const cut = sockets.map(socketClosed);
    await open.close(1);
    await Promise.all(cut);
    expect(server.listening).to.equal(false);
  });

  it('cuts half a TLS handshake', async () => {
    const { cert, key, ca } = await tlsParty('XA');
    const server = createHttpsServer(exchangeServerOptions({ cert, key, ca: [ca] }));
    const accepted = once(server, 'connection');
    const open = await openServer(server, 'exchange', address);
    const socket = await connected(open.port, '\u0016\u0003');
    await accepted;
    const cut = socketClosed(socket);
    await open.close(1);
    await cut;
  });

  it('lets a request in progress end', async () => {
    const begun = Promise.withResolvers<() => void>();
    const open = await openServer(
      createServer((_request, response) => begun.resolve(() => response.end('done'))),
      'border',
      address,
    );
    const answer = once(get({ port: open.port, agent: false }), 'response');
    const finish = await begun.promise;
    const closing = open.close(60_000);
    finish();
    const [response] = (await answer) as [IncomingMessage];
    expect(await text(response)).to.equal('done');
    await closing;
  });
});
