/** Errors in the data of an adapter, and places of errors in messages. */

import { GatewayError, isGatewayError } from '../model/errors.ts';

/** Converts a JSON Pointer into a data file to `file:line:column`. */
export type Place = (pointer: string) => string;

/** E_ADAPTER_INVALID: the data of an adapter must be corrected. */
export function invalid(detail: string, at: string, fix?: string): GatewayError {
  return new GatewayError('E_ADAPTER_INVALID', detail, { at, fix });
}

/** E_VALUE_INVALID: a value that cannot be written or read. Its place is added where it is known. */
export function invalidValue(detail: string, fix?: string): GatewayError {
  return new GatewayError('E_VALUE_INVALID', detail, { fix });
}

/** The error with its place. A place that it has already is appended, because it is nearer the value. */
export function withPlace(error: unknown, at: string): unknown {
  if (!isGatewayError(error)) return error;
  const { code, detail, fix, items } = error;
  return new GatewayError(code, detail, { at: at + (error.at ?? ''), fix, cause: error, items });
}
