/** Messages of a format as text, and records as a partner reads them. */

import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import type { ListRecord } from '../../gateway/model/record/record.ts';
import { viewRecord } from '../../gateway/model/record/partner-view.ts';

export { encodeText as writeText, decodedMessage, type Plain } from '../../gateway/adapter/check/message-text.ts';

export function viewOf({ view }: ListFormat): (record: ListRecord) => ListRecord {
  return (record) => viewRecord(record, view);
}
