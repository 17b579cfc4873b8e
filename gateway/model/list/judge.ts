/** Judges a decoded list before anything is changed: sender and addressee, sequence, digests, identifiers, records, and size. */

import { GatewayError, type ErrorCode } from '../errors.ts';
import type { ListBands } from '../arrangement.ts';
import { columnText, isAbsent, type Columns } from '../record/columns.ts';
import { stateOf } from '../identifier.ts';
import { nextChain, zeroChain } from './digest.ts';
import { largestNumber, type ListMessage, type Position, type StatedPosition } from './list.ts';
import type { HoldReason, RecordResult } from '../message.ts';
import { mirrorRoot, type MirrorEntry, type MirrorSummary } from './mirror.ts';
import { textPaths, type Moment } from '../record/record.ts';
import { listLayout } from '../record/record-text.ts';
import { hiddenIn } from '../shown-text.ts';

/** How far a sender's clock may be ahead of ours. */
const clockAllowanceSeconds = 300;

/** Sender, addressee and time of issue. */
export function judgeEnvelope(
  message: { from: string; to: string; issuedAt: Moment },
  at: { readonly home: string; readonly partner: string; readonly now: Moment },
): void {
  if (message.from !== at.partner)
    throw new GatewayError('E_MESSAGE_SENDER', 'the message names another sender than the partner that signed it');
  if (message.to !== at.home)
    throw new GatewayError('E_MESSAGE_MISADDRESSED', 'the message is addressed to another administration');
  if (Date.parse(message.issuedAt) > Date.parse(at.now) + clockAllowanceSeconds * 1000) {
    const fix = 'Set the clock of the sending system.';
    throw new GatewayError('E_MESSAGE_TIME', `issued more than ${clockAllowanceSeconds} s in the future`, { fix });
  }
}

/** Each refused list takes the sender one epoch on: it may have come this far before anything was held. */
const firstEpochs = 1000;

/**
 * The position in the stream: a message must continue the list held. `held`: undefined before the first list. A list whose epoch is
 * further than one ahead is to be held, for every lower epoch would be refused after it.
 */
export function judgeSequence(
  list: Pick<ListMessage, 'kind' | 'position' | 'previousChain'>,
  held: Position | undefined,
): Hold | undefined {
  const stated = list.position;
  judgeNumber('sequence', stated.sequence);
  const begins = list.kind === 'full' && list.previousChain === zeroChain;
  if (held === undefined || stated.epoch.no > held.epoch.no) {
    if (!begins) refuse('E_SEQUENCE_GAP', 'no list of this epoch is held; it begins with a full list', held);
    if (stated.epoch.no <= (held === undefined ? firstEpochs : held.epoch.no + 1)) return undefined;
    return { reason: 'epoch_ahead', detail: `epoch ${stated.epoch.no} is stated; held: ${held?.epoch.no ?? 'none'}` };
  }
  if (stated.epoch.no < held.epoch.no) refuse('E_SEQUENCE_ROLLBACK', 'a later epoch is held', held);
  if (stated.epoch.id !== held.epoch.id) refuse('E_SEQUENCE_FORK', 'another epoch of the same number is held', held);
  if (stated.sequence <= held.sequence) refuse('E_SEQUENCE_ROLLBACK', 'this number or a later one is held', held);
  if (stated.sequence > held.sequence + 1) refuse('E_SEQUENCE_GAP', 'messages between are missing', held);
  if (list.previousChain !== held.chain) refuse('E_SEQUENCE_FORK', 'the message does not continue the list held', held);
  return undefined;
}

/** Throws E_VALUE_INVALID for a number that cannot be kept. */
export function judgeNumber(name: 'epoch' | 'sequence', number: number): void {
  if (number > largestNumber) throw new GatewayError('E_VALUE_INVALID', `the ${name} is over ${largestNumber}`);
}

function refuse(code: ErrorCode, detail: string, held: Position | undefined): never {
  const where = held === undefined ? 'nothing' : `epoch ${held.epoch.no}, number ${held.sequence}`;
  const fix = 'Give our receipt to the sending system: its next list is then a full one in a new epoch.';
  throw new GatewayError(code, `${detail}; held: ${where}`, { fix });
}

/** The chain that the sender states, of every part of a list. */
export function judgeChain({
  kind,
  position,
  previousChain,
}: Pick<ListMessage, 'kind' | 'position' | 'previousChain'>): void {
  if (nextChain(previousChain, position.sequence, kind, position.root) !== position.chain)
    throw new GatewayError('E_LIST_ROOT', 'the chain computed from the message differs from the one stated');
}

/** The root and count, where the sender states them, of the whole list after the message. */
export function judgeMirror(position: StatedPosition, after: MirrorSummary): void {
  if (position.count !== undefined && after.count !== position.count)
    throw new GatewayError(
      'E_LIST_ROOT',
      `the list would have ${after.count} records, and the message states ${position.count}`,
    );
  if (position.root !== undefined && mirrorRoot(after) !== position.root)
    throw new GatewayError('E_LIST_ROOT', 'the root over the records differs from the one stated');
}

/** Parts of a list arrive in order and state the same root and count. `staged`: number of parts held already. */
export function judgePart(
  { kind, part, position }: Pick<ListMessage, 'kind' | 'part'> & { readonly position: StatedPosition },
  held: Position | undefined,
  staged: number,
): void {
  const no = part?.no ?? 1;
  if (part !== undefined && (no < 1 || no > part.of || kind !== 'full'))
    throw new GatewayError(
      'E_LIST_PART',
      'only full lists travel in parts, and each part has a number within their count',
    );
  if (no === 1 && (kind === 'full' || staged === 0)) return;
  const whole = held !== undefined && held.root === position.root && held.count === position.count;
  if (no === staged + 1 && no > 1 && whole) return;
  const fix = 'Send the whole list in a new epoch.';
  throw new GatewayError('E_LIST_PART', `part ${no} does not continue the ${staged} parts held`, { fix });
}

/** Each operator occurs once, and belongs to the partner. */
export function judgeIdentifiers(
  identifiers: readonly string[],
  form: { readonly form: string; readonly issuers?: readonly string[] },
): void {
  const prefix = form.form.slice(0, form.form.indexOf('{'));
  // Lists are usually sorted by identifier: sorting them again costs less than a set.
  const sorted = identifiers.toSorted();
  const repeated = sorted.filter((identifier, i) => identifier === sorted[i + 1]);
  if (repeated.length > 0) {
    const all = new Set(repeated);
    refuseOperators('E_RECORD_REPEATED', 'the message contains one operator twice', identifiers, (each) =>
      all.has(each),
    );
  }
  const isForeign = (identifier: string): boolean =>
    !identifier.startsWith(prefix) || (form.issuers !== undefined && stateOf(form.issuers, identifier) === undefined);
  if (identifiers.some(isForeign))
    refuseOperators('E_RECORD_SCOPE', 'an identifier does not belong to the sender', identifiers, isForeign);
}

/** Operators that one refusal names at most. */
const mostNamed = 1000;

/** Refuses a list for some of its operators, each named by its number in it. */
function refuseOperators(
  code: ErrorCode,
  detail: string,
  identifiers: readonly string[],
  isAtFault: (identifier: string) => boolean,
): never {
  const fault = new GatewayError(code, detail);
  const items = identifiers.flatMap((identifier, i) => (isAtFault(identifier) ? [{ item: i + 1, fault }] : []));
  throw new GatewayError(code, detail, { items: items.slice(0, mostNamed) });
}

/** The fault of one record: with it, it stays out of the register while the rest of the list is applied. */
export function judgeRecord({ identifier }: MirrorEntry, columns: Columns, grammar: RegExp): RecordResult | undefined {
  const fault = grammar.test(identifier) ? recordFault(columns) : malformed;
  return fault && { identifier, ...fault };
}

type RecordFault = Omit<RecordResult, 'identifier'>;

const malformed: RecordFault = { code: 'identifier_malformed', detail: 'not of the agreed form' };
const { validFrom, validTo } = listLayout.column;
const freeColumns = textPaths.map((path) => listLayout.column[path]);

function recordFault(columns: Columns): RecordFault | undefined {
  if (!isAbsent(columns, validTo) && columnText(columns, validTo) < columnText(columns, validFrom))
    return { code: 'dates_contradict', detail: 'valid to is before valid from' };
  for (const column of freeColumns)
    if (mayMislead(columns, column) && misleads(columnText(columns, column)))
      return { code: 'text_forbidden', detail: 'a name or address contains hidden characters' };
  return undefined;
}

/**
 * Whether a text may contain a hidden character: each of these is an escape in JSON, the byte 7F, or starts with the byte
 * C2, D8 or E2 (digits, Latin letters, kana, hangul and the common Chinese characters do not).
 */
function mayMislead({ bytes, starts, ends }: Columns, column: number): boolean {
  for (let i = starts[column] ?? 0, end = ends[column] ?? 0; i < end; i += 1)
    if (suspicious[bytes[i] ?? 0] === 1) return true;
  return false;
}

const suspicious = new Uint8Array(256);
for (const byte of [0x5c, 0x7f, 0xc2, 0xd8, 0xe2]) suspicious[byte] = 1;

/** Control characters, and characters that change the direction of text, would mislead an officer. */
function misleads(text: string): boolean {
  const hidden = hiddenIn(text);
  return hidden === 'control' || hidden === 'direction';
}

export interface Hold {
  readonly reason: HoldReason;
  readonly detail: string;
}

/** Counts before and after one message, of active operators. */
export interface ListMovement {
  readonly before: number;
  readonly after: number;
  /** Operators that leave or are no longer active. */
  readonly lost: number;
  readonly gained: number;
}

/** The reason to hold a list that changes more than agreed. The first list is judged by its size only. */
export function judgeBands(movement: ListMovement, bands: ListBands): Hold | undefined {
  const { before, after, lost, gained } = movement;
  const [least, most] = bands.between;
  if (after < least || after > most)
    return { reason: 'list_outside_size', detail: `${after} operators; between ${least} and ${most} are expected` };
  if (before === 0) return undefined;
  if (lost > bandLimit(before, bands.shrink))
    return { reason: 'list_shrinks', detail: `${lost} of ${before} operators would be removed` };
  if (gained > bandLimit(before, bands.grow))
    return { reason: 'list_grows', detail: `${gained} operators would be added to ${before}` };
  return undefined;
}

function bandLimit(before: number, band: { readonly percent: number; readonly records: number }): number {
  return Math.max(band.records, Math.floor((before * band.percent) / 100));
}
