/** Identities for real TLS connections on this machine, and what is listening for them. */

import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Server as SocketServer, Socket } from 'node:net';
import { fingerprint } from '../../gateway/wire/signature/certificates.ts';
import { openKeyring } from '../../gateway/wire/signature/keys.ts';
import { temporaryFolder } from './pki.ts';

export interface TlsParty {
  readonly cert: string;
  readonly key: string;
  /** The authority this party's certificate comes from. */
  readonly ca: string;
  readonly fingerprint: string;
}

/** A party with an authority of its own, valid now: TLS asks the machine's clock, which no test owns. */
export async function tlsParty(country: string): Promise<TlsParty> {
  const owner = { country, name: `Customs of ${country}`, now: new Date() };
  const { tls } = await openKeyring(path.join(temporaryFolder(), 'keys'), owner);
  return { ...tls, fingerprint: fingerprint(new X509Certificate(tls.cert)) };
}

/** Opens a server on a free port of the loopback interface and says which. */
export async function listen(server: Server | SocketServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Closes a server; connections that still stand are cut. */
export async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Whether an end or a reset cuts it depends on what it has not read yet, and `once` of events fails at a reset. */
export function socketClosed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}
