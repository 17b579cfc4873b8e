/** What commands read: numbers of their options, and files. */

import { readFileSync } from 'node:fs';
import { GatewayError } from '../model/errors.ts';

/** A parser for `.option('--limit <n>', 'how many', wholeNumber('--limit'), 20)`; E_REQUEST_INVALID below `least`. */
export function wholeNumber(option: string, least = 1): (text: string) => number {
  return (text) => {
    if (/^\d{1,15}$/u.test(text) && Number(text) >= least) return Number(text);
    throw new GatewayError('E_REQUEST_INVALID', `${option} takes a whole number of at least ${least}`, { at: option });
  };
}

export function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new GatewayError('E_FILE_UNREADABLE', 'the file could not be opened', { at: file, cause });
  }
}
