/** The last step of a status question: whether a recognised operator earns the benefits of the arrangement on this entry. */

import type { CheckRequest, ExplanationStep } from './answer.ts';
import type { Arrangement } from '../arrangement.ts';
import type { PartnerTerms, Ruling } from './query.ts';

interface Scope {
  readonly step: ExplanationStep;
  readonly ruling: Ruling;
}

/**
 * Benefits need a direction and a role the arrangement covers and, in a pilot, its modes and ports. Where one is not stated, the
 * status is answered and the benefit left open.
 */
export function judgeScope({
  terms,
  request,
}: {
  readonly terms: PartnerTerms;
  readonly request: CheckRequest;
}): Scope {
  const { arrangement } = terms;
  const outside = notCovered(arrangement, request);
  if (outside !== undefined) {
    const { code, text } = outside;
    return {
      step: { step: 'scope', result: 'fail', code, text },
      ruling: { outcome: 'recognised_with_limits', action: 'apply_with_limits', reason: text },
    };
  }
  const unsaid = notStated(arrangement, request);
  if (unsaid.length > 0) {
    const text = `Whether benefits follow depends on the ${unsaid.join(' and ')}, which the question does not state.`;
    return {
      step: { step: 'scope', result: 'skip', code: 'SCOPE_NOT_STATED', text },
      ruling: { outcome: 'recognised', action: 'refer', reason: text },
    };
  }
  const { direction, role, mode, port } = request;
  const limits = arrangement.limits === undefined ? [] : [mode, port];
  const stated = [direction, role, ...limits].filter((part) => part !== undefined).join(', ');
  return {
    step: { step: 'scope', result: 'pass', code: 'DIRECTION_ROLE', text: `${stated}: covered.` },
    ruling: { outcome: 'recognised', action: 'apply', benefits: Object.keys(arrangement.benefits) },
  };
}

function notCovered(
  { directions, entryRoles, limits }: Arrangement,
  { direction, role, mode, port, port_of_departure: departure }: CheckRequest,
): { readonly code: string; readonly text: string } | undefined {
  if (direction !== undefined && !directions.includes(direction)) {
    const text = `The arrangement covers ${directions.join(' and ')}, not ${direction}.`;
    return { code: 'DIRECTION_NOT_COVERED', text };
  }
  if (role !== undefined && !entryRoles.some((covered) => covered === role)) {
    return { code: 'ROLE_NOT_COVERED', text: `Benefits are earned as ${entryRoles.join(', ')}, not as ${role}.` };
  }
  if (mode !== undefined && limits?.modes?.includes(mode) === false) {
    return {
      code: 'MODE_NOT_COVERED',
      text: `The pilot covers goods by ${limits.modes.join(' and ')}, not by ${mode}.`,
    };
  }
  if (isOutside(limits?.ports?.ours, port)) {
    return { code: 'PORT_NOT_COVERED', text: `The pilot does not cover the port ${port ?? ''}.` };
  }
  if (isOutside(limits?.ports?.theirs, departure)) {
    return { code: 'PORT_NOT_COVERED', text: `The pilot does not cover goods from the port ${departure ?? ''}.` };
  }
  return undefined;
}

/** Own members only: a port from outside must not find `constructor`. */
function isOutside(ports: Readonly<Record<string, string>> | undefined, port: string | undefined): boolean {
  return ports !== undefined && port !== undefined && !Object.hasOwn(ports, port);
}

function notStated({ limits }: Arrangement, request: CheckRequest): readonly string[] {
  const needed: readonly (readonly [string, boolean])[] = [
    ['direction', request.direction === undefined],
    ['role', request.role === undefined],
    ['mode of transport', limits?.modes !== undefined && request.mode === undefined],
    ['port', limits?.ports?.ours !== undefined && request.port === undefined],
    ['port of departure', limits?.ports?.theirs !== undefined && request.port_of_departure === undefined],
  ];
  return needed.filter(([, missing]) => missing).map(([name]) => name);
}
