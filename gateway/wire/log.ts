/** The log: JSON Lines with a fixed set of fields, so that it never holds the name or identifier of an operator. */

import { pino } from 'pino';
import { asGatewayError } from '../model/errors.ts';

/** All fields of a log line besides the event. None can hold data of an operator. */
const logFields = [
  ...(['messageId', 'partner', 'kind', 'code', 'at', 'detail', 'state', 'verdict', 'digest'] as const),
  ...(['epoch', 'sequence', 'evidence', 'requestId', 'method', 'route', 'status', 'door'] as const),
  ...(['host', 'port', 'queue', 'attempt', 'count', 'bytes', 'durationMs', 'delayMs', 'cause', 'stack'] as const),
];

export type LogFields = { readonly [F in (typeof logFields)[number]]?: string | number | boolean };
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** `event` is a constant text, such as `message applied`; variable data belongs in the fields. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

interface LogOptions {
  readonly level: LogLevel;
  /** By default standard error, because standard output is for the data of a command. */
  readonly destination?: { write(line: string): void };
  /** Lines of one kind about one partner or caller; further ones of that minute are counted. Absent: no limit. */
  readonly linesPerMinute?: number;
  readonly minuteMs?: number;
}

export function makeLog({ level, destination, linesPerMinute = Infinity, minuteMs = 60_000 }: LogOptions): Log {
  const sink = destination ?? pino.destination({ dest: 2, sync: true });
  const base = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
  const write: Write = (of, event, fields) => base[of](allowed(fields), event);
  const limited = limitLines(write, linesPerMinute, minuteMs);
  return {
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => limited('info', event, fields),
    warn: (event, fields) => limited('warn', event, fields),
    error: (event, fields) => limited('error', event, fields),
  };
}

type Write = (level: 'debug' | 'info' | 'warn' | 'error', event: string, fields?: LogFields) => void;

/** More kinds at once share one limit: callers may have many addresses. */
const mostKinds = 1_000;

/** After `limit` lines of one event, code, and partner or caller in a minute, one line with the count of the others. */
function limitLines(write: Write, limit: number, minuteMs: number): Write {
  const kinds = new Map<string, { lines: number }>();
  return (level, event, fields = {}) => {
    const { partner, host, code, state } = fields;
    const own = JSON.stringify([level, event, partner, host, code, state]);
    const key = kinds.has(own) || kinds.size < mostKinds ? own : level;
    const kind = kinds.get(key) ?? { lines: 0 };
    kind.lines += 1;
    if (kind.lines <= limit) write(level, event, fields);
    if (kinds.has(key)) return;
    kinds.set(key, kind);
    setTimeout(() => {
      kinds.delete(key);
      const count = kind.lines - limit;
      if (count > 0)
        write(level, 'lines left out', { ...(key === own ? { partner, host, code, state, kind: event } : {}), count });
    }, minuteMs).unref();
  };
}

/** The type refuses unknown fields of a literal; those of other objects are dropped here. */
function allowed(fields: LogFields = {}): LogFields {
  return Object.fromEntries(logFields.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
}

/** An error as fields. Of its cause only class and stack are logged: messages of parsers and drivers quote their input. */
export function faultFields(error: unknown): LogFields {
  const { code, detail, at, cause } = asGatewayError(error);
  return {
    code,
    ...withoutNames(code, detail, at),
    ...(cause instanceof Error ? { cause: classOf(cause), stack: framesOf(cause) } : {}),
  };
}

/** Codes that no table has, and names of elements and members that were not agreed, come from the sender: they and what follows them are not logged. */
function withoutNames(code: string, detail: string, at: string | undefined): Pick<LogFields, 'detail' | 'at'> {
  const place = at === undefined ? {} : { at };
  if (code === 'E_CODE_UNKNOWN') return { detail: detail.replace(/^the code \S+/u, 'a code'), ...place };
  if (code !== 'E_ELEMENT_UNKNOWN' && code !== 'E_SCHEMA_INVALID') return { detail, ...place };
  const known =
    /^line \d+/u.exec(at ?? '')?.[0] ?? (at?.startsWith('/') === true ? at.replace(/[^/]*$/u, '') : undefined);
  const said = code === 'E_SCHEMA_INVALID' ? 'the message does not follow its schema' : detail;
  return { detail: said, ...(known === undefined ? {} : { at: known }) };
}

/** The class, and the code of a driver or socket (`ECONNREFUSED`, an SQLSTATE), if it has the form of a code. */
function classOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return /^\w{1,40}$/.test(code) ? `${error.name} ${code}` : error.name;
}

function framesOf(error: Error): string {
  const stack = error.stack ?? '';
  const frames = stack.slice(stack.indexOf(error.message) + error.message.length).split('\n');
  return frames
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .join('; ');
}
