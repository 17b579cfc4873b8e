/** How the drafting of an adapter says that a sample cannot be read. */

import { GatewayError, isGatewayError } from '../../model/errors.ts';

/** E_SAMPLE_UNREADABLE with the file, and the place inside it where that is known. */
export function sampleFault(error: unknown, file: string, fix?: string): GatewayError {
  if (isGatewayError(error) && error.code === 'E_SAMPLE_UNREADABLE') return error;
  const known = isGatewayError(error);
  const detail = known ? error.detail : error instanceof Error ? error.message : 'it cannot be read';
  const at = known && error.at !== undefined ? (error.at.includes(file) ? error.at : `${file}:${error.at}`) : file;
  return new GatewayError('E_SAMPLE_UNREADABLE', detail, {
    at,
    fix:
      fix ?? 'Give a message as the partner sends it: XML without document type, JSON, CSV or fixed lines, in UTF-8.',
    cause: error,
  });
}
