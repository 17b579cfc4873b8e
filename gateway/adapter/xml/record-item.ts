/** Writes the values of a record from the columns of its text. */

import { byteMemo } from '../../model/byte-memo.ts';
import { putBytes, putText, type ByteWriter } from '../../model/byte-writer.ts';
import { columnText, isAbsent, type Columns } from '../../model/record/columns.ts';
import type { ListPath } from '../../model/record/record.ts';
import { listLayout } from '../../model/record/record-text.ts';
import { isComputed } from '../template/computed.ts';
import type { Hole } from '../template/holes.ts';
import { copyEscaped, type Escaping } from './escaping.ts';

export type Write<T> = (item: T, writer: ByteWriter) => void;

/** A record that is being written, and the column of the current role. */
export interface RecordItem {
  readonly columns: Columns;
  role: number;
}

/** Finds the column of a hole: a role is where the record stands. */
export function columnOf({ path }: Hole): (item: RecordItem) => number {
  const column = listLayout.column[path as ListPath];
  return path === '.' ? ({ role }) => role : () => column;
}

export const { rolesFrom } = listLayout;

/** Writes the roles of a record into one value. */
export function joinedWriter(join: NonNullable<Hole['writeList']>, { escape }: Escaping): Write<RecordItem> {
  return ({ columns }, writer) => {
    const roles = Array.from({ length: columns.count - rolesFrom }, (_, i) => columnText(columns, rolesFrom + i));
    const text = join(roles);
    if (text !== undefined) putText(writer, escape(text));
  };
}

/** Writes several values into one. */
export function partsWriter({ holes, join }: NonNullable<Hole['parts']>, { escape }: Escaping): Write<RecordItem> {
  const texts = holes.map((hole) => {
    if (isComputed(hole.path)) return () => hole.write(undefined);
    const columnIn = columnOf(hole);
    return (item: RecordItem): string | undefined => {
      const column = columnIn(item);
      return hole.writeValue(isAbsent(item.columns, column) ? undefined : columnText(item.columns, column));
    };
  });
  return (item, writer) => {
    putText(writer, escape(join(texts.map((text) => text(item))) ?? ''));
  };
}

/** Writes a value that is present: plain text is copied byte by byte, days, codes and words are cached. */
export function presentValue(hole: Hole, escaping: Escaping): Write<RecordItem> {
  const { escape } = escaping;
  const columnIn = columnOf(hole);
  const byText: Write<RecordItem> = (item, writer) => {
    putText(writer, escape(hole.writeText(columnText(item.columns, columnIn(item)))));
  };
  if (hole.isPlain)
    return (item, writer) => {
      const column = columnIn(item);
      const { bytes, starts, ends, escaped } = item.columns;
      const copied =
        escaped[column] !== true && copyEscaped(writer, bytes, starts[column] ?? 0, ends[column] ?? 0, escaping);
      if (!copied) byText(item, writer);
    };
  if (hole.kind !== 'day' && hole.kind !== 'words' && hole.path !== 'grade') return byText;
  const texts = byteMemo((inner) => Buffer.from(escape(hole.writeText(JSON.parse(`"${inner}"`) as string))));
  return (item, writer) => {
    const column = columnIn(item);
    const { bytes, starts, ends } = item.columns;
    putBytes(writer, texts(bytes, starts[column] ?? 0, ends[column] ?? 0));
  };
}
