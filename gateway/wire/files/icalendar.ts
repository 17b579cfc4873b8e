/** Events as iCalendar (RFC 5545), for the calendar programs of staff. */

import type { Moment } from '../../model/record/record.ts';

interface CalendarEvent {
  /** The same whenever the calendar is written, so that a program replaces the event. */
  readonly id: string;
  readonly at: Moment;
  readonly title: string;
  readonly text: string;
}

/** Octets of a line without its end (3.1). */
const lineOctets = 75;

/** `reminderDays`: how long before an event a program reminds of it. */
export function writeCalendar(events: readonly CalendarEvent[], written: Moment, reminderDays: number): string {
  const lines = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//mra-gateway//keys//EN'],
    ...events.flatMap(({ id, at, title, text }) => [
      ...['BEGIN:VEVENT', `UID:${id}@mra-gateway`, `DTSTAMP:${basic(written)}`, `DTSTART:${basic(at)}`],
      ...[`SUMMARY:${escaped(title)}`, `DESCRIPTION:${escaped(text)}`],
      ...[
        'BEGIN:VALARM',
        'ACTION:DISPLAY',
        `DESCRIPTION:${escaped(title)}`,
        `TRIGGER:-P${reminderDays}D`,
        'END:VALARM',
      ],
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

/** `20261123T080000Z` (3.3.5). */
function basic(moment: Moment): string {
  return `${moment.slice(0, 19).replaceAll(/[-:]/gu, '')}Z`;
}

/** TEXT (3.3.11). */
function escaped(text: string): string {
  return text.replaceAll(/[\\;,]/gu, String.raw`\$&`).replaceAll('\n', String.raw`\n`);
}

/** Continued lines begin with a blank, and no character is cut. */
function folded(line: string): string {
  let octets = 0;
  return Array.from(line, (character) => {
    const size = Buffer.byteLength(character);
    const isNew = octets + size > lineOctets;
    octets = isNew ? 1 + size : octets + size;
    return isNew ? `\r\n ${character}` : character;
  }).join('');
}
