/** All output of the command line: data on stdout, messages and progress on stderr; and the exit codes. */

import { styleText } from 'node:util';
import texts from '../../schemas/code-explanations.json' with { type: 'json' };
import type { ErrorCode, GatewayError } from '../model/errors.ts';
import { displayWidth, shown } from '../model/shown-text.ts';
import { junitXml } from './junit.ts';
import { sarifLog } from './sarif.ts';

/** Stable: scripts rely on them. */
export const exitCodes = {
  done: 0,
  findings: 1,
  usage: 2,
  configuration: 3,
  not_allowed: 4,
  unreachable: 5,
  partly: 6,
  stopped: 7,
  unknown: 8,
  damaged: 9,
  internal_error: 70,
  /** Of sysexits.h: the command was done, and its result could not be written. */
  output_lost: 74,
  /** A person pressed Ctrl-C: 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** `junit` is for test results only, `sarif` for lint findings only; other commands refuse them. */
export type Format = 'table' | 'json' | 'junit' | 'sarif';
type Cell = string | number | undefined;
export type Row = Readonly<Record<string, Cell>>;

interface Progress {
  /** Sets the amount done so far, in the unit of the total. */
  at(done: number): void;
  end(): void;
}

export interface Output {
  readonly format: Format;
  /** Lines of data on stdout; hidden characters are shown by number. Not for the JSON format. */
  print(text: string): void;
  /** The whole result for programs, on stdout: one document for each command. */
  json(value: unknown): void;
  /** Rows with the same members as aligned columns, titled by member name, on stdout. */
  table(rows: readonly Row[]): void;
  /** `json(value)` if the format is JSON, otherwise the tables with a blank line between them. */
  result(value: unknown, ...tables: readonly (readonly Row[])[]): void;
  /** A message to people, on stderr. */
  note(text: string): void;
  /** A bar on a terminal, a line per 10 % elsewhere, on stderr. A total of 0 shows nothing. */
  progress(title: string, total: number): Progress;
  /**
   * Detail, place, fix and code of the error, on stderr; for programs a document of the format on stdout, in JSON `{ error }`,
   * unless the result stands there already. Returns the exit code.
   */
  fail(error: GatewayError): ExitCode;
  /** The last line: what to do next, on stderr. Not printed for programs. */
  next(text: string): void;
}

type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

interface OutputStreams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly format?: Format;
}

/** Colours only on a terminal, and not under NO_COLOR (util.styleText looks at both). */
export function makeOutput({ stdout, stderr, format = 'table' }: OutputStreams): Output {
  const line = (stream: OutputStream, text: string): void => void stream.write(`${text}\n`);
  let written = false;
  const json = (value: unknown): void => {
    written = true;
    line(stdout, JSON.stringify(value, null, 2));
  };
  return {
    format,
    print(text) {
      written = true;
      line(stdout, linewise(text));
    },
    json,
    table: (rows) => writeTable(stdout, rows),
    result(value, ...tables) {
      if (format === 'json') json(value);
      else {
        for (const [i, rows] of tables.filter(({ length }) => length > 0).entries()) {
          if (i > 0) line(stdout, '');
          writeTable(stdout, rows);
        }
      }
    },
    note: (text) => line(stderr, linewise(text)),
    progress: (title, total) => startProgress(stderr, title, total),
    fail(error) {
      const text = failureLines(error).join('\n');
      if (written || format !== 'json') line(stderr, linewise(text));
      if (!written && format !== 'table') line(stdout, failureDocument(format, error, text));
      return exitCodeOf(error);
    },
    next(text) {
      if (format === 'table') line(stderr, `Next: ${linewise(text)}`);
    },
  };
}

/** Keeps line breaks; shows all other hidden characters by number, so that data cannot send control sequences to a terminal. */
function linewise(text: string): string {
  return text
    .split('\n')
    .map((part) => shown(part))
    .join('\n');
}

function failureLines(error: GatewayError): string[] {
  const lines = [`${error.kind.title} ${sentence(error.detail)}`];
  if (error.at !== undefined) lines.push(`  at   ${error.at}`);
  lines.push(`  fix  ${fixOf(error)}`);
  lines.push(`  code ${error.code}`);
  // The stack helps developers only; other errors name their fix.
  if (error.code === 'E_INTERNAL' && error.cause instanceof Error) lines.push(error.cause.stack ?? error.cause.message);
  return lines;
}

/** A build server that finds no document takes the step for one that was not run. */
function failureDocument(format: Exclude<Format, 'table'>, error: GatewayError, text: string): string {
  switch (format) {
    case 'json':
      return JSON.stringify({ error: failureOf(error) }, null, 2);
    case 'junit':
      return junitXml('mra', [{ name: error.code, milliseconds: 0, failure: text }]);
    case 'sarif':
      return JSON.stringify(sarifLog({ failure: { code: error.code, text } }), null, 2);
  }
}

/** Published: an error as programs read it. */
export function failureOf(error: GatewayError): Readonly<Record<string, unknown>> {
  const { code, detail, at, kind } = error;
  const fix = fixOf(error);
  const { title, category, retry, who } = kind;
  return { code, title, detail, at, fix, category, retry, who_must_act: who, exit_code: exitCodeOf(error) };
}

/** The fix of this error; else that of its code. */
const fixOf = ({ fix, code }: GatewayError): string => fix ?? texts.errors[code].mend;

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}${/[.!?]$/u.test(detail) ? '' : '.'}`;
}

function writeTable(stream: OutputStream, rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const titles = Object.keys(first);
  const numeric = titles.map((title) => rows.every((row) => typeof row[title] !== 'string'));
  const cells = rows.map((row) => titles.map((title) => shown(String(row[title] ?? ''))));
  const widths = titles.map((title, i) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[i] ?? ''))),
  );
  const width = widths.reduce((sum, each) => sum + each + 2, -2);
  if (stream.isTTY === true && width > (stream.columns ?? Infinity)) return writeRecords(stream, titles, cells);
  const aligned = (row: readonly string[], style: (cell: string) => string): string =>
    row
      .map((cell, i) => {
        const gap = ' '.repeat((widths[i] ?? 0) - displayWidth(cell));
        return numeric[i] === true ? gap + style(cell) : style(cell) + gap;
      })
      .join('  ')
      .trimEnd();
  stream.write(`${styleText('bold', aligned(titles, String), { stream })}\n`);
  for (const row of cells) stream.write(`${aligned(row, (cell) => coloured(stream, cell))}\n`);
}

/** A table wider than the terminal: a line for each cell, so that ids can be copied whole. */
function writeRecords(stream: OutputStream, titles: readonly string[], cells: readonly (readonly string[])[]): void {
  const width = Math.max(...titles.map((title) => displayWidth(title)));
  for (const [n, row] of cells.entries()) {
    if (n > 0) stream.write('\n');
    for (const [i, cell] of row.entries()) {
      const title = titles[i] ?? '';
      const gap = ' '.repeat(width - displayWidth(title));
      if (cell !== '') stream.write(`${styleText('bold', title, { stream })}${gap}  ${coloured(stream, cell)}\n`);
    }
  }
}

const colours: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = {
  ...{ ok: 'green', passed: 'green', applied: 'green', APPLIED: 'green', ACCEPTED: 'green' },
  ...{ warn: 'yellow', held: 'yellow', HELD: 'yellow', PARTIAL: 'yellow' },
  ...{ fail: 'red', failed: 'red', rejected: 'red', REJECTED: 'red' },
};

/** Words of results in their colour, on a terminal without NO_COLOR. */
function coloured(stream: OutputStream, cell: string): string {
  const colour = Object.hasOwn(colours, cell) ? colours[cell] : undefined;
  return colour === undefined ? cell : styleText(colour, cell, { stream });
}

/** On a terminal one line that is redrawn for each per cent; elsewhere a line for each 10 %. */
function startProgress(stream: OutputStream, titleText: string, total: number): Progress {
  if (total <= 0) return { at: () => undefined, end: () => undefined };
  const title = shown(titleText);
  const terminal = stream.isTTY === true;
  const step = terminal ? 1 : 10;
  let shownPercent = 0;
  return {
    at(done) {
      const percent = Math.floor(Math.min(1, done / total) * (100 / step)) * step;
      if (percent <= shownPercent) return;
      shownPercent = percent;
      const bar = `[${'='.repeat(percent / 5).padEnd(20)}] `;
      stream.write(terminal ? `\r${title} ${bar}${percent} %` : `${title}: ${percent} %\n`);
    },
    end() {
      if (terminal && shownPercent > 0) stream.write('\n');
    },
  };
}

const exceptions: Partial<Record<ErrorCode, ExitCode>> = {
  E_APPROVAL_NEEDED: exitCodes.not_allowed,
  E_APPROVAL_REPEATED: exitCodes.not_allowed,
  E_ARRANGEMENT_NOT_IN_FORCE: exitCodes.stopped,
  E_NOTHING_HELD: exitCodes.stopped,
  E_STREAM_MOVED: exitCodes.stopped,
  E_STORE_OLDER: exitCodes.stopped,
  E_STORE_OCCUPIED: exitCodes.stopped,
  E_OUTCOME_UNKNOWN: exitCodes.unknown,
  E_DELIVERY_UNKNOWN: exitCodes.unknown,
  E_STORE_DAMAGED: exitCodes.damaged,
};

/** A fault in the caller's request is usage; a fault in a partner's message is a finding. */
export function exitCodeOf(error: GatewayError): ExitCode {
  const exception = exceptions[error.code];
  if (exception !== undefined) return exception;
  switch (error.kind.category) {
    case 'content':
      return error.kind.who === 'caller' ? exitCodes.usage : exitCodes.findings;
    case 'security':
      return exitCodes.findings;
    case 'transport':
      return exitCodes.unreachable;
    case 'configuration':
      return exitCodes.configuration;
    case 'internal':
      return exitCodes.internal_error;
  }
}

/** A count with separators, as people read it. */
export function amount(count: number): string {
  return count.toLocaleString('en');
}
