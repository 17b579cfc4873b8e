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

/** The first moment at which clocks of the zone show `local` (`2026-11-23T20:05:11`); undefined where they skip it. */
export function momentInZone(local: string, timeZone: string): Moment | undefined {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const shown = (time: number): number => Date.parse(`${format.format(time).replace(' ', 'T')}Z`);
  const wanted = Date.parse(`${local}Z`);
  const day = 24 * 3600 * 1000;
  // Clocks change at most once within two days: one of the two offsets holds.
  const found = [wanted - day, wanted + day].map((near) => wanted - (shown(near) - near));
  const first = found.find((time) => shown(time) === wanted);
  return first === undefined ? undefined : new Date(first).toISOString();
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
