/**
 * Reads a template of lines, CSV or fixed width, into a plan of lines and cells, which encoder and decoder follow. The template
 * shows each line with holes, and directives between the lines.
 */

import { isGatewayError } from '../../model/errors.ts';
import { invalid } from '../faults.ts';
import {
  parseHole,
  parseRepeatedPart,
  requireCompleteScope,
  hasHole,
  type RepeatedPart,
  type Hole,
  type TemplateScope,
} from '../template/holes.ts';
import { csvRow, fixedRow, isEncodable, parsePieces, splitCsv, type Piece, type LineFormat } from './rows.ts';

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
}

export interface LinesPlan {
  readonly lines: readonly LinePlan[];
  /** Lines that are accepted anywhere and ignored. */
  readonly ignored: readonly LinePlan[];
}

export type LinesKind = 'csv' | 'fixed';

interface Directive {
  readonly each?: string;
  readonly ignore?: true;
}

/** The plan of a template. `file`: its name in errors. Throws E_ADAPTER_INVALID with the line. */
export function planLines(text: string, file: string, kind: LinesKind, scope: TemplateScope): LinesPlan {
  const lines: LinePlan[] = [];
  const ignored: LinePlan[] = [];
  let separator = ',';
  let directive: Directive = {};
  for (const [i, line] of text
    .replace(/\r?\n$/u, '')
    .split(/\r?\n/u)
    .entries()) {
    const no = i + 1;
    const at = `${file}:${no}:1`;
    const [, name, argument = ''] = /^#(\S*) ?(.*)$/u.exec(line) ?? [];
    if (name === undefined) {
      const plan = planLine(line, { no, at, scope, kind, separator, ...directive });
      (directive.ignore === true ? ignored : lines).push(plan);
      directive = {};
    } else if (name === 'separator') separator = separatorOf(argument, kind, at);
    else if (name !== '') directive = directiveOf(name, argument, at);
  }
  if (lines.length === 0) throw invalid('the template is empty', file, 'Write the lines of the message, with holes.');
  requireDistinguishable({ lines, ignored }, file);
  requireCompleteScope(scope, file);
  return { lines, ignored };
}

function separatorOf(argument: string, kind: LinesKind, at: string): string {
  if (kind === 'csv' && argument === '\\t') return '\t';
  if (kind === 'csv' && /^[^\p{L}\p{N}\p{C}"{}]$/u.test(argument)) return argument;
  throw invalid('not a separator', at, 'Write one character, such as #separator ; or #separator \\t, and in CSV only.');
}

function directiveOf(name: string, argument: string, at: string): Directive {
  if (name === 'each' && argument !== '') return { each: argument };
  if (name === 'ignore' && argument === '') return { ignore: true };
  const fix = 'Use #each LIST, #ignore or #separator; a comment has a space after #.';
  throw invalid(`there is no #${name} ${argument}`.trimEnd(), at, fix);
}

interface LineSpec extends Directive {
  readonly no: number;
  readonly at: string;
  readonly scope: TemplateScope;
  readonly kind: LinesKind;
  readonly separator: string;
}

function planLine(line: string, { no, at, scope: outer, kind, separator, each: path, ignore }: LineSpec): LinePlan {
  const each = path === undefined ? undefined : parseRepeatedPart(outer, path, at);
  const scope = each?.scope ?? outer;
  const pieces = kind === 'csv' ? csvPieces(line, separator, at) : parsePieces(line, at);
  if (!pieces.every(({ text }) => isEncodable(text)))
    throw invalid('the line contains a control character, which messages cannot contain', at);
  const cells = pieces.map(({ text }): CellContent => {
    if (text === '{ignored}') return { is: 'ignored' };
    return hasHole(text) ? { is: 'hole', hole: parseHole(scope, text, at) } : { is: 'fixed', value: text };
  });
  if (each !== undefined) requireCompleteScope(scope, at);
  const holes = cells.map((cell) => (cell.is === 'hole' ? cell.hole : undefined));
  const row = kind === 'csv' ? csvRow(separator, cells.length) : fixedRow(pieces, holes, at);
  const [first] = cells;
  const tag = first?.is === 'fixed' ? first.value : '';
  if (ignore === true && tag === '') throw invalid('an ignored line begins with a value', at, distinguishFix);
  return { no, cells, row, tag, each };
}

const distinguishFix = 'Begin each kind of line with a fixed text of its own.';

function csvPieces(line: string, separator: string, at: string): Piece[] {
  try {
    return splitCsv(line, separator).map((text) => ({ text, columns: undefined }));
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    throw invalid(error.detail, at, 'Quote a cell that contains the separator or a quote, as in messages.');
  }
}

/** Repeated and ignored lines, and all lines after a repeated one, must be distinguishable by how they begin. */
function requireDistinguishable({ lines, ignored }: LinesPlan, file: string): void {
  const all = [...lines, ...ignored];
  const repeated = lines.findIndex(({ each }) => each !== undefined);
  for (const [i, line] of all.entries()) {
    const alone = line.each !== undefined && i === lines.length - 1 && repeated === i && ignored.length === 0;
    const needed = ignored.length > 0 || (repeated >= 0 && i >= repeated);
    const confused = all.some((other) => other !== line && line.row.confuses(line.tag, other.tag));
    const special = line.each !== undefined || ignored.includes(line);
    if (line.tag === '' ? needed && !alone : special && confused)
      throw invalid('a line cannot be distinguished from the others', `${file}:${line.no}:1`, distinguishFix);
  }
}
