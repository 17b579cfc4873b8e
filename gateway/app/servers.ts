/** Opens and closes the servers of the doors. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { GatewayError, isSystemError } from '../model/errors.ts';
import type { Config } from './config.ts';

interface OpenServer {
  readonly port: number;
  /** Takes no new requests, waits up to `graceMs` for those in progress, then cuts what is still open: also half a request or handshake. */
  close(graceMs: number): Promise<void>;
}

/** Throws E_ADDRESS_UNUSABLE. */
export async function openServer(
  server: Server,
  door: 'exchange' | 'border',
  config: Pick<Config, 'exchange' | 'border'>,
): Promise<OpenServer> {
  const { host, port } = config[door];
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    if (!isSystemError(cause)) throw cause;
    const fix = `Stop the program that has this address, or set another host or port at ${door} in the settings.`;
    const detail = `the system answered ${cause.code}`;
    throw new GatewayError('E_ADDRESS_UNUSABLE', detail, { at: `${host}:${port}`, fix, cause });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = once(server, 'close');
      // A partner that asks every second over one connection would keep the door open for ever.
      server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
      server.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => sockets.forEach((socket) => socket.destroy()), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
