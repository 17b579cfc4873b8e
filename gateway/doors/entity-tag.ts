/** Entity tags (RFC 9110, 8.8.3) of texts, and whether a caller has that text already. */

import { createHash } from 'node:crypto';

export function entityTag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** Of the header If-None-Match, which compares weakly (RFC 9110, 13.1.2). */
export function isKnownTo(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((each) => [etag, `W/${etag}`, '*'].includes(each.trim()));
}
