/** Errors as both doors report them: problem details (RFC 9457) with a stable code and who must act. */

import { asGatewayError } from '../model/errors.ts';

export const problemType = 'application/problem+json';

/** One fault in a request, at a JSON Pointer (RFC 6901). The faulty value is not repeated. */
export interface ProblemItem {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
  readonly allowed?: readonly string[];
  readonly suggestion?: string;
}

/**
 * Converts any error to a problem document; an unexpected one becomes E_INTERNAL. Details of errors of the gateway (5xx) stay in the log:
 * they may contain names of hosts, files or statements.
 */
export function problemOf(error: unknown, requestId: string, errors: readonly ProblemItem[] = []) {
  const known = asGatewayError(error);
  const { title, status, who, retry } = known.kind;
  const detail = status < 500 ? known.detail : 'The log of the gateway holds more under this request_id.';
  return {
    type: `urn:mra:error:${known.code}`,
    title,
    status,
    detail,
    code: known.code,
    who_must_act: who,
    retry,
    request_id: requestId,
    ...(errors.length === 0 ? {} : { errors }),
  };
}
