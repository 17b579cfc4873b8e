/**
 * Loaded into a gateway before its program (`node --import`): ends or stops the process at one of its commits, and moves its clock.
 *
 * `MRA_CRASH_POINT`: a CrashPoint as JSON. `MRA_CLOCK_FILE`: a file with the milliseconds by which the clock is ahead, read again after each second.
 */

import { readFileSync, writeSync } from 'node:fs';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import pg from 'pg';

/** A commit of a transaction that executed a statement. */
export interface CrashPoint {
  /** A regular expression for the text of the statement. */
  readonly statement: string;
  readonly at: 'before' | 'after';
  /** Which of those commits, from 1. */
  readonly nth: number;
  /** `stop`: the process stands still until somebody continues it. */
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** What is written to standard error when the process ends or stops. */
export const reachedLine = 'the crash point is reached';

const text = process.env['MRA_CRASH_POINT'];
if (text !== undefined) install(JSON.parse(text) as CrashPoint);
const clock = process.env['MRA_CLOCK_FILE'];
if (clock !== undefined) moveClock(clock);

function install({ statement, at, nth, signal }: CrashPoint): void {
  const wanted = new RegExp(statement, 'u');
  let commits = 0;
  const hit = (): void => {
    writeSync(2, `${reachedLine}\n`);
    process.kill(process.pid, signal);
  };
  /** Counts a commit of the transaction, and says whether it is the one. */
  const isIt = (seen: boolean): boolean => seen && (commits += 1) === nth;
  onSqlite(wanted, isIt, at, hit);
  onPostgres(wanted, isIt, at, hit);
}

type Commit = (seen: boolean) => boolean;

function onSqlite(wanted: RegExp, isIt: Commit, at: CrashPoint['at'], hit: () => void): void {
  const texts = new WeakMap<StatementSync, string>();
  let seen = false;
  const { prepare, exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (...args: Parameters<typeof prepare>) {
    const prepared = prepare.apply(this, args);
    texts.set(prepared, args[0]);
    return prepared;
  };
  for (const name of ['run', 'all'] as const) {
    const method = StatementSync.prototype[name] as (...values: unknown[]) => unknown;
    Object.defineProperty(StatementSync.prototype, name, {
      value(this: StatementSync, ...values: unknown[]) {
        seen ||= wanted.test(texts.get(this) ?? '');
        return method.apply(this, values);
      },
    });
  }
  DatabaseSync.prototype.exec = function (sql: string) {
    const ours = sql === 'commit' && isIt(seen);
    if (ours && at === 'before') hit();
    exec.call(this, sql);
    if (sql === 'commit' || sql === 'rollback' || sql === 'begin immediate') seen = false;
    if (ours && at === 'after') hit();
  };
}

function onPostgres(wanted: RegExp, isIt: Commit, at: CrashPoint['at'], hit: () => void): void {
  const seen = new WeakSet();
  const { prototype } = pg.Client;
  const query = prototype.query as (...args: unknown[]) => unknown;
  Object.defineProperty(prototype, 'query', {
    value(this: pg.Client, ...args: unknown[]) {
      const [first] = args;
      const sql = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text;
      if (sql === 'begin' || sql === 'rollback') seen.delete(this);
      if (sql !== undefined && wanted.test(sql)) seen.add(this);
      const ours = sql === 'commit' && isIt(seen.has(this));
      if (ours && at === 'before') hit();
      const done = query.apply(this, args);
      if (!ours || at === 'before') return done;
      return Promise.resolve(done).then((result) => {
        hit();
        return result;
      });
    },
  });
}

function moveClock(file: string): void {
  const RealDate = Date;
  const readAfterMs = 1000;
  let [ahead, readAt] = [0, -Infinity];
  const now = (): number => {
    if (performance.now() - readAt > readAfterMs) {
      ahead = Number(readFileSync(file, 'utf8'));
      readAt = performance.now();
    }
    return RealDate.now() + ahead;
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[]) =>
      args.length === 0 ? new target(now()) : (Reflect.construct(target, args) as Date),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}
