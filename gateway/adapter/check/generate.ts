/** Makes up messages of an adapter, always the same ones for the same seed: what `mra adapter test` sends around. */

import type { Departure, ListMessage, ListRecord, Part } from '../../model/list/list.ts';
import { departureReasons } from '../../model/list/list.ts';
import { recordFaults, type Reply } from '../../model/message.ts';
import { roles, textPaths } from '../../model/record/domestic-record.ts';
import { isGatewayError } from '../../model/errors.ts';
import type { Adapter, IdentifierForm, ListFormat, MessageFormat } from '../adapter.ts';
import { trialList } from './trial-list.ts';

/** A source of chance: numbers from 0 up to, not including, 1. */
export type Chance = () => number;

/** Mulberry32 (Tommy Ettinger, public domain). Not for keys or ids. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const plainTexts = [
  'Example Trading Co., Ltd.',
  'NORTHERN LIGHTS SHIPPING',
  'Muster & Partner 7',
  'HARBOUR ROAD 12-14',
  '518000',
  'X',
  'Quay (East)',
  'MILL LANE/3',
  'A. B. SEA-AIR',
  'Sample Works No. 2',
];

// Markup, quotes, blanks at the ends, line ends, marks that join, letters beyond sixteen bits: each has broken a format somewhere.
const hardTexts = [
  'Ä&B <Söhne> "Nord" \'Süd\'',
  '示例贸易有限公司',
  '가온누리전자 주식회사',
  ' blanks around ',
  'tab\tand\nline\r\nend',
  'e\u0301 joined, \u{20bb7}野家, \u{1f6a2}',
  ']]> {no hole} &amp; %00 \\u0041',
  '=1+1',
  'semi;colon, comma|bar',
  'x'.repeat(512),
];
const texts = [...plainTexts, ...hardTexts];

/** What a template carries of the made-up texts, by path; the rest it refuses with E_VALUE_INVALID, as it may. */
export type CarriedTexts = ReadonlyMap<string, readonly string[]>;

const carriedByLists = new WeakMap<ListFormat, CarriedTexts>();

/** Asked of the template once: not every partner's notation has line ends, other scripts, or room for long texts. */
export function textsOfLists({ identifiers, arrangement }: Adapter, format: ListFormat): CarriedTexts {
  const known = carriedByLists.get(format);
  if (known !== undefined) return known;
  const probe = (path: string, text: string): ListRecord =>
    recordWith((each) => (each === path ? text : format.needs.includes(each) ? 'X' : undefined), {
      identifier: identifiers.ours.example,
      grade: arrangement.grades[0] ?? '',
      status: 'active',
      statusSince: '2026-01-02',
      validFrom: '2025-01-02',
      validTo: '2029-01-02',
      roles: [],
    });
  const carried: CarriedTexts = new Map(
    textPaths.map((path) => [path, texts.filter((text) => carries(() => format.view(probe(path, text))))]),
  );
  carriedByLists.set(format, carried);
  return carried;
}

function carries(write: () => unknown): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_VALUE_INVALID') return false;
    throw error;
  }
}

/** A list as either side may send it in one layout: our operators to them, or theirs to us. */
export function inventList(adapter: Adapter, chance: Chance, format: ListFormat = adapter.list): ListMessage {
  const outbound = chance() < 0.5;
  const { identifiers, arrangement, otherSide } = adapter;
  const form = outbound ? identifiers.ours : identifiers.theirs;
  const grades = outbound ? arrangement.grades : otherSide.grades;
  const carried = textsOfLists(adapter, format);
  const records = times(below(chance, 4), () =>
    format.asSeen(inventRecord({ chance, form, grades, needs: format.needs, carried })),
  );
  const departures = times(below(chance, 3), () => inventDeparture(chance, form));
  return {
    kind: pick(chance, ['full', 'delta'] as const),
    id: `m-${hex(chance, 24)}`,
    from: pick(chance, partiesOf(adapter)),
    to: pick(chance, partiesOf(adapter)),
    issuedAt: moment(chance),
    nextBy: moment(chance),
    ...(format.carriesParts && chance() < 0.5 ? { part: inventPart(chance) } : {}),
    position: {
      epoch: { no: below(chance, 9), id: hex(chance, 16) },
      sequence: below(chance, 1_000_000),
      chain: hex(chance, 64),
      root: hex(chance, 64),
      count: below(chance, 1_000_000),
    },
    previousChain: hex(chance, 64),
    records,
    departures,
  };
}

const parties = new WeakMap<ListFormat, readonly string[]>();

/** Administrations that the templates can name: any, or those of a code table. */
function partiesOf({ list, partner }: Adapter): readonly string[] {
  const known = parties.get(list);
  if (known !== undefined) return known;
  const some = ['XA', 'XB', 'XC', partner].filter((code) => isWritable(list, code));
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split(/(?:)/u);
  const all = (): string[] => letters.flatMap((first) => letters.map((second) => first + second));
  const found = some.length > 1 ? some : all().filter((code) => isWritable(list, code));
  parties.set(list, found);
  return found;
}

function isWritable(list: ListFormat, code: string): boolean {
  try {
    return Array.from(list.encode(trialList(list, { records: [] }, [code, code]))).length > 0;
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_CODE_UNKNOWN') return false;
    throw error;
  }
}

function inventPart(chance: Chance): Part {
  const no = 1 + below(chance, 4);
  return { no, of: no + below(chance, 4) };
}

/** What became of a list's records, in one layout. */
export function inventReply(adapter: Adapter, chance: Chance, format: MessageFormat<Reply> = adapter.reply): Reply {
  const reply = {
    id: `m-${hex(chance, 24)}`,
    from: pick(chance, partiesOf(adapter)),
    to: adapter.partner,
    issuedAt: moment(chance),
    subject: `m-${hex(chance, 24)}`,
    taken: below(chance, 1000),
    refused: below(chance, 1000),
  };
  const results = times(below(chance, 4), () => ({
    identifier: inventIdentifier(chance, adapter.identifiers.theirs),
    code: pick(chance, recordFaults),
    detail: pick(chance, texts),
  }));
  const carried = results.filter((result) => carries(() => [...format.encode({ ...reply, results: [result] })]));
  return { ...reply, results: carried };
}

interface RecordTerms {
  readonly chance: Chance;
  readonly form: IdentifierForm;
  readonly grades: readonly string[];
  readonly needs: readonly string[];
  readonly carried: CarriedTexts;
}

function inventRecord({ chance, form, grades, needs, carried }: RecordTerms): ListRecord {
  const validTo = needs.includes('validTo') || chance() < 0.4 ? day(chance) : undefined;
  const text = (path: string): string | undefined => {
    const wanted = needs.includes(path) || chance() < 0.6;
    const choice = carried.get(path) ?? [];
    return wanted && choice.length > 0 ? pick(chance, choice) : undefined;
  };
  return recordWith(text, {
    identifier: inventIdentifier(chance, form),
    grade: pick(chance, grades),
    status: pick(chance, ['active', 'suspended'] as const),
    statusSince: day(chance),
    validFrom: day(chance),
    ...(validTo === undefined ? {} : { validTo }),
    roles: roles.filter(() => chance() < 0.3),
  });
}

/** The record with the texts that `text` gives for each path. */
function recordWith(
  text: (path: string) => string | undefined,
  rest: Omit<ListRecord, 'name' | 'address'>,
): ListRecord {
  return {
    ...rest,
    name: present({ local: text('name.local'), latin: text('name.latin') }),
    address: present({
      local: text('address.local'),
      latin: text('address.latin'),
      city: text('address.city'),
      postcode: text('address.postcode'),
    }),
  };
}

function inventDeparture(chance: Chance, form: IdentifierForm): Departure {
  return { identifier: inventIdentifier(chance, form), reason: pick(chance, departureReasons), since: day(chance) };
}

/** The example with other digits and letters; the example itself where the grammar wants something particular. */
function inventIdentifier(chance: Chance, form: IdentifierForm): string {
  const code = form.toCode(form.example) ?? '';
  const other = code
    .replaceAll(/\d/gu, () => String(below(chance, 10)))
    .replaceAll(/[A-Z]/gu, () => String.fromCharCode(65 + below(chance, 26)));
  const identifier = form.toIdentifier(other);
  return form.grammar.test(identifier) ? identifier : form.example;
}

function present<T extends Record<string, string | undefined>>(texts: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as {
    [K in keyof T]?: string;
  };
}

function pick<T>(chance: Chance, from: readonly T[]): T {
  const found = from[below(chance, from.length)];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
}

function below(chance: Chance, limit: number): number {
  return Math.floor(chance() * limit);
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function hex(chance: Chance, length: number): string {
  return times(length, () => below(chance, 16).toString(16)).join('');
}

/** A day between 1990 and 2060, leap days among them. */
function day(chance: Chance): string {
  return moment(chance).slice(0, 10);
}

// Whole seconds: not every partner's notation carries more.
function moment(chance: Chance): string {
  const [from, to] = [Date.UTC(1990, 0, 1), Date.UTC(2060, 0, 1)];
  return new Date(from + Math.floor((chance() * (to - from)) / 1000) * 1000).toISOString();
}
