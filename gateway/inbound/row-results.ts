/** The verdict on each row of a list, for an acknowledgement that shows them. */

import type { Partner } from '../gateway.ts';
import type { GatewayError } from '../model/errors.ts';
import type { RecordResult, RecordAnswer } from '../model/message.ts';
import { present } from '../model/present.ts';
import { recordAt, type PackedRecords } from '../model/record/packed-records.ts';

/** Of an applied list. Undefined where the acknowledgements of the partner do not show rows. */
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

/** Of a list that is refused for the rows that could not be read. */
export function faultyRows({ items }: GatewayError): readonly RecordAnswer[] {
  return items.map(({ item: row, fault: { code, detail, at: place } }) =>
    present({ row, verdict: 'rejected' as const, code, detail, place }),
  );
}
