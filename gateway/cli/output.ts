/** The one place where the command line writes: data on stdout, messages and progress on stderr, and the exit codes. */

import { styleText } from 'node:util';
import cliProgress from 'cli-progress';
import type { ErrorCode, GatewayError } from '../model/errors.ts';
import { columnsOf, shown } from '../model/shown-text.ts';

/** What a command's exit code tells a script. Stable. */
export const exitCodes = {
  done: 0,
  findings: 1,
  usage: 2,
  invalid: 3,
  not_allowed: 4,
  unreachable: 5,
  partly: 6,
  stopped: 7,
  unknown: 8,
  our_bug: 70,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** `junit` is for results of tests only, `sarif` for findings of lint: other commands refuse them. */
export type Format = 'table' | 'json' | 'junit' | 'sarif';
export type Cell = string | number | undefined;

export interface Progress {
  /** Sets how much is done so far, in the unit of the total. */
  at(done: number): void;
  end(): void;
}

export interface Output {
  readonly format: Format;
  /** One line of data on stdout; hidden characters are shown by number. */
  print(text: string): void;
  /** The whole result for programs, on stdout. */
  json(value: unknown): void;
  /** Rows of equal members as aligned columns, titled by member name, on stdout. */
  table(rows: readonly Readonly<Record<string, Cell>>[]): void;
  /** One line for the person watching, on stderr. */
  note(text: string): void;
  /** A bar on a terminal, a line per 10 % elsewhere, on stderr. A total of 0 shows nothing. */
  progress(title: string, total: number): Progress;
  /** The error in words, what to do about it, and its code, on stderr; returns the exit code. */
  fail(error: GatewayError): ExitCode;
  /** The last line: what to do now, on stderr. Programs are not told. */
  next(text: string): void;
}

export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

export interface OutputStreams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly format?: Format;
}

/** Colours only on a terminal, and not under NO_COLOR (util.styleText looks at both). */
export function makeOutput({ stdout, stderr, format = 'table' }: OutputStreams): Output {
  // Whoever read stdout (`head`) has had enough: the work goes on, only nobody is told any more.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const line = (stream: OutputStream, text: string): void => void stream.write(`${text}\n`);
  return {
    format,
    print: (text) => line(stdout, linewise(text)),
    json: (value) => line(stdout, JSON.stringify(value, null, 2)),
    table: (rows) => writeTable(stdout, rows),
    note: (text) => line(stderr, linewise(text)),
    progress: (title, total) => startProgress(stderr, title, total),
    fail(error) {
      for (const text of failureLines(error)) line(stderr, linewise(text));
      return exitCodeOf(error);
    },
    next(text) {
      if (format === 'table') line(stderr, `Next: ${linewise(text)}`);
    },
  };
}

/** A text may have lines of its own; everything else that hides is shown by number, so that data cannot steer a terminal. */
function linewise(text: string): string {
  return text
    .split('\n')
    .map((part) => shown(part))
    .join('\n');
}

function failureLines(error: GatewayError): string[] {
  const lines = [`${error.kind.title} ${sentence(error.detail)}`];
  if (error.at !== undefined) lines.push(`  at   ${error.at}`);
  if (error.fix !== undefined) lines.push(`  fix  ${error.fix}`);
  lines.push(`  code ${error.code}`);
  // Only what nobody foresaw needs the inner story; it goes to whoever mends the program.
  if (error.code === 'E_INTERNAL' && error.cause instanceof Error) lines.push(error.cause.stack ?? error.cause.message);
  return lines;
}

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}${/[.!?]$/u.test(detail) ? '' : '.'}`;
}

function writeTable(stream: OutputStream, rows: readonly Readonly<Record<string, Cell>>[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const titles = Object.keys(first);
  const numeric = titles.map((title) => rows.every((row) => typeof row[title] !== 'string'));
  const cells = rows.map((row) => titles.map((title) => shown(String(row[title] ?? ''))));
  const widths = titles.map((title, i) => Math.max(columnsOf(title), ...cells.map((row) => columnsOf(row[i] ?? ''))));
  const aligned = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const gap = ' '.repeat((widths[i] ?? 0) - columnsOf(cell));
        return numeric[i] === true ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  stream.write(`${styleText('bold', aligned(titles), { stream })}\n`);
  for (const row of cells) stream.write(`${aligned(row)}\n`);
}

function startProgress(stream: OutputStream, title: string, total: number): Progress {
  if (total <= 0) return { at: () => undefined, end: () => undefined };
  return stream.isTTY === true ? progressBar(stream, title, total) : progressLines(stream, title, total);
}

function progressBar(stream: OutputStream, title: string, total: number): Progress {
  const format = `${title} [{bar}] {percentage} %  {eta_formatted} left`;
  const bar = new cliProgress.SingleBar(
    { stream, format, hideCursor: true, clearOnComplete: false },
    cliProgress.Presets.legacy,
  );
  bar.start(total, 0);
  return { at: (done) => bar.update(Math.min(done, total)), end: () => bar.stop() };
}

function progressLines(stream: OutputStream, title: string, total: number): Progress {
  let told = 0;
  return {
    at(done) {
      const tenths = Math.min(10, Math.floor((done * 10) / total));
      if (tenths > told) stream.write(`${title}: ${tenths * 10} %\n`);
      told = Math.max(told, tenths);
    },
    end: () => undefined,
  };
}

const exceptions: Partial<Record<ErrorCode, ExitCode>> = {
  E_APPROVAL_NEEDED: exitCodes.not_allowed,
  E_APPROVAL_REPEATED: exitCodes.not_allowed,
  E_ARRANGEMENT_NOT_IN_FORCE: exitCodes.stopped,
  E_NOTHING_HELD: exitCodes.stopped,
  E_STREAM_MOVED: exitCodes.stopped,
  E_OUTCOME_UNKNOWN: exitCodes.unknown,
  E_DELIVERY_UNKNOWN: exitCodes.unknown,
};

/** What the caller asked wrongly is usage; what somebody else's message has wrong is a finding. */
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
      return exitCodes.invalid;
    case 'internal':
      return exitCodes.our_bug;
  }
}
