/** Entity tags of texts (RFC 9110, 8.8.3), and conditional requests. */

import { createHash } from 'node:crypto';

export function entityTag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** Evaluates If-None-Match, which uses weak comparison (RFC 9110, 13.1.2). */
export function isKnownTo(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((each) => [etag, `W/${etag}`, '*'].includes(each.trim()));
}
