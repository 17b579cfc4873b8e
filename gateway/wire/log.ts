/** The log: JSON lines with a closed set of fields, so that no operator's name or identifier can get into it. */

import { pino } from 'pino';
import { asGatewayError } from '../model/errors.ts';

/** Everything that may be logged beside the event itself. An operator's data has no field here, on purpose. */
const logFields = [
  'messageId',
  'partner',
  'kind',
  'code',
  'at',
  'detail',
  'state',
  'verdict',
  'digest',
  'epoch',
  'sequence',
  'evidence',
  'requestId',
  'method',
  'route',
  'status',
  'door',
  'host',
  'port',
  'queue',
  'attempt',
  'count',
  'bytes',
  'durationMs',
  'delayMs',
  'cause',
  'stack',
] as const;

export type LogFields = { readonly [F in (typeof logFields)[number]]?: string | number | boolean };
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** `event` is a constant text, such as `message applied`; what varies goes into the fields. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Where the lines go; standard error unless told, because standard output belongs to a command's data. */
  readonly destination?: { write(line: string): void };
}

export function makeLog(options: LogOptions): Log {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true });
  const base = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    debug: (event, fields) => base.debug(allowed(fields), event),
    info: (event, fields) => base.info(allowed(fields), event),
    warn: (event, fields) => base.warn(allowed(fields), event),
    error: (event, fields) => base.error(allowed(fields), event),
  };
}

/** The type stops a wrong field where it is written; an object that came a longer way is caught here. */
function allowed(fields: LogFields = {}): LogFields {
  return Object.fromEntries(logFields.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]])));
}

/**
 * An error as fields. Of a cause that is not ours only its class and its stack are taken: the messages of parsers and
 * drivers quote the input they failed on.
 */
export function faultFields(error: unknown): LogFields {
  const { code, detail, at, cause } = asGatewayError(error);
  return {
    code,
    detail,
    ...(at === undefined ? {} : { at }),
    ...(cause instanceof Error ? { cause: classOf(cause), stack: framesOf(cause) } : {}),
  };
}

/** The class, and the code drivers and sockets give (`ECONNREFUSED`, an SQLSTATE), when it is no more than a code. */
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
