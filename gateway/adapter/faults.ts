/** How the adapter room says what is wrong: in the data of an adapter, and in a message at a place. */

import { GatewayError, isGatewayError } from '../model/errors.ts';

/** Where a JSON Pointer of a data file stands, as `file:line:column`. */
export type Place = (pointer: string) => string;

/** E_ADAPTER_INVALID: the data of an adapter has to be mended. */
export function invalid(detail: string, at: string, fix?: string): GatewayError {
  return new GatewayError('E_ADAPTER_INVALID', detail, fix === undefined ? { at } : { at, fix });
}

/** The same error with its place; an error that has a place keeps it, nearer the value, behind the new one. */
export function withPlace(error: unknown, at: string): unknown {
  if (!isGatewayError(error)) return error;
  const place = { at: at + (error.at ?? ''), cause: error };
  return new GatewayError(error.code, error.detail, error.fix === undefined ? place : { ...place, fix: error.fix });
}
