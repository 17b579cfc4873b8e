/** The target of a request, compared as sent. */

import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../model/errors.ts';

export interface RequestTarget {
  readonly sent: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** In lower case, with the port if there is one. */
  readonly host: string;
  /** A header field that changes the meaning of the request and is repeated (RFC 9112, 3.2). */
  readonly twice?: string | undefined;
}

/** If repeated, Node.js uses the first value and a proxy in front perhaps the last. */
const single = ['host', 'content-type'] as const;

/** The query of a target without one. Shared; never modified. */
const none = new URLSearchParams();

/**
 * Does not resolve dots, percent-encoding or doubled slashes: a proxy in front compares the path as sent, and another spelling must not
 * bypass it. An absolute target names the host itself (RFC 9112, 3.2.2).
 */
export function targetOf(request: Pick<IncomingMessage, 'url' | 'headers' | 'headersDistinct'>): RequestTarget {
  const { url = '', headers, headersDistinct } = request;
  const twice = single.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  const [absolute = '', authority] = /^https?:\/\/([^/?#]*)/iu.exec(url) ?? [];
  const sent = url.slice(absolute.length);
  const [path = ''] = sent.split('?', 1);
  const query = path.length === sent.length ? none : new URLSearchParams(sent.slice(path.length));
  return { sent, path, query, host: (authority ?? headers.host ?? '').toLowerCase(), twice };
}

/**
 * Throws E_HOST_UNKNOWN unless the host is one of `hosts`, with or without its port; without `hosts`, any is accepted. Throws
 * E_REQUEST_MALFORMED if a header field is repeated, or the target contains U+0000, which PostgreSQL cannot store.
 */
export function requireHost({ host, sent, twice }: RequestTarget, hosts: readonly string[] | undefined): void {
  if (twice !== undefined) throw new GatewayError('E_REQUEST_MALFORMED', `the header field ${twice} stands twice`);
  if (sent.includes('%00')) throw new GatewayError('E_REQUEST_MALFORMED', 'the address holds the character U+0000');
  if (hosts === undefined || hosts.some((name) => [host, host.replace(/:\d*$/u, '')].includes(name.toLowerCase())))
    return;
  throw new GatewayError('E_HOST_UNKNOWN', 'the request is for another host than those in the settings of this door');
}
