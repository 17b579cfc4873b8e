/** The reference time of a file of domestic records, which decides whether a row is older than what is stored. */

import { dayAt, dayExists } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { HomeProfile } from '../model/home.ts';
import type { Day, DomesticRecord } from '../model/record/record.ts';

/** A day in the home time zone, `2018-02-28`, or a local time, `2018-02-28T16:30:00`. */
export type HomeMoment = string;

export interface ImportMoment {
  readonly moment: HomeMoment;
  /** Where the time was found. If a column states it for each row, this is the newest. */
  readonly from: 'option' | 'column' | 'file_name' | 'newest_day';
}

/** Whether one time is before another. A day and a time on that day are not before each other. */
export function isBefore(a: HomeMoment, b: HomeMoment): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length) < b.slice(0, length);
}

const written = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/u;

/**
 * Parses a day or a time, in the home time zone unless it states another. Undefined if it is neither, does not exist, or is in the future.
 */
export function readMoment(
  text: string,
  { timeZone }: Pick<HomeProfile, 'timeZone'>,
  now: Date,
): HomeMoment | undefined {
  const [, day = '', minutes, seconds = '00', zone] = written.exec(text) ?? [];
  const stated = minutes === undefined ? day : `${day}T${minutes}:${seconds}`;
  if (!dayExists(day) || Number.isNaN(Date.parse(stated))) return undefined;
  const moment = zone === undefined ? stated : timeAt(new Date(`${stated}${zone}`), timeZone);
  return isBefore(timeAt(now, timeZone), moment) ? undefined : moment;
}

/** A moment as local time in the zone. */
export function timeAt(moment: Date, timeZone: string): HomeMoment {
  const time = moment.toLocaleTimeString('en-GB', { timeZone, hourCycle: 'h23' });
  return `${dayAt(moment, timeZone)}T${time}`;
}

// 20180228, 2018-02-28, 2018_02_28T1630, 20180228163000: not part of a longer number.
const inName = /(?<!\d)(\d{4})([-_.]?)(\d{2})\2(\d{2})(?:[-_T ]?(\d{2})[-_.:]?(\d{2})(?:[-_.:]?(\d{2}))?)?(?!\d)/gu;

/**
 * The reference time of a whole file: the one given, otherwise the newest in its name, otherwise the newest day in its records that is not
 * in the future. Throws E_IMPORT_MOMENT.
 */
export function momentOfFile(
  home: HomeProfile,
  now: Date,
  file: { readonly asOf?: string | undefined; readonly name: string; readonly records: Iterable<DomesticRecord> },
): ImportMoment {
  if (file.asOf !== undefined) {
    const moment = readMoment(file.asOf, home, now);
    if (moment === undefined) throw momentError('it is not a day or a time that exists and is not to come', '--as-of');
    return { moment, from: 'option' };
  }
  const named = [...file.name.matchAll(inName)].flatMap(([, year, , month, date, hours, minutes, seconds = '00']) => {
    const day = `${year}-${month}-${date}`;
    if (!dayExists(day)) return [];
    return hours === undefined ? day : `${day}T${hours}:${minutes}:${seconds}`;
  });
  const newest = named.sort().at(-1);
  if (newest === undefined) return { moment: newestDay(file.records, dayAt(now, home.timeZone)), from: 'newest_day' };
  const moment = readMoment(newest, home, now);
  if (moment === undefined)
    throw momentError('the day in the name of the file is still to come', 'the name of the file');
  return { moment, from: 'file_name' };
}

/** The newest day up to `today` that the records state; empty if they state none. */
export function newestDay(records: Iterable<DomesticRecord>, today: Day): Day {
  let newest = '';
  for (const { gradeSince, statusSince, consentSince = '' } of records)
    for (const day of [gradeSince, statusSince, consentSince]) if (day > newest && day <= today) newest = day;
  return newest;
}

function momentError(detail: string, at: string): GatewayError {
  return new GatewayError('E_IMPORT_MOMENT', detail, {
    at,
    fix: 'Say of which day the file is, at home: --as-of 2018-02-28, or --as-of 2018-02-28T16:30 where a day has several.',
  });
}
