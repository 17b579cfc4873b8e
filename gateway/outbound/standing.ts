/** What a partner may see of one of our operators, and what it holds of it. */

import type { Adapter } from '../adapter/adapter.ts';
import type { Gateway } from '../gateway.ts';
import { eligibility } from '../model/record/partner-view.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import type { OperatorVersion } from '../store/operators.ts';
import { heldRecord } from './held-record.ts';

/** The part of a partner that decides which of our operators it may see. */
export interface Viewer {
  readonly code: string;
  readonly adapter: Pick<Adapter, 'arrangement' | 'identifiers'> & {
    readonly list: Pick<Adapter['list'], 'requiredPaths'>;
  };
}

/** Whether a partner may see the operator, with every reason against it, and what it holds of it (nothing before the first list). */
export async function standing(
  { db }: Pick<Gateway, 'db'>,
  { code: partner, adapter }: Viewer,
  record: DomesticRecord,
  versions: readonly OperatorVersion[],
) {
  const { arrangement, identifiers, list } = adapter;
  const terms = { arrangement, requiredPaths: list.requiredPaths, form: identifiers.ours };
  const identifier = identifiers.ours.toIdentifier(record.code);
  const maySee = (version: DomesticRecord): boolean => eligibility(version, terms).eligible;
  const held = await heldRecord(db.sql, { partner, identifier, versions, maySee });
  const found = eligibility(record, terms);
  const refused = held?.last?.refused === undefined ? [] : (['refused_by_partner'] as const);
  const reasons = [...(found.eligible ? [] : found.reasons), ...refused];
  return { partner, identifier, listed: reasons.length === 0 ? 'yes' : 'no', reasons, ...held };
}
