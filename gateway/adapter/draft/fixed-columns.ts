/** Where the values of fixed-width lines may begin, from the lines alone. The draft asks whether it is so. */

/** Length of the text by which each line begins that says its kind: H, D, T or HDR, AEO, TRL; 0 where there is none. */
export function tagLength(lines: readonly string[]): number {
  return (
    [3, 2, 1].find((length) => {
      const tags = lines.map((line) => line.slice(0, length));
      const kinds = new Set(tags);
      const letters = tags.every((tag) => /^[A-Z]+$/u.test(tag));
      const changes = tags.filter((tag, i) => i > 0 && tag !== tags[i - 1]).length;
      if (lines.length < 3 || kinds.size < 2 || kinds.size > 6 || changes !== kinds.size - 1) return false;
      return (
        (letters && (kinds.size < lines.length || lines.length === 3)) ||
        (tags.every((tag) => /^\d+$/u.test(tag)) && kinds.size < lines.length)
      );
    }) ?? 0
  );
}

/** Under a line of titles values begin where titles do. */
export function columnsFromHeading(heading: string, lines: readonly string[]): number[] {
  const values = new Set(columnStarts(lines, 0, ''));
  return [...heading.matchAll(/\S+/gu)]
    .map(({ index }) => index + 1)
    .filter((start) => start === 1 || heading.slice(start - 3, start - 1) === '  ' || values.has(start));
}

type Column = { readonly blank: 'all' | 'some' | 'none'; readonly is: 'digits' | 'letters' | 'other' };

/** First columns, counted from 1, of the values behind a tag of that length. */
export function columnStarts(lines: readonly string[], tag: number, partner: string): number[] {
  const rows = lines.map((line) => Array.from(line));
  const width = Math.max(...rows.map(({ length }) => length));
  const columns = Array.from({ length: width }, (_, at) => columnAt(rows.map((row) => row[at] ?? ' ')));
  const starts = new Set([tag]);
  for (let at = tag + 1; at < width; at += 1) if (begins(columns, at, lines.length)) starts.add(at);
  const slices = (from: number, to: number): string[] =>
    rows.map((row) =>
      row
        .slice(from, to)
        .join('')
        .padEnd(to - from),
    );
  for (const [from, to] of spans(starts, width)) {
    for (const cut of dateCuts((at) => slices(at, at + 8), from, to)) starts.add(cut);
    const texts = slices(from, to).map((text) => text.trim());
    if (
      texts.every(
        (text) => /^[A-Z]{4}$/u.test(text) && partner !== '' && (text.startsWith(partner) || text.endsWith(partner)),
      )
    )
      starts.add(from + 2);
  }
  for (const [from, to] of spans(starts, width)) {
    // Letters that never change before digits belong to them, as in XK0001234; before a day they do not.
    const texts = new Set(slices(from, to));
    const [text = ''] = texts;
    const digits = columns[to]?.is === 'digits' && columns[to].blank === 'none' && !slices(to, to + 8).every(isDate);
    if (
      texts.size === 1 &&
      !(lines.length === 1 && text.length === 2) &&
      /^[A-Z]{2,5}[-./]?$/u.test(text) &&
      digits &&
      starts.has(to)
    )
      starts.delete(to);
  }
  // Blanks behind a number in the last place are no part of it.
  const last = columns.findLastIndex(({ blank }) => blank !== 'all') + 1;
  if (last < width && columns[last - 1]?.is === 'digits') starts.add(last);
  return [...starts].sort((a, b) => a - b).map((start) => start + 1);
}

function spans(starts: ReadonlySet<number>, width: number): (readonly [number, number])[] {
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((from, i) => [from, sorted[i + 1] ?? width]);
}

function columnAt(signs: readonly string[]): Column {
  const written = signs.filter((sign) => sign !== ' ');
  const all = (test: RegExp): boolean => written.length > 0 && written.every((sign) => test.test(sign));
  const is = all(/\d/u) ? 'digits' : all(/\p{L}/u) ? 'letters' : 'other';
  return { is, blank: written.length === 0 ? 'all' : written.length < signs.length ? 'some' : 'none' };
}

/** A value begins behind blanks in all lines, and where digits and letters meet in all lines. */
function begins(columns: readonly Column[], at: number, lines: number): boolean {
  const [before, here, earlier] = [columns[at - 1], columns[at], columns[at - 2]];
  if (before === undefined || here === undefined || here.blank === 'all') return false;
  if (before.blank === 'all') {
    // Two words may have the same blank between them in every line.
    const word = (column: Column | undefined): boolean => column?.is === 'letters' && column.blank === 'none';
    return lines >= 5 || !(word(earlier) && word(here));
  }
  if (before.is === 'digits' && here.is === 'letters') return here.blank === 'none';
  return before.is === 'letters' && before.blank === 'none' && here.is === 'digits';
}

function isDate(text: string): boolean {
  return /^(?:19[5-9]|20\d)\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/u.test(text);
}

/** Within a run of digits: where days stand in all lines that have something there. */
function dateCuts(slicesAt: (at: number) => readonly string[], from: number, to: number): number[] {
  const cuts: number[] = [];
  for (let at = from; at + 8 <= to;) {
    const texts = slicesAt(at).filter((text) => text.trim() !== '');
    if (texts.length === 0 || !texts.every(isDate)) {
      at += 1;
      continue;
    }
    // What follows as hours, minutes and seconds belongs to the day.
    const time =
      slicesAt(at + 8).every((text) => /^(?:[01]\d|2[0-3])[0-5]\d[0-5]\d/u.test(text)) &&
      to - at >= 14 &&
      !slicesAt(at + 8).every(isDate);
    cuts.push(at);
    at += time ? 14 : 8;
    cuts.push(at);
  }
  return cuts.filter((cut) => cut > from && cut < to);
}
