/** What a partner reads of a message: its values after a template wrote and read them. */

import { isGatewayError } from '../../model/errors.ts';
import type { ListMessage } from '../../model/list/list.ts';
import type { PackedList } from '../../model/record/packed-records.ts';
import { viewRecords, type PartnerView, type ValueView } from '../../model/record/partner-view.ts';
import type { ListRecord } from '../../model/record/record.ts';
import { listLayout } from '../../model/record/record-text.ts';
import type { RecordPreview } from '../adapter.ts';
import type { Hole, TemplateScope } from './holes.ts';
import type { Slot } from './message-fields.ts';

/** The message as the receiver decodes it. Digests cover the values that the partner reads, not those that we know. */
export function decodedView<T>(scope: TemplateScope): (item: T) => T {
  if (carriesAll(scope)) return (item) => item;
  const { fields, lists } = scope.item;
  const kept = fields.map(({ path }) => scope.holes.has(path) || scope.parts.has(path));
  const items = lists.map(({ path }) => {
    const inner = scope.lists.get(path);
    return inner === undefined || path === 'records' ? undefined : decodedView<unknown>(inner);
  });
  return (item) => {
    const slots: Slot[] = fields.map((field, i) => {
      if (kept[i] !== true) return undefined;
      if (!scope.lossy.has(field.path)) return field.get(item);
      const hole = scope.holes.get(field.path);
      const written = hole?.write(item);
      return written === undefined ? undefined : hole?.read(written);
    });
    for (const [i, list] of lists.entries()) {
      const read = items[i];
      slots.push(read === undefined ? undefined : list.get(item).map(read));
    }
    // The scope was opened for the fields of T.
    return scope.item.build(slots) as T;
  };
}

/** The same for a list, whose records are packed. Throws E_VALUE_INVALID when a transform leaves an empty value. */
export function decodedListView(scope: TemplateScope, view: PartnerView): (list: PackedList) => PackedList {
  const rest = decodedView<unknown>(scope);
  return (list) => ({ ...(rest(list) as ListMessage), records: viewRecords(list.records, view) });
}

/** How each value of a record reaches the partner. */
export function partnerViewOf(scope: TemplateScope): PartnerView {
  const filled = scope.context.conversation?.record;
  const values = listLayout.paths.map((path): [string, ValueView] => {
    const fill = filled?.get(path);
    if (fill !== undefined) return [path, fill];
    const hole = scope.holes.get(path);
    if (hole === undefined) return [path, scope.parts.has(path) ? 'kept' : 'left_out'];
    return [path, scope.lossy.has(path) ? (text) => lossyView(hole, text) : 'kept'];
  });
  return { values: Object.fromEntries(values) as PartnerView['values'], roles: scope.lists.has('roles') };
}

function lossyView(hole: Hole, text: string): string | undefined {
  try {
    const read = hole.read(hole.writeText(text));
    return typeof read === 'string' ? read : undefined;
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_VALUE_INVALID') return undefined;
    throw error;
  }
}

function carriesAll({ item, holes, parts, lists, lossy }: TemplateScope): boolean {
  const inside = item.lists.filter(({ path }) => path !== 'records').map(({ path }) => lists.get(path));
  return (
    item.fields.every(({ path }) => holes.has(path) || parts.has(path)) &&
    inside.every((inner) => inner !== undefined && carriesAll(inner)) &&
    lossy.size === 0
  );
}

export function previewFields(
  { item, holes, parts, lists, unread }: TemplateScope,
  record: ListRecord,
): RecordPreview['fields'] {
  const single = item.fields.map((field) => {
    const { path } = field;
    const split = parts.get(path);
    const shown = split === undefined ? [holes.get(path)] : [split.first, split.rest];
    const written = [...shown, ...unread.filter((hole) => hole.path === path)].map((hole) => hole?.write(record));
    const theirs = written.filter((part) => part !== undefined).join(' + ');
    return { path, ours: String(field.get(record) ?? ''), theirs };
  });
  const repeated = item.lists.map((list) => {
    const hole = lists.get(list.path)?.holes.get('.');
    const items = list.get(record);
    return { path: list.path, ours: items.join(', '), theirs: items.map((one) => hole?.write(one) ?? '').join(', ') };
  });
  return [...single, ...repeated].filter(({ ours }) => ours !== '');
}
