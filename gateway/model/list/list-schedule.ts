/** When lists go to a partner by themselves: after changes, at fixed times, before a list becomes stale, and full ones every so often. */

import { Cron } from 'croner';
import { dayAt, later, momentInZone } from '../day.ts';
import type { Day, Moment } from '../record/record.ts';

export interface ListSchedule {
  /** Changes are collected for so long. Absent: they wait for a fixed time. */
  readonly onChangeSeconds?: number;
  /** Cron patterns of five fields in `timeZone` (IANA name). */
  readonly at: readonly string[];
  readonly timeZone: string;
  /** Days without fixed times. */
  readonly except: readonly Day[];
  /** At a fixed time a list goes even if nothing changed. */
  readonly empty: boolean;
  /** A list is renewed so long before the partner regards it as stale. */
  readonly renewSeconds: number;
  /** Days between two full lists. */
  readonly fullDays?: number;
}

/** Published: the command line and the log print it. */
export type ListCause = 'change' | 'restriction' | 'fixed_time' | 'renewal' | 'full_list' | 'new_terms' | 'rejection';

/** What was sent, and what was not yet. */
export interface SendingState {
  readonly last: { readonly issuedAt: Moment; readonly nextBy: Moment };
  readonly lastFull: Moment;
  /** When the first change was stored that no list carries. */
  readonly changedSince?: Moment;
  /** One of these changes suspends or revokes an operator, or ends its consent. */
  readonly restricts: boolean;
}

/** The next list, and the moment from which it is due. */
export interface DueList {
  readonly cause: ListCause;
  readonly at: Moment;
}

/** The list that is due first. A restriction is not collected with other changes: goods may be at the border. */
export function nextList(schedule: ListSchedule, state: SendingState): DueList {
  const { onChangeSeconds, empty, renewSeconds, fullDays } = schedule;
  const { last, lastFull, changedSince, restricts } = state;
  const due: DueList[] = [{ cause: 'renewal', at: later(last.nextBy, -renewSeconds) }];
  if (changedSince !== undefined && onChangeSeconds !== undefined)
    due.push(
      restricts
        ? { cause: 'restriction', at: changedSince }
        : { cause: 'change', at: later(changedSince, onChangeSeconds) },
    );
  const since = empty ? last.issuedAt : changedSince;
  const fixed = since === undefined ? undefined : nextFixedTime(schedule, since);
  if (fixed !== undefined) due.push({ cause: 'fixed_time', at: fixed });
  if (fullDays !== undefined) due.push({ cause: 'full_list', at: later(lastFull, fullDays * 24 * 3600) });
  return due.reduce((first, each) => (each.at < first.at ? each : first));
}

/** The first fixed time after a moment; undefined where the patterns name none. */
export function nextFixedTime(
  { at, timeZone, except }: Pick<ListSchedule, 'at' | 'timeZone' | 'except'>,
  after: Moment,
): Moment | undefined {
  const times = at.flatMap((pattern) => {
    const cron = new Cron(pattern, { timezone: timeZone, mode: '5-part' });
    let from = after;
    // Each round either finds a time or leaves one of the excepted days behind.
    for (let round = 0; round <= except.length; round += 1) {
      const time = cron.nextRun(new Date(from))?.toISOString();
      if (time === undefined) break;
      const day = dayAt(time, timeZone);
      if (!except.includes(day)) return [time];
      from = momentInZone(`${day}T23:59:00`, timeZone) ?? time;
    }
    return [];
  });
  return times.sort()[0];
}

/** What is wrong with a cron pattern; undefined: nothing. */
export function patternFault(pattern: string): string | undefined {
  try {
    const next = new Cron(pattern, { mode: '5-part', timezone: 'UTC' }).nextRun(new Date(0));
    return next === null ? 'no such time ever comes' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
