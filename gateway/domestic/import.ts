/**
 * Domestic records are imported from a file of the domestic system; the report names every fault.
 *
 *   file -> rows -> every row judged -> the valid ones saved in one transaction -> a report of the rest
 */

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Gateway } from '../gateway.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { isGatewayError } from '../model/errors.ts';
import { faultRules, type FaultRule, type RowFault, type Severity } from '../model/record/fault-rules.ts';
import type { HomeProfile } from '../model/home.ts';
import { faultOf, rowJudge, type FileRow, type JudgedRow } from '../model/record/row-faults.ts';
import { columnValues, optionalColumns, recordColumns } from '../model/record/record-text.ts';
import type { Day, DomesticRecord } from '../model/record/record.ts';
import { appendEvents } from '../store/events.ts';
import { saveOperators } from '../store/operators.ts';
import { readJsonLines, readTable, writeCsv, type TableEncoding } from '../wire/files/csv.ts';
import { parseStrictJson } from '../wire/files/json.ts';
import { jsonValidator } from '../wire/xsd/schema.ts';

export type ImportDeps = Pick<Gateway, 'home' | 'db' | 'now'>;

export interface ImportOptions {
  readonly encoding?: TableEncoding;
  /** `csv`: columns titled as the home profile says. `jsonl`: a record of schemas/record.schema.json a line. */
  readonly format?: 'csv' | 'jsonl';
  /** Everything but the saving; the counts are those saving would give. */
  readonly dryRun?: boolean;
  /** Bytes of the file read so far. */
  readonly progress?: (bytes: number) => void;
}

/** Rows with the same fault. */
export interface Problem {
  readonly rule: FaultRule;
  readonly severity: Severity;
  readonly title: string;
  readonly rows: number;
  /** The first three. */
  readonly samples: readonly RowFault[];
  readonly fix: string;
}

export interface RefusedRow {
  readonly fields: Readonly<Record<string, string>>;
  /** Warnings too: staff correct the row once. */
  readonly faults: readonly RowFault[];
}

export interface ImportReport {
  readonly file: {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly encoding: TableEncoding;
  };
  readonly state: 'saved' | 'dry_run';
  /** All are rows; `warnings` are rows saved with at least one. An import adds and changes, it never removes. */
  readonly counts: Saved & Readonly<Record<'rows' | 'refused' | 'warnings', number>>;
  readonly problems: readonly Problem[];
  readonly refused: readonly RefusedRow[];
}

type Saved = Readonly<Record<'created' | 'changed' | 'unchanged', number>>;

/**
 * Imports a file of domestic records; the same file twice changes nothing. Throws E_FILE_UNREADABLE, E_FILE_STRUCTURE
 * (before any row is judged) and what the store throws; faults of rows are the report.
 */
export async function importOperators(
  deps: ImportDeps,
  path: string,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { encoding = 'utf-8', format = 'csv', dryRun = false, progress } = options;
  const today = dayAt(deps.now(), deps.home.timeZone);
  const digest = createHash('sha256');
  let bytes = 0;
  const onBytes = (piece: Uint8Array): void => {
    digest.update(piece);
    bytes += piece.length;
    progress?.(bytes);
  };

  // 1. Judge every row of the file.
  const source = { path, encoding, onBytes };
  const judged = format === 'csv' ? judgeTable(deps.home, today, source) : judgeLines(deps.home, today, source);
  const judgedFile = await collect(judged);

  // 2. Save the valid ones, all or none.
  const sha256 = digest.digest('hex');
  const saved = await save(deps, judgedFile, { sha256, dryRun });

  // 3. Report the result of each row.
  const { rows, warnings, refused, problems } = judgedFile;
  return {
    file: { name: basename(path), bytes, sha256, encoding },
    state: dryRun ? 'dry_run' : 'saved',
    counts: { rows, ...saved, refused: refused.length, warnings },
    problems: bySeverity(problems),
    refused,
  };
}

interface ImportSource {
  readonly path: string;
  readonly encoding: TableEncoding;
  readonly onBytes: (piece: Uint8Array) => void;
}

interface Judged extends JudgedRow {
  readonly fields: Readonly<Record<string, string>>;
}

async function* judgeTable(
  home: HomeProfile,
  today: Day,
  { path, encoding, onBytes }: ImportSource,
): AsyncIterable<Judged> {
  const judge = rowJudge(home, today);
  const columns = Object.values(home.columns);
  const optional = optionalColumns.flatMap((column) => home.columns[column] ?? []);
  for await (const row of readTable(path, { encoding, columns, optional, onBytes }))
    yield { ...judge(row), fields: row.fields };
}

const recordSchema = fileURLToPath(new URL('../../schemas/record.schema.json', import.meta.url));

/** Lines have no titles: their columns are the paths of the record. The shape is judged first, then the row like any other. */
async function* judgeLines(
  home: HomeProfile,
  today: Day,
  { path, encoding, onBytes }: ImportSource,
): AsyncIterable<Judged> {
  const columns = Object.fromEntries(recordColumns.map((name) => [name, name]));
  const judge = rowJudge({ ...home, columns }, today);
  const shape = jsonValidator<DomesticRecord>(recordSchema);
  for await (const { row, text } of readJsonLines(path, { encoding, onBytes })) {
    const line = readLine(row, text, shape);
    yield line.faults.length > 0 ? line : { ...judge(line), fields: line.fields };
  }
}

type Shape = ReturnType<typeof jsonValidator<DomesticRecord>>;

function readLine(row: number, text: string, shape: Shape): FileRow & { readonly faults: readonly RowFault[] } {
  const unread = { row, fields: { line: text } };
  try {
    const checked = shape(parseStrictJson(text));
    if (checked.ok) return { row, fields: columnValues(checked.value), faults: [] };
    const faults = checked.errors.map(({ pointer, detail }) =>
      faultOf(row, pointer.slice(1).replaceAll('/', '.'), '', 'shape_invalid', detail),
    );
    return { ...unread, faults };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return { ...unread, faults: [faultOf(row, '', text, 'shape_invalid', error.detail)] };
  }
}

interface JudgedFile {
  readonly rows: number;
  readonly warnings: number;
  readonly records: readonly DomesticRecord[];
  readonly refused: readonly RefusedRow[];
  readonly problems: ReadonlyMap<FaultRule, Problem>;
}

const mostSamples = 3;

async function collect(judged: AsyncIterable<Judged>): Promise<JudgedFile> {
  const records: DomesticRecord[] = [];
  const refused: RefusedRow[] = [];
  const problems = new Map<FaultRule, Problem>();
  let warnings = 0;
  for await (const { record, faults, fields } of judged) {
    if (record === undefined) refused.push({ fields, faults });
    else records.push(record);
    if (record !== undefined && faults.length > 0) warnings += 1;
    noteFaults(problems, faults);
  }
  return { rows: records.length + refused.length, warnings, records, refused, problems };
}

/** Counts a row once for each rule, however many of its cells break it. */
function noteFaults(problems: Map<FaultRule, Problem>, faults: readonly RowFault[]): void {
  const noted = new Set<FaultRule>();
  for (const fault of faults) {
    if (noted.has(fault.rule)) continue;
    noted.add(fault.rule);
    const { severity, title, fix } = faultRules[fault.rule];
    const { rows, samples } = problems.get(fault.rule) ?? { rows: 0, samples: [] };
    const shown = samples.length < mostSamples ? [...samples, fault] : samples;
    problems.set(fault.rule, { rule: fault.rule, severity, title, rows: rows + 1, samples: shown, fix });
  }
}

/** Errors before warnings, the most frequent first. */
function bySeverity(problems: ReadonlyMap<FaultRule, Problem>): Problem[] {
  return [...problems.values()].sort((a, b) => a.severity.localeCompare(b.severity) || b.rows - a.rows);
}

/** In one transaction; a dry run rolls it back, which is the one way to count exactly what saving would do. */
async function save(deps: ImportDeps, file: JudgedFile, run: { sha256: string; dryRun: boolean }): Promise<Saved> {
  const at = momentOf(deps.now());
  const rollback = new Error('dry run');
  let saved: Saved = { created: 0, changed: 0, unchanged: 0 };
  await deps.db
    .transaction(async (tx) => {
      saved = await saveOperators(tx, file.records, at);
      if (run.dryRun) throw rollback;
      if (saved.created + saved.changed === 0) return;
      const detail = { ...saved, rows: file.rows, refused: file.refused.length };
      await appendEvents(tx, [{ kind: 'operators_imported', ref: run.sha256, detail, at }]);
    })
    .catch((error: unknown) => {
      if (error !== rollback) throw error;
    });
  return saved;
}

/** The refused rows as CSV, with the rules they break and what to do about it; safe to open in a spreadsheet. */
export function refusedRowsCsv({ refused }: Pick<ImportReport, 'refused'>): string {
  const titles = [...new Set(refused.flatMap(({ fields }) => Object.keys(fields)))];
  const rows = refused.map(({ fields, faults }) => {
    const cells = titles.map((title) => fields[title] ?? '');
    const joined = (part: (fault: RowFault) => string): string => [...new Set(faults.map(part))].join('; ');
    const detail = joined(({ row, column, detail }) => `row ${row}${column === '' ? '' : `, ${column}`}: ${detail}`);
    return [...cells, joined(({ rule }) => rule), detail, joined(({ fix }) => fix)];
  });
  return writeCsv([[...titles, 'rule', 'detail', 'fix'], ...rows]);
}
