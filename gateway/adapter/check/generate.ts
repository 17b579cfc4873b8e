/** Generates messages of an adapter for its round trips: the same seed gives the same messages. */

import generatedTexts from '../../../schemas/generated-texts.json' with { type: 'json' };
import { present } from '../../model/present.ts';
import { getterOf, setPath } from '../../model/paths.ts';
import { dayAt } from '../../model/day.ts';
import { periodOf } from '../../model/list/stream-rules.ts';
import type { Epoch, ListMessage, ListPart } from '../../model/list/list.ts';
import { departureReasons } from '../../model/list/list.ts';
import { recordFaults, type Reply } from '../../model/message.ts';
import { roles, textPaths, type ListRecord } from '../../model/record/record.ts';
import type { PartnerView } from '../../model/record/partner-view.ts';
import type { SeededRandom } from '../../model/seeded-random.ts';
import type { Adapter, IdentifierForm, ListFormat, MessageFormat } from '../adapter.ts';
import { refusalOf } from './failures.ts';
import { encodeText } from './message-text.ts';

// The hard ones have markup, quotes, blanks at the ends, line ends, combining characters: formats often fail on these.
export const texts = [...generatedTexts.plain, ...generatedTexts.hard];

type TextPath = (typeof textPaths)[number];

/** What a template carries of the generated texts; it refuses the others with E_VALUE_INVALID, which is permitted. */
type CarriedTexts = ReadonlyMap<TextPath, readonly string[]>;

function oncePerFormat<T>(compute: (adapter: Adapter, format: ListFormat) => T): typeof compute {
  const known = new WeakMap<ListFormat, T>();
  return (adapter, format) => {
    const value = known.get(format) ?? compute(adapter, format);
    known.set(format, value);
    return value;
  };
}

/** Not every format carries line ends, other scripts or long texts. */
const textsOf = oncePerFormat(({ identifiers, arrangement }, format): CarriedTexts => {
  const days = { statusSince: '2026-01-02', validFrom: '2025-01-02', validTo: '2029-01-02' };
  const rest = { ...days, grade: arrangement.grades[0] ?? '', status: 'active' as const, roles: [] };
  const probe = (path: TextPath, text: string): ListRecord =>
    recordWith((each) => (each === path ? text : format.requiredPaths.includes(each) ? 'X' : undefined), {
      ...rest,
      identifier: identifiers.ours.example,
    });
  return new Map(
    textPaths.map((path) => [path, texts.filter((text) => carries(() => format.preview(probe(path, text))))]),
  );
});

export function carries(encode: () => unknown): boolean {
  return refusalOf(encode)?.code !== 'E_VALUE_INVALID';
}

/** A list as either side may send it in one layout: our operators to them, or theirs to us. */
export function inventList(adapter: Adapter, random: SeededRandom, format: ListFormat = adapter.list): ListMessage {
  const outbound = random.next() < 0.5;
  const { identifiers, arrangement, otherSide } = adapter;
  const form = outbound ? identifiers.ours : identifiers.theirs;
  const grades = outbound ? arrangement.grades : otherSide.grades;
  const carried = textsOf(adapter, format);
  const parties = partiesOf(adapter, adapter.list);
  const records = times(random.below(4), () =>
    withFills(inventRecord(random, format, carried, { form, grades }), format.view),
  );
  const departures = times(random.below(3), () => {
    return { identifier: inventIdentifier(random, form), reason: random.pick(departureReasons), since: day(random) };
  });
  const issuedAt = moment(random);
  return {
    kind: random.pick(['full', 'delta'] as const),
    id: `m-${hex(random, 24)}`,
    from: random.pick(parties),
    to: random.pick(parties),
    issuedAt,
    nextBy: moment(random),
    ...(format.carriesParts && random.next() < 0.5 ? { part: inventPart(random) } : {}),
    position: {
      epoch: inventEpoch(adapter, random, issuedAt),
      sequence: sequence(adapter, random),
      chain: hex(random, 64),
      root: hex(random, 64),
      count: number(random),
    },
    previousChain: hex(random, 64),
    records,
    departures,
  };
}

/** Administrations that the templates can name: any, or those of a code table. */
const partiesOf = oncePerFormat((adapter, list): readonly string[] => {
  const { partner } = adapter;
  const canName = (code: string): boolean =>
    refusalOf(() => encodeText(list, exampleList(list, {}, [code, code], adapter)))?.code !== 'E_CODE_UNKNOWN';
  const some = [...new Set(['XA', 'XB', 'XC', partner])].filter(canName);
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
  return some.length > 1 ? some : letters.flatMap((first) => letters.map((second) => first + second)).filter(canName);
});

/** The year, month or day in which the numbers of lists of that moment count. */
export function periodAt({ stream, timeZone }: Pick<Adapter, 'stream' | 'timeZone'>, issuedAt: string): Epoch {
  return periodOf(stream, dayAt(issuedAt, timeZone));
}

export function inventEpoch(adapter: Adapter, random: SeededRandom, issuedAt: string): Epoch {
  if (adapter.stream.discipline === 'numbered') return periodAt(adapter, issuedAt);
  return { no: random.below(9), id: hex(random, 16) };
}

function inventPart(random: SeededRandom): ListPart {
  const no = 1 + random.below(4);
  return { no, of: no + random.below(4) };
}

/** What became of a list's records, in one layout. */
export function inventReply(adapter: Adapter, random: SeededRandom, format: MessageFormat<Reply>): Reply {
  const parties = partiesOf(adapter, adapter.list);
  const reply = {
    id: `m-${hex(random, 24)}`,
    from: random.pick(parties),
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
  const carried = results.filter((result) => carries(() => encodeText(format, { ...reply, results: [result] })));
  return { ...reply, results: carried };
}

function inventRecord(
  random: SeededRandom,
  { requiredPaths: needs }: ListFormat,
  carried: CarriedTexts,
  { form, grades }: { readonly form: IdentifierForm; readonly grades: readonly string[] },
): ListRecord {
  const validTo = needs.includes('validTo') || random.next() < 0.4 ? day(random) : undefined;
  const text = (path: TextPath): string | undefined => {
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
    ...present({ validTo }),
    roles: roles.filter(() => random.next() < 0.3).sort(),
  });
}

/** The record with the values that the partner takes for every record, and the copies of other values. */
function withFills(record: ListRecord, view: PartnerView): ListRecord {
  const filled = structuredClone(record) as ListRecord & Record<string, unknown>;
  for (const [path, value] of Object.entries(view.values))
    if (typeof value === 'object') setPath(filled, path, 'is' in value ? value.is : getterOf(value.from)(record));
  return filled;
}

/** The record with the texts that `text` gives for each path. */
function recordWith(
  text: (path: TextPath) => string | undefined,
  rest: Omit<ListRecord, 'name' | 'address'>,
): ListRecord {
  const record = { ...rest, name: {}, address: {} };
  for (const path of textPaths) {
    const value = text(path);
    if (value !== undefined) setPath(record, path, value);
  }
  return record;
}

/** The example with other digits and letters; the example itself if the grammar does not allow that. */
export function inventIdentifier(random: SeededRandom, form: IdentifierForm): string {
  const code = form.toCode(form.example) ?? '';
  const other = code
    .replaceAll(/\d/gu, () => String(random.below(10)))
    .replaceAll(/[A-Z]/gu, () => String.fromCharCode(65 + random.below(26)));
  const identifier = form.toIdentifier(other);
  return form.grammar.test(identifier) ? identifier : form.example;
}

export function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** Of one to six digits: in some formats it has few places. */
export function number(random: SeededRandom): number {
  return random.below(10 ** (1 + random.below(6)));
}

/** A number that lists of the partner may have. */
export function sequence({ stream }: Pick<Adapter, 'stream'>, random: SeededRandom): number {
  const drawn = number(random);
  return stream.discipline === 'numbered' ? stream.first + (drawn % (stream.max - stream.first + 1)) : drawn;
}

export function hex(random: SeededRandom, length: number): string {
  return times(length, () => random.below(16).toString(16)).join('');
}

/** A day between 1990 and 2060, leap days among them. */
function day(random: SeededRandom): string {
  return moment(random).slice(0, 10);
}

// Whole seconds: not every partner's notation is more precise.
export function moment(random: SeededRandom): string {
  // No list is older, and a year of two digits is one of this century, in every zone.
  const [from, to] = [Date.UTC(2000, 0, 2), Date.UTC(2060, 0, 1)];
  return new Date(from + Math.floor((random.next() * (to - from)) / 1000) * 1000).toISOString();
}

const hash = '0'.repeat(64);

/** A full list of given records, with sender, position and times of an example. */
export function exampleList(
  format: Pick<ListFormat, 'view' | 'carriesParts'>,
  { records = [], departures = [] }: Partial<Pick<ListMessage, 'records' | 'departures'>>,
  [from, to]: readonly [from: string, to: string],
  adapter: Pick<Adapter, 'stream' | 'timeZone'>,
): ListMessage {
  const issuedAt = '2026-01-01T00:00:00.000Z';
  return {
    ...{ kind: 'full', id: 'm-00000001', from, to },
    issuedAt,
    nextBy: '2026-01-02T00:00:00.000Z',
    ...(format.carriesParts ? { part: { no: 1, of: 1 } } : {}),
    position: { epoch: periodAt(adapter, issuedAt), sequence: 1, chain: hash, root: hash, count: records.length },
    previousChain: hash,
    records: records.map((record) => withFills(record, format.view)),
    departures,
  };
}
