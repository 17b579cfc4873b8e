/** The verdict on each row of a list, for acknowledgements that list rows. */

import type { Partner } from '../gateway.ts';
import type { GatewayError } from '../model/errors.ts';
import type { RecordResult, RecordAnswer } from '../model/message.ts';
import { present } from '../model/present.ts';
import { recordAt, type PackedRecords } from '../model/record/packed-records.ts';

/** The rows of an applied list. Undefined if this partner's acknowledgements do not list rows. */
export function rowResults(
  partner: Partner,
  records: PackedRecords,
  refused: readonly RecordResult<string>[],
): readonly RecordAnswer[] | undefined {
  if (partner.adapter.exchange.receive?.answer?.lists.has('results') !== true) return undefined;
  const faults = new Map(refused.map((each) => [each.identifier, each]));
  return Array.from({ length: records.count }, (_, i): RecordAnswer => {
    const { identifier } = recordAt(records, i);
    const fault = faults.get(identifier);
    const about = { row: i + 1, identifier };
    if (fault === undefined) return { ...about, verdict: 'applied' };
    return { ...about, verdict: 'rejected', code: fault.code, detail: fault.detail };
  });
}

/** The rows of a list that was rejected because they could not be read. */
export function faultyRows({ items }: GatewayError): readonly RecordAnswer[] {
  return items.map(({ item: row, fault: { code, detail, at: place } }) =>
    present({ row, verdict: 'rejected' as const, code, detail, place }),
  );
}
