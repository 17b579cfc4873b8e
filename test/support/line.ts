/** A line between a client and a server that a test can cut, freeze, or make lose answers. */

import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { freePort } from './services.ts';

/** A line to a server that a test can cut. New connections succeed at once, unless it is closed for good. */
export interface Line {
  readonly url: string;
  /** Destroys every connection now on the line; neither side has time to say goodbye. */
  cut(): void;
  /** Nothing passes any more on the connections there are, and neither side is told. */
  freeze(): void;
  /** What the server answers on the connections there are is lost, and neither side is told. */
  loseAnswers(): void;
  /** Before the server's next word is passed on, this is asked: true cuts its connection. */
  cutWhen(isTime: () => boolean): void;
  close(): Promise<void>;
  /** New connections lead to another server, as by a proxy in front of several. */
  leadTo(url: string): void;
  /** After it was closed: connections succeed again. */
  open(): Promise<void>;
}

export async function lineTo(url: string): Promise<Line> {
  let target = url;
  const sockets = new Set<Socket>();
  const answering = new Set<Socket>();
  let isTime = (): boolean => false;
  const server = createServer((near) => {
    const [, far] = forward(near, target);
    far.prependListener('data', () => isTime() && near.destroy());
    for (const [socket, among] of [[near, sockets] as const, [far, sockets] as const, [far, answering] as const]) {
      among.add(socket);
      socket.on('close', () => among.delete(socket));
    }
  });
  const port = await freePort();
  const open = (): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await open();
  const address = new URL(url);
  address.host = `127.0.0.1:${String(port)}`;
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    url: address.toString(),
    cut,
    open,
    cutWhen(is) {
      isTime = is;
    },
    leadTo(other) {
      target = other;
    },
    freeze: () => sockets.forEach((socket) => socket.unpipe()),
    loseAnswers: () => answering.forEach((socket) => socket.unpipe().resume()),
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Joins a socket to the server, both ways; the end of one side is the end of the other. */
export function forward(near: Socket, url: string): readonly [Socket, Socket] {
  const server = new URL(url);
  const far = connect(Number(server.port || 5672), server.hostname);
  for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
    socket.setNoDelay(true).pipe(other);
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
  }
  return [near, far];
}
