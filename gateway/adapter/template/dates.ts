/** Days and moments in a partner's notation, such as `yyyyMMdd`; every notation is reversible. */

/** The position of each letter group in `YYYY-MM-DDTHH:MM:SS.sss`. */
const groups: Readonly<Record<string, readonly [from: number, to: number]>> = {
  yyyy: [0, 4],
  yy: [2, 4],
  MM: [5, 7],
  dd: [8, 10],
  HH: [11, 13],
  mm: [14, 16],
  ss: [17, 19],
  SSS: [20, 23],
};
/** The offset from UTC (ISO 8601), `Z` or `+02:00`, which a canonical text does not contain. */
const offsetGroup = 'XXX';

/** Converts our text to the partner's and back; `read` returns undefined for a text that `write` cannot produce. */
export interface Notation {
  write(ours: string): string;
  read(theirs: string): string | undefined;
}

/** Whether the text is a day that exists, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  return text.length === 10 && !text.startsWith('0000') && isMoment(`${text}T00:00:00.000Z`);
}

/** Whether the text is a moment in UTC with milliseconds, as the model writes it. */
export function isMoment(text: string): boolean {
  if (text.length !== 24) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString() === text;
}

/** Undefined when the pattern lacks year, month or day, or contains another or an incomplete group. */
export function dayNotation(pattern: string): Notation | undefined {
  const parsed = parseNotation(pattern, ['yyyy', 'MM', 'dd']);
  if (parsed === undefined || /[HmsSX]/u.test(pattern)) return undefined;
  return {
    write: (day) => writeParts(parsed, day),
    read(text) {
      const day = readParts(parsed, text)?.canonical.slice(0, 10);
      return day !== undefined && isDay(day) ? day : undefined;
    },
  };
}

/**
 * A year, a month (`2026-04`) or a day within which numbers count, also with two digits of the year. Undefined for a pattern with other
 * parts of a date than these.
 */
export function periodNotation(pattern: string, restart: Restart): Notation | undefined {
  const rest = { year: [], month: ['MM'], day: ['MM', 'dd'] }[restart];
  const parsed = parseNotation(pattern, ['yyyy', ...rest]) ?? parseNotation(pattern, ['yy', ...rest]);
  const shown = parsed?.parts.filter((part) => part === offsetGroup || Object.hasOwn(groups, part)) ?? [];
  if (parsed === undefined || shown.length !== 1 + rest.length) return undefined;
  return {
    write: (period) => writeParts(parsed, period),
    read(text) {
      const period = readParts(parsed, text)?.canonical.slice(0, periodLengths[restart]);
      return period !== undefined && isPeriod(period) ? period : undefined;
    },
  };
}

export type Restart = 'year' | 'month' | 'day';

/** Characters of `2026`, `2026-04` and `2026-04-02`. */
export const periodLengths: Readonly<Record<Restart, number>> = { year: 4, month: 7, day: 10 };

/** Whether the text is a year, a month or a day that exists. */
export function isPeriod(text: string): boolean {
  return Object.values(periodLengths).includes(text.length) && isDay(text + '-01-01'.slice(text.length - 4));
}

/**
 * A moment in UTC, or in local time of a zone (IANA name). Without an offset in the pattern (`XXX`) the zone must have the same offset
 * all year: otherwise one hour a year would be ambiguous. Parts finer than the pattern are cut. Undefined for an unsuitable
 * pattern or zone.
 */
export function momentNotation(pattern: string, zone?: string): Notation | undefined {
  const parsed = parseNotation(pattern, ['yyyy', 'MM', 'dd', 'HH', 'mm']);
  const fixedOffset = zone === undefined ? 0 : constantOffset(zone);
  if (parsed === undefined || (fixedOffset === undefined && !parsed.parts.includes(offsetGroup))) return undefined;
  return {
    write(moment) {
      const time = Date.parse(moment);
      const minutes = Math.round((fixedOffset ?? offsetAt(zone ?? 'UTC', time)) / 60_000);
      return writeParts(parsed, new Date(time + minutes * 60_000).toISOString(), minutes);
    },
    read(text) {
      const found = readParts(parsed, text);
      if (found === undefined || !isMoment(`${found.canonical}Z`)) return undefined;
      const { canonical, offset } = found;
      const ahead = offset === undefined ? (fixedOffset ?? 0) : 0;
      return new Date(Date.parse(canonical + (offset ?? 'Z')) - ahead).toISOString();
    },
  };
}

interface ParsedNotation {
  /** Letter groups, and the characters between them. */
  readonly parts: readonly string[];
  readonly matcher: RegExp;
}

/** Undefined when a wanted group is missing, a group is repeated, or a letter belongs to none. */
function parseNotation(pattern: string, wanted: readonly string[]): ParsedNotation | undefined {
  const parts = pattern.match(/yyyy|yy|MM|dd|HH|mm|ss|SSS|XXX|[^yMdHmsSX]/gu) ?? [];
  const present = parts.filter((part) => part === offsetGroup || Object.hasOwn(groups, part));
  const isUnique = new Set(present).size === present.length;
  if (parts.join('') !== pattern || !isUnique || !wanted.every((name) => present.includes(name))) return undefined;
  const source = parts.map((part) => {
    if (part === offsetGroup) return `(?<${part}>Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)`;
    return Object.hasOwn(groups, part) ? `(?<${part}>\\d{${part.length}})` : RegExp.escape(part);
  });
  return { parts, matcher: new RegExp(`^${source.join('')}$`, 'u') };
}

function writeParts({ parts }: ParsedNotation, canonical: string, minutes = 0): string {
  let text = '';
  for (const part of parts) {
    const group = groups[part];
    if (part === offsetGroup) text += writeOffset(minutes);
    else text += group === undefined ? part : canonical.slice(group[0], group[1]);
  }
  return text;
}

function writeOffset(minutes: number): string {
  if (minutes === 0) return 'Z';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}

function readParts({ matcher }: ParsedNotation, text: string) {
  const found = matcher.exec(text)?.groups;
  if (found === undefined) return undefined;
  const {
    yy = '',
    yyyy = yy && `20${yy}`,
    MM = '',
    dd = '',
    HH = '00',
    mm = '00',
    ss = '00',
    SSS = '000',
    XXX: offset,
  } = found;
  return { canonical: `${yyyy}-${MM}-${dd}T${HH}:${mm}:${ss}.${SSS}`, offset };
}

/** The offset of a zone in milliseconds; undefined when it differs between winter and summer. */
function constantOffset(zone: string): number | undefined {
  const [winter, summer] = [Date.UTC(2026, 0, 15), Date.UTC(2026, 6, 15)].map((time) => offsetAt(zone, time));
  return winter === summer ? winter : undefined;
}

/** To make one takes as long as a message of one record. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function offsetAt(zone: string, time: number): number {
  const options = { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' } as const;
  const clock = clocks.get(zone) ?? new Intl.DateTimeFormat('sv-SE', options);
  clocks.set(zone, clock);
  return Date.parse(`${clock.format(new Date(time)).replace(' ', 'T')}Z`) - time;
}
