/** The file of signed checkpoints: one JSON string per line, oldest first. While the log grows it gets a line every few seconds. */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { GatewayError, isSystemError } from '../model/errors.ts';
import { replaceDurably } from '../wire/files/durable-files.ts';

/** So many of the newest checkpoints are kept; of older ones, the last of every so many entries. */
const newestKept = 10_000;
const entriesBetween = 16_384;

/** Throws E_LOG_ALTERED for a line that is no checkpoint. */
export function noteIn(line: string, at: string): string {
  const damaged = (cause?: unknown): GatewayError =>
    new GatewayError('E_LOG_ALTERED', 'the file of checkpoints is damaged', { at, cause });
  let note: unknown;
  try {
    note = JSON.parse(line);
  } catch (cause) {
    throw damaged(cause);
  }
  if (typeof note !== 'string') throw damaged();
  return note;
}

/** Yields complete lines; none if there is no file. */
async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
  }
}

/** The log sizes that the checkpoints state, unverified. */
export async function headSizes(file: string): Promise<readonly number[]> {
  return (await Array.fromAsync(linesOf(file))).map((line) => sizeIn(line));
}

function sizeIn(line: string): number {
  return Number(noteIn(line, 'a line').split('\n')[1]);
}

/** Nothing else may write the file meanwhile. `kept` is for tests. */
export async function thinCheckpoints(file: string, kept = newestKept): Promise<void> {
  const [older, newest]: [string[], string[]] = [[], []];
  let count = 0;
  for await (const line of linesOf(file)) {
    count += 1;
    newest.push(line);
    const [oldest, next] = newest;
    if (newest.length <= kept || oldest === undefined || next === undefined) continue;
    newest.shift();
    if (partOf(oldest) !== partOf(next)) older.push(oldest);
  }
  const lines = [...older, ...newest];
  if (lines.length === count) return;
  await replaceDurably(file, lines.map((line) => `${line}\n`).join(''));
}

/** Identifies the log, and the section of it. */
function partOf(line: string): string {
  const [origin] = noteIn(line, 'a line').split('\n', 1);
  return `${origin ?? ''} ${String(Math.floor(sizeIn(line) / entriesBetween))}`;
}
