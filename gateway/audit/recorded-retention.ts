/** What the log itself records of its retention: from before which moment entries are gone, and which entries are too young for that. */

import { later, readMoment } from '../model/day.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader } from '../store/database.ts';
import { logSize, storedJson, type LogEntry } from '../store/log.ts';

/** Limits of these kinds delete entries of the log. Which of them an entry had is not known once it is gone. */
const kinds: readonly string[] = ['attempts', 'events', 'answers'];
/** An answer that was given without the store is recorded later than it was given, and a clock may have been wrong. */
const lateSeconds = 31 * 24 * 3600;

/**
 * `last`: number of the last event about retention, 0 without one. `before`: the latest limit that one of them names, undefined without one. An
 * event about retention is itself deleted only by a later one with a later limit: what is gone stays explained, however the settings change.
 */
export async function recordedRetention(reader: Reader): Promise<{ last: number; before: Moment | undefined }> {
  const events = reader.selectFrom('event').select(['n', 'detail']).where('kind', '=', 'retention').orderBy('n');
  const rows = await events.where('n', '<=', await logSize(reader)).execute();
  const limits = rows.flatMap(({ detail }) => limitsOf(storedJson(detail ?? '{}')));
  return { last: rows.at(-1)?.n ?? 0, before: limits.sort().at(-1) };
}

/** The detail of an event that somebody changed may have any form: it is a fault of its own. */
function limitsOf({ limits, retired }: { readonly limits?: unknown; readonly retired?: unknown }): readonly Moment[] {
  const rows = Array.isArray(retired) ? (retired as readonly ({ kind?: unknown; before?: unknown } | null)[]) : [];
  const all = [...Object.entries(limits ?? {}), ...rows.map((row) => [row?.kind, row?.before] as const)];
  return all.flatMap(([kind, before]) =>
    typeof before === 'string' && kinds.some((each) => each === kind) && readMoment(before) === before ? [before] : [],
  );
}

function isFar(jump: { readonly milliseconds?: number } = {}): boolean {
  return Math.abs(jump.milliseconds ?? 0) > lateSeconds * 1000;
}

/** Finds, of entries in their order, the first behind which all are so young that no limit up to `before` deletes one. */
export function recentEntries(before: Moment | undefined) {
  const since = before === undefined ? undefined : later(before, lateSeconds);
  let first: number | undefined;
  return {
    add({ n, at, kind, detail }: LogEntry): void {
      // A clock that was ahead made entries before it young: what is old behind them shows it. One that was behind made entries old at once.
      if (since === undefined || at < since || (kind === 'clock_jumped' && isFar(detail))) first = undefined;
      else first ??= n;
    },
    first: (): number | undefined => first,
  };
}
