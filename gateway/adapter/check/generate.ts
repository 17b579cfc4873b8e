/** Generates messages of an adapter for its round trips: the same seed gives the same messages. */

import generatedTexts from '../../../schemas/generated-texts.json' with { type: 'json' };
import { present } from '../../model/present.ts';
import { getterOf, setPath } from '../../model/paths.ts';
import type { ListMessage, ListPart } from '../../model/list/list.ts';
import { departureReasons } from '../../model/list/list.ts';
import {
  acknowledgedVerdicts,
  recordFaults,
  recordVerdicts,
  type Acknowledgement,
  type RecordAnswer,
  type Reply,
} from '../../model/message.ts';
import { roles, textPaths, type ListRecord } from '../../model/record/record.ts';
import type { PartnerView } from '../../model/record/partner-view.ts';
import type { SeededRandom } from '../../model/seeded-random.ts';
import type { Adapter, IdentifierForm, ListFormat, MessageFormat } from '../adapter.ts';
import { refusalOf } from './failures.ts';
import { encodeText } from './message-text.ts';

// The hard ones have markup, quotes, blanks at the ends, line ends, combining characters: formats often fail on these.
const texts = [...generatedTexts.plain, ...generatedTexts.hard];

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

function carries(encode: () => unknown): boolean {
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
  return {
    kind: random.pick(['full', 'delta'] as const),
    id: `m-${hex(random, 24)}`,
    from: random.pick(parties),
    to: random.pick(parties),
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

/** Administrations that the templates can name: any, or those of a code table. */
const partiesOf = oncePerFormat(({ partner }, list): readonly string[] => {
  const canName = (code: string): boolean =>
    refusalOf(() => encodeText(list, exampleList(list, {}, [code, code])))?.code !== 'E_CODE_UNKNOWN';
  const some = [...new Set(['XA', 'XB', 'XC', partner])].filter(canName);
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');
  return some.length > 1 ? some : letters.flatMap((first) => letters.map((second) => first + second)).filter(canName);
});

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

/** An answer to a list, with some of what it may say. */
export function inventAcknowledgement(
  adapter: Adapter,
  random: SeededRandom,
  format: MessageFormat<Acknowledgement>,
): Acknowledgement {
  const [subject, id] = [`m-${hex(random, 24)}`, `m-${hex(random, 24)}`];
  const said = {
    reason: random.pick(texts),
    detail: random.pick(texts),
    place: random.pick(texts),
    text: random.pick(texts),
  };
  const counts = { number: random.below(1000), taken: random.below(1000), refused: random.below(1000) };
  const whole = { subject, id, issuedAt: moment(random), ...said, ...counts };
  const answer = { verdict: random.pick(verdictsIn(format)), ...whole };
  const results = times(random.below(4), () => inventRecordAnswer(adapter, random, format));
  return { ...withoutSome(format, answer, () => random.next() < 0.4), ...(results.length > 0 && { results }) };
}

/** Those that the template can write. */
export function verdictsIn(format: MessageFormat<Acknowledgement>): readonly Acknowledgement['verdict'][] {
  const canWrite = (verdict: Acknowledgement['verdict']): boolean =>
    refusalOf(() => encodeText(format, { ...example, verdict }))?.code !== 'E_CODE_UNKNOWN';
  return acknowledgedVerdicts.filter(canWrite);
}

/** About one record, with as much as the template can write. */
function inventRecordAnswer(
  { identifiers }: Adapter,
  random: SeededRandom,
  format: MessageFormat<Acknowledgement>,
): RecordAnswer {
  const identifier = inventIdentifier(random, identifiers.ours);
  const why = {
    code: random.pick(texts),
    detail: random.pick(texts),
    place: random.pick(texts),
    text: random.pick(texts),
  };
  const plain = { row: random.below(1000), identifier, verdict: random.pick(recordVerdicts) };
  const whole = { ...plain, ...why };
  return carries(() => encodeText(format, { ...example, results: [whole] }))
    ? whole
    : { ...plain, code: 'R1', detail: 'example', place: 'C7', text: 'example' };
}

const example: Acknowledgement = {
  ...{ verdict: 'applied', subject: 'm-1', number: 1, id: 'm-2', issuedAt: '2026-01-01T00:00:00.000Z' },
  ...{ reason: 'R1', detail: 'example', taken: 1, refused: 1 },
};

/** The acknowledgement without the values that `leaves` names, but for those that the template always writes. */
export function withoutSome(
  format: MessageFormat<Acknowledgement>,
  whole: Acknowledgement,
  leaves: (path: string) => boolean,
): Acknowledgement {
  const isNeeded = (path: string): boolean => {
    const rest = Object.entries(whole).filter(([each]) => each !== path && each !== 'results');
    const refusal = refusalOf(() => encodeText(format, Object.fromEntries(rest) as unknown as Acknowledgement));
    return refusal?.code === 'E_ELEMENT_MISSING';
  };
  const kept = Object.entries(whole).filter(([path]) => path === 'verdict' || !leaves(path) || isNeeded(path));
  return { verdict: whole.verdict, ...Object.fromEntries(kept) };
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
function inventIdentifier(random: SeededRandom, form: IdentifierForm): string {
  const code = form.toCode(form.example) ?? '';
  const other = code
    .replaceAll(/\d/gu, () => String(random.below(10)))
    .replaceAll(/[A-Z]/gu, () => String.fromCharCode(65 + random.below(26)));
  const identifier = form.toIdentifier(other);
  return form.grammar.test(identifier) ? identifier : form.example;
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

// Whole seconds: not every partner's notation is more precise.
function moment(random: SeededRandom): string {
  const [from, to] = [Date.UTC(1990, 0, 1), Date.UTC(2060, 0, 1)];
  return new Date(from + Math.floor((random.next() * (to - from)) / 1000) * 1000).toISOString();
}

const hash = '0'.repeat(64);

/** A full list of given records, with sender, position and times of an example. */
export function exampleList(
  format: Pick<ListFormat, 'view' | 'carriesParts'>,
  { records = [], departures = [] }: Partial<Pick<ListMessage, 'records' | 'departures'>>,
  [from, to]: readonly [from: string, to: string],
): ListMessage {
  return {
    ...{ kind: 'full', id: 'm-00000001', from, to },
    issuedAt: '2026-01-01T00:00:00.000Z',
    nextBy: '2026-01-02T00:00:00.000Z',
    ...(format.carriesParts ? { part: { no: 1, of: 1 } } : {}),
    position: { epoch: { no: 1, id: 'a' }, sequence: 1, chain: hash, root: hash, count: records.length },
    previousChain: hash,
    records: records.map((record) => withFills(record, format.view)),
    departures,
  };
}
