/** Judges the rows of a file of domestic records: a row becomes a record, or every fault it has is named. */

import { checkDigit } from './check-digits.ts';
import { damageIn } from './damaged-text.ts';
import { faultRules, type FaultRule, type RowFault } from './fault-rules.ts';
import { dayExists } from '../day.ts';
import type { HomeProfile } from '../home.ts';
import {
  domesticFields,
  operatorStatuses,
  roles as allRoles,
  type Day,
  type DomesticField,
  type DomesticPath,
  type DomesticRecord,
} from './record.ts';
import { domesticLayout, operatorOfValues, type RecordColumn } from './record-text.ts';
import { hiddenIn, isFormula, shown } from '../shown-text.ts';

/** A row of the file: cells by column title, without spaces around them. */
export interface FileRow {
  readonly row: number;
  readonly fields: Readonly<Record<string, string>>;
  /** Number of cells, and of titles; absent where the file has no cells. */
  readonly cells?: number;
  readonly titles?: number;
  /** Titles of the cells that a workbook holds as numbers. */
  readonly numbers?: readonly string[];
}

/** A refused row has no record; a taken row may have warnings. */
export interface JudgedRow {
  readonly record?: DomesticRecord;
  readonly faults: readonly RowFault[];
}

const mostCharactersOfText = 512;
const mostCharactersShown = 60;

/** Reads the cells of one row and collects their faults. */
interface Sheet {
  value(path: RecordColumn): string;
  /** Whether a workbook holds the cell as a number. */
  isNumber(path: RecordColumn): boolean;
  fault(path: RecordColumn | undefined, rule: FaultRule, detail?: string): void;
  readonly faults: readonly RowFault[];
}

/**
 * Judges the rows of one file. A code that an earlier row has is refused. `today`: the day at home, to recognise days in the
 * future.
 */
export function rowJudge(home: HomeProfile, today: Day): (row: FileRow) => JudgedRow {
  const pattern = new RegExp(`^(?:${home.code.pattern})$`, 'u');
  const takenAt = new Map<string, number>();
  return (row) => {
    const sheet = openSheet(home, row);
    if (row.cells !== row.titles) {
      // The cells after the error are in wrong columns: more faults of this row would mislead.
      sheet.fault(undefined, 'cells_miscounted', `${row.cells ?? 0} cells under ${row.titles ?? 0} titles`);
      return { faults: sheet.faults };
    }
    const record = readRecord(sheet, home, pattern, today);
    const before = takenAt.get(sheet.value('code'));
    if (before !== undefined) sheet.fault('code', 'code_repeated', `first in row ${before}`);
    if (record === undefined || sheet.faults.some(({ severity }) => severity === 'refused'))
      return { faults: sheet.faults };
    takenAt.set(record.code, row.row);
    return { record, faults: sheet.faults };
  };
}

/** A fault outside a cell that was read here: the shape of a line. */
export function faultOf(row: number, column: string, value: string, rule: FaultRule, detail?: string): RowFault {
  const { severity, title, fix } = faultRules[rule];
  return { row, column, value: shown(value, mostCharactersShown), rule, detail: detail ?? title, fix, severity };
}

// A spreadsheet marks '0123 as text; names may begin with an apostrophe.
const names: ReadonlySet<string> = new Set(
  domesticFields.filter(({ free, numeric }) => free === true && numeric !== true).map(({ domestic }) => domestic),
);

function openSheet(home: HomeProfile, { row, fields, numbers = [] }: FileRow): Sheet {
  const faults: RowFault[] = [];
  const title = (path: RecordColumn): string => home.columns[path] ?? path;
  const value = (path: RecordColumn): string => {
    const text = fields[title(path)] ?? '';
    return text.startsWith("'") && !names.has(path) ? text.slice(1) : text;
  };
  return {
    value,
    isNumber: (path) => numbers.includes(title(path)),
    fault(path, rule, detail) {
      const column = path === undefined ? '' : title(path);
      faults.push(faultOf(row, column, path === undefined ? '' : value(path), rule, detail));
    },
    faults,
  };
}

function readRecord(sheet: Sheet, home: HomeProfile, pattern: RegExp, today: Day): DomesticRecord | undefined {
  judgeTexts(sheet);
  const values = domesticFields.map((field) => readValue(sheet, field, { home, pattern, today }));
  const roles = readRoles(sheet);
  const valueOf = (path: DomesticPath): string | undefined => values[domesticLayout.column[path]];
  const [status, statusSince, gradeSince] = [valueOf('status'), valueOf('statusSince'), valueOf('gradeSince')];
  const consentSince = valueOf('consentSince') ?? '';
  const faulty = status === undefined || valueOf('grade') === undefined || gradeSince === undefined;
  if (faulty || statusSince === undefined) return undefined;
  // An operator with a new grade has an earlier status; its consent of that day or later shows that the grade is new.
  if (statusSince < gradeSince && (status !== 'active' || consentSince < gradeSince))
    sheet.fault('statusSince', 'dates_contradict', `${status} before the grade was given on ${gradeSince}`);
  if (consentSince !== '' && consentSince < statusSince && consentSince < gradeSince)
    sheet.fault('consentSince', 'dates_contradict', 'consent before the operator had a grade or a status');
  return operatorOfValues(values, roles);
}

interface RowTerms {
  readonly home: HomeProfile;
  readonly pattern: RegExp;
  readonly today: Day;
}

/** The value of one column; undefined where it cannot be read. */
function readValue(sheet: Sheet, { domestic: path, kind }: DomesticField, terms: RowTerms): string | undefined {
  if (path === 'code') return readCode(sheet, terms.home, terms.pattern);
  if (path === 'businessNumber') return readBusinessNumber(sheet, terms.home);
  if (path === 'status') return readWord(sheet, path, operatorStatuses, 'status_unknown');
  if (path === 'grade') return readWord(sheet, path, terms.home.grades, 'grade_unknown');
  if (path === 'consent') return readWord(sheet, path, ['yes', 'no'], 'consent_unknown');
  if (path === 'consentSince' && sheet.value(path) === '') return '';
  return kind === 'day' ? readDay(sheet, path, terms.today) : sheet.value(path);
}

// A telephone number starts with a plus sign, as formulas do.
const dialled = /^\+[\d ()./-]+$/u;

// 9.13101E+17, 518057.0: what programs write for digits that they took for a quantity.
const scientific = /^\d(?:[.,]\d+E\+?\d+|E\+\d+)$|^\d+\.0+$/iu;
// A spreadsheet keeps 15 digits of a number and fills the rest with zeros.
const zeroFilled = /^\d{15}0{3,}$/u;
const grouped = /^\d{1,3}(?:([., '’\u00a0])\d{3})(?:\1\d{3})+$/u;

function readCode(sheet: Sheet, home: HomeProfile, pattern: RegExp): string {
  const code = sheet.value('code');
  if (code === '') sheet.fault('code', 'field_missing');
  else if (scientific.test(code)) sheet.fault('code', 'number_eaten_by_spreadsheet');
  else if (!pattern.test(code)) sheet.fault('code', 'code_malformed', `not ${home.code.words}`);
  return code;
}

function readBusinessNumber(sheet: Sheet, home: HomeProfile): string {
  const number = sheet.value('businessNumber');
  const profile = home.businessNumber;
  if (number === '') return '';
  if (scientific.test(number) || (grouped.test(number) && zeroFilled.test(number.replaceAll(/\D/gu, '')))) {
    sheet.fault('businessNumber', 'number_eaten_by_spreadsheet');
  } else if (profile !== undefined && number.length !== profile.length) {
    const detail = `${number.length} characters instead of ${profile.length}`;
    const zerosLost = sheet.isNumber('businessNumber') && number.length < profile.length;
    sheet.fault('businessNumber', zerosLost ? 'number_eaten_by_spreadsheet' : 'business_number_length', detail);
  } else if (profile !== undefined && checkDigit(profile.kind, number) === 'wrong') {
    // Zeros alone prove nothing, and a check digit alone is forgiven: together they are a rounded number.
    const rule = zeroFilled.test(number) ? 'number_eaten_by_spreadsheet' : 'check_digit_wrong';
    sheet.fault('businessNumber', rule);
  }
  return number;
}

function readWord<T extends string>(
  sheet: Sheet,
  path: RecordColumn,
  words: readonly T[],
  rule: FaultRule,
): T | undefined {
  const word = sheet.value(path);
  const found = words.find((known) => known === word);
  if (word === '') sheet.fault(path, 'field_missing');
  else if (found === undefined) sheet.fault(path, rule, `not one of ${words.join(', ')}`);
  return found;
}

function readRoles(sheet: Sheet): DomesticRecord['roles'] {
  const text = sheet.value('roles');
  const words = new Set(text === '' ? [] : text.split('|').map((word) => word.trim()));
  const found = allRoles.filter((role) => words.has(role));
  if (words.size === 0) sheet.fault('roles', 'roles_missing');
  const unknown = [...words].filter((word) => !allRoles.some((role) => role === word));
  if (unknown.length > 0) {
    sheet.fault('roles', 'role_unknown', `not a role: ${shown(unknown.join(', '), mostCharactersShown) || '(empty)'}`);
  }
  return found;
}

function readDay(sheet: Sheet, path: RecordColumn, today: Day): Day | undefined {
  const day = sheet.value(path);
  if (day === '') sheet.fault(path, 'field_missing');
  else if (!/^\d{4}-\d{2}-\d{2}$/u.test(day)) sheet.fault(path, 'day_malformed');
  else if (!dayExists(day)) sheet.fault(path, 'day_impossible');
  else {
    if (day > today) sheet.fault(path, 'day_in_future', `later than ${today}`);
    return day;
  }
  return undefined;
}

// Codes and grades have rules of their own.
const judgedTexts = domesticFields.filter(({ kind, required }) => kind === 'text' && required !== true);
const latinTexts = domesticFields.filter(({ latin }) => latin === true);
const numericTexts = domesticFields.filter(({ numeric }) => numeric === true);

function judgeTexts(sheet: Sheet): void {
  if (sheet.value('name.local') === '' && sheet.value('name.latin') === '') sheet.fault('name.latin', 'field_missing');
  else if (sheet.value('name.latin') === '') sheet.fault('name.latin', 'latin_name_missing');
  for (const { domestic: path, numeric } of judgedTexts) {
    const text = sheet.value(path);
    if (text === '') continue;
    if (text.length > mostCharactersOfText) sheet.fault(path, 'text_too_long', `${text.length} characters`);
    const hidden = hiddenIn(text);
    if (hidden !== undefined) sheet.fault(path, hiddenRules[hidden]);
    const damage = damageIn(text);
    if (damage !== undefined) sheet.fault(path, damage.rule, damage.detail);
    if (isFormula(text) && !(numeric === true && dialled.test(text))) sheet.fault(path, 'text_is_formula');
  }
  for (const { domestic } of latinTexts) judgeLatin(sheet, domestic);
  for (const { domestic } of numericTexts) {
    if (scientific.test(sheet.value(domestic))) sheet.fault(domestic, 'number_eaten_by_spreadsheet');
    else if (sheet.isNumber(domestic)) sheet.fault(domestic, 'cell_is_number');
  }
}

const hiddenRules = {
  control: 'text_has_control',
  direction: 'text_turns_direction',
  invisible: 'text_invisible',
} as const satisfies Record<NonNullable<ReturnType<typeof hiddenIn>>, FaultRule>;

const notLatin = /[^\P{L}\p{Script=Latin}]/u;

/** A Cyrillic А in a Latin name is invisible and prevents every match (Unicode Technical Standard 39, mixed scripts). */
function judgeLatin(sheet: Sheet, path: DomesticPath): void {
  const letter = notLatin.exec(sheet.value(path))?.[0];
  if (letter === undefined) return;
  const number = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  sheet.fault(path, 'letter_not_latin', `${letter} is U+${number}, not a Latin letter`);
}
