/** What a domestic agency may know about one of our operators now: what the next list would say. */

import type { Gateway, Partner } from '../gateway.ts';
import { inForce } from '../model/arrangement.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { getterOf, setPath } from '../model/paths.ts';
import { eligibility, viewRecord } from '../model/record/partner-view.ts';
import type { Moment } from '../model/record/record.ts';
import { appendEvents } from '../store/events.ts';
import { findOperator } from '../store/operators.ts';

interface AgencyAnswer {
  readonly identifier: string;
  readonly answered_at: Moment;
  readonly listed: boolean;
  /** Only fields that the memorandum names, in the agency's format; absent if the operator is not listed. */
  readonly operator?: Readonly<Record<string, unknown>>;
  readonly purpose: string;
  readonly retention_days: number;
}

/**
 * Answers and records a status query. The reason why an operator is not listed is not disclosed. Throws E_ROUTE_UNKNOWN if the memorandum
 * allows no status queries, E_ARRANGEMENT_NOT_IN_FORCE, and E_REQUEST_INVALID if the value is no identifier.
 */
export async function statusForAgency(
  { db, home, now }: Pick<Gateway, 'db' | 'home' | 'now'>,
  { code: partner, adapter }: Pick<Partner, 'code' | 'adapter'>,
  identifier: string,
): Promise<AgencyAnswer> {
  const { memorandum, arrangement, identifiers, timeZone } = adapter;
  if (memorandum?.statusQueries !== true)
    throw new GatewayError('E_ROUTE_UNKNOWN', 'no status queries were agreed with this partner');
  const answeredAt = momentOf(now());
  if (!inForce(arrangement, dayAt(answeredAt, home.timeZone)).yes)
    throw new GatewayError('E_ARRANGEMENT_NOT_IN_FORCE', 'the memorandum is not in force today');
  const code = identifiers.ours.toCode(identifier);
  if (code === undefined)
    throw new GatewayError('E_REQUEST_INVALID', 'not an identifier of an operator', {
      at: '/identifier',
      fix: `Write ${identifiers.ours.words}.`,
    });
  const record = await findOperator(db.sql, code);
  const { list } = adapter.formatsOn(dayAt(answeredAt, timeZone));
  const terms = { arrangement, requiredPaths: list.requiredPaths, form: identifiers.ours };
  const found = record === undefined ? undefined : eligibility(record, terms);
  const operator = found?.eligible === true ? onlyNamed(viewRecord(found.entry, list.view), memorandum) : undefined;
  const listed = operator !== undefined;
  const detail = { identifier, listed };
  await db.transaction((tx) => appendEvents(tx, [{ kind: 'agency_asked', ref: partner, detail, at: answeredAt }]));
  return {
    ...{ identifier, answered_at: answeredAt, listed },
    ...(listed && { operator }),
    ...{ purpose: memorandum.purpose, retention_days: memorandum.retentionDays },
  };
}

function onlyNamed(record: object, { fields }: { readonly fields: readonly string[] }): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const path of fields) {
    const value = getterOf(path)(record);
    if (value !== undefined) setPath(shown, path, value);
  }
  return shown;
}
