/** What commands read and write: numbers of their options, and files. */

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isDay } from '../adapter/template/dates.ts';
import { GatewayError } from '../model/errors.ts';
import { momentInZone, readMoment } from '../model/day.ts';
import type { Day, Moment } from '../model/record/record.ts';

/** A parser for `.option('--limit <n>', 'how many', wholeNumber('--limit'), 20)`; E_REQUEST_INVALID below `least` and above `most`. */
export function wholeNumber(option: string, least = 1, most = Infinity): (text: string) => number {
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  return (text) => {
    if (/^\d{1,15}$/u.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    throw new GatewayError('E_REQUEST_INVALID', `${option} takes a whole number ${range}`, {
      at: option,
      fix: `Write for example ${option} ${Math.min(Math.max(least, 20), most)}.`,
    });
  };
}

/** A parser for an option that names a day; E_REQUEST_INVALID for another text, and for a day that does not exist. */
export function existingDay(option: string): (text: string) => Day {
  return (text) => {
    if (isDay(text)) return text;
    throw new GatewayError('E_REQUEST_INVALID', `${option} takes a day of the form YYYY-MM-DD`, {
      at: option,
      fix: `Write for example ${option} 2026-11-23.`,
    });
  };
}

/** A parser for the name of a key; E_REQUEST_INVALID for what messages cannot carry everywhere. */
export function keyName(text: string): string {
  if (/^[A-Za-z0-9._:@/-]{1,200}$/u.test(text)) return text;
  throw new GatewayError('E_REQUEST_INVALID', 'the name of a key has letters, digits and . _ : @ / - only', {
    at: '--name',
    fix: 'Write for example --name cn-2027.',
  });
}

/** The begin of a day at home, or a moment, of `--from`. Throws E_REQUEST_INVALID. */
export function momentAt(text: string | undefined, timeZone: string): Moment | undefined {
  if (text === undefined) return undefined;
  const moment = isDay(text)
    ? momentInZone(`${text}T00:00:00`, timeZone)
    : /T.*(?:Z|[+-]\d\d:\d\d)$/u.test(text)
      ? readMoment(text)
      : undefined;
  if (moment !== undefined) return moment;
  throw new GatewayError('E_REQUEST_INVALID', '--from takes a day, or a moment with its zone', {
    at: '--from',
    fix: 'Write for example --from 2026-11-23, or --from 2026-11-23T08:00:00Z.',
  });
}

/** Throws E_FILE_UNREADABLE. */
export function readInput(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const fix = 'Check the path of the file, and that the account of the gateway may read it.';
    throw new GatewayError('E_FILE_UNREADABLE', 'the file could not be opened', { at: file, fix, cause });
  }
}

/** Throws E_FILE_UNWRITABLE. `done`: what the command has done nevertheless. */
export function writeOutput(file: string, content: string | Uint8Array, done?: string, mode?: number): void {
  try {
    writeFileSync(file, content, { mode });
    if (mode !== undefined) chmodSync(file, mode); // also where the file was there before
  } catch (cause) {
    const fix = 'Name a file in a folder that exists and that the account of the gateway may write to.';
    const detail = `the file could not be written${done === undefined ? '' : `; ${done}`}`;
    throw new GatewayError('E_FILE_UNWRITABLE', detail, { at: file, fix, cause });
  }
}

/** Who works here, by the name of the account. */
export function account(): string {
  try {
    return userInfo().username;
  } catch {
    return `account ${process.getuid?.() ?? ''}`.trim(); // it has no name on this machine
  }
}
