/** The open connections of an exchange door: ended at once when their client certificate no longer stands for the same partner. */

import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { fingerprint } from '../signature/certificates.ts';

/** SHA-256 of the client certificate in lower-case hex. */
export function clientFingerprint(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate && fingerprint(certificate);
}

/** Returns the function that ends the connections of those whose fingerprint `isRevoked`. */
export function trackConnections(server: Server): (isRevoked: (fingerprint: string) => boolean) => void {
  const connections = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
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
