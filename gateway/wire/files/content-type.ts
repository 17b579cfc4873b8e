/** Reads the Content-Type of a request (RFC 9110, 8.3.1 and 5.6.6). */

/** A parameter: its name, and its value as a quoted string or as a token. */
const parameter = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/gu;

/** The media type in lower case without parameters, and its first charset parameter. */
export function contentTypeOf(header: string): { readonly mediaType: string; readonly charset?: string } {
  if (!header.includes(';')) return { mediaType: header.trim().toLowerCase() };
  const mediaType = (header.split(';')[0] ?? '').trim().toLowerCase();
  const stated = [...header.matchAll(parameter)].find(([, name = '']) => name.toLowerCase() === 'charset');
  const charset = (stated?.[2]?.replaceAll(/\\(.)/gu, '$1') ?? stated?.[3] ?? '').trim();
  return charset === '' ? { mediaType } : { mediaType, charset };
}
