/** JSON whose text depends on its content only (RFC 8785), and the digest of it. */

import { hash } from 'node:crypto';
import { GatewayError } from '../model/errors.ts';
import type { Digest } from '../model/message.ts';

/** Members sorted by their names, no spaces; a member that is undefined is left out. */
export function canonicalText(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).filter(([, held]) => held !== undefined);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, held]) => `${JSON.stringify(name)}:${canonicalText(held)}`).join(',')}}`;
  }
  throw new GatewayError('E_INTERNAL', `a ${typeof value} has no JSON form`);
}

/** SHA-256 in lower-case hex. */
export function sha256(content: string | Uint8Array): Digest {
  return hash('sha256', content, 'hex');
}
