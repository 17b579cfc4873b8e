/**
 * Records as texts: JSON arrays (RFC 8785, no spaces) of strings in the order of `recordFields`. An absent value is an empty
 * string, since no value of a record is empty when present.
 *
 *   list record, which its leaf covers (list/digest.ts), with sorted roles and each group in an array of its own:
 *     [identifier,[name local,latin],[address local,latin,city,postcode],grade,status,statusSince,validFrom,validTo,[roles]]
 *   domestic record, in the store: the values without groups, then the roles.
 *
 * Optional groups follow the roles, each as an array, up to the last group that has a value.
 */

import { getterOf, setPath } from '../paths.ts';
import {
  domesticFields,
  listFields,
  type DomesticPath,
  type DomesticRecord,
  type ListPath,
  type ListRecord,
} from './record.ts';

/** The positions of a record's values in its text. */
export interface TextLayout<P extends string = string> {
  /** Single values in the order of their columns: first fixed ones, which are always present, then those of optional groups. */
  readonly paths: readonly P[];
  /** Number of fixed values. */
  readonly fixed: number;
  /** Optional groups: the first column of each, and the one after its last. */
  readonly groups: readonly { readonly from: number; readonly to: number }[];
  /** Roles are an array, and so are the groups before them; otherwise all values are in one array. */
  readonly nested: boolean;
  /** The text before each fixed value, with its opening quote. */
  readonly before: readonly string[];
  /** The column of each path; the roles are columns from `rolesFrom` on. */
  readonly column: Readonly<Record<P, number>>;
  readonly rolesFrom: number;
}

export const listLayout = makeLayout<ListPath>(
  listFields.map(({ listed, optionalGroup }) => ({ path: listed, optional: optionalGroup === true })),
  true,
);
export const domesticLayout = makeLayout<DomesticPath>(
  domesticFields.map(({ domestic, optionalGroup }) => ({ path: domestic, optional: optionalGroup === true })),
  false,
);

function makeLayout<P extends string>(
  fields: readonly { readonly path: P; readonly optional: boolean }[],
  nested: boolean,
): TextLayout<P> {
  const paths = fields.map(({ path }) => path);
  const fixed = fields.filter(({ optional }) => !optional).length;
  const starts = paths.map((_, i) => i).filter((i) => i >= fixed && (i === fixed || !sameGroup(paths, i)));
  return {
    paths,
    fixed,
    nested,
    groups: starts.map((from, i) => ({ from, to: starts[i + 1] ?? paths.length })),
    before: paths.slice(0, fixed).map((_, i) => (nested ? separatorBefore(paths, i) : i === 0 ? '["' : '","')),
    column: Object.fromEntries(paths.map((path, i) => [path, i])) as Record<P, number>,
    rolesFrom: paths.length,
  };
}

function groupOf(path = ''): string {
  return path.includes('.') ? path.slice(0, path.indexOf('.')) : '';
}

/** Whether a value is in the same group as the value before it. */
function sameGroup(paths: readonly string[], i: number): boolean {
  return i > 0 && groupOf(paths[i]) !== '' && groupOf(paths[i]) === groupOf(paths[i - 1]);
}

/** The text between a value and the one before it. */
function separatorBefore(paths: readonly string[], i: number): string {
  if (sameGroup(paths, i)) return '","';
  const opens = groupOf(paths[i]) === '' ? '"' : '["';
  if (i === 0) return `[${opens}`;
  return `"${groupOf(paths[i - 1]) === '' ? '' : ']'},${opens}`;
}

/** The text after the last fixed value: roles and optional groups. `quoted`: returns a value in quotes. */
export function endOfText(
  { nested, paths, fixed, groups }: Pick<TextLayout, 'nested' | 'paths' | 'fixed' | 'groups'>,
  roles: readonly string[],
  quoted: (column: number) => string,
): string {
  const last = groups.findLastIndex(({ from, to }) => columnsIn(from, to).some((column) => quoted(column) !== '""'));
  const written = groups.slice(0, last + 1).map(({ from, to }) => `,[${columnsIn(from, to).map(quoted).join(',')}]`);
  const closed = `"${nested && groupOf(paths[fixed - 1]) !== '' ? ']' : ''}`;
  const listed = roles.map((role) => `"${role}"`).join(',');
  return `${closed}${nested ? `,[${listed}]` : roles.length === 0 ? '' : `,${listed}`}${written.join('')}]`;
}

function columnsIn(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function writeText(layout: TextLayout, value: (column: number) => string, roles: readonly string[]): string {
  const quoted = (column: number): string => JSON.stringify(value(column));
  const fixed = layout.before.map((before, column) => before + quoted(column).slice(1, -1)).join('');
  return fixed + endOfText(layout, roles, quoted);
}

type Getter = (item: unknown) => unknown;
const listGetters: readonly Getter[] = listLayout.paths.map(getterOf);
const domesticGetters: readonly Getter[] = domesticLayout.paths.map(getterOf);

/** The canonical text of a list record. */
export function recordText(record: ListRecord): string {
  const value = (column: number): string => (listGetters[column]?.(record) ?? '') as string;
  return writeText(listLayout, value, [...record.roles].sort());
}

/** The text of a domestic record in the store. */
export function operatorText(record: DomesticRecord): string {
  return writeText(domesticLayout, (column) => columnValue(domesticGetters[column]?.(record)), record.roles);
}

function columnValue(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : ((value ?? '') as string);
}

/** The list record of a text that `recordText` wrote. */
export function recordOfText(text: string): ListRecord {
  return objectOf(listLayout, text) as unknown as ListRecord;
}

/** Names and roles of a text that `recordText` wrote: a third of the work of the whole record. Absent names are empty. */
export function namesAndRoles(text: string): {
  readonly latin: string;
  readonly local: string;
  readonly roles: readonly string[];
} {
  const { values, roles } = valuesIn(listLayout, JSON.parse(text) as readonly (string | readonly string[])[]);
  const { column } = listLayout;
  return { latin: values[column['name.latin']] ?? '', local: values[column['name.local']] ?? '', roles };
}

/** The domestic record of a text that `operatorText` wrote. */
export function operatorOfText(text: string): DomesticRecord {
  return operatorOf(objectOf(domesticLayout, text));
}

/** The domestic record of these values, in the order of its paths. */
export function operatorOfValues(values: readonly (string | undefined)[], roles: readonly string[]): DomesticRecord {
  return operatorOf(recordOfValues(domesticLayout.paths, values, roles));
}

function operatorOf(record: Record<string, unknown>): DomesticRecord {
  return { ...record, consent: record['consent'] === 'yes' } as unknown as DomesticRecord;
}

function objectOf(layout: TextLayout, text: string): Record<string, unknown> {
  const { values, roles } = valuesIn(layout, JSON.parse(text) as readonly (string | readonly string[])[]);
  return recordOfValues(layout.paths, values, roles);
}

/** Builds a record from the values of its paths; empty values are absent. */
export function recordOfValues(
  paths: readonly string[],
  values: readonly (string | undefined)[],
  roles: readonly string[],
): Record<string, unknown> {
  const record: Record<string, unknown> = { name: {}, address: {} };
  for (const [i, path] of paths.entries()) {
    const value = values[i];
    if (value !== undefined && value !== '') setPath(record, path, value);
  }
  record['roles'] = roles;
  return record;
}

function valuesIn(
  { nested, fixed }: TextLayout,
  items: readonly (string | readonly string[])[],
): { readonly values: readonly string[]; readonly roles: readonly string[] } {
  if (!nested) {
    const strings = items.filter((item) => typeof item === 'string');
    const more = items.filter((item) => typeof item !== 'string').flat();
    return { values: [...strings.slice(0, fixed), ...more], roles: strings.slice(fixed) };
  }
  let count = 0;
  let at = 0;
  while (count < fixed) {
    const item = items[at] ?? '';
    count += typeof item === 'string' ? 1 : item.length;
    at += 1;
  }
  const roles = (items[at] ?? []) as readonly string[];
  return { values: [...items.slice(0, at).flat(), ...items.slice(at + 1).flat()], roles };
}

/** The columns a file has: the paths of single values, and the roles. */
export type RecordColumn = DomesticPath | 'roles';
export const recordColumns: readonly RecordColumn[] = [...domesticLayout.paths, 'roles'];

/** Those that a file may lack. */
export const optionalColumns: readonly RecordColumn[] = domesticLayout.paths.slice(domesticLayout.fixed);

/** The cells of a record in a file, without absent values. */
export function columnValues(record: DomesticRecord): Partial<Record<RecordColumn, string>> {
  const values = domesticLayout.paths.map((path, i) => [path, columnValue(domesticGetters[i]?.(record))] as const);
  const present = values.filter(([, text]) => text !== '');
  return { ...Object.fromEntries(present), roles: record.roles.join('|') };
}
