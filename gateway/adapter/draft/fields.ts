/** The values of the model that a drafted message may carry, by the part of the message they stand in. */

import { listShape, replyShape, type Field, type Shape } from '../template/message-fields.ts';

export type Part = 'list' | 'reply' | 'records' | 'departures' | 'results';

const itemShape = (shape: Shape<unknown>, path: string): Shape<unknown> =>
  shape.lists.find((list) => list.path === path)?.shape ?? shape;
const records = itemShape(listShape, 'records');
const [role] = itemShape(records, 'roles').fields;

/** The values each part of a message may carry. */
export const fieldsOf: Readonly<Record<Part, readonly Field[]>> = {
  list: listShape.fields,
  reply: replyShape.fields,
  records: [...records.fields, ...(role === undefined ? [] : [{ ...role, path: 'roles', optional: true }])],
  departures: itemShape(listShape, 'departures').fields,
  results: itemShape(replyShape, 'results').fields,
};

/** The value is the partner's letters, which an identifier begins with and which stand apart from it here. */
export const country = 'country';

/** The code table of a value that is one of our words. */
export function tableOf(path: string): string {
  return { roles: 'role', 'message.kind': 'kind', code: 'fault' }[path] ?? path;
}
