/** Several holes in one value, `{address.postcode|digits} {address.city}`: read where the template allows one reading only. */

import { invalid, invalidValue } from '../faults.ts';
import { periodLengths } from './dates.ts';
import type { Hole } from './hole-chain.ts';
import type { TemplateScope } from './scope.ts';

/** What a hole writes: so many characters, or any number of certain ones. A text has neither. */
interface Form {
  readonly length?: number;
  readonly signs?: string;
}

interface Part extends Form {
  readonly hole: Hole;
  readonly before: string;
}

/** Throws E_ADAPTER_INVALID where two readings are possible. `parse`: parses a single hole and adds it to the scope. */
export function parseCompound(scope: TemplateScope, text: string, at: string, parse: (text: string) => Hole): Hole {
  const pieces = text.match(/\{[^{}]*\}|[^{}]+/gu) ?? [];
  if (pieces.join('') !== text) throw invalid('a brace is not closed', at, 'Write each hole as {path|transform}.');
  const parts: Part[] = [];
  let before = '';
  for (const piece of pieces) {
    if (piece.startsWith('{')) {
      const hole = parse(piece);
      if (hole.writeList !== undefined || hole.numeric || hole.open !== undefined)
        throw invalid(`${hole.path} stands beside another value`, at, 'A list, a number or an open day stands alone.');
      parts.push({ hole, before, ...formOf(scope, piece.slice(1, -1), hole) });
    }
    before = piece.startsWith('{') ? '' : piece;
  }
  const matcher = matcherOf(parts, before, at);
  const holes = parts.map(({ hole }) => hole);
  const [first] = holes;
  if (first === undefined) throw new RangeError('a compound has holes');
  const join = (texts: readonly (string | undefined)[]): string | undefined => {
    const isAbsent = texts.every((one, i) => one === undefined || holes[i]?.path === '#');
    if (isAbsent && holes.every(({ optional, path }) => optional || path === '#')) return undefined;
    return parts.map((part, i) => part.before + (texts[i] ?? '')).join('') + before;
  };
  return {
    ...{ path: first.path, kind: 'text', numeric: false, mayBeEmpty: false, kept: true },
    ...{ slot: first.slot, isPart: false, isPlain: false },
    optional: holes.every(({ optional }) => optional),
    parts: { holes, join, split: (theirs) => split(matcher, theirs, parts) },
    isPresent: (item) => holes.some((hole) => hole.isPresent(item)),
    write: (item) => join(holes.map((hole) => hole.write(item))),
    writeValue: () => undefined,
    writeText: (joined) => joined,
    read: () => undefined,
  };
}

function split(matcher: RegExp, theirs: string, parts: readonly Part[]): readonly (string | undefined)[] {
  const found = matcher.exec(theirs);
  if (found === null) throw invalidValue('the values in it do not stand as agreed');
  return parts.map((_, i) => found[i + 1] || undefined);
}

/** By the transform that is applied last, or the kind of the value. */
function formOf({ item, context }: TemplateScope, written: string, { path, kind }: Hole): Form {
  const steps = written.split('|').slice(1);
  const step = steps.filter((each) => each !== 'lost').at(-1) ?? '';
  const [name = '', count = '', sign = '0'] = step.split(':');
  const pattern = step.slice(name.length + 1);
  const field = item.fields.find((each) => each.path === path);
  switch (name) {
    case 'pad':
      return { length: Number(count), ...(kind === 'count' && sign === '0' && { signs: digits }) };
    case 'first':
      return { length: Number(count) };
    case 'digits':
    case 'from':
      return { signs: digits };
    case 'code':
      return formOfWords([...(context.tables.get(pattern)?.toOurs.keys() ?? [])]);
    case 'date':
    case 'datetime':
    case 'zoned':
      if (pattern.includes('XXX')) return {};
      return { length: pattern.length, signs: digits + pattern };
    case '':
      if (kind === 'count') return { signs: digits };
      if (kind === 'day') return { length: 10, signs: `${digits}-` };
      if (kind === 'period') return { length: periodLengths[context.restart ?? 'year'], signs: `${digits}-` };
      return kind === 'words' ? formOfWords(field?.words ?? []) : (field?.form ?? {});
    default:
      return {};
  }
}

function formOfWords(words: readonly string[]): Form {
  const [length, ...more] = new Set(words.map((word) => word.length));
  return { signs: words.join(''), ...(length !== undefined && more.length === 0 && { length }) };
}

const digits = '0123456789';

/**
 * Finds the values before a text from the left, and those behind it from the right. Where one of several texts ends nobody knows, so
 * that none of them may be read. Throws E_ADAPTER_INVALID.
 */
function matcherOf(parts: readonly Part[], end: string, at: string): RegExp {
  const isText = ({ length, signs }: Part): boolean => length === undefined && signs === undefined;
  const [first, last] = [parts.findIndex(isText), parts.findLastIndex(isText)];
  const source = parts.map((part, i) => {
    const { hole, before, length, signs = '' } = part;
    const isInside = first < last && i >= first && i <= last;
    const next = parts[i + 1]?.before ?? end;
    const edge = i < first || first < 0 ? (next[0] ?? '') : (before.at(-1) ?? '');
    const stops = edge === '' ? i === parts.length - 1 && end === '' : signs !== '' && !signs.includes(edge);
    const isSingle = isText(part) || stops || (length !== undefined && !hole.optional);
    if ((isInside && hole.kept) || !isSingle) {
      const fix =
        'Put text between values of a fixed form: a day, a count, a code, or one with pad, digits or first. ' +
        'Of several texts none can be read: give each of them lost.';
      throw invalid(`${hole.path} could be read in more than one way`, at, fix);
    }
    if (isInside) return i === first ? `${RegExp.escape(before)}(.*)` : '()';
    const anyText = isText(part) ? '.*' : length === undefined ? '.+' : `.{${length}}`;
    const own = signs === '' ? anyText : anyText.replace('.', `[${RegExp.escape(signs)}]`);
    return `${RegExp.escape(before)}(${own})${hole.optional ? '?' : ''}`;
  });
  return new RegExp(`^${source.join('')}${RegExp.escape(end)}$`, 'su');
}
