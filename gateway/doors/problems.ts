/** Errors as every door shows them: problem details of RFC 9457, with a stable code and who must act. */

import { asGatewayError } from '../model/errors.ts';
import type { Actor, ErrorCode, Retry } from '../model/errors.ts';

export const problemType = 'application/problem+json';

/** One fault among several in a request. The pointer (RFC 6901) finds it; the faulty value itself is not repeated. */
export interface ProblemItem {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
  readonly suggestion?: string;
}

/** The members of a problem answer, named as on the wire. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly who_must_act: Actor;
  readonly retry: Retry;
  readonly request_id: string;
  readonly errors?: readonly ProblemItem[];
}

/**
 * Any error as a problem. What was not foreseen becomes E_INTERNAL. The details of our own troubles (5xx) stay in the
 * log: they may name hosts, files or statements that a caller has no business with.
 */
export function problemOf(error: unknown, requestId: string, errors: readonly ProblemItem[] = []): Problem {
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
