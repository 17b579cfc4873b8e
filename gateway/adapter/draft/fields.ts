/** The values of the model that a drafted message may carry, by the part of the message they stand in. */

import { listMessageFields, replyFields, type Field, type ItemFields } from '../template/message-fields.ts';

export type Part = 'list' | 'reply' | 'records' | 'departures' | 'results';

const itemFields = (message: ItemFields<unknown>, path: string): ItemFields<unknown> =>
  message.lists.find((list) => list.path === path)?.items ?? message;
const records = itemFields(listMessageFields, 'records');
const [role] = itemFields(records, 'roles').fields;

/** The values each part of a message may carry. */
export const fieldsOf: Readonly<Record<Part, readonly Field[]>> = {
  list: listMessageFields.fields,
  reply: replyFields.fields,
  records: [...records.fields, ...(role === undefined ? [] : [{ ...role, path: 'roles', optional: true }])],
  departures: itemFields(listMessageFields, 'departures').fields,
  results: itemFields(replyFields, 'results').fields,
};

/** The value is the partner's letters, which an identifier begins with and which stand apart from it here. */
export const country = 'country';

/** The code table of a value that is one of our words. */
export function tableOf(path: string): string {
  return { roles: 'role', 'message.kind': 'kind', code: 'fault' }[path] ?? path;
}
