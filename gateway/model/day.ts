/** Days and moments: which day it is at a moment in a time zone, and plain arithmetic on text dates. */

import type { Day, Moment } from './record/record.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar day at a moment in a zone (IANA name). */
export function dayAt(moment: Date | Moment, timeZone: string): Day {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timeZone, format);
  }
  return format.format(typeof moment === 'string' ? new Date(moment) : moment);
}

/** A moment as text that sorts: UTC with milliseconds. */
export function momentOf(date: Date): Moment {
  return date.toISOString();
}

export function addDays(day: Day, days: number): Day {
  return later(`${day}T00:00:00.000Z`, days * 24 * 3600).slice(0, 10);
}

export function later(moment: Moment, seconds: number): Moment {
  return new Date(Date.parse(moment) + seconds * 1000).toISOString();
}
