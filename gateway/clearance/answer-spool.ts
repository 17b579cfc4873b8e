/**
 * The file of answers, including those of whole entries, that are given while the store is unreachable. Each answer is on disk before it is
 * given and is recorded once the store is back, so no answer with a number is lost, whenever the process ends.
 */

import { randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { Database } from '../store/database.ts';
import { recordSpooled, reservePlaces, type PlaceRange, type SpooledLine } from '../store/spooled-answers.ts';
import { syncFolder } from '../wire/files/durable-files.ts';

export interface AnswerSpool {
  /** Reserves places if few are left. Needs the store. Throws the same errors as Database.transaction. */
  prepare(): Promise<void>;
  /** Takes `count` places and returns the first. Throws E_STORE_UNREACHABLE if the reserved range is used up, or none was reserved. */
  takePlaces(count: number): number;
  /** On disk when this resolves. Throws E_STORE_UNREACHABLE. */
  append(lines: readonly SpooledLine[]): Promise<void>;
  /** Resolves if an answer could be appended now. Throws E_STORE_UNREACHABLE. */
  tryAppending(): Promise<void>;
  /**
   * Records the answers of all files, then deletes the files. Returns how many answers it recorded. Throws the same errors as
   * Database.transaction.
   */
  drain(): Promise<number>;
}

/** Lines recorded in one transaction, which blocks other writers for about two milliseconds. */
const together = 50;
/** A range is renewed when this many places are left. */
const fewPlaces = 1_000_000;

/** `folder` holds the files and is created if absent. Each answering process needs a folder of its own. */
export function openAnswerSpool(db: Database, folder: string, now: () => Date): AnswerSpool {
  const files = openFiles(folder, now);
  let range: PlaceRange = { first: 0, count: 0 };
  const requirePlaces = (count: number): void => {
    if (range.count < count)
      throw new GatewayError('E_STORE_UNREACHABLE', 'no consultation numbers are left that need no store');
  };
  return {
    async prepare() {
      if (range.count < fewPlaces) range = await db.transaction(reservePlaces);
    },
    takePlaces(count) {
      requirePlaces(count);
      const { first } = range;
      range = { first: first + count, count: range.count - count };
      return first;
    },
    append: (lines) => files.append(lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
    async tryAppending() {
      requirePlaces(1);
      await files.append('\n');
    },
    async drain() {
      let recorded = 0;
      for (const path of await files.end()) {
        let isWhole = true;
        for await (const lines of linesOf(path)) {
          const given = lines.map(readLine).filter((line) => line !== undefined);
          isWhole &&= given.length === lines.length;
          recorded += await db.transaction((tx) => recordSpooled(tx, given, momentOf(now())));
        }
        // A line cut off by the end of the process belongs to an answer that was not given. Keep the file for inspection.
        await (isWhole ? rm(path) : rename(path, `${path}.cut`));
      }
      return recorded;
    },
  };
}

interface Files {
  /** On disk when this resolves. Throws E_STORE_UNREACHABLE. */
  append(text: string): Promise<void>;
  /** Paths of all files so far, oldest first; later appends go to a new file. */
  end(): Promise<readonly string[]>;
}

function openFiles(folder: string, now: () => Date): Files {
  let current: FileHandle | undefined;
  /** Appends run one after the other, so that none closes a file that another is creating. */
  let working: Promise<unknown> = Promise.resolve();
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = working.then(work);
    working = done.catch(() => undefined);
    return await done;
  }
  async function appendNow(text: string): Promise<void> {
    try {
      current ??= await openFile(folder, now());
      await write(current, text);
    } catch (cause) {
      // The last line may be cut off; the next one must not follow it in this file.
      await current?.close().catch(() => undefined);
      current = undefined;
      throw new GatewayError('E_STORE_UNREACHABLE', 'nor could the answer be kept in a file until it is back', {
        ...{ cause, at: folder },
        fix: 'Make room on the disk, and see that the folder is writable.',
      });
    }
  }
  return {
    append: (text) => inTurn(() => appendNow(text)),
    end: () =>
      inTurn(async () => {
        const closing = current;
        current = undefined;
        await closing?.close();
        return await filesIn(folder);
      }),
  };
}

/** Also syncs the folder, and its parent if the folder is new, so that the names are on disk. */
async function openFile(folder: string, at: Date): Promise<FileHandle> {
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${at.getTime()}-${randomBytes(4).toString('hex')}.ndjson`);
  const file = await open(path, 'ax', 0o600);
  await syncFolder(folder);
  if (made !== undefined) await syncFolder(dirname(folder));
  return file;
}

async function write(file: FileHandle, text: string): Promise<void> {
  await file.appendFile(text);
  await file.datasync();
}

/** Oldest first. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .map((name) => join(folder, name));
}

async function* linesOf(path: string): AsyncGenerator<readonly string[]> {
  let lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (line === '') continue;
    lines.push(line);
    if (lines.length < together) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}

function readLine(line: string): SpooledLine | undefined {
  try {
    return JSON.parse(line) as SpooledLine;
  } catch {
    return undefined;
  }
}
