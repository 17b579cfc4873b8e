/** Commands to a gateway that serves, over a socket in its data folder, which only its own account can enter. */

import { existsSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { OpenGateway } from './composition.ts';
import type { Reloaded } from './partners.ts';
import { asGatewayError, GatewayError, type ErrorCode } from '../model/errors.ts';
import { faultFields } from '../wire/log.ts';

type Reply = { readonly results: readonly Reloaded[] } | { readonly code: ErrorCode; readonly detail: string };

const socketOf = (data: string): string => join(data, 'serve.sock');

/** Answers each connection with the results of a reload. Returns the function that closes the socket. Without one, SIGHUP remains. */
export async function openControl(
  { config: { data }, log }: Pick<OpenGateway, 'config' | 'log'>,
  reload: () => Promise<readonly Reloaded[]>,
): Promise<() => void> {
  const path = socketOf(data);
  const server = createServer((socket) => {
    socket.on('error', () => undefined); // the command ended early; the reload goes on
    reload().then(
      (results) => socket.end(JSON.stringify({ results })),
      (error: unknown) => {
        const { code, detail } = asGatewayError(error);
        socket.end(JSON.stringify({ code, detail }));
      },
    );
  });
  // Left behind by a gateway that was killed: this one has the lock of the folder.
  if (existsSync(path)) rmSync(path);
  server.listen(path);
  await once(server, 'listening').catch((error: unknown) => {
    log.warn('no socket for mra partner reload; SIGHUP reloads', faultFields(error)); // the path is too long, say
  });
  return () => server.close();
}

/** Asks the gateway that serves this data folder. Throws E_SERVICE_UNREACHABLE, and what the gateway answers. */
export async function askToReload(data: string): Promise<readonly Reloaded[]> {
  const socket = connect(socketOf(data));
  let answer: string;
  try {
    await once(socket, 'connect');
    answer = await text(socket);
  } catch (cause) {
    const fix = 'Start mra serve with the same settings; it reads them when it starts.';
    throw new GatewayError('E_SERVICE_UNREACHABLE', 'no gateway serves this data folder', { at: data, fix, cause });
  }
  const reply = JSON.parse(answer) as Reply;
  if ('code' in reply) throw new GatewayError(reply.code, reply.detail);
  return reply.results;
}
