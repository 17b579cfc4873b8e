/** Finds operators whose records the partner's format cannot carry, so that one name that is too long does not stop a whole list. */

import type { ListFormat } from '../adapter/adapter.ts';
import type { Partner } from '../gateway.ts';
import { asGatewayError, type ErrorCode } from '../model/errors.ts';
import { recordAt, sliceRecords, type PackedList } from '../model/record/packed-records.ts';
import { checkUnsigned } from '../wire/signature/seal.ts';
import { present } from '../model/present.ts';

export interface UnencodableRecord {
  readonly identifier: string;
  readonly code: ErrorCode;
  readonly detail: string;
  /** The place of the fault in a message that contains only this record. */
  readonly at?: string;
}

const recordErrorCodes: readonly ErrorCode[] = [
  'E_VALUE_INVALID',
  'E_CODE_UNKNOWN',
  'E_ELEMENT_MISSING',
  'E_SCHEMA_INVALID',
  'E_TEXT_MALFORMED',
];

/** Encodes each record alone, after encoding all of them failed with `failure`. Returns an empty array if no single record is the cause. */
export function findUnencodable(
  failure: unknown,
  partner: Partner,
  layout: ListFormat,
  list: PackedList,
): readonly UnencodableRecord[] {
  if (!recordErrorCodes.includes(asGatewayError(failure).code)) return [];
  const alone = (number: number): PackedList => ({
    ...list,
    records: sliceRecords(list.records, number, number + 1),
    departures: [],
  });
  if (encodingFault(partner, layout, alone(list.records.count)) !== undefined) return []; // the layout itself is faulty
  const found: UnencodableRecord[] = [];
  for (let number = 0; number < list.records.count; number += 1) {
    const fault = encodingFault(partner, layout, alone(number));
    if (fault !== undefined) found.push({ identifier: recordAt(list.records, number).identifier, ...fault });
  }
  return found;
}

function encodingFault(
  partner: Partner,
  layout: ListFormat,
  list: PackedList,
): Omit<UnencodableRecord, 'identifier'> | undefined {
  try {
    checkUnsigned(layout.encode(list), layout, partner.schemaOf(layout))[Symbol.dispose]();
    return undefined;
  } catch (error) {
    const { code, detail, at } = asGatewayError(error);
    if (!recordErrorCodes.includes(code)) throw error;
    return present({ code, detail, at });
  }
}
