/** Runs something that must be refused, and gives the code of the refusal. */

import { isGatewayError, type ErrorCode, type GatewayError } from '../../gateway/model/errors.ts';

/** The GatewayError thrown; anything else thrown, or nothing, fails the test. */
export async function refusal(attempt: () => unknown): Promise<GatewayError> {
  let result: unknown;
  try {
    result = await attempt();
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
  throw new Error(`accepted: ${typeof result}`);
}

export async function refusalCode(attempt: () => unknown): Promise<ErrorCode> {
  return (await refusal(attempt)).code;
}
