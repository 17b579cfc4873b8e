/** Makes up messages of an adapter, always the same ones for the same seed: what `mra adapter test` sends around. */

import type { Departure, ListMessage, ListRecord, Part } from '../../model/list/list.ts';
import { departureReasons } from '../../model/list/list.ts';
import { recordFaults, type Reply } from '../../model/message.ts';
import { roles, textPaths } from '../../model/record/domestic-record.ts';
import { isGatewayError } from '../../model/errors.ts';
import type { SeededRandom } from '../../model/seeded-random.ts';
import type { Adapter, IdentifierForm, ListFormat, MessageFormat } from '../adapter.ts';
import { trialList } from './trial-list.ts';

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

/** What a template carries of the generated texts, by path; the rest it refuses with E_VALUE_INVALID, as it may. */
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
export function inventList(adapter: Adapter, random: SeededRandom, format: ListFormat = adapter.list): ListMessage {
  const outbound = random.next() < 0.5;
  const { identifiers, arrangement, otherSide } = adapter;
  const form = outbound ? identifiers.ours : identifiers.theirs;
  const grades = outbound ? arrangement.grades : otherSide.grades;
  const carried = textsOfLists(adapter, format);
  const records = times(random.below(4), () =>
    format.asSeen(inventRecord({ random, form, grades, needs: format.needs, carried })),
  );
  const departures = times(random.below(3), () => inventDeparture(random, form));
  return {
    kind: random.pick(['full', 'delta'] as const),
    id: `m-${hex(random, 24)}`,
    from: random.pick(partiesOf(adapter)),
    to: random.pick(partiesOf(adapter)),
    issuedAt: moment(random),
    nextBy: moment(random),
    ...(format.carriesParts && random.next() < 0.5 ? { part: inventPart(random) } : {}),
    position: {
      epoch: { no: random.below(9), id: hex(random, 16) },
      sequence: random.below(1_000_000),
      chain: hex(random, 64),
      root: hex(random, 64),
      count: random.below(1_000_000),
    },
    previousChain: hex(random, 64),
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

function inventPart(random: SeededRandom): Part {
  const no = 1 + random.below(4);
  return { no, of: no + random.below(4) };
}

/** What became of a list's records, in one layout. */
export function inventReply(
  adapter: Adapter,
  random: SeededRandom,
  format: MessageFormat<Reply> = adapter.reply,
): Reply {
  const reply = {
    id: `m-${hex(random, 24)}`,
    from: random.pick(partiesOf(adapter)),
    to: adapter.partner,
    issuedAt: moment(random),
    subject: `m-${hex(random, 24)}`,
    taken: random.below(1000),
    refused: random.below(1000),
  };
  const results = times(random.below(4), () => ({
    identifier: inventIdentifier(random, adapter.identifiers.theirs),
    code: random.pick(recordFaults),
    detail: random.pick(texts),
  }));
  const carried = results.filter((result) => carries(() => [...format.encode({ ...reply, results: [result] })]));
  return { ...reply, results: carried };
}

interface RecordTerms {
  readonly random: SeededRandom;
  readonly form: IdentifierForm;
  readonly grades: readonly string[];
  readonly needs: readonly string[];
  readonly carried: CarriedTexts;
}

function inventRecord({ random, form, grades, needs, carried }: RecordTerms): ListRecord {
  const validTo = needs.includes('validTo') || random.next() < 0.4 ? day(random) : undefined;
  const text = (path: string): string | undefined => {
    const wanted = needs.includes(path) || random.next() < 0.6;
    const choice = carried.get(path) ?? [];
    return wanted && choice.length > 0 ? random.pick(choice) : undefined;
  };
  return recordWith(text, {
    identifier: inventIdentifier(random, form),
    grade: random.pick(grades),
    status: random.pick(['active', 'suspended'] as const),
    statusSince: day(random),
    validFrom: day(random),
    ...(validTo === undefined ? {} : { validTo }),
    roles: roles.filter(() => random.next() < 0.3),
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

function inventDeparture(random: SeededRandom, form: IdentifierForm): Departure {
  return { identifier: inventIdentifier(random, form), reason: random.pick(departureReasons), since: day(random) };
}

/** The example with other digits and letters; the example itself where the grammar wants something particular. */
function inventIdentifier(random: SeededRandom, form: IdentifierForm): string {
  const code = form.toCode(form.example) ?? '';
  const other = code
    .replaceAll(/\d/gu, () => String(random.below(10)))
    .replaceAll(/[A-Z]/gu, () => String.fromCharCode(65 + random.below(26)));
  const identifier = form.toIdentifier(other);
  return form.grammar.test(identifier) ? identifier : form.example;
}

function present<T extends Record<string, string | undefined>>(texts: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as {
    [K in keyof T]?: string;
  };
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function hex(random: SeededRandom, length: number): string {
  return times(length, () => random.below(16).toString(16)).join('');
}

/** A day between 1990 and 2060, leap days among them. */
function day(random: SeededRandom): string {
  return moment(random).slice(0, 10);
}

// Whole seconds: not every partner's notation carries more.
function moment(random: SeededRandom): string {
  const [from, to] = [Date.UTC(1990, 0, 1), Date.UTC(2060, 0, 1)];
  return new Date(from + Math.floor((random.next() * (to - from)) / 1000) * 1000).toISOString();
}
