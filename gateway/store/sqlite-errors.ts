/** Errors of the embedded engine as errors of ours: what a retry can mend, and what only a new start or a restored file can. */

import { GatewayError, isGatewayError } from '../model/errors.ts';

export const busyCode = 5;
/** READONLY, IOERR, FULL, CANTOPEN, PROTOCOL: the disk, its rights, or another writer. Nothing was stored. */
const unreachableCodes: ReadonlyMap<number, string> = new Map([
  [busyCode, 'another program holds the file'],
  [8, 'the file is read-only'],
  [10, 'the disk reports an error'],
  [13, 'the disk is full'],
  [14, 'the file could not be opened'],
  [15, 'another program holds the log of the file'],
]);
/** CORRUPT, NOTADB: the content of the file is not what SQLite wrote. */
const damagedCodes: readonly number[] = [11, 26];

/** The primary result code of SQLite; 0 for other errors. */
export function resultCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}

/** FULL, IOERR_WRITE (extended codes). */
const unwrittenCodes: readonly number[] = [13, 778];

/**
 * A COMMIT could not write a page of the log. Its end is written last, and the index of the log names it only then: nothing was stored. The
 * same cannot be said after an error of fsync.
 */
export function isUnwritten(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && unwrittenCodes.includes(Number(error.errcode));
}

/** E_STORE_UNREACHABLE or E_STORE_DAMAGED; errors of a statement itself stay as they are. */
export function storeError(error: unknown): unknown {
  const code = resultCode(error);
  if (isGatewayError(error) || code === 0) return error;
  if (damagedCodes.includes(code)) return damaged(`the content of the file is damaged (SQLite result ${code})`, error);
  const reason = unreachableCodes.get(code);
  return reason === undefined ? error : unreachable(`${reason} (SQLite result ${code})`, error);
}

export function unreachable(detail: string, cause?: unknown): GatewayError {
  const fix =
    'Check that the disk is healthy and has room, that file and folder belong to the gateway’s account, and who else holds the file.';
  return new GatewayError('E_STORE_UNREACHABLE', detail, { cause, fix });
}

export function damaged(detail: string, cause?: unknown): GatewayError {
  const fix = 'Stop the gateway, keep a copy of the file and its -wal, and restore the store from a backup.';
  return new GatewayError('E_STORE_DAMAGED', detail, { cause, fix });
}
