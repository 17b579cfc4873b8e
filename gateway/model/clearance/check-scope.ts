/** The last step of a status query: whether a recognised operator earns the benefits of the arrangement on this entry. */

import type { CheckRequest } from './answer.ts';
import type { Arrangement } from '../arrangement.ts';
import type { PartyRole } from './entry.ts';
import { fits, fittingRoles } from './operator-roles.ts';
import { decided, type Judgement, type StatusQuery } from './query.ts';

/**
 * Benefits need a direction and a role the arrangement covers, an operator that may stand in that role and, in a pilot, its modes and
 * ports. Where one is not stated, the status is answered and the benefit left open.
 */
export function judgeScope({
  terms,
  request,
  fact,
}: Pick<StatusQuery, 'terms' | 'request' | 'fact'>): Required<Judgement> {
  const { arrangement } = terms;
  const misfit = misfitOf(arrangement, request.role, fact?.roles ?? []);
  if (misfit !== undefined) return misfit;
  const outside = notCovered(arrangement, request);
  if (outside !== undefined) {
    const ruling = { outcome: 'recognised_with_limits', action: 'apply_with_limits', reason: outside.text } as const;
    return decided('scope', ['fail', outside.code, outside.text], ruling);
  }
  const missing = notStated(arrangement, request);
  if (missing.length > 0) {
    const reason = `Whether benefits follow depends on the ${missing.join(' and ')}, which the question does not state.`;
    return decided('scope', ['skip', 'SCOPE_NOT_STATED', reason], { outcome: 'recognised', action: 'refer', reason });
  }
  const { direction, role, mode, port } = request;
  const limits = arrangement.limits === undefined ? [] : [mode, port];
  const stated = [direction, role, ...limits].filter((part) => part !== undefined).join(', ');
  const benefits = Object.keys(arrangement.benefits);
  return decided('scope', ['pass', 'DIRECTION_ROLE', `${stated}: covered.`], {
    outcome: 'recognised',
    action: 'apply',
    benefits,
  });
}

/** An operator that its own administration lists with other roles than the party's. */
function misfitOf(
  arrangement: Arrangement,
  role: PartyRole | undefined,
  listed: readonly string[],
): Required<Judgement> | undefined {
  const covered = arrangement.entryRoles.find((each) => each === role);
  const fitting = covered && fittingRoles(arrangement, covered);
  if (covered === undefined || fitting === undefined || fits(fitting, listed)) return undefined;
  const { value, otherwise: outcome = 'recognised_with_limits' } = fitting;
  const reason = `Listed as ${listed.join(', ')}; benefits as ${covered} need one of ${value.join(', ')}.`;
  const action = outcome === 'not_on_list' ? 'do_not_apply' : 'apply_with_limits';
  return decided('scope', ['fail', 'OPERATOR_ROLE_NOT_COVERED', reason], { outcome, action, reason });
}

function notCovered(
  { directions, entryRoles, limits }: Arrangement,
  { direction, role, mode, port, port_of_departure: departure }: CheckRequest,
): { readonly code: string; readonly text: string } | undefined {
  const { modes, ports } = limits ?? {};
  if (direction !== undefined && !directions.includes(direction)) {
    const text = `The arrangement covers ${directions.join(' and ')}, not ${direction}.`;
    return { code: 'DIRECTION_NOT_COVERED', text };
  }
  if (role !== undefined && !entryRoles.some((covered) => covered === role))
    return { code: 'ROLE_NOT_COVERED', text: `Benefits are earned as ${entryRoles.join(', ')}, not as ${role}.` };
  if (mode !== undefined && modes?.includes(mode) === false)
    return { code: 'MODE_NOT_COVERED', text: `The pilot covers goods by ${modes.join(' and ')}, not by ${mode}.` };
  if (isOutside(ports?.ours, port))
    return { code: 'PORT_NOT_COVERED', text: `The pilot does not cover the port ${port ?? ''}.` };
  if (isOutside(ports?.theirs, departure))
    return { code: 'PORT_NOT_COVERED', text: `The pilot does not cover goods from the port ${departure ?? ''}.` };
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
