/**
 * Domestic records are imported from a file of the domestic system; the report names every fault.
 *
 *   file -> rows -> every row judged -> compared with what is known -> the valid ones saved in one transaction -> a report of the rest
 */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { Gateway } from '../gateway.ts';
import { dayAt, momentOf } from '../model/day.ts';
import type { HomeProfile } from '../model/home.ts';
import { faultRules, type FaultRule, type RowFault, type Severity } from '../model/record/fault-rules.ts';
import type { DomesticPath, DomesticRecord } from '../model/record/record.ts';
import { present } from '../model/present.ts';
import { faultOf } from '../model/record/row-faults.ts';
import { appendEvents } from '../store/events.ts';
import type { Reader, Tx } from '../store/database.ts';
import {
  countChanges,
  knownOperators,
  saveOperators,
  type KnownOperator,
  type SavedOperators,
} from '../store/operators.ts';
import type { TableEncoding } from '../wire/files/file-content.ts';
import type { ChosenSheet } from '../wire/files/sheet.ts';
import { formatOf, readRows, type ReadRow } from './file-rows.ts';
import { momentOfFile, type HomeMoment, type ImportMoment } from './import-moment.ts';
import { compareWithKnown, restrictions, type Restriction } from './known-facts.ts';

export type ImportDeps = Pick<Gateway, 'home' | 'db' | 'now'>;

export interface ImportOptions {
  readonly encoding?: TableEncoding;
  /** The sheet of a workbook; absent: the first one. */
  readonly sheet?: string | undefined;
  /** The reference day or time of the file, in the home time zone. */
  readonly asOf?: string | undefined;
  /** Whether rows may lift a suspension, a revocation or a withdrawal. */
  readonly lift?: boolean;
  /** Who imports. */
  readonly person: string;
  /** Does everything except saving; the counts are those that saving would give. */
  readonly dryRun?: boolean;
  /** Bytes of the file read so far. */
  readonly progress?: (bytes: number) => void;
  /** Work in the transaction of the import: if it throws, nothing is saved. */
  readonly also?: (tx: Tx) => Promise<void>;
}

/** The path of a file, or its name and bytes. */
type ImportFile = string | { readonly name: string; readonly bytes: Uint8Array };

/** Rows with the same fault. */
export interface Problem {
  readonly rule: FaultRule;
  readonly severity: Severity;
  readonly title: string;
  readonly rows: number;
  /** The first three rows. */
  readonly samples: readonly RowFault[];
  readonly fix: string;
}

interface RefusedRow {
  readonly fields: Readonly<Record<string, string>>;
  /** The reference time of the file. */
  readonly asOf: HomeMoment;
  /** Warnings included, so that staff can correct a row once. */
  readonly faults: readonly RowFault[];
}

export interface ImportReport {
  readonly file: {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly encoding: TableEncoding;
    /** Workbooks only. */
    readonly sheet?: string;
    readonly sheets_not_read?: readonly string[];
  };
  /** `stopped`: rows would lift restrictions, and `lift` was not given. Nothing is saved, and the counts are as in a dry run. */
  readonly state: 'saved' | 'dry_run' | 'stopped';
  readonly asOf: ImportMoment;
  /** `rows` counts all rows, `warnings` the rows saved with a warning. An import adds and changes operators, and never deletes them. */
  readonly counts: SavedOperators & Readonly<Record<'rows' | 'refused' | 'warnings', number>>;
  readonly lifts: Readonly<Record<Restriction, number>>;
  readonly problems: readonly Problem[];
  readonly refused: readonly RefusedRow[];
}

/**
 * Imports a file of domestic records; importing the same file again changes nothing. Throws E_FILE_UNREADABLE, E_FILE_STRUCTURE (before any
 * row is checked), E_IMPORT_MOMENT and the errors of the store. Faults in rows are in the report.
 */
export async function importOperators(
  deps: ImportDeps,
  given: ImportFile,
  options: ImportOptions,
): Promise<ImportReport> {
  // 1. Check every row of the file, and find the reference time.
  const { rows, file } = await readFile(deps, given, options);
  const records = rows.flatMap(({ record }) => record ?? []);
  const asOf = momentOfFile(deps.home, deps.now(), { asOf: options.asOf, name: file.name, records });

  // 2. Compare the rows with the stored records, and save all valid ones in one transaction.
  const { state, saved, compared } = await save(deps, { rows, asOf, file }, options);

  // 3. Report the result of each row.
  const taken = compared.filter(({ record }) => record !== undefined);
  const refused = compared.filter(({ record }) => record === undefined);
  const warnings = taken.filter(({ faults }) => faults.length > 0).length;
  return {
    file,
    state,
    asOf: momentOfRows(asOf, rows),
    counts: { rows: rows.length, ...saved, refused: refused.length, warnings },
    lifts: countLifts(taken),
    problems: problemsOf(compared),
    refused: refused.map(({ fields, moment, faults }) => ({ fields, asOf: moment, faults })),
  };
}

/** The checked rows of the file, and a description of the file. */
async function readFile(
  { home, now }: ImportDeps,
  given: ImportFile,
  { encoding = 'utf-8', sheet, progress }: ImportOptions,
): Promise<Pick<ImportedFile, 'rows' | 'file'>> {
  const digest = createHash('sha256');
  let bytes = 0;
  const onBytes = (piece: Uint8Array): void => {
    digest.update(piece);
    bytes += piece.length;
    progress?.(bytes);
  };
  let chosen: ChosenSheet | undefined;
  const onSheet = (found: ChosenSheet): void => void (chosen = found);
  const { name, content } =
    typeof given === 'string'
      ? { name: given, content: given }
      : { name: given.name, content: Readable.from([given.bytes]) };
  const rows = await Array.fromAsync(
    readRows(home, now(), { content, encoding, format: formatOf(name), sheet, onBytes, onSheet }),
  );
  const sheets = present({ sheet: chosen?.sheet, sheets_not_read: chosen?.others });
  return { rows, file: { name: basename(name), bytes, sha256: digest.digest('hex'), encoding, ...sheets } };
}

/** The reference time of the file, or the newest one that its rows state. */
function momentOfRows(asOf: ImportMoment, rows: readonly ReadRow[]): ImportMoment {
  const newest = rows
    .flatMap((row) => row.asOf ?? [])
    .sort()
    .at(-1);
  return newest === undefined || asOf.from === 'option' ? asOf : { moment: newest, from: 'column' };
}

interface ImportedFile {
  readonly rows: readonly ReadRow[];
  readonly asOf: ImportMoment;
  readonly file: ImportReport['file'];
}

interface ComparedRow extends ReadRow {
  readonly moment: HomeMoment;
  readonly lifts: readonly Restriction[];
  readonly restricts?: boolean;
}

/** A row that is not imported has no record afterwards. */
function compareRow(
  home: HomeProfile,
  read: ReadRow,
  against: { moment: HomeMoment; known: ReadonlyMap<string, KnownOperator>; today: string },
): ComparedRow {
  const { moment, known, today } = against;
  const { record, row, fields, faults, repeated = false } = read;
  if (record === undefined) return { ...read, moment, lifts: [] };
  const { lifts, restricts, refused } = compareWithKnown(record, {
    moment,
    known: known.get(record.code),
    today,
    repeated,
  });
  const fault = (path: DomesticPath, value: string, rule: FaultRule, detail?: string): RowFault =>
    faultOf(row, home.columns[path] ?? path, value, rule, detail);
  if (refused !== undefined) {
    const why = fault(refused.path, valueOf(record, refused.path), refused.rule, refused.detail);
    return { row, fields, moment, lifts, faults: [...faults, why] };
  }
  if (lifts.length === 0) return { ...read, moment, lifts, restricts };
  return { ...read, moment, lifts, restricts, faults: [...faults, fault('code', record.code, 'restriction_lifted')] };
}

function valueOf({ code, statusSince, consentSince = '' }: DomesticRecord, path: DomesticPath): string {
  return path === 'code' ? code : path === 'statusSince' ? statusSince : consentSince;
}

interface Compared {
  readonly state: ImportReport['state'];
  readonly known: ReadonlyMap<string, KnownOperator>;
  readonly compared: readonly ComparedRow[];
  /** What saving does or would do. */
  readonly saved: SavedOperators;
}

/** In one transaction; a dry run only reads. */
async function save(deps: ImportDeps, imported: ImportedFile, options: ImportOptions): Promise<Compared> {
  if (options.dryRun === true) return { ...(await compare(deps.db.sql, deps, imported)), state: 'dry_run' };
  return await deps.db.transaction(async (tx) => {
    const found = await compare(tx, deps, imported);
    if (found.compared.some(({ lifts }) => lifts.length > 0) && options.lift !== true)
      return { ...found, state: 'stopped' };
    await options.also?.(tx);
    await saveIn(tx, deps, { ...imported, ...found }, options.person);
    return found;
  });
}

async function compare(reader: Reader, { home, now }: ImportDeps, { rows, asOf }: ImportedFile): Promise<Compared> {
  const today = dayAt(now(), home.timeZone);
  const codes = rows.flatMap(({ record }) => record?.code ?? []);
  const known = await knownOperators(reader, codes);
  const compared = rows.map((row) => {
    const moment = asOf.from === 'option' ? asOf.moment : (row.asOf ?? asOf.moment);
    return compareRow(home, row, { moment, known, today });
  });
  const saved = countChanges(
    compared.flatMap(({ record }) => record ?? []),
    known,
  );
  return { state: 'saved', known, compared, saved };
}

async function saveIn(
  tx: Tx,
  { now }: ImportDeps,
  { rows, asOf, file, known, compared, saved }: ImportedFile & Compared,
  person: string,
): Promise<void> {
  const at = momentOf(now());
  const taken = compared.flatMap(({ record }) => record ?? []);
  const moments = new Map(compared.map(({ record, moment }) => [record?.code ?? '', moment]));
  const restricts = compared.some((row) => row.restricts === true);
  const source = { file: file.name, digest: file.sha256, person, restricts, known };
  await saveOperators(tx, taken, at, { ...source, asOf: (code) => newer(moments.get(code), known.get(code)) });
  if (saved.created + saved.changed === 0) return;
  const detail = { ...saved, rows: rows.length, refused: rows.length - taken.length, as_of: asOf.moment, by: person };
  await appendEvents(tx, [{ kind: 'operators_imported', ref: file.sha256, detail, at }]);
}

/** A day and a time on that day are not before each other: the time is more precise. */
function newer(moment: HomeMoment = '', known: KnownOperator | undefined): HomeMoment {
  return known !== undefined && known.asOf > moment ? known.asOf : moment;
}

function countLifts(taken: readonly ComparedRow[]): ImportReport['lifts'] {
  const all = taken.flatMap(({ lifts }) => lifts);
  const counts = restrictions.map((kind) => [kind, all.filter((lifted) => lifted === kind).length]);
  return Object.fromEntries(counts) as ImportReport['lifts'];
}

const mostSamples = 3;

/** Errors before warnings, the most frequent first. A row counts once per rule, however many of its cells break it. */
function problemsOf(rows: readonly ReadRow[]): Problem[] {
  const problems = new Map<FaultRule, { rows: number; samples: RowFault[] }>();
  for (const { faults } of rows) {
    const noted = new Set<FaultRule>();
    for (const fault of faults) {
      if (noted.has(fault.rule)) continue;
      noted.add(fault.rule);
      const problem = problems.get(fault.rule) ?? { rows: 0, samples: [] };
      problem.rows += 1;
      if (problem.samples.length < mostSamples) problem.samples.push(fault);
      problems.set(fault.rule, problem);
    }
  }
  return [...problems]
    .map(([rule, counted]) => ({ rule, ...counted, ...titleOf(rule) }))
    .sort((a, b) => a.severity.localeCompare(b.severity) || b.rows - a.rows);
}

function titleOf(rule: FaultRule): Pick<Problem, 'severity' | 'title' | 'fix'> {
  const { severity, title, fix } = faultRules[rule];
  return { severity, title, fix };
}
