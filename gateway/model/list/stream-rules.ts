/**
 * How the messages of a partner state their order, and the place of a list in its stream by these rules. What a message does not
 * state is computed: chain, root and count always prove the history that is held here.
 */

import type { Day, Moment } from '../record/record.ts';
import type { PackedList, StatedList } from '../record/packed-records.ts';
import { GatewayError, type ErrorCode } from '../errors.ts';
import { nextChain, zeroChain } from './digest.ts';
import { judgeChain, judgeSequence, type Hold } from './judge.ts';
import type { Position } from './list.ts';
import { mirrorRoot, type MirrorSummary } from './mirror.ts';

/**
 * - chained: epoch, number, chain, root and count, by which both sides prove that they hold the same list;
 * - numbered: a number, which may restart with each year, month or day of the partner's zone;
 * - identified: an id, and the time of issue never goes back;
 * - dated: one list a day;
 * - none: the order of arrival.
 */
export type StreamRules = Disciplines & {
  /** A list does not say whether it is a full one: what is on it is held so afterwards, and the rest stays. */
  readonly upsert?: true;
};

type Disciplines =
  | { readonly discipline: 'chained' | 'identified' | 'none' }
  | {
      readonly discipline: 'numbered';
      readonly restart: 'never' | 'year' | 'month' | 'day';
      /** The month, 2 to 12, with which a year of numbers begins; absent: January. */
      readonly yearBegins?: number;
      /** Whether such a year has the number of the calendar year in which it begins, or in which it ends. */
      readonly yearNamed?: 'start' | 'end';
      readonly first: number;
      readonly max: number;
      /** What follows a missing number: the next message is taken, or only a full list. A full list is always taken. */
      readonly gap: 'accept' | 'resync';
    }
  | { readonly discipline: 'dated'; readonly revision: 'replace' | 'refuse' };

/** Whether the order depends on when lists were issued. */
export function ordersByTime({ discipline }: StreamRules): boolean {
  return discipline === 'identified' || discipline === 'dated';
}

/** The place of a list in its stream, before its content is compared with what is held. */
type ListPlace = Pick<Position, 'epoch' | 'sequence'>;

/** A place, whole where the message states it so; `hold`: why the list waits for two people. */
export interface PlacedList {
  readonly place: ListPlace | Position;
  readonly hold?: Hold | undefined;
}

/** What is held of the sender: the position after its last message; and when its list in force was issued, on which day of its zone. */
interface HeldStream {
  readonly position: Position;
  readonly issuedAt?: Moment;
  readonly issuedOn?: Day;
}

/**
 * Judges the order of a received list and gives its place, with its whole position where the message states that. `day`: of its
 * issue, in the partner's zone. Throws E_SEQUENCE_GAP, E_SEQUENCE_ROLLBACK, E_SEQUENCE_FORK, E_LIST_ROOT, and E_ELEMENT_MISSING
 * for a value that the discipline requires.
 */
export function placeList(list: StatedList, held: HeldStream | undefined, rules: StreamRules, day: Day): PlacedList {
  if (rules.discipline === 'chained') return placeChained(list, held?.position);
  if (held === undefined && list.kind === 'delta' && rules.upsert !== true)
    throw refusal('E_SEQUENCE_GAP', 'no list of this partner is held; the first one is a full list');
  switch (rules.discipline) {
    case 'numbered':
      return placeNumbered(list, held?.position, rules, day);
    case 'identified':
      if (held?.issuedAt !== undefined && list.issuedAt < held.issuedAt)
        throw refusal('E_SEQUENCE_ROLLBACK', `a list issued later is held, of ${held.issuedAt}`);
      return { place: following(held?.position) };
    case 'dated':
      return { place: placeDated(held, rules.revision, day) };
    case 'none':
      return { place: following(held?.position) };
  }
}

/** Stated in full, and the message continues the list held. */
function placeChained(list: StatedList, held: Position | undefined): PlacedList {
  const { kind, previousChain } = list;
  const { epoch, sequence, chain, root, count } = list.position;
  const [no, id] = [epoch?.no, epoch?.id];
  if (no === undefined || id === undefined || sequence === undefined || previousChain === undefined)
    throw missing('epoch, number and chain');
  if (chain === undefined || root === undefined || count === undefined) throw missing('chain, root and count');
  const place = { epoch: { no, id }, sequence, chain, root, count };
  const hold = judgeSequence({ kind, position: place, previousChain }, held);
  judgeChain({ kind, position: place, previousChain });
  return { place, hold };
}

function missing(what: string): GatewayError {
  return new GatewayError('E_ELEMENT_MISSING', `the message does not state ${what}`);
}

type Numbered = StreamRules & { readonly discipline: 'numbered' };

function placeNumbered(list: StatedList, held: Position | undefined, rules: Numbered, day: Day): PlacedList {
  const { kind, position } = list;
  const { sequence } = position;
  if (sequence === undefined) throw missing('a number');
  if (sequence < rules.first || sequence > rules.max)
    throw refusal('E_SEQUENCE_GAP', `the number is outside ${rules.first} to ${rules.max}`);
  const stated = position.epoch?.id;
  const epoch = stated === undefined ? periodOf(rules, day) : { no: Number(stated.replaceAll('-', '')), id: stated };
  const place = { epoch, sequence };
  const early =
    epoch.no > periodOf(rules, day).no ? ahead(`a list of ${day} states the period ${epoch.id}`) : undefined;
  if (held === undefined) return { place, hold: early ?? judgeJump(rules.first, sequence) };
  if (epoch.no < held.epoch.no)
    throw refusal('E_SEQUENCE_ROLLBACK', `a list of a later period is held, ${held.epoch.id}`);
  const sameEpoch = epoch.no === held.epoch.no;
  if (sameEpoch && sequence === held.sequence)
    throw refusal('E_SEQUENCE_FORK', `another message has the number ${sequence}`);
  if (sameEpoch && sequence < held.sequence)
    throw refusal('E_SEQUENCE_ROLLBACK', `the number ${held.sequence} is held`);
  const expected = sameEpoch ? held.sequence + 1 : rules.first;
  if (sequence > expected && kind === 'delta' && rules.gap === 'resync')
    throw refusal(
      'E_SEQUENCE_GAP',
      `the number ${expected} is missing`,
      'Send a full list; it may have any later number.',
    );
  return { place, hold: early ?? judgeJump(expected, sequence) };
}

/** A list further ahead is to be held, for every lower number would be refused after it. So many may have been refused or lost before it. */
const mostMissing = 1000;

function judgeJump(expected: number, sequence: number): Hold | undefined {
  if (sequence <= expected + mostMissing) return undefined;
  return ahead(`number ${sequence} is stated; expected: ${expected}`);
}

function ahead(detail: string): Hold {
  return { reason: 'number_ahead', detail };
}

function placeDated(held: HeldStream | undefined, revision: 'replace' | 'refuse', day: Day): ListPlace {
  if (held?.issuedOn !== undefined && day < held.issuedOn)
    throw refusal('E_SEQUENCE_ROLLBACK', `the list of ${held.issuedOn} is held`);
  if (held?.issuedOn === day && revision === 'refuse')
    throw refusal('E_SEQUENCE_FORK', `another list of ${day} is held`);
  return following(held?.position);
}

function refusal(code: ErrorCode, detail: string, fix?: string): GatewayError {
  return new GatewayError(code, detail, fix === undefined ? {} : { fix });
}

const only: Position['epoch'] = { no: 1, id: '1' };

function following(held: Position | undefined): ListPlace {
  return { epoch: only, sequence: (held?.sequence ?? 0) + 1 };
}

/** The period within which numbers count, as an epoch: its number is 2026, 202604 or 20260402. */
export function periodOf(rules: StreamRules, day: Day): Position['epoch'] {
  if (rules.discipline !== 'numbered' || rules.restart === 'never') return only;
  const lengths = { year: 4, month: 7, day: 10 } as const;
  const id = rules.restart === 'year' ? yearOf(rules, day) : day.slice(0, lengths[rules.restart]);
  return { no: Number(id.replaceAll('-', '')), id };
}

function yearOf({ yearBegins = 1, yearNamed = 'start' }: Numbered, day: Day): string {
  const year = Number(day.slice(0, 4)) - (Number(day.slice(5, 7)) < yearBegins ? 1 : 0);
  return String(yearNamed === 'end' && yearBegins > 1 ? year + 1 : year).padStart(4, '0');
}

interface NextList {
  /** Of its issue, in the partner's zone. */
  readonly day: Day;
  /** The partner must get a full list that depends on nothing before. */
  readonly resync: boolean;
  /** After a rejection the epoch after the one that the partner holds: a later one would be held by it. */
  readonly nextEpoch: number | undefined;
  readonly newEpochId: () => string;
}

/** The place of the next list that is sent. */
export function nextPlace(
  rules: StreamRules,
  held: Position | undefined,
  { day, resync, nextEpoch, newEpochId }: NextList,
): ListPlace {
  switch (rules.discipline) {
    case 'chained':
      if (held !== undefined && !resync) return { epoch: held.epoch, sequence: held.sequence + 1 };
      return { epoch: { no: nextEpoch ?? (held?.epoch.no ?? 0) + 1, id: newEpochId() }, sequence: 1 };
    case 'numbered': {
      const epoch = periodOf(rules, day);
      const sequence = held?.epoch.no === epoch.no ? held.sequence + 1 : rules.first;
      if (sequence <= rules.max) return { epoch, sequence };
      throw refusal(
        'E_SEQUENCE_GAP',
        `the numbers up to ${rules.max} are used up`,
        'Agree more digits with the partner.',
      );
    }
    case 'identified':
    case 'dated':
    case 'none':
      return following(held);
  }
}

/** The position after a list: the chain goes on from the list held, and begins anew in a new epoch. */
export function positionAfter(
  place: ListPlace,
  kind: PackedList['kind'],
  after: MirrorSummary,
  held: Position | undefined,
): { readonly position: Position; readonly previousChain: string } {
  const previousChain = held?.epoch.id === place.epoch.id ? held.chain : zeroChain;
  const root = mirrorRoot(after);
  const chain = nextChain(previousChain, place.sequence, kind, root);
  return { position: { ...place, chain, root, count: after.count }, previousChain };
}
