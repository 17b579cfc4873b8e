/** Detects a Content-Type that contradicts the bytes of a request. The bytes decide how a message is read, but a wrong label shows a mix-up. */

import { contentTypeOf } from '../wire/files/content-type.ts';

type Kind = 'xml' | 'json' | 'mime' | 'html';

/** Media types that name one format; others, such as `application/octet-stream` and `text/plain`, fit all. */
const labels: readonly (readonly [RegExp, Kind])[] = [
  [/[/+]xml$/u, 'xml'],
  [/[/+](?:json|jose|jwt)$/u, 'json'],
  [/^multipart\//u, 'mime'],
  [/^text\/html$/u, 'html'],
];

/** First characters of each format, after a byte order mark and blanks. A JWS, which begins with the base64 of `{"`, counts as JSON. */
const beginnings: readonly (readonly [RegExp, Kind])[] = [
  [/^<(?:!doctype html|html)/iu, 'html'],
  [/^</u, 'xml'],
  [/^(?:MIME-Version|Content-[A-Za-z-]+):/iu, 'mime'],
  [/^(?:eyJ|[{[])/u, 'json'],
];

export function contradicts(contentType: string | undefined, bytes: Uint8Array): boolean {
  const { mediaType, charset } = contentTypeOf(contentType ?? '');
  const label = labels.find(([form]) => form.test(mediaType))?.[1];
  const start = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const kind = beginnings.find(([form]) => form.test(start.replace(/^\xef\xbb\xbf/u, '').trimStart()))?.[1];
  if (label !== undefined && kind !== undefined && label !== kind) return true;
  // RFC 7303, 3.2: the parameter is authoritative, and messages are UTF-8.
  return label === 'xml' && charset !== undefined && !['utf-8', 'utf8', 'us-ascii'].includes(charset.toLowerCase());
}
