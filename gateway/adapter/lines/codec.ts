/** Writes and reads messages by the plan of a template of lines. Lines and cells that the template does not show are refused. */

import { GatewayError, isMessageFault, type ErrorCode, type ItemFault } from '../../model/errors.ts';
import { noCharacter, unencodable, type TextEncoding } from '../../model/text-encoding.ts';
import { invalidValue, withPlace } from '../faults.ts';
import { readSlot } from '../template/computed.ts';
import { readItem, writeItem, type Hole, type RepeatedPart, type TemplateScope } from '../template/holes.ts';
import { isEncodable, type CellForm } from './rows.ts';
import type { CellContent, LinePlan, LinesPlan } from './template.ts';
import type { Slot } from '../template/message-fields.ts';

type Writer = (item: unknown) => string;

const chunkLength = 65_536;

/** Writes messages in chunks. Errors name the place of the value. */
export function linesEncoder({ lines, rules: { ends } }: LinesPlan): (message: unknown) => Generator<string> {
  const steps = lines.map(({ each, left, ...line }) => ({ each, left, write: lineWriter(line) }));
  return function* encode(message) {
    let text = '';
    let before = 0;
    for (const { each, left, write } of steps) {
      if (each === undefined) {
        text += write(message) + ends;
        continue;
      }
      const items = each.get(message);
      for (let i = 0; i < items.length; i += 1) {
        text += writeItem(write, items[i], each, i, left === undefined ? i : before + i) + ends;
        if (text.length > chunkLength) {
          yield text;
          text = '';
        }
      }
      before = items.length;
    }
    yield text;
  };
}

/** Encodes one item of a list, for previews of single records. */
export function lineItemWriter({ lines }: LinesPlan, list: string): Writer | undefined {
  const line = lines.find(({ each }) => each?.path === list);
  return line === undefined ? undefined : lineWriter(line);
}

function lineWriter({ cells, row, encoding }: Pick<LinePlan, 'cells' | 'row' | 'encoding'>): Writer {
  const [first = () => '', ...others] = cells.map((cell, i) => cellWriter(cell, row.cells[i], encoding));
  return (item) => {
    let text = first(item);
    for (const write of others) text += row.separator + write(item);
    return row.withoutEmptyEnd === true ? text.replace(/,+$/u, '') : text;
  };
}

function cellWriter(cell: CellContent, form: CellForm | undefined, encoding: TextEncoding): Writer {
  if (form === undefined) throw new RangeError('every cell has a form');
  switch (cell.is) {
    case 'fixed': {
      const fixed = form.write(cell.value);
      return () => fixed;
    }
    case 'ignored': {
      const empty = form.write('');
      return () => empty;
    }
    case 'hole':
      return holeWriter(cell.hole, form, encoding);
  }
}

const unencodableFix =
  'Agree an encoding that has the names of both sides, or leave such a value out. Where a lost character is agreed: |fit:? writes a sign in its place.';

function holeWriter(hole: Hole, form: CellForm, encoding: TextEncoding): Writer {
  const at = `/${hole.path.replaceAll('.', '/')}`;
  // Days, counts and codes cannot contain such characters.
  const anyText = hole.kind === 'text';
  return (item) => {
    const text = hole.write(item) ?? '';
    try {
      if (anyText && !isEncodable(text)) throw invalidValue('the value contains a line end or a control character');
      const strange = unencodable(text, encoding);
      if (strange !== undefined)
        throw invalidValue(`the value has the character ${strange}, which ${encoding} does not have`, unencodableFix);
      return form.write(text);
    } catch (error) {
      throw withPlace(error, at);
    }
  };
}

/** Reads the lines of a message; errors name the place in the document, such as `line 12, cell 3`. */
export function readLinesMessage(
  plan: LinesPlan,
  scope: TemplateScope,
  lines: readonly string[],
  firstLine: number,
): unknown {
  const shown = plan.lines.filter(({ left }) => left === undefined);
  const end = plan.blank ? lines.findLastIndex((line) => !isBlank(line)) + 1 : lines.length;
  const reading: LineReader = { plan, lines, firstLine, end, at: 0 };
  return readItem(scope, (slots) => {
    for (const [i, line] of shown.entries()) {
      if (line.titles) readTitles(reading, line);
      else if (line.each === undefined) readOnce(reading, line, slots);
      else readRepeated(reading, line.each, { plan: line, linesAfter: shown.length - 1 - i, slots });
    }
    const rest = nextLine(reading);
    if (rest !== undefined) throw lineError('E_ELEMENT_UNKNOWN', unexpected(reading, rest), reading);
  });
}

interface LineReader {
  readonly plan: LinesPlan;
  readonly lines: readonly string[];
  readonly firstLine: number;
  /** The index after the last line that is not blank. */
  readonly end: number;
  /** Index of the next line. */
  at: number;
  /** Where the columns of the rows stand, if titles said so. */
  order?: readonly number[];
}

function lineNumber({ firstLine, at }: LineReader): number {
  return firstLine + at;
}

/** The next line that is not ignored. */
function nextLine(reading: LineReader): string | undefined {
  const { plan, lines } = reading;
  let line = lines[reading.at];
  while (line !== undefined && (matchesAny(plan.ignored, line) || (plan.blank && isBlank(line)))) {
    const ignored = plan.ignored.find((kind) => matchesAny([kind], line ?? ''));
    if (ignored !== undefined) requireCharacters(ignored, line, lineNumber(reading));
    reading.at += 1;
    line = lines[reading.at];
  }
  return line;
}

function matchesAny(kinds: readonly LinePlan[], line: string): boolean {
  return kinds.some(({ row, tag }) => tag !== '' && row.isTagged(line, tag));
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** Finds the columns by their titles: each stands once, and no other. */
function readTitles(reading: LineReader, plan: LinePlan): void {
  const line = nextLine(reading);
  if (line === undefined) throw wrongLine(reading, plan, line);
  const found = splitLine(plan, line, lineNumber(reading));
  const titles = plan.cells.map((cell) => (cell.is === 'fixed' ? cell.value : ''));
  const missing = titles.find((title) => !found.includes(title));
  if (missing !== undefined) throw lineError('E_ELEMENT_MISSING', `the column ${missing} is missing`, reading);
  const other = found.findIndex((title, i) => !titles.includes(title) || found.indexOf(title) !== i);
  if (other >= 0)
    throw withPlace(
      new GatewayError('E_ELEMENT_UNKNOWN', 'the template does not show this column, or it stands twice'),
      plan.row.placeOf(lineNumber(reading), other),
    );
  reading.order = titles.map((title) => found.indexOf(title));
  reading.at += 1;
}

function readOnce(reading: LineReader, plan: LinePlan, slots: Slot[]): void {
  const line = nextLine(reading);
  if (line === undefined || (plan.tag !== '' && !plan.row.isTagged(line, plan.tag)))
    throw wrongLine(reading, plan, line);
  readLine(plan, line, slots, lineNumber(reading));
  reading.at += 1;
}

/** The error for a line other than the expected one: the expected line is missing if a later one follows. */
function wrongLine(reading: LineReader, plan: LinePlan, line: string | undefined): unknown {
  const { lines } = reading.plan;
  const found = line === undefined ? lines.length : lines.findIndex((other) => matchesAny([other], line));
  const afterRows = plan.last && lines.some((each) => each.plain);
  if (found < lines.indexOf(plan) && !afterRows)
    return lineError('E_ELEMENT_UNKNOWN', unexpected(reading, line ?? ''), reading);
  const name = plan.tag === '' ? 'a line' : `the line ${plan.tag}`;
  return lineError('E_ELEMENT_MISSING', `${name} is missing`, reading);
}

/** Faulty rows that one refusal names at most. */
const mostFaults = 1000;

interface Rows {
  readonly plan: LinePlan;
  readonly linesAfter: number;
  readonly slots: Slot[];
}

/** Reads all rows, so that their sender learns of every faulty one. Throws the first fault with all of them. */
function readRepeated(reading: LineReader, each: RepeatedPart, { plan, linesAfter, slots }: Rows): void {
  const items: unknown[] = [];
  const departures: unknown[] = [];
  const faults: ItemFault[] = [];
  const gone = each.path === 'records' ? reading.plan.lines.find(({ left }) => left !== undefined) : undefined;
  for (let line = nextLine(reading); line !== undefined; line = nextLine(reading)) {
    if (plan.plain ? reading.at >= reading.end - linesAfter : !plan.row.isTagged(line, plan.tag)) break;
    const found = line;
    const row = items.length + departures.length + faults.length;
    const left = gone?.each !== undefined && hasLeft(gone, found, reading.order) ? gone : undefined;
    const { scope } = left?.each ?? each;
    scope.row = row;
    try {
      const item = readItem(scope, (own) => readLine(left ?? plan, found, own, lineNumber(reading), reading.order));
      (left === undefined ? items : departures).push(item);
    } catch (fault) {
      if (!isMessageFault(fault)) throw fault;
      faults.push({ item: row + 1, fault });
      if (faults.length === mostFaults) break;
    }
    reading.at += 1;
  }
  const [first] = faults;
  slots[each.slot] = items;
  if (gone?.each !== undefined) slots[gone.each.slot] = departures;
  if (first === undefined) return;
  const { code, detail, at, fix } = first.fault;
  throw new GatewayError(code, detail, { at, fix, cause: first.fault, items: faults });
}

/** By its code: one that is no reason to leave is read, or refused, as the state of a record. */
function hasLeft({ row, cells, left = 0 }: LinePlan, line: string, order: readonly number[] | undefined): boolean {
  const [cell, form] = [cells[left], row.cells[left]];
  if (cell?.is !== 'hole' || form === undefined) return false;
  try {
    cell.hole.read(form.read(row.split(line)[order?.[left] ?? left] ?? ''));
    return true;
  } catch (error) {
    if (isMessageFault(error)) return false;
    throw error;
  }
}

function unexpected({ plan }: LineReader, line: string): string {
  return matchesAny(plan.lines, line)
    ? 'the line is repeated or in the wrong place'
    : 'the template does not show this kind of line';
}

function readLine(plan: LinePlan, line: string, slots: Slot[], number: number, order?: readonly number[]): void {
  const { cells, row } = plan;
  const texts = splitLine(plan, line, number);
  for (let i = 0; i < cells.length; i += 1) {
    const [cell, form] = [cells[i], row.cells[i]];
    if (cell === undefined || form === undefined || cell.is === 'ignored') continue;
    const column = order?.[i];
    const at = (): string => row.placeOf(number, column ?? i);
    try {
      readCell(cell, form.read(texts[column ?? i] ?? ''), slots, at);
    } catch (error) {
      throw withPlace(error, at());
    }
  }
}

/** Bytes that are no character count for nothing, in a cell that is ignored as in every other. */
function requireCharacters({ encoding }: LinePlan, line: string, number: number): void {
  if (encoding === 'utf-8' || !line.includes(noCharacter)) return;
  throw new GatewayError('E_BYTES_INVALID', `the bytes are no character of ${encoding}`, {
    at: `line ${number}, character ${line.indexOf(noCharacter) + 1}`,
    fix: `Write the text as ${encoding}.`,
  });
}

function splitLine(plan: LinePlan, line: string, number: number): readonly string[] {
  requireCharacters(plan, line, number);
  const { row } = plan;
  try {
    const texts = row.split(line);
    // A tab stands between values only.
    if (line.includes('\t') && texts.some((text) => text.includes('\t'))) throw invalidValue('a value contains a tab');
    return texts;
  } catch (error) {
    throw withPlace(error, row.placeOf(number));
  }
}

function readCell(cell: CellContent & { is: 'fixed' | 'hole' }, text: string, slots: Slot[], at: () => string): void {
  if (cell.is === 'fixed') {
    if (text !== cell.value) throw invalidValue('not the agreed text');
    return;
  }
  const { hole } = cell;
  if (text === '' && hole.optional) return;
  if (text === '' && !hole.mayBeEmpty) throw new GatewayError('E_ELEMENT_MISSING', 'the value is missing');
  readSlot(hole, text, slots, at);
}

function lineError(code: ErrorCode, detail: string, reading: LineReader): unknown {
  const place = reading.plan.lines[0]?.row.placeOf(lineNumber(reading));
  return withPlace(new GatewayError(code, detail), place ?? '');
}
