/** The file of signed checkpoints: one JSON string a line, oldest first. It has a line for every few seconds in which the log grew. */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { GatewayError, isSystemError } from '../model/errors.ts';
import { replaceDurably } from '../wire/files/durable-files.ts';

/** So many of the newest stay; of those before them, the last of each so many entries. */
const newestKept = 10_000;
const entriesBetween = 16_384;

/** Throws E_LOG_ALTERED for a line that is none. */
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

/** Whole lines; none where there is no file. */
async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
  }
}

/** The sizes that the checkpoints state, unverified. */
export async function headSizes(file: string): Promise<readonly number[]> {
  return (await Array.fromAsync(linesOf(file))).map((line) => sizeIn(line));
}

function sizeIn(line: string): number {
  return Number(noteIn(line, 'a line').split('\n')[1]);
}

/** Nobody else may write the file meanwhile. `kept`: for tests. */
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

/** Which log, and which part of it. */
function partOf(line: string): string {
  const [origin] = noteIn(line, 'a line').split('\n', 1);
  return `${origin ?? ''} ${String(Math.floor(sizeIn(line) / entriesBetween))}`;
}
