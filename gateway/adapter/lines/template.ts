/**
 * Reads a template of lines, CSV or fixed width, into a plan of lines and cells, which encoder and decoder follow. The template
 * shows each line with holes, and directives between the lines.
 */

import { isGatewayError } from '../../model/errors.ts';
import type { LineRules } from '../../model/message-body.ts';
import { present } from '../../model/present.ts';
import { unencodable, type TextEncoding } from '../../model/text-encoding.ts';
import { invalid } from '../faults.ts';
import { requireOtherCodes } from '../template/hole-chain.ts';
import {
  parseHole,
  parseRepeatedPart,
  requireCompleteScope,
  hasHole,
  type RepeatedPart,
  type Hole,
  type TemplateScope,
} from '../template/holes.ts';
import {
  csvRow,
  sheetRow,
  fixedRow,
  isEncodable,
  parsePieces,
  splitCsv,
  type CsvCells,
  type Piece,
  type LineFormat,
} from './rows.ts';

/** The content of a cell: a fixed text, a value, or text that is ignored when read and empty when written. */
export type CellContent =
  | { readonly is: 'fixed'; readonly value: string }
  | { readonly is: 'hole'; readonly hole: Hole }
  | { readonly is: 'ignored' };

export interface LinePlan {
  /** Line number in the template. */
  readonly no: number;
  readonly cells: readonly CellContent[];
  readonly row: LineFormat;
  /** The fixed first cell, which identifies the kind of line; empty when the line begins with a value. */
  readonly tag: string;
  /** The list for whose items the line is repeated. */
  readonly each: RepeatedPart | undefined;
  /** Repeated without a tag: all lines between those before and after it. */
  readonly plain: boolean;
  /** The last line of a message. */
  readonly last: boolean;
  /** Titles of the columns of the next line, which a message may have in another order. */
  readonly titles: boolean;
  readonly encoding: TextEncoding;
  /** Of operators that left, among the others: the index of the cell with the reason, where those have their state. */
  readonly left?: number;
}

export interface LinesPlan {
  readonly lines: readonly LinePlan[];
  /** Lines that are accepted anywhere and ignored. */
  readonly ignored: readonly LinePlan[];
  /** Blank lines are accepted and ignored. */
  readonly blank: boolean;
  readonly rules: LineRules;
}

export type LinesKind = 'csv' | 'xlsx' | 'fixed';

/** What the directives before a line say of it. */
interface Directive {
  readonly each?: string;
  readonly plain?: true;
  readonly ignore?: true;
  readonly last?: true;
  readonly titles?: 'as shown' | 'in any order';
}

/** What directives say of all lines after them, and of the whole message. */
interface LineSettings extends CsvCells {
  readonly blank: boolean;
  readonly ends: LineRules['ends'];
  readonly sheet?: string;
}

/** The plan of a template. `file`: its name in errors. Throws E_ADAPTER_INVALID with the line. */
export function planLines(text: string, file: string, kind: LinesKind, scope: TemplateScope): LinesPlan {
  const lines: LinePlan[] = [];
  const ignored: LinePlan[] = [];
  let settings: LineSettings = { separator: ',', quotes: true, blank: false, ends: '\r\n' };
  let directive: Directive = {};
  for (const [i, line] of text
    .replace(/\r?\n$/u, '')
    .split(/\r?\n/u)
    .entries()) {
    const no = i + 1;
    const at = `${file}:${no}:1`;
    const [, name, argument = ''] = /^#(\S*) ?(.*)$/u.exec(line) ?? [];
    if (name === undefined) {
      const plan = planLine(line, { no, at, scope, kind, csv: settings, ...directive });
      (directive.ignore === true ? ignored : lines).push(plan);
      directive = {};
    } else if (name === 'separator') settings = { ...settings, separator: separatorOf(argument, kind, at) };
    else if (name === 'sheet') settings = { ...settings, sheet: sheetOf(argument, kind, at) };
    else if (name !== '') {
      const setting = kind !== 'csv' && name === 'quote' ? undefined : settingsByName[`${name} ${argument}`.trimEnd()];
      if (setting === undefined) directive = { ...directive, ...directiveOf(name, argument, kind, at) };
      else settings = { ...settings, ...setting };
    }
  }
  if (lines.length === 0) throw invalid('the template is empty', file, 'Write the lines of the message, with holes.');
  const { blank, ends, sheet } = settings;
  if (kind === 'xlsx' && sheet === undefined)
    throw invalid('the template names no sheet', file, 'Write #sheet and the name of the sheet into its first line.');
  const { encoding } = scope.context;
  const plan = {
    lines: lines.map((line, i) => leftAmong(line, lines[i - 1], file)),
    ignored,
    blank,
    rules: present({ ends, sheet, encoding }),
  };
  requireDistinguishable(plan, file);
  scope.fixedLines = lines.filter(({ each }) => each === undefined).length;
  requireCompleteScope(scope, file);
  return plan;
}

const settingsByName: Readonly<Record<string, Partial<LineSettings>>> = {
  blank: { blank: true },
  'ends lf': { ends: '\n' },
  'quote none': { quotes: false },
};

/** Names as spreadsheets allow them. */
function sheetOf(argument: string, kind: LinesKind, at: string): string {
  if (kind === 'xlsx' && /^(?!')[^\p{C}:\\/?*[\]]{1,31}(?<!')$/u.test(argument)) return argument;
  throw invalid('not the name of a sheet', at, 'Write #sheet AEO, with at most 31 characters, and in .xlsx.csv only.');
}

function separatorOf(argument: string, kind: LinesKind, at: string): string {
  if (kind === 'csv' && argument === '\\t') return '\t';
  if (kind === 'csv' && /^[^\p{L}\p{N}\p{C}"{}]$/u.test(argument)) return argument;
  throw invalid('not a separator', at, 'Write one character, such as #separator ; or #separator \\t, and in CSV only.');
}

function directiveOf(name: string, argument: string, kind: LinesKind, at: string): Directive {
  const [, each, plain] = /^(\S+)( plain)?$/u.exec(argument) ?? [];
  if (name === 'each' && each !== undefined) return plain === undefined ? { each } : { each, plain: true };
  if (name === 'ignore' && argument === '') return { ignore: true };
  if (name === 'last' && argument === '') return { last: true };
  if (name === 'header' && argument === '') return { titles: 'as shown' };
  if (name === 'header' && argument === 'any' && kind !== 'fixed') return { titles: 'in any order' };
  const fix =
    'Use #each LIST, #each LIST plain, #header, #last, #ignore, #blank or #ends lf, in CSV #header any, #separator or #quote none, and in a workbook #header any or #sheet; ' +
    'a comment has a space after #.';
  throw invalid(`there is no #${name} ${argument}`.trimEnd(), at, fix);
}

interface LineSpec extends Directive {
  readonly no: number;
  readonly at: string;
  readonly scope: TemplateScope;
  readonly kind: LinesKind;
  readonly csv: CsvCells;
}

function planLine(line: string, spec: LineSpec): LinePlan {
  const { no, at, scope: outer, kind, csv, each: path } = spec;
  const { plain = false, last = false } = spec;
  const titles = spec.titles === 'in any order';
  const each = path === undefined ? undefined : parseRepeatedPart(outer, path, at);
  const scope = each?.scope ?? outer;
  const pieces = kind !== 'fixed' ? csvPieces(line, csv, at) : parsePieces(line, at);
  const { encoding = 'utf-8' } = outer.context;
  const strange = unencodable(line, encoding);
  if (strange !== undefined)
    throw invalid(`the line has the character ${strange}, which ${encoding} does not have`, at);
  if (!pieces.every(({ text }) => isEncodable(text)))
    throw invalid('the line contains a control character, which messages cannot contain', at);
  const cells = pieces.map(({ text }): CellContent => {
    if (text === '{ignored}') return { is: 'ignored' };
    return hasHole(text) ? { is: 'hole', hole: parseHole(scope, text, at) } : { is: 'fixed', value: text };
  });
  if (each !== undefined) requireCompleteScope(scope, at);
  const holes = cells.map((cell) => (cell.is === 'hole' ? cell.hole : undefined));
  const row =
    kind === 'fixed'
      ? fixedRow(pieces, holes, { encoding, at })
      : kind === 'csv'
        ? csvRow(csv, cells.length, titles)
        : sheetRow(holes, titles);
  const [first] = cells;
  const tag = first?.is === 'fixed' ? first.value : '';
  if (spec.titles !== undefined && cells.some(({ is }) => is !== 'fixed'))
    throw invalid('#header is not before a line of titles', at, 'Write fixed texts only.');
  if (spec.ignore === true && tag === '') throw invalid('an ignored line begins with a value', at, distinguishFix);
  return { no, cells, row, tag, each, plain: plain || (each !== undefined && tag === ''), last, titles, encoding };
}

const distinguishFix = 'Begin each kind of line with a fixed text of its own.';

function csvPieces(line: string, csv: CsvCells, at: string): Piece[] {
  try {
    return splitCsv(line, csv).map((text) => ({ text, columns: undefined }));
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    throw invalid(error.detail, at, 'Quote a cell that contains the separator or a quote, as in messages.');
  }
}

/** Departures right behind the records, with nothing but a code to tell the two apart. */
function leftAmong(line: LinePlan, before: LinePlan | undefined, file: string): LinePlan {
  const isPair = before?.each?.path === 'records' && line.each?.path === 'departures';
  if (!isPair || before.tag !== line.tag || before.cells.length !== line.cells.length) return line;
  const at = `${file}:${line.no}:1`;
  const [status, reason] = [holeIn(before, 'status'), holeIn(line, 'reason')];
  if (status === undefined || reason === undefined || status.place !== reason.place) return line;
  requireOtherCodes(status.hole, reason.hole, at);
  return { ...line, left: reason.i };
}

function holeIn({ cells, row }: LinePlan, path: string) {
  for (const [i, cell] of cells.entries())
    if (cell.is === 'hole' && cell.hole.path === path) return { i, hole: cell.hole, place: row.placeOf(1, i) };
  return undefined;
}

/** Each line of a message must be of one kind: by how it begins or, around the rows of a plain list, by where it stands. */
function requireDistinguishable({ ignored, blank, ...plan }: LinesPlan, file: string): void {
  const lines = plan.lines.filter(({ left }) => left === undefined);
  const all = [...lines, ...ignored];
  const repeated = lines.findIndex(({ each }) => each !== undefined);
  const plain = lines.find((line) => line.plain);
  for (const [i, line] of all.entries()) {
    const at = `${file}:${line.no}:1`;
    if (line.last && (line.each !== undefined || i !== lines.length - 1))
      throw invalid('#last is not before the last line', at, 'Put it before the last line of the template.');
    if (line.titles) requireTitles(line, lines[i + 1], at);
    if (blank && line.cells.every(mayBeBlank))
      throw invalid('the line may be blank, and blank lines are ignored', at, 'Remove #blank.');
    if (plain !== undefined) continue;
    const needed = ignored.length > 0 || (repeated >= 0 && i >= repeated);
    const confused = all.some((other) => other !== line && line.row.confuses(line.tag, other.tag));
    const special = line.each !== undefined || ignored.includes(line);
    if (line.tag === '' ? needed : special && confused)
      throw invalid('a line cannot be distinguished from the others', at, distinguishFix);
  }
  if (plain !== undefined) requirePlainAlone(plain, { lines, ignored }, `${file}:${plain.no}:1`);
}

function mayBeBlank(cell: CellContent): boolean {
  if (cell.is === 'hole') return cell.hole.optional || cell.hole.mayBeEmpty;
  return cell.is === 'ignored' || cell.value.trim() === '';
}

/** Every line between those before and after is a row: no other kind is repeated, and one line may follow. */
function requirePlainAlone(
  plain: LinePlan,
  { lines, ignored }: Pick<LinesPlan, 'lines' | 'ignored'>,
  at: string,
): void {
  const [trailer, ...more] = lines.slice(lines.indexOf(plain) + 1);
  const alone = lines.every((line) => line === plain || line.each === undefined) && ignored.length === 0;
  const distinct = trailer === undefined || trailer.tag !== '' || trailer.cells.length !== plain.cells.length;
  if (alone && distinct && trailer?.last !== false && more.length === 0) return;
  throw invalid(
    'a line cannot be distinguished from the others',
    at,
    `${distinguishFix} Rows without one are the only repeated lines; one line may follow them, with #last before it and a fixed text first.`,
  );
}

function requireTitles({ cells }: LinePlan, rows: LinePlan | undefined, at: string): void {
  const titles = cells.map((cell) => (cell.is === 'fixed' ? cell.value : ''));
  if (
    rows?.plain === true &&
    rows.cells.length === titles.length &&
    !titles.includes('') &&
    new Set(titles).size === titles.length
  )
    return;
  const fix = 'Write different fixed texts, as many as the next line has cells, and #each LIST plain before that line.';
  throw invalid('#header any is not before a line of titles', at, fix);
}
