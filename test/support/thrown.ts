/** The error a piece of work throws, so that its code and place can be looked at. */

import { isGatewayError, type GatewayError } from '../../gateway/model/errors.ts';

/** Fails when nothing, or nothing of ours, is thrown. */
export function thrownBy(work: () => unknown): GatewayError {
  try {
    work();
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export async function rejectedBy(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (isGatewayError(error)) return error;
  throw error;
}
