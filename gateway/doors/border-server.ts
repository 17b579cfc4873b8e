/** The HTTP server of the border door, with TLS if the settings have a certificate. */

import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';

/** PEM texts. `ca` are the authorities of client certificates; absent: no certificate is requested. */
interface BorderTls {
  readonly cert: string;
  readonly key: string;
  readonly ca?: readonly string[];
}

/** No limit here: the body reader limits single bodies, and a stream of queries may last as long as its caller sends. */
const limits = { headersTimeout: 15_000, requestTimeout: 0, connectionsCheckingInterval: 5_000 };

/** A caller without a client certificate may have a token; the door checks both. */
export function borderServer(listener: RequestListener, tls?: BorderTls): Server {
  if (tls === undefined) return createHttpServer(limits, listener);
  const { cert, key, ca } = tls;
  const clients = ca === undefined ? {} : { ca: [...ca], requestCert: true, rejectUnauthorized: false };
  return createHttpsServer(
    { ...limits, minVersion: 'TLSv1.2', handshakeTimeout: 10_000, cert, key, ...clients },
    listener,
  );
}
