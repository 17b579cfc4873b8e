/** The code a promise fails with; the tests of the store assert codes, never words. */

import { isGatewayError } from '../../gateway/model/errors.ts';
import type { ErrorCode } from '../../gateway/model/errors.ts';

/** Throws when the promise does not fail, or fails with anything but an error of ours. */
export async function codeOf(promise: Promise<unknown>): Promise<ErrorCode> {
  try {
    await promise;
  } catch (error) {
    if (isGatewayError(error)) return error.code;
    throw error;
  }
  throw new Error('nothing failed');
}
