/**
 * The open connections of an exchange door: ended at once without a valid client certificate where all partners have one, and when their
 * certificate no longer stands for the same partner.
 */

import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { fingerprint } from '../signature/certificates.ts';

/** SHA-256 of the client certificate in lower-case hex. */
function clientFingerprint(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate && fingerprint(certificate);
}

/**
 * For a server that does not reject connections without a valid certificate itself, because partners that need none may be added while it
 * is open. Returns the function that ends the connections of those whose fingerprint `isRevoked`.
 */
export function trackConnections(
  server: Server,
  needsCertificate: () => boolean,
): (isRevoked: (fingerprint: string) => boolean) => void {
  const connections = new Set<TLSSocket>();
  // Before the server itself reads a request.
  server.prependListener('secureConnection', (socket) => {
    if (!socket.authorized && needsCertificate()) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return (isRevoked) => {
    for (const socket of connections) {
      const fingerprint = clientFingerprint(socket);
      if (fingerprint !== undefined && isRevoked(fingerprint)) socket.destroy();
    }
  };
}
