/** Days and moments in a partner's notation, such as `yyyyMMdd`; every notation is reversible. */

/** The position of each letter group in `YYYY-MM-DDTHH:MM:SS.sss`. */
const groups: Readonly<Record<string, readonly [from: number, to: number]>> = {
  yyyy: [0, 4],
  MM: [5, 7],
  dd: [8, 10],
  HH: [11, 13],
  mm: [14, 16],
  ss: [17, 19],
  SSS: [20, 23],
  // The offset from UTC, `+02:00`, which a canonical text does not contain.
  XXX: [24, 24],
};

interface NotationPart {
  readonly literal: string;
  readonly group: readonly [number, number] | undefined;
}

/** Converts our text to the partner's and back; `read` returns undefined for a text that `write` cannot produce. */
export interface Notation {
  write(ours: string): string;
  read(theirs: string): string | undefined;
}

/** Whether the text is a day that exists, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (text.length !== 10 || text[4] !== '-' || text[7] !== '-') return false;
  const year = parseDigits(text, 0, 4);
  const month = parseDigits(text, 5, 7);
  const day = parseDigits(text, 8, 10);
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

/** Whether the text is a moment in UTC with milliseconds, as the model writes it. */
export function isMoment(text: string): boolean {
  if (text.length !== 24) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text;
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Undefined when the pattern lacks year, month or day, or contains an incomplete group. */
export function dayNotation(pattern: string): Notation | undefined {
  const pieces = parseNotation(pattern);
  if (
    pieces === undefined ||
    !hasGroups(pieces, ['yyyy', 'MM', 'dd']) ||
    pieces.some(({ group }) => (group?.[0] ?? 0) > 8)
  ) {
    return undefined;
  }
  return {
    write: (day) => writePieces(pieces, day),
    read(text) {
      const day = readPieces(pieces, text)?.canonical.slice(0, 10);
      return day !== undefined && isDay(day) ? day : undefined;
    },
  };
}

/**
 * A moment in UTC, or in local time of a zone (IANA name). Without an offset in the pattern (`XXX`) the zone must have the same offset
 * all year: otherwise one hour a year would be ambiguous. Parts finer than the pattern are cut. Undefined for an unsuitable
 * pattern or zone.
 */
export function momentNotation(pattern: string, zone?: string): Notation | undefined {
  const pieces = parseNotation(pattern);
  if (pieces === undefined || !hasGroups(pieces, ['yyyy', 'MM', 'dd', 'HH', 'mm'])) return undefined;
  const hasOffset = pieces.some(({ literal }) => literal === 'XXX');
  const fixedOffset = zone === undefined ? 0 : constantOffset(zone);
  if (fixedOffset === undefined && !hasOffset) return undefined;
  return {
    write(moment) {
      const time = Date.parse(moment);
      const minutes = Math.round((fixedOffset ?? offsetAt(zone ?? 'UTC', time)) / 60_000);
      return writePieces(pieces, new Date(time + minutes * 60_000).toISOString(), minutes);
    },
    read(text) {
      const found = readPieces(pieces, text);
      if (found === undefined || !isMoment(`${found.canonical}Z`)) return undefined;
      const offset = found.minutes === undefined ? (fixedOffset ?? 0) : found.minutes * 60_000;
      return new Date(Date.parse(`${found.canonical}Z`) - offset).toISOString();
    },
  };
}

function parseNotation(pattern: string): readonly NotationPart[] | undefined {
  const parts = pattern.match(/yyyy|MM|dd|HH|mm|ss|SSS|XXX|[^yMdHmsSX]/gu) ?? [];
  // Letters of an incomplete group are not matched.
  if (parts.join('') !== pattern) return undefined;
  return parts.map((literal) => ({ literal, group: groups[literal] }));
}

function hasGroups(pieces: readonly NotationPart[], wanted: readonly string[]): boolean {
  const present = pieces.filter(({ group }) => group !== undefined).map(({ literal }) => literal);
  return new Set(present).size === present.length && wanted.every((name) => present.includes(name));
}

function writePieces(pieces: readonly NotationPart[], canonical: string, minutes = 0): string {
  let text = '';
  for (const { literal, group } of pieces) {
    if (literal === 'XXX') text += writeOffset(minutes);
    else text += group === undefined ? literal : canonical.slice(group[0], group[1]);
  }
  return text;
}

/** ISO 8601: `Z`, or sign, hours and minutes. */
function writeOffset(minutes: number): string {
  if (minutes === 0) return 'Z';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

interface ReadPieces {
  readonly canonical: string;
  /** The offset from UTC that the text states. */
  readonly minutes: number | undefined;
}

function readPieces(pieces: readonly NotationPart[], text: string): ReadPieces | undefined {
  const found: Record<number, string> = {};
  let minutes: number | undefined;
  let at = 0;
  for (const { literal, group } of pieces) {
    if (literal === 'XXX') {
      const [written, sign, hours = '', rest = ''] =
        /^(?:Z|([+-])((?:0\d|1[0-4])):([0-5]\d))/u.exec(text.slice(at, at + 6)) ?? [];
      if (written === undefined) return undefined;
      minutes = (Number(hours) * 60 + Number(rest)) * (sign === '-' ? -1 : 1);
      at += written.length;
      continue;
    }
    const part = text.slice(at, at + literal.length);
    at += literal.length;
    if (group === undefined) {
      if (part !== literal) return undefined;
    } else {
      if (part.length !== literal.length || parseDigits(part, 0, part.length) < 0) return undefined;
      found[group[0]] = part;
    }
  }
  if (at !== text.length) return undefined;
  const time = `${found[11] ?? '00'}:${found[14] ?? '00'}:${found[17] ?? '00'}.${found[20] ?? '000'}`;
  return { canonical: `${found[0] ?? ''}-${found[5] ?? ''}-${found[8] ?? ''}T${time}`, minutes };
}

/** The number; negative when a character is not a digit. */
function parseDigits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The offset of a zone in milliseconds; undefined when it differs between winter and summer. */
function constantOffset(zone: string): number | undefined {
  const [winter, summer] = [Date.UTC(2026, 0, 15), Date.UTC(2026, 6, 15)].map((time) => offsetAt(zone, time));
  return winter === summer ? winter : undefined;
}

function offsetAt(zone: string, time: number): number {
  const options = { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' } as const;
  const wall = new Intl.DateTimeFormat('sv-SE', options).format(new Date(time));
  return Date.parse(`${wall.replace(' ', 'T')}Z`) - time;
}
