/** The address of a request, compared as it was sent. */

import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../model/errors.ts';

export interface RequestTarget {
  readonly sent: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** In lower case, with the port where one is named. */
  readonly host: string;
}

/**
 * Neither dots nor percent signs nor doubled slashes are resolved: a proxy in front compares the path as sent, and must not be passed by
 * another spelling of it. An absolute address names the host itself (RFC 9112, 3.2.2).
 */
export function targetOf({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): RequestTarget {
  const [absolute = '', authority] = /^https?:\/\/([^/?#]*)/iu.exec(url) ?? [];
  const sent = url.slice(absolute.length);
  const [path = ''] = sent.split('?', 1);
  const query = new URLSearchParams(sent.slice(path.length));
  return { sent, path, query, host: (authority ?? headers.host ?? '').toLowerCase() };
}

/** Throws E_HOST_UNKNOWN unless the host is one of `hosts`, with or without its port; any will do where none are set. */
export function requireHost({ host }: RequestTarget, hosts: readonly string[] | undefined): void {
  if (hosts === undefined || hosts.some((name) => [host, host.replace(/:\d*$/u, '')].includes(name.toLowerCase())))
    return;
  throw new GatewayError('E_HOST_UNKNOWN', 'the request is for another host than those in the settings of this door');
}
