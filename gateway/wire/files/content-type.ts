/** Reads the Content-Type of a request. */

/** The media type in lower case without parameters, and its charset parameter. */
export function contentTypeOf(header: string): { readonly mediaType: string; readonly charset?: string } {
  const [type = '', ...parameters] = header.split(';');
  const mediaType = type.trim().toLowerCase();
  const charset = parameters.flatMap((text) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/iu.exec(text)?.[1] ?? [])[0];
  return charset === undefined ? { mediaType } : { mediaType, charset };
}
