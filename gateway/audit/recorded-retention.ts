/**
 * What the log records of its own retention: the time before which entries were deleted, and which entries are too recent to be deleted.
 */

import { later, readMoment } from '../model/day.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader } from '../store/database.ts';
import { logSize, storedJson, type LogEntry } from '../store/log.ts';

/** Limits of these kinds delete log entries. Once an entry is deleted, its kind is no longer known. */
const kinds: readonly string[] = ['attempts', 'events', 'answers'];
/** An answer given while the store was unreachable is recorded later, and a clock may have been wrong. */
const lateSeconds = 31 * 24 * 3600;

/**
 * `last`: number of the last retention event, 0 if there is none. `before`: the latest limit in these events, undefined if there is none. A
 * retention event is deleted only by a later one with a later limit, so every deletion stays explained, however the settings change.
 */
export async function recordedRetention(reader: Reader): Promise<{ last: number; before: Moment | undefined }> {
  const events = reader.selectFrom('event').select(['n', 'detail']).where('kind', '=', 'retention').orderBy('n');
  const rows = await events.where('n', '<=', await logSize(reader)).execute();
  const limits = rows.flatMap(({ detail }) => limitsOf(storedJson(detail ?? '{}')));
  return { last: rows.at(-1)?.n ?? 0, before: limits.sort().at(-1) };
}

/** A tampered event detail may have any shape; that is reported as a separate fault. */
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

/** Given entries in order, finds the first one after which all are too recent for any limit up to `before`. */
export function recentEntries(before: Moment | undefined) {
  const since = before === undefined ? undefined : later(before, lateSeconds);
  let first: number | undefined;
  return {
    add({ n, at, kind, detail }: LogEntry): void {
      // If the clock was ahead, entries seem recent, which older entries after them reveal. If it was behind, entries seem old at once.
      if (since === undefined || at < since || (kind === 'clock_jumped' && isFar(detail))) first = undefined;
      else first ??= n;
    },
    first: (): number | undefined => first,
  };
}
