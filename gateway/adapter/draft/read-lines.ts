/** Reads samples of lines into the tree: separated by a sign or tabs, or fixed width, with titles, comments and totals around the table. */

import { splitCsv } from '../lines/rows.ts';
import { columnsFromHeading, columnStarts, tagLength, textsOf } from './fixed-columns.ts';
import type { Occurrence } from './sample-tree.ts';

const ruler = /^[-=+|\s]+$/u;

function filledLines(text: string): string[] {
  return text.split(/\r?\n/u).filter((line) => line.trim() !== '');
}

/** The sign between cells; empty for fixed width, undefined where the lines have neither. */
export function separatorOf(text: string): string | undefined {
  const lines = filledLines(text.replace(/^\ufeff/u, ''));
  const separates = (sign: string): boolean => {
    const several = lines.filter((line) => cellsOf(line, sign).length > 1).length;
    return several > 0 && several * 2 >= lines.length;
  };
  const sure = ['\t', ';', '|'].find(separates);
  if (sure !== undefined) return sure;
  const padded = lines.filter((line) => / {2}/u.test(line.trimEnd()) || /\s$/u.test(line)).length * 2 > lines.length;
  const lengths = new Set(lines.map(({ length }) => length));
  const even = lines.length > 1 && (lines[0]?.length ?? 0) > 20 && lengths.size === 1;
  if (padded || (even && !separates(','))) return '';
  return separates(',') ? ',' : undefined;
}

function cellsOf(line: string, separator: string): readonly string[] {
  try {
    return splitCsv(line, separator).map((cell) => cell.trim());
  } catch {
    return line.split(separator).map((cell) => cell.trim());
  }
}

/** The lines of one file. `columns`: answers, the first columns of the values by kind of line. */
export function readLinesSample(
  text: string,
  separator: string,
  { columns, partner }: { readonly columns: ReadonlyMap<string, readonly number[]>; readonly partner: string },
): Occurrence {
  const lines = filledLines(text);
  const children =
    separator === ''
      ? fixedLines(lines, columns, partner)
      : separatedLines(lines.map((line) => cellsOf(line, separator)));
  return { name: '', namespace: '', kind: 'line', children };
}

type Cell = Pick<Occurrence, 'name' | 'text' | 'before' | 'label' | 'columns'>;

function line(name: string, cells: readonly Cell[], tag?: Occurrence['tag']): Occurrence {
  const children = cells.map((cell): Occurrence => ({ ...cell, namespace: '', kind: 'column', children: [] }));
  return { name, namespace: '', kind: 'line', children, ...(tag && { tag }) };
}

const added = (text: string): Occurrence['tag'] => ({ text, added: true });

function separatedLines(rows: readonly (readonly string[])[]): Occurrence[] {
  const numbered = (row: readonly string[], from: number): Cell[] =>
    row.map((text, i) => ({ name: String(i + from), text }));
  const heading = headingOf(rows);
  if (heading < 0)
    return isTagged(rows)
      ? rows.map(([tag = '', ...cells]) => line(tag, numbered(cells, 2), { text: tag, added: false }))
      : rows.map((row) => line('line', numbered(row, 1), added('Operator')));
  const titles = rows[heading] ?? [];
  const table = rows.slice(heading + 1);
  const filled = (row: readonly string[]): number => row.filter((cell) => cell !== '').length;
  const isRecord = (row: readonly string[]): boolean =>
    row.length === titles.length && (filled(row) > 2 || titles.length < 4) && !isComment(row[0]);
  const end = table.findLastIndex(isRecord) + 1;
  const labels = titles.map((text, i): Cell => ({ name: String(i + 1), text, label: true }));
  const record = (row: readonly string[]): Cell[] => titles.map((name, i) => ({ name, text: row[i] ?? '' }));
  return [
    ...rows.slice(0, heading).map((row, i) => line(`title ${i + 1}`, wordedCells(row))),
    line('heading', labels, added('Line')),
    ...table.slice(0, end).map((row) => line('line', record(row), added('Operator'))),
    ...table.slice(end).map((row, i) => trailer(i + 1, wordedCells(row))),
  ];
}

/** A line behind the table begins with a text of its own. */
function trailer(no: number, cells: readonly Cell[]): Occurrence {
  const labelled = cells[0]?.label === true && cells[0].text !== '';
  return line(`trailer ${no}`, cells, labelled ? undefined : added(`Total${no === 1 ? '' : no}`));
}

function isComment(cell = ''): boolean {
  return /^(?:#|\/\/|--)/u.test(cell);
}

/** A row of different words, of the usual number of cells, above a row with digits. */
function headingOf(rows: readonly (readonly string[])[]): number {
  const byLength = [...Map.groupBy(rows, ({ length }) => length)];
  const [usual] = byLength.sort(([a, some], [b, others]) => others.length - some.length || b - a)[0] ?? [];
  const isWord = (cell: string): boolean => /\p{L}|№/u.test(cell) && !/^\d|\d{3}/u.test(cell);
  return rows.findIndex((row, i) => {
    const [different, below] = [new Set(row).size === row.length, rows[i + 1]];
    const titles = row.length === usual && different && row.every(isWord) && !isComment(row[0]);
    return titles && below?.length === row.length && below.some((cell) => /\d/u.test(cell));
  });
}

/** Each line begins with its kind: some kind comes again, or kinds differ in their number of cells. */
function isTagged(rows: readonly (readonly string[])[]): boolean {
  const kinds = new Set(rows.map(([tag]) => tag));
  const forms = new Set(rows.map((row) => `${row[0] ?? ''} ${row.length}`));
  const short = rows.every(([tag = '']) => /^[\p{L}\d_]{1,12}$/u.test(tag));
  const differ = kinds.size < rows.length || new Set(rows.map(({ length }) => length)).size > 1;
  return short && forms.size === kinds.size && kinds.size <= 8 && differ;
}

const labelled = /^([^\d:=]*\p{L}[^\d:=]*[:=]\s*)(\S.*)$|^([^\d:=]*\p{L}[^\d:=]*\s)(\d.*)$/u;

/** Cells of a title or total: `Issued: 02.04.2026` in one cell, or the label in the cell before. */
function wordedCells(row: readonly string[]): Cell[] {
  let label = '';
  return row.map((text, i): Cell => {
    const [, before, value, blank, number] = labelled.exec(text) ?? [];
    const [name, rest] = [before ?? blank, value ?? number];
    const known = label;
    label = '';
    if (name !== undefined && rest !== undefined)
      return { name: name.replaceAll(/[#:=]/gu, '').trim(), text: rest, before: name };
    if (known !== '' && text !== '') return { name: known, text };
    if (/\d/u.test(text)) return { name: String(i + 1), text };
    label = text.replace(/[:=]\s*$/u, '').trim();
    return { name: String(i + 1), text, label: true };
  });
}

function fixedLines(
  lines: readonly string[],
  columns: ReadonlyMap<string, readonly number[]>,
  partner: string,
): Occurrence[] {
  const heading = lines.findIndex((each, i) => {
    const below = lines.slice(i + 1).find((next) => !ruler.test(next)) ?? '';
    return !/\d/u.test(each) && !ruler.test(each) && each.trim().split(/\s+/u).length > 2 && /\d/u.test(below);
  });
  const from = heading < 0 ? 0 : heading + (ruler.test(lines[heading + 1] ?? '') ? 2 : 1);
  const titles = lines[heading] ?? '';
  const body = lines.slice(from);
  // Under a heading, lines have tags only where the heading leaves room for them.
  const tagged = tagLength(body);
  const length = titles.slice(0, tagged).trim() === '' ? tagged : 0;
  const kindOf = (text: string): string => (length === 0 ? 'line' : text.slice(0, length));
  const above = lines.slice(0, Math.max(0, heading));
  const isTagged = (text: string): boolean => length > 0 && /^[A-Z]+$/u.test(kindOf(text));
  const spans = new Map(
    [...Map.groupBy([...above.filter(isTagged), ...body], kindOf)].map(([kind, own]) => {
      const isTable = heading >= 0 && own.length * 2 > body.length;
      const guessed = isTable ? columnsFromHeading(titles, own) : columnStarts(own, length, partner);
      return [kind, spansOf(own, columns.get(kind) ?? guessed, isTable ? titles : '')];
    }),
  );
  const label = (text: string, i: number): Occurrence =>
    line(`heading ${i + 1}`, [{ name: '1', text: text.trimEnd(), label: true }], added(i === 0 ? 'HDG' : 'RUL'));
  const valued = (text: string): Occurrence => {
    const cells = (spans.get(kindOf(text)) ?? []).map(({ from, to, ...cell }) => ({
      ...cell,
      text: textsOf([text], from, to)[0]?.trim() ?? '',
    }));
    return line(kindOf(text), cells, length === 0 ? added('OPR') : { text: kindOf(text), added: false });
  };
  return [
    ...above.map((text, i) => (isTagged(text) ? valued(text) : line(`title ${i + 1}`, titleCells(text)))),
    ...lines.slice(above.length, from).map(label),
    ...body.map(valued),
  ];
}

/** A title of fixed width: its label and its value are cells of their own. */
function titleCells(title: string): Cell[] {
  return wordedCells([title.trimEnd()]).flatMap(({ before, ...cell }) => {
    const value: Cell = { ...cell, columns: { width: Array.from(cell.text ?? '').length, fill: '' } };
    return before === undefined ? [value] : [{ name: '1', text: before, label: true }, value];
  });
}

/** The cells of one kind of line, from their first columns counted from 1. */
function spansOf(lines: readonly string[], starts: readonly number[], titles: string): (Cell & Span)[] {
  const width = Math.max(...lines.map((each) => Array.from(each).length));
  return starts.map((start, i) => {
    const [from, to] = [start - 1, (starts[i + 1] ?? width + 1) - 1];
    const texts = textsOf(lines, from, to).filter((text) => text.trim() !== '');
    const right = texts.every((text) => !text.endsWith(' ')) && texts.some((text) => text.startsWith(' '));
    const full = texts.length > 0 && texts.every((text) => /^\d+$/u.test(text));
    const [title = ''] = textsOf([titles], from, to).map((text) => text.trim());
    const name = title === '' ? String(start) : title;
    return { from, to, name, columns: { width: to - from, fill: right ? '>' : full ? '0>' : '' } };
  });
}

interface Span {
  readonly from: number;
  readonly to: number;
}
