/**
 * A person's decision about one of our operators: suspend, reinstate, revoke, or change its consent. Partners learn of it with the next
 * list.
 */

import { isDay } from '../adapter/template/dates.ts';
import type { Gateway } from '../gateway.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { operatorOfText, operatorText } from '../model/record/record-text.ts';
import type { Day, DomesticRecord, OperatorStatus } from '../model/record/record.ts';
import { hiddenIn } from '../model/shown-text.ts';
import { appendEvents } from '../store/events.ts';
import { knownOperators, saveOperators } from '../store/operators.ts';
import { timeAt } from './import-moment.ts';
import { isRestriction } from './known-facts.ts';

/** Each decision about the status: the new status, and the statuses from which it is allowed. */
export const statusDecisions = {
  suspend: { status: 'suspended', from: ['active', 'suspended'] },
  reinstate: { status: 'active', from: ['suspended', 'revoked', 'withdrawn'] },
  revoke: { status: 'revoked', from: ['active', 'suspended', 'revoked'] },
  withdraw: { status: 'withdrawn', from: ['active', 'suspended', 'withdrawn'] },
} as const satisfies Readonly<Record<string, { status: OperatorStatus; from: readonly OperatorStatus[] }>>;
export type StatusDecision = keyof typeof statusDecisions;

export type OperatorDecision = StatusDecision | 'give_consent' | 'end_consent';

interface DecisionTerms {
  readonly decision: OperatorDecision;
  /** Effective from this day in the home time zone; absent: from today. */
  readonly from?: Day | undefined;
  readonly reason: string;
  readonly person: string;
}

const mostCharactersOfReason = 512;

/**
 * Stores the operator after the decision, with the person and the reason. `changed` is false if the decision already applied. Throws
 * E_OPERATOR_UNKNOWN, E_OPERATOR_STATE (its state does not allow the decision), E_REQUEST_INVALID (an invalid day or reason).
 */
export async function decideOperator(
  { home, db, now }: Pick<Gateway, 'home' | 'db' | 'now'>,
  code: string,
  { decision, from, reason, person }: DecisionTerms,
): Promise<{ readonly record: DomesticRecord; readonly changed: boolean }> {
  checkReason(reason);
  const today = dayAt(now(), home.timeZone);
  if (from !== undefined) checkDay(from, today);
  return await db.transaction(async (tx) => {
    const known = await knownOperators(tx, [code]);
    const stored = known.get(code);
    if (stored === undefined)
      throw new GatewayError('E_OPERATOR_UNKNOWN', 'no operator has this registration code', {
        fix: `A code is ${home.code.words}.`,
      });
    const before = operatorOfText(stored.text);
    const record = decided(before, decision, from ?? today, from !== undefined);
    if (operatorText(record) === stored.text) return { record, changed: false };
    const asOf = timeAt(now(), home.timeZone);
    const restricts = isRestriction(record, before);
    const source = { file: '', digest: '', person, reason, restricts, known, asOf: () => asOf };
    await saveOperators(tx, [record], momentOf(now()), source);
    const { status, statusSince, consent, consentSince = null } = record;
    const detail = { decision, by: person, reason, status, statusSince, consent, consentSince };
    await appendEvents(tx, [{ kind: 'operator_decided', ref: code, detail, at: momentOf(now()) }]);
    return { record, changed: true };
  });
}

/** The record after the decision. If the decision already applies, only `dated` moves it to another day. */
function decided(before: DomesticRecord, decision: OperatorDecision, day: Day, dated: boolean): DomesticRecord {
  if (decision === 'give_consent' || decision === 'end_consent') {
    const consent = decision === 'give_consent';
    if (consent === before.consent && !dated) return before;
    requireNotBefore(day, before.consentSince ?? '', 'the consent stated last is of');
    return { ...before, consent, consentSince: day };
  }
  const { status, from } = statusDecisions[decision];
  if (status === before.status && !dated) return before;
  if (!from.some((each) => each === before.status))
    throw stateError(
      `the operator is ${before.status} since ${before.statusSince}`,
      `mra operator ${decision} is for operators that are ${from.filter((each) => each !== status).join(' or ')}.`,
    );
  if (status !== before.status && status === 'active')
    requireNotBefore(day, before.statusSince, `it is ${before.status} since`);
  requireNotBefore(day, before.gradeSince, 'it has its grade since');
  return { ...before, status, statusSince: day };
}

function requireNotBefore(day: Day, earliest: Day, what: string): void {
  if (day < earliest) throw stateError(`${what} ${earliest}`, `Give a day from ${earliest} on: --from ${earliest}.`);
}

function stateError(detail: string, fix: string): GatewayError {
  return new GatewayError('E_OPERATOR_STATE', detail, { fix });
}

function checkDay(day: string, today: Day): void {
  const detail = !isDay(day) ? 'this is no day' : day > today ? 'the day is still to come' : undefined;
  if (detail !== undefined)
    throw new GatewayError('E_REQUEST_INVALID', detail, {
      at: '--from',
      fix: `Write a day at home as 2026-02-28, ${today} at the latest. A decision for a later day is entered on that day.`,
    });
}

/** Throws E_REQUEST_INVALID for a reason that the log does not accept: empty, too long, or with invisible characters. */
export function checkReason(reason: string): void {
  const text = reason.trim();
  const { length } = text;
  const fault = length === 0 || length > mostCharactersOfReason ? `it has ${length} characters` : hiddenIn(text);
  if (fault !== undefined)
    throw new GatewayError('E_REQUEST_INVALID', `the reason cannot be kept: ${fault}`, {
      at: '--reason',
      fix: `Write on one line of ${mostCharactersOfReason} characters at most why this is decided.`,
    });
}
