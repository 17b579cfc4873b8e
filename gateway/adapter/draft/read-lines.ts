/** Reads a sample of lines into the tree: separated or of fixed width, with titles above the table and totals below it. */

import { bytesOf, type TextEncoding } from '../../model/text-encoding.ts';
import { splitCsv } from '../lines/rows.ts';
import { sizeOf, type Item } from './tree.ts';

/** The first columns of the values, counted from 1, by kind of line, where a person named them. */
export type ColumnAnswers = ReadonlyMap<string, readonly number[]>;

/** How lines are written. */
interface LineForm {
  readonly format: string;
  readonly separator: string;
  readonly encoding?: TextEncoding | undefined;
}

type Cell = Pick<Item, 'name' | 'text' | 'before' | 'label' | 'columns' | 'json'>;

/** The name of a first cell that says the kind of its line, where the sample has none. */
export const addedKind = 'kind';

/** The sign between cells; empty for fixed width, undefined where the lines have neither. */
export function separatorOf(text: string): string | undefined {
  const lines = filledLines(text);
  const share = (test: (line: string) => boolean): number => lines.filter(test).length / lines.length;
  const mostly = (test: (line: string) => boolean): boolean => share(test) > 0.5;
  const sure = ['\t', ';', '|'].find((sign) => mostly((line) => line.includes(sign)));
  if (sure !== undefined) return sure;
  const isFilled = (line: string): boolean => / {2}|\s$/u.test(line);
  if (mostly(isFilled)) return '';
  if (mostly((line) => line.includes(','))) return ',';
  // Headers, totals and operators that left may fill their columns.
  return share(isFilled) >= 0.25 ? '' : undefined;
}

function filledLines(text: string): string[] {
  return text.split(/\r?\n/u).filter((line) => line.trim() !== '');
}

/** The lines of one file. Throws E_VALUE_INVALID for a quote that is not closed. */
export function readLines(
  text: string,
  { format, separator, encoding }: LineForm,
  columns: ColumnAnswers,
  partner: string,
): Item {
  const lines = filledLines(text);
  const cellsOf = (each: string): Value[] =>
    format === 'xlsx.csv'
      ? sheetCells(each)
      : splitCsv(each, { separator, quotes: true }).map((cell) => ({ text: cell.trim() }));
  const children =
    format === 'fixed' ? inColumns(lines, encoding, columns, partner) : separatedLines(lines.map(cellsOf));
  return { kind: 'line', name: '', children };
}

type Value = { readonly text: string } & Pick<Cell, 'json'>;

/** Texts stand in quotation marks, numbers and days without. */
function sheetCells(line: string): Value[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/gu)].map(([, text, bare = '']) => {
    if (text !== undefined || bare === '') return { text: text?.replaceAll('""', '"').trim() ?? '' };
    return { text: bare, json: /^\d+$/u.test(bare) ? ('number' as const) : ('other' as const) };
  });
}

/** `tag`: the fixed text by which the line says its kind; `isAdded`: the sample has none. */
function line(name: string, cells: readonly Cell[], tag?: string, isAdded = true): Item {
  const first: Cell[] = tag === undefined ? [] : [{ name: isAdded ? addedKind : '', text: tag, label: true }];
  return {
    kind: 'line',
    name,
    children: [...first, ...cells].map((cell) => ({ ...cell, kind: 'cell', children: [] })),
  };
}

/** Rows under their titles; without titles, rows that begin with their kind, or records alone. */
function separatedLines(rows: readonly (readonly Value[])[]): Item[] {
  const usual = longestOf(rows);
  const texts = rows.map((row) => row.map(({ text }) => text));
  const heading = texts.findIndex((row, i) => {
    const titles = new Set(row.filter((cell) => /\p{L}|№/u.test(cell) && !/^\d|\d{3}/u.test(cell)));
    const next = texts[i + 1] ?? [];
    return titles.size === usual && next.length > usual / 2 && /\d/u.test(next.join(''));
  });
  const titles = texts[heading];
  const numbered = (cells: readonly Value[]): Cell[] => cells.map((cell, i) => ({ ...cell, name: String(i + 1) }));
  if (titles === undefined) {
    const kinds = new Set(texts.map(([tag]) => tag)).size;
    const tagged = kinds > 1 && kinds < 9 && texts.every(([tag = '']) => /^[\p{L}_]{1,12}$/u.test(tag));
    return rows.map((row) =>
      tagged
        ? line(row[0]?.text ?? '', numbered(row.slice(1)), row[0]?.text, false)
        : line('line', numbered(row), 'Operator'),
    );
  }
  const isRecord = (row: readonly string[]): boolean =>
    row.length > usual / 2 && row.filter((cell) => cell !== '').length > Math.min(2, usual - 1);
  const end = texts.findLastIndex(isRecord);
  const labels = titles.map((text, i): Cell => ({ name: String(i + 1), text, label: true }));
  return rows.map((row, i) => {
    if (i < heading) return line(`title ${i + 1}`, labelledCells(row));
    if (i === heading) return line('heading', labels, 'Line');
    if (i <= end)
      return line(
        'line',
        titles.map((name, at) => ({ text: '', ...row[at], name })),
        'Operator',
      );
    const cells = labelledCells(row);
    const isLabelled = cells[0]?.label === true && cells[0].text !== '';
    return line(`trailer ${i - end}`, cells, isLabelled ? undefined : `Total${i - end}`);
  });
}

const labelled = /^([^\d:=]*\p{L}[^\d:=]*(?:[:=]\s*(?=\S)|\s(?=\d)))(.+)$/u;

/** Cells of a title or total: `Issued: 02.04.2026` in one cell, or the label in the cell before. */
function labelledCells(row: readonly Value[]): Cell[] {
  return row.map((cell, i): Cell => {
    const { text } = cell;
    const [, before = '', value] = cell.json === undefined ? (labelled.exec(text) ?? []) : [];
    const label = row[i - 1]?.text ?? '';
    const earlier = /\d/u.test(label) ? '' : label;
    const [own = ''] = (before || earlier)
      .replaceAll(/[#:=]/gu, '')
      .trim()
      .split(/\s{2,}/u)
      .slice(-1);
    const name = own || String(i + 1);
    if (value !== undefined) return { name, text: value, before };
    return { ...cell, name, ...(!/\d/u.test(text) && earlier === '' && { label: true }) };
  });
}

/** Stands behind a character for each of its bytes but the first, so that columns of bytes are columns of signs. */
const moreBytes = '\u3164';

/** Lines of fixed width. Their columns are bytes where that makes more lines alike, and where only the encoding can tell. */
function inColumns(
  lines: readonly string[],
  encoding: TextEncoding | undefined,
  answers: ColumnAnswers,
  partner: string,
): Item[] {
  const lengths = (bytes?: TextEncoding): number => new Set(lines.map((each) => sizeOf(each, bytes))).size;
  const more = lengths(encoding ?? 'utf-8') - lengths();
  const bytes = more < 0 || (more === 0 && encoding !== undefined) ? (encoding ?? 'utf-8') : undefined;
  if (bytes === undefined) return fixedLines(lines, answers, partner);
  const spread = (each: string): string =>
    Array.from(each, (sign) => sign + moreBytes.repeat(bytesOf(sign, bytes) - 1)).join('');
  const plain = (text = ''): string => text.replaceAll(moreBytes, '');
  const cells = ({ text, name, columns, ...cell }: Item): Item => ({
    ...cell,
    ...{ name: plain(name), text: plain(text) },
    ...(columns && { columns: { ...columns, bytes } }),
  });
  return fixedLines(lines.map(spread), answers, partner).map((each) => ({
    ...each,
    children: each.children.map(cells),
  }));
}

/** Lines that begin with their kind, or a table under its titles and above its totals. */
function fixedLines(lines: readonly string[], answers: ColumnAnswers, partner: string): Item[] {
  const isRuler = (each: string): boolean => /^[-=+|\s]+$/u.test(each);
  const isHeading = (each: string): boolean => !/\d/u.test(each) && each.trim().split(/\s+/u).length > 2;
  const heading = lines.findIndex((each, i) => isHeading(each) && /\d/u.test(lines.slice(i + 1, i + 3).join('')));
  const titles = lines[heading] ?? '';
  const isValued = (each: string): boolean => each !== titles && !isRuler(each);
  // Under a heading, lines begin with their kind only where the heading leaves room for it.
  const tag = tagLength(lines.filter(isValued));
  const length = titles.slice(0, tag).trim() === '' ? tag : 0;
  const kindOf = (each: string): string => (length === 0 ? 'line' : each.slice(0, length));
  const last = lines.findLastIndex((each) => each.trim().split(/\s{2,}/u).length > 2);
  const isAround = (i: number): boolean =>
    length === 0 && heading >= 0 && (i < heading || (i > last && last > heading));
  const kinds = Map.groupBy(
    lines.filter((each, i) => isValued(each) && !isAround(i)),
    kindOf,
  );
  const ruler = lines.find((each) => /^ *-+ +[- ]+$/u.test(each)) ?? '';
  const ruled = length === 0 ? Array.from(ruler.matchAll(/-+/gu), ({ index }) => index + 1) : [];
  const columns = new Map(
    [...kinds].map(([kind, own]): [string, readonly Column[]] => {
      const rows = own.map((each) => Array.from(each));
      const guessed = ruled.length > 1 ? ruled : columnStarts(rows, length, titles, partner);
      // The kind is no value of the line, also where an answer counts it as one.
      const answered = answers.get(kind)?.filter((start) => start > length);
      return [kind, columnsAt(rows, answered ?? guessed, own.length > 1 ? titles : '')];
    }),
  );
  return lines.map((text, i): Item => {
    if (!isValued(text)) return line(`heading ${i + 1}`, [{ name: '1', text: text.trimEnd(), label: true }], 'HDG');
    if (isAround(i)) return line(i < heading ? `title ${i + 1}` : `trailer ${i - last}`, sizedCells(text));
    const cells = cellsAt(text, columns.get(kindOf(text)) ?? []);
    return line(kindOf(text), cells, length === 0 ? 'OPR' : kindOf(text), length === 0);
  });
}

/** A title or total, each value as wide as it is. */
function sizedCells(text: string): Cell[] {
  const sized = (cell: Cell): Cell => ({ ...cell, columns: { width: sizeOf(cell.text ?? ''), fill: '' } });
  return labelledCells([{ text: text.trimEnd() }]).map(sized);
}

function cellsAt(text: string, columns: readonly Column[]): Cell[] {
  const row = Array.from(text);
  return columns.map(({ from, to, ...cell }) => ({ ...cell, text: row.slice(from, to).join('').trim() }));
}

/** The characters of a line. */
type Row = readonly string[];

type Column = Pick<Cell, 'name' | 'columns'> & { readonly from: number; readonly to: number };

/** The columns of lines of one kind, from the first ones of their values. */
function columnsAt(rows: readonly Row[], starts: readonly number[], titles: string): Column[] {
  const width = longestOf(rows);
  return starts.map((start, i): Column => {
    const [from, to] = [start - 1, (starts[i + 1] ?? width + 1) - 1];
    const filled = columnTexts(rows, from, to).filter((each) => each.trim() !== '');
    const right = filled.every((each) => !each.endsWith(' ')) && filled.some((each) => each.startsWith(' '));
    const name = Array.from(titles).slice(from, to).join('').trim() || String(start);
    return { name, columns: { width: to - from, fill: right ? '>' : '' }, from, to };
  });
}

/** What stands in some columns of each line, filled with blanks. */
function columnTexts(rows: readonly Row[], from: number, to: number): string[] {
  return rows.map((row) =>
    row
      .slice(from, to)
      .join('')
      .padEnd(to - from),
  );
}

/** Length of the text by which each line says its kind: H, D, T or HDR, AEO, TRL; 0 where there is none. */
function tagLength(lines: readonly string[]): number {
  const tells = (length: number): boolean => {
    const tags = lines.map((line) => line.slice(0, length));
    const kinds = new Set(tags).size;
    const grouped = tags.filter((tag, i) => i > 0 && tag !== tags[i - 1]).length === kinds - 1;
    return grouped && kinds >= 2 && kinds <= 6 && tags.every((tag) => /^(?:[A-Z]+|\d+)$/u.test(tag));
  };
  return lines.length < 3 ? 0 : ([3, 2, 1].find(tells) ?? 0);
}

const day = /^(?:19[5-9]|20\d)\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/u;
const time = /^(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$/u;

/** First columns, counted from 1, of the values of lines of one kind, behind `tag` columns that say the kind. */
function columnStarts(lines: readonly Row[], tag: number, titles: string, partner: string): number[] {
  const width = longestOf(lines);
  const signs = Array.from({ length: width }, (_, at) => signOf(columnTexts(lines, at, at + 1))).join('');
  const are = (pattern: RegExp, at: number, length: number): boolean => {
    const filled = columnTexts(lines, at, at + length).filter((text) => text.trim() !== '');
    return filled.length > 0 && filled.every((text) => pattern.test(text));
  };
  const starts = [tag];
  for (let at = tag + 1; at < width; at += 1) {
    const from = starts.at(-1) ?? tag;
    const [before, here, isDay] = [signs.slice(from, at), signs[at] ?? '', are(day, from, 8)];
    const dated = are(time, from + 8, 6) && !are(day, from + 8, 8) ? 14 : 8;
    if (isDay && at - from < dated) continue;
    // The letters of two administrations stand beside each other: sender and receiver.
    const isPair = at - from === 2 && are(new RegExp(`^(?:${partner}[A-Z]{2}|[A-Z]{2}${partner})$`, 'u'), from, 4);
    // Letters that never change belong to the digits behind them, as in XK0001234; in a line of its kind alone, two of another country do not.
    const isOther = lines.length === 1 && at - from === 2 && !are(new RegExp(`^${partner}$`, 'u'), from, 2);
    const joint =
      (!isOther && /^c{2,5}9$/u.test(before + here)) || (lines.length < 5 && /[cA] [cA]$/u.test(before + here));
    const [gaps, filled] = [/^ {2}\S/u, /\S$/u].map(
      (pattern) => columnTexts(lines, at - 2, at + 1).filter((text) => pattern.test(text)).length / lines.length,
    ) as [number, number];
    // Behind one blank in each line a word may stand by chance; behind two in most lines it does not.
    const isChance = here === '.' && (filled <= 0.5 || gaps === 0);
    const apart = /(?:[cA]9|9[cA]| [^ ])$/u.test(before + here) && !joint && !isChance;
    const meets = titles === '' && (apart || (filled === 1 && gaps >= 0.5 && lines.length > 2));
    const titled = before.endsWith(' ') && /^\s\S/u.test(titles.slice(at - 1, at + 1));
    // Blanks behind a number in the last place are no part of it.
    const isRest = /9$/u.test(before) && /^ +$/u.test(signs.slice(at));
    if ((here !== ' ' && (isDay || are(day, at, 8) || isPair || meets || titled)) || isRest) starts.push(at);
  }
  return starts.map((start) => start + 1);
}

/** What one column holds in all lines: digits, letters, always the same letter, nothing, or this and that. */
function signOf(signs: readonly string[]): string {
  const is = (pattern: RegExp): boolean => signs.every((sign) => pattern.test(sign));
  if (is(/\p{L}/u)) return new Set(signs).size === 1 ? 'c' : 'A';
  return is(/\d/u) ? '9' : is(/ /u) ? ' ' : '.';
}

/** A sample may have more lines than a call has arguments. */
function longestOf(rows: readonly { readonly length: number }[]): number {
  return rows.reduce((most, { length }) => Math.max(most, length), 0);
}
