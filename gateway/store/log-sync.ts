/**
 * Brings the write-ahead log of the embedded store to the disk, beside the main thread. COMMIT writes the log and does not wait; one fdatasync
 * on the thread pool then serves every commit that ended before it began, of whichever connection, thread or process: it is of the file.
 */

import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { promisify } from 'node:util';
import type { GatewayError } from '../model/errors.ts';
import { unreachable } from './sqlite-errors.ts';
import { openFile } from './sqlite-file.ts';

interface Sync {
  /** Of the store, read before the sync began. */
  readonly version: number;
  readonly done: Promise<void>;
}

/**
 * While a connection is open, SQLite neither removes nor replaces the log. The descriptor here may be opened and closed at any time: the
 * locks of SQLite lie on the two other files.
 */
export class LogSync {
  readonly #path: string;
  readonly #observer: DatabaseSync;
  /** Another value than before: another connection has committed since. */
  readonly #dataVersion: StatementSync;
  #file: number | undefined;
  /** The last version of which everything is on the disk. */
  #durable: number | undefined;
  #running: Sync | undefined;
  #next: Promise<void> | undefined;
  #failure: GatewayError | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#observer = openFile(path, 'read');
    this.#dataVersion = this.#observer.prepare('pragma data_version');
  }

  /**
   * Undefined where everything committed so far is on the disk; otherwise resolves when it is. Throws E_STORE_UNREACHABLE, and so for ever once
   * a sync has failed: the system forgets what it could not write, and a later success would say nothing.
   */
  settled(): Promise<void> | undefined {
    const version = Number(this.#dataVersion.get()?.['data_version']);
    if (version === this.#durable) return undefined;
    if (this.#running === undefined) return this.#sync(version);
    if (this.#running.version === version) return this.#running.done;
    // It began too early to count.
    this.#next ??= this.#running.done.then(() => {
      this.#next = undefined;
      return this.settled();
    });
    return this.#next;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  async close(): Promise<void> {
    await this.#running?.done.catch(() => undefined);
    this.#observer.close();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  async #sync(version: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const done = this.#write(version);
    this.#running = { version, done };
    await done;
  }

  async #write(version: number): Promise<void> {
    try {
      await promisify(fdatasync)((this.#file ??= openLog(this.#path)));
      this.#durable = version;
    } catch (cause) {
      throw (this.#failure = unreachable('the disk did not take the log', cause));
    } finally {
      this.#running = undefined;
    }
  }
}

/** The name of a new log must be on the disk as well. */
function openLog(path: string): number {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return openSync(`${path}-wal`, 'r');
}
