/** Days and moments: which day it is at a moment in a time zone, and plain arithmetic on text dates. */

import type { Day, Moment } from './record/record.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** Days found, by the quarter of an hour: since 1972 every zone is ahead of UTC or behind it by whole quarters. */
const known = new Map<string, Map<number, Day>>();
const quarter = 15 * 60 * 1000;
const whole = Date.UTC(1972, 0, 1);
const mostKnown = 10_000;

const [firstDay, lastDay] = ['0001-01-01', '9999-12-31'] as const;

/** The calendar day at a moment in a zone (IANA name), as text that sorts: at the earliest 0001-01-01, at the latest 9999-12-31. */
export function dayAt(moment: Date | Moment, timeZone: string): Day {
  const time = typeof moment === 'string' ? Date.parse(moment) : moment.getTime();
  if (time < whole) return shownDay(time, timeZone);
  let days = known.get(timeZone);
  if (days === undefined) known.set(timeZone, (days = new Map<number, Day>()));
  const number = Math.floor(time / quarter);
  let day = days.get(number);
  if (day === undefined) {
    if (days.size === mostKnown) days.clear();
    days.set(number, (day = shownDay(time, timeZone)));
  }
  return day;
}

function shownDay(time: number, timeZone: string): Day {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(timeZone, format);
  }
  if (new Date(time).getUTCFullYear() < 1) return firstDay;
  const day = format.format(time).padStart(firstDay.length, '0');
  return day.length > lastDay.length ? lastDay : day;
}

/** The moment that a text of RFC 3339 states, as text that sorts; at the ends of the years that four digits can write. Undefined: none. */
export function readMoment(text: string): Moment | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : written(time);
}

const [firstMoment, lastMoment] = [`${firstDay}T00:00:00.000Z`, `${lastDay}T23:59:59.999Z`] as const;

/** At the ends of the years that four digits can write. */
function written(time: number): Moment {
  if (time < Date.parse(firstMoment)) return firstMoment;
  return time > Date.parse(lastMoment) ? lastMoment : new Date(time).toISOString();
}

/** The Gregorian calendar repeats itself after 400 years. */
const cycle = 146_097 * 24 * 3600 * 1000;

/** The first moment at which clocks of the zone show `local` (`2026-11-23T20:05:11`); undefined where they skip it. */
export function momentInZone(local: string, timeZone: string): Moment | undefined {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const shown = (time: number): number => Date.parse(`${format.format(time).replace(' ', 'T')}Z`);
  // Years that a format does not write with four digits are looked up in a later or an earlier cycle.
  const shift = local < '1001' ? 3 * cycle : local > '9998' ? -cycle : 0;
  const wanted = Date.parse(`${local}Z`) + shift;
  if (Number.isNaN(wanted)) return undefined;
  const day = 24 * 3600 * 1000;
  // Clocks change at most once within two days: one of the two offsets holds.
  const found = [wanted - day, wanted + day].map((near) => wanted - (shown(near) - near));
  const first = found.find((time) => shown(time) === wanted);
  return first === undefined ? undefined : written(first - shift);
}

/** A moment as text that sorts: UTC with milliseconds. */
export function momentOf(date: Date): Moment {
  return date.toISOString();
}

export function addDays(day: Day, days: number): Day {
  return later(`${day}T00:00:00.000Z`, days * 24 * 3600).slice(0, 10);
}

export function later(moment: Moment, seconds: number): Moment {
  return written(Date.parse(moment) + seconds * 1000);
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a text of the form `YYYY-MM-DD` is a day of the calendar, from 1900 on. */
export function dayExists(day: Day): boolean {
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7));
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const length = (monthLengths[month - 1] ?? 0) + (leap ? 1 : 0);
  const date = Number(day.slice(8, 10));
  return year >= 1900 && date >= 1 && date <= length;
}
