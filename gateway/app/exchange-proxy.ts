/** Where a proxy that ends TLS reaches the exchange door, and how it shows that it is the proxy. */

import type { Server } from 'node:http';
import { sha256 } from '../model/canonical-json.ts';
import type { Config } from './config.ts';
import { secretText } from './credentials.ts';
import type { openServers } from './servers.ts';

/** Throws E_CONFIG_INVALID where its secret cannot be read. */
export function proxyOf({ proxy }: Config['exchange']): { readonly sha256?: string } | undefined {
  if (proxy === undefined) return undefined;
  return 'socket' in proxy ? {} : { sha256: sha256(Buffer.from(secretText(proxy.secret, 'exchange.proxy.secret'))) };
}

/** The server for the proxy, where one is set. */
export function proxyServers({ proxy }: Config['exchange'], server: Server): Parameters<typeof openServers>[0] {
  if (proxy === undefined) return [];
  return [[server, 'exchange.proxy', 'socket' in proxy ? proxy : { ...proxy, host: '127.0.0.1' }]];
}
