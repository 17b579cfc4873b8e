/** Where the values of fixed-width lines may begin, from the lines alone. The draft asks whether it is so. */

/** What stands in some columns of each line, filled with blanks. */
export function textsOf(lines: readonly string[], from: number, to: number): string[] {
  return lines.map((line) =>
    Array.from(line)
      .slice(from, to)
      .join('')
      .padEnd(to - from),
  );
}

/** Length of the text by which each line begins that says its kind: H, D, T or HDR, AEO, TRL; 0 where there is none. */
export function tagLength(lines: readonly string[]): number {
  const tells = (length: number): boolean => {
    const tags = lines.map((line) => line.slice(0, length));
    const kinds = new Set(tags).size;
    const changes = tags.filter((tag, i) => i > 0 && tag !== tags[i - 1]).length;
    const again = kinds < lines.length;
    const letters = tags.every((tag) => /^[A-Z]+$/u.test(tag)) && (again || lines.length === 3);
    const digits = tags.every((tag) => /^\d+$/u.test(tag)) && again;
    return lines.length >= 3 && kinds >= 2 && kinds <= 6 && changes === kinds - 1 && (letters || digits);
  };
  return [3, 2, 1].find(tells) ?? 0;
}

/** Under a line of titles values begin where titles do. */
export function columnsFromHeading(heading: string, lines: readonly string[]): number[] {
  const values = new Set(columnStarts(lines, 0, ''));
  return [...heading.matchAll(/\S+/gu)]
    .map(({ index }) => index + 1)
    .filter((start) => start === 1 || heading.slice(start - 3, start - 1) === '  ' || values.has(start));
}

/** First columns, counted from 1, of the values behind a tag of that length. */
export function columnStarts(lines: readonly string[], tag: number, partner: string): number[] {
  const width = Math.max(...lines.map((line) => Array.from(line).length));
  const columns = Array.from({ length: width }, (_, at) => columnAt(textsOf(lines, at, at + 1)));
  const starts = new Set([tag]);
  for (let at = tag + 1; at < width; at += 1) if (begins(columns, at, lines.length)) starts.add(at);
  for (const [from, to] of spans(starts, width)) {
    for (const cut of dateCuts(lines, from, to)) starts.add(cut);
    // The letters of two administrations, sender and receiver.
    const pair = (text: string): boolean => /^[A-Z]{4}\s*$/u.test(text) && text.includes(partner);
    if (partner !== '' && textsOf(lines, from, to).every(pair)) starts.add(from + 2);
  }
  for (const [from, to] of spans(starts, width)) {
    // Letters that never change before digits belong to them, as in XK0001234; before a day they do not.
    const [text = '', ...others] = new Set(textsOf(lines, from, to));
    const letters = others.length === 0 && /^[A-Z]{2,5}[-./]?$/u.test(text) && (lines.length > 1 || to - from > 2);
    const digits = columns[to]?.is === 'digits' && !columns[to].blank && !textsOf(lines, to, to + 8).every(isDate);
    if (letters && digits) starts.delete(to);
  }
  // Blanks behind a number in the last place are no part of it.
  const last = columns.findLastIndex(({ is }) => is !== 'blank') + 1;
  if (last < width && columns[last - 1]?.is === 'digits') starts.add(last);
  return [...starts].sort((a, b) => a - b).map((start) => start + 1);
}

function spans(starts: ReadonlySet<number>, width: number): (readonly [from: number, to: number])[] {
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((from, i) => [from, sorted[i + 1] ?? width]);
}

interface Column {
  readonly is: 'digits' | 'letters' | 'other' | 'blank';
  /** Some line has nothing there. */
  readonly blank: boolean;
}

function columnAt(signs: readonly string[]): Column {
  const written = signs.filter((sign) => sign !== ' ');
  const all = (test: RegExp): boolean => written.every((sign) => test.test(sign));
  const is = written.length === 0 ? 'blank' : all(/\d/u) ? 'digits' : all(/\p{L}/u) ? 'letters' : 'other';
  return { is, blank: written.length < signs.length };
}

/** A value begins behind blanks in all lines, and where digits and letters meet in all lines. */
function begins(columns: readonly Column[], at: number, lines: number): boolean {
  const [before, here, earlier] = [columns[at - 1], columns[at], columns[at - 2]];
  const whole = (column: Column | undefined, is: Column['is']): boolean => column?.is === is && !column.blank;
  if (here === undefined || here.is === 'blank') return false;
  // Two words may have the same blank between them in every line.
  if (before?.is === 'blank') return lines >= 5 || !(whole(earlier, 'letters') && whole(here, 'letters'));
  if (before?.is === 'digits') return whole(here, 'letters');
  return whole(before, 'letters') && here.is === 'digits';
}

function isDate(text: string): boolean {
  return /^(?:19[5-9]|20\d)\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/u.test(text);
}

/** Within a run of digits: where days, or days with their time, stand in all lines that have something there. */
function dateCuts(lines: readonly string[], from: number, to: number): number[] {
  const cuts: number[] = [];
  for (let at = from; at + 8 <= to;) {
    const texts = textsOf(lines, at, at + 8).filter((text) => text.trim() !== '');
    const day = texts.length > 0 && texts.every(isDate);
    const times = textsOf(lines, at + 8, at + 14).every((text) => /^(?:[01]\d|2[0-3])[0-5]\d[0-5]\d/u.test(text));
    const timed = times && to - at >= 14 && !textsOf(lines, at + 8, at + 16).every(isDate);
    const length = timed ? 14 : 8;
    if (day) cuts.push(at, at + length);
    at += day ? length : 1;
  }
  return cuts.filter((cut) => cut > from && cut < to);
}
