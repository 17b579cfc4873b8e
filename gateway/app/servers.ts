/** Opens and closes the servers of the doors. */

import { once } from 'node:events';
import type { Server } from 'node:http';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { GatewayError, isSystemError } from '../model/errors.ts';

interface OpenServer {
  readonly port: number;
  /** Takes no new requests, waits up to `graceMs` for those in progress, then cuts what is still open: also half a request or handshake. */
  close(graceMs: number): Promise<void>;
}

type Listening = { readonly host: string; readonly port: number } | { readonly socket: string };

interface OpenServers extends Pick<OpenServer, 'close'> {
  /** By the setting of their address. */
  readonly ports: Readonly<Record<string, number>>;
}

/** All or none. Throws E_ADDRESS_UNUSABLE. */
export async function openServers(all: readonly Readonly<Parameters<typeof openServer>>[]): Promise<OpenServers> {
  const opened = new Map<string, OpenServer>();
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all([...opened.values()].map((server) => server.close(graceMs)));
  };
  try {
    for (const each of all) opened.set(each[1], await openServer(...each));
  } catch (error) {
    await close(0); // an open door keeps the process alive
    throw error;
  }
  return { ports: Object.fromEntries([...opened].map(([setting, { port }]) => [setting, port])), close };
}

/** `setting`: where the address is in the settings. Throws E_ADDRESS_UNUSABLE. */
export async function openServer(server: Server, setting: string, address: Listening): Promise<OpenServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const at = 'socket' in address ? address.socket : `${address.host}:${address.port}`;
  await listen(server, address).catch((cause: unknown) => {
    if (!isSystemError(cause)) throw cause;
    const fix = `Stop the program that has this address, or set another one at ${setting} in the settings.`;
    throw new GatewayError('E_ADDRESS_UNUSABLE', `the system answered ${cause.code}`, { at, fix, cause });
  });
  const listening = server.address();
  return {
    port: listening !== null && typeof listening === 'object' ? listening.port : 0,
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

/** A socket is for our account and its group: a program that may write to it counts as the proxy. */
async function listen(server: Server, address: Listening): Promise<void> {
  if ('port' in address) {
    server.listen(address.port, address.host);
    await once(server, 'listening');
    return;
  }
  const { socket } = address;
  if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket() === true && !(await isAnswered(socket))) rmSync(socket);
  server.listen(socket);
  await once(server, 'listening');
  chmodSync(socket, 0o660);
}

/** Otherwise a gateway that was killed left it behind. */
async function isAnswered(path: string): Promise<boolean> {
  const asking = connect(path);
  const answered = await once(asking, 'connect').then(
    () => true,
    () => false,
  );
  asking.destroy();
  return answered;
}
