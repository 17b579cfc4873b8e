/** Reads samples of lines into the neutral tree: separated by a sign or tabs, or fixed width, with titles, comments and totals around the table. */

import { splitCsv } from '../lines/rows.ts';
import { columnsFromHeading, columnStarts, tagLength } from './fixed-columns.ts';
import type { Occurrence } from './sample-tree.ts';

/** What a sample of lines is like, beside its tree. */
export interface LinesLayout {
  readonly format: 'csv' | 'fixed';
  /** Between cells; a tab where the sample has tabs. */
  readonly separator: string;
}

const ruler = /^[-=+|\s]+$/u;

/** The separator, or fixed width; undefined where the lines have neither. */
export function layoutOf(text: string): LinesLayout | undefined {
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== '');
  const sure = ['\t', ';', '|'].find((sign) => separates(lines, sign));
  if (sure !== undefined) return { format: 'csv', separator: sure };
  const padded = lines.filter((line) => / {2}/u.test(line.trimEnd()) || /\s$/u.test(line)).length * 2 > lines.length;
  const even =
    lines.length > 1 && (lines[0]?.length ?? 0) > 20 && new Set(lines.map(({ length }) => length)).size === 1;
  if (padded || (even && !separates(lines, ','))) return { format: 'fixed', separator: '' };
  return separates(lines, ',') ? { format: 'csv', separator: ',' } : undefined;
}

function separates(lines: readonly string[], sign: string): boolean {
  const several = lines.filter((line) => cellsOf(line, sign).length > 1).length;
  return several > 0 && several * 2 >= lines.length;
}

function cellsOf(line: string, separator: string): readonly string[] {
  try {
    return splitCsv(line, separator).map((cell) => cell.trim());
  } catch {
    return separator === '' ? [line] : line.split(separator).map((cell) => cell.trim());
  }
}

/** The lines of one file. `columns`: answers, the first columns of the values by kind of line. */
export function readLinesSample(
  text: string,
  { format, separator }: LinesLayout,
  { columns, partner }: { readonly columns: ReadonlyMap<string, readonly number[]>; readonly partner: string },
): Occurrence {
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== '');
  const root: Occurrence = { name: '', namespace: '', kind: 'line', children: [] };
  const rows = format === 'csv' ? lines.map((line) => cellsOf(line, separator)) : [];
  root.children.push(...(format === 'csv' ? separatedLines(rows) : fixedLines(lines, columns, partner)));
  return root;
}

type Cell = Pick<Occurrence, 'name' | 'text' | 'before' | 'label' | 'columns'>;

function line(name: string, cells: readonly Cell[], tag?: Occurrence['tag']): Occurrence {
  const children = cells.map((cell): Occurrence => ({ ...cell, namespace: '', kind: 'column', children: [] }));
  return { name, namespace: '', kind: 'line', children, ...(tag === undefined ? {} : { tag }) };
}

function separatedLines(rows: readonly (readonly string[])[]): Occurrence[] {
  const heading = headingOf(rows);
  if (heading < 0)
    return isTagged(rows) ? rows.map(taggedLine) : rows.map((row) => line('line', numbered(row), added('Operator')));
  const titles = rows[heading] ?? [];
  const table = rows.slice(heading + 1);
  const filled = (row: readonly string[]): number => row.filter((cell) => cell !== '').length;
  const isRecord = (row: readonly string[]): boolean =>
    row.length === titles.length && (filled(row) > 2 || titles.length < 4) && !isComment(row[0]);
  const last = table.findLastIndex(isRecord);
  return [
    ...rows.slice(0, heading).map((row, i) => line(`title ${i + 1}`, wordedCells(row))),
    line(
      'heading',
      titles.map((text, i) => ({ name: String(i + 1), text, label: true })),
      added('Line'),
    ),
    ...table.slice(0, last + 1).map((row) =>
      line(
        'line',
        titles.map((name, i) => ({ name, text: row[i] ?? '' })),
        added('Operator'),
      ),
    ),
    ...table.slice(last + 1).map((row, i) => trailer(i, wordedCells(row))),
  ];
}

const added = (text: string): Occurrence['tag'] => ({ text, added: true });

const numbered = (row: readonly string[], from = 1): Cell[] => row.map((text, i) => ({ name: String(i + from), text }));

/** A line behind the table begins with a text of its own. */
function trailer(i: number, cells: readonly Cell[]): Occurrence {
  const told = cells[0]?.label === true && cells[0].text !== '';
  return line(`trailer ${i + 1}`, cells, told ? undefined : added(`Total${i === 0 ? '' : i + 1}`));
}

function taggedLine([tag = '', ...cells]: readonly string[]): Occurrence {
  return line(tag, numbered(cells, 2), { text: tag, added: false });
}

function isComment(cell = ''): boolean {
  return /^(?:#|\/\/|--)/u.test(cell);
}

/** A row of different words over rows of as many cells, none of them words alone like itself. */
function headingOf(rows: readonly (readonly string[])[]): number {
  const lengths = rows.map(({ length }) => length);
  const usual = lengths.toSorted(
    (a, b) => lengths.filter((n) => n === b).length - lengths.filter((n) => n === a).length || b - a,
  )[0];
  return rows.findIndex((row, i) => {
    const words =
      row.every((cell) => /\p{L}|№/u.test(cell) && !/^\d/u.test(cell) && !/\d{3}/u.test(cell)) && !isComment(row[0]);
    const below = rows[i + 1];
    return (
      words &&
      row.length === usual &&
      new Set(row).size === row.length &&
      below?.length === row.length &&
      below.some((cell) => /\d/u.test(cell))
    );
  });
}

/** Each line begins with its kind: some kind comes again, or kinds differ in their number of cells. */
function isTagged(rows: readonly (readonly string[])[]): boolean {
  const tags = rows.map(([tag = '']) => tag);
  const kinds = new Set(tags);
  const shapes = new Set(rows.map((row) => `${row[0] ?? ''} ${row.length}`));
  const short = tags.every((tag) => /^[\p{L}\d_]{1,12}$/u.test(tag));
  return (
    short &&
    shapes.size === kinds.size &&
    kinds.size <= 8 &&
    (kinds.size < rows.length || new Set(rows.map(({ length }) => length)).size > 1)
  );
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
  const heading = lines.findIndex(
    (each, i) =>
      !/\d/u.test(each) &&
      !ruler.test(each) &&
      each.trim().split(/\s+/u).length > 2 &&
      /\d/u.test(lines.slice(i + 1).find((next) => !ruler.test(next)) ?? ''),
  );
  const from = heading < 0 ? 0 : heading + (ruler.test(lines[heading + 1] ?? '') ? 2 : 1);
  const body = lines.slice(from);
  const length = heading < 0 ? tagLength(body) : 0;
  const kinds = Map.groupBy(body, (each) => (length === 0 ? 'line' : each.slice(0, length)));
  const spans = new Map(
    [...kinds].map(([kind, own]) => {
      const known =
        columns.get(kind) ??
        (heading < 0 ? columnStarts(own, length, partner) : columnsFromHeading(lines[heading] ?? '', own));
      return [kind, spansOf(own, known)] as const;
    }),
  );
  const title = Array.from(lines[heading] ?? '');
  const tag = length === 0 ? added('OPR') : undefined;
  return [
    ...lines.slice(0, Math.max(0, heading)).map((text, i) => line(`title ${i + 1}`, wordedCells([text]))),
    ...(heading < 0
      ? []
      : lines
          .slice(heading, from)
          .map((text, i) =>
            line(
              `heading ${i + 1}`,
              [{ name: '1', text: text.trimEnd(), label: true }],
              added(i === 0 ? 'HDG' : 'RUL'),
            ),
          )),
    ...body.map((text) => {
      const kind = length === 0 ? 'line' : text.slice(0, length);
      const letters = Array.from(text);
      const cells = (spans.get(kind) ?? []).map(({ from, to, columns: own }) => {
        const name = heading < 0 ? '' : title.slice(from, to).join('').trim();
        return {
          name: name === '' ? String(from + 1) : name,
          text: letters.slice(from, to).join('').trim(),
          ...(own && { columns: own }),
        };
      });
      return line(kind, cells, tag ?? { text: kind, added: false });
    }),
  ];
}

interface Span extends Pick<Cell, 'columns'> {
  readonly from: number;
  readonly to: number;
}

/** The cells of one kind of line, from their first columns counted from 1. */
function spansOf(lines: readonly string[], starts: readonly number[]): Span[] {
  const rows = lines.map((each) => Array.from(each));
  const width = Math.max(...rows.map(({ length }) => length));
  return starts.map((start, i) => {
    const [from, to] = [start - 1, (starts[i + 1] ?? width + 1) - 1];
    const texts = rows
      .map((row) =>
        row
          .slice(from, to)
          .join('')
          .padEnd(to - from),
      )
      .filter((text) => text.trim() !== '');
    const right =
      texts.length > 0 && texts.every((text) => !text.endsWith(' ')) && texts.some((text) => text.startsWith(' '));
    const full = texts.length > 0 && texts.every((text) => /^\d+$/u.test(text));
    return { from, to, columns: { width: to - from, fill: right ? '>' : full ? '0>' : '' } };
  });
}
