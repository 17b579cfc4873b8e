/** The time of acceptance of a declaration, in the forms in which declarations write it. */

import { momentInZone, readMoment } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Moment } from '../../model/record/record.ts';
import { elementsAt, elementsOf, type PlainElement } from '../xml/plain-xml.ts';

/** `2025-03-26T11:22:00.5+01:00` (RFC 3339), the same without marks, without seconds, or without a zone. */
const form =
  /^(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:\.\d{1,9})?)?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/iu;

/** What UN/EDIFACT 2379 says of a moment: whether it has seconds and a zone. Codes of days or periods name no moment. */
const codes: Readonly<Record<string, { readonly seconds: boolean; readonly zone: boolean }>> = {
  '203': { seconds: false, zone: false },
  '204': { seconds: true, zone: false },
  '205': { seconds: false, zone: true },
  '208': { seconds: true, zone: true },
  '303': { seconds: false, zone: true },
  '304': { seconds: true, zone: true },
};

interface AcceptanceTime {
  /** Absent where the declaration states none. */
  readonly at?: Moment;
  readonly warning?: string;
}

/** How systems name the element, wherever they put it. */
const named = /^accept\w*(?:date|time)/iu;

/**
 * The time in the first of the elements at `paths` that has text, in itself or below. A time without a zone is one of `timeZone`.
 * What is no moment, and a time of acceptance elsewhere, is refused (E_ENTRY_UNREADABLE, with its place) and not ignored: the status at
 * another time may differ.
 */
export function acceptanceTime(
  root: PlainElement,
  paths: readonly string[],
  timeZone: string | undefined,
): AcceptanceTime {
  for (const path of paths) {
    const stated = elementsAt(root, path).flatMap((element) =>
      [...elementsOf(element)].filter(({ text }) => text !== '').map((found) => ({ found, code: element.formatCode })),
    );
    const [first, second] = stated;
    if (first === undefined) continue;
    if (second !== undefined) throw refuse(second.found, 'there is more than one time of acceptance');
    const { found, code } = first;
    const read = momentIn(found.text, found.formatCode ?? code, timeZone);
    if (read === undefined) throw refuse(found, 'the time of acceptance is not a time in a known form with a zone');
    if (!read.isLocal) return { at: read.at };
    return { at: read.at, warning: 'The time of acceptance states no zone: it was read as one of this country.' };
  }
  const elsewhere = [...elementsOf(root)].find(({ name, text }) => text !== '' && named.test(name));
  if (elsewhere !== undefined) throw refuse(elsewhere, 'a time of acceptance stands where this format has none');
  const [empty] = paths.flatMap((path) => elementsAt(root, path));
  return empty === undefined ? {} : { warning: `${empty.path}: it is empty; the entry was judged as of now.` };
}

interface ReadMoment {
  readonly at: Moment;
  /** It states no zone. */
  readonly isLocal: boolean;
}

function momentIn(text: string, code: string | undefined, timeZone: string | undefined): ReadMoment | undefined {
  const parts = form.exec(text);
  const [, year = '', month = '', day = '', hour = '', minute = '', second, zone] = parts ?? [];
  const expected = code === undefined ? undefined : Object.hasOwn(codes, code) ? codes[code] : 'unknown';
  if (parts === null || expected === 'unknown') return undefined;
  if (expected !== undefined && (expected.zone !== (zone !== undefined) || expected.seconds !== (second !== undefined)))
    return undefined;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}`;
  // Date rolls 31 February over into March.
  const exists = new Date(`${local}Z`);
  if (Number.isNaN(exists.getTime()) || !exists.toISOString().startsWith(local)) return undefined;
  if (zone === undefined) {
    const at = timeZone === undefined ? undefined : momentInZone(local, timeZone);
    return at === undefined ? undefined : { at, isLocal: true };
  }
  const offset = /^[+-]/u.test(zone) ? `${zone.slice(0, 3)}:${zone.replace(':', '').slice(3) || '00'}` : 'Z';
  const at = readMoment(`${local}${offset}`);
  return at === undefined ? undefined : { at, isLocal: false };
}

function refuse({ path: at }: PlainElement, detail: string): GatewayError {
  const fix = 'Write it as CCYYMMDDhhmmss with Z or an offset (format code 304), or as RFC 3339.';
  return new GatewayError('E_ENTRY_UNREADABLE', detail, { at, fix });
}
