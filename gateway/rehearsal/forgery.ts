/** Messages that must be rejected: the next list of a simulated partner, changed and then really encoded and sealed. */

import type { ListRecord } from '../model/record/record.ts';
import { encodedText } from '../adapter/format.ts';
import type { ListFormat } from '../adapter/adapter.ts';
import { sha256 } from '../model/canonical-json.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { nextChain } from '../model/list/digest.ts';
import type { ListMessage } from '../model/list/list.ts';
import type { SealedMessage } from '../model/message.ts';
import { mirrorOf, mirrorRoot } from '../model/list/mirror.ts';
import { mirrorEntries, packRecords, unpackList } from '../model/record/packed-records.ts';
import { buildList } from '../outbound/send-list.ts';
import type { ListOptions } from '../model/list/queued-list.ts';
import type { Signer } from '../wire/signature/profile.ts';
import { signUnchecked } from '../wire/signature/seal.ts';
import { required } from './sending.ts';
import type { Simulator } from './simulator.ts';

export interface Forgery {
  readonly list?: Partial<ListMessage>;
  /** Changes the encoded list before it is sealed. */
  readonly text?: (text: string, layout: ListFormat) => string;
  /** The type that the seal states: the `typ` of a JWS, the media type of a text. XML states it by its root. */
  readonly type?: string;
  readonly signer?: Signer;
  readonly bytes?: (bytes: Uint8Array) => Uint8Array;
}

/** The first message of the next list, not stored. */
export async function nextList({ gateway, other }: Simulator, options: ListOptions = {}): Promise<ListMessage> {
  const built = await buildList(gateway, other.code, { renew: true, ...options });
  return unpackList(required(built?.messages[0]).list);
}

/** The message after another that changes nothing; for a partner that takes full lists only, the same list again. */
export function following(simulator: Simulator, { position, ...list }: ListMessage): ListMessage {
  const sequence = position.sequence + 1;
  const chain = nextChain(position.chain, sequence, list.kind, position.root);
  return {
    ...list,
    id: simulator.gateway.newId(),
    position: { ...position, sequence, chain },
    previousChain: position.chain,
    ...(list.kind === 'delta' ? { records: [], departures: [] } : {}),
  };
}

/** A full list with other operators, and the count and hashes of these. */
export function withRecords({ position, ...list }: ListMessage, records: readonly ListRecord[]): ListMessage {
  const { after } = mirrorOf(mirrorEntries(packRecords(records)));
  const root = mirrorRoot(after);
  const chain = nextChain(list.previousChain, position.sequence, list.kind, root);
  return { ...list, records, position: { ...position, root, chain, count: after.count } };
}

/** How a list may end whose number is held: where the number is its id, as another message under that id. */
export function heldNumberResults({ other }: Simulator, list: ListMessage): readonly string[] {
  const byNumber = other.adapter.listId(list) === undefined ? [] : ['E_MESSAGE_CONFLICT'];
  return ['E_SEQUENCE_ROLLBACK', 'E_SEQUENCE_FORK', ...byNumber];
}

export function layoutInForce({ gateway, other: { adapter } }: Simulator): ListFormat {
  return adapter.formatsOn(dayAt(gateway.now(), adapter.timeZone)).list;
}

/** The list with the changes, encoded and sealed. Throws what the layout itself cannot express. */
export async function forged(
  simulator: Simulator,
  original: ListMessage,
  { list: changes, text: change, type, signer, bytes: spoil = (bytes) => bytes }: Forgery = {},
): Promise<SealedMessage> {
  const { gateway, other } = simulator;
  const layout = layoutInForce(simulator);
  const list = { ...original, ...changes };
  const names = other.adapter.exchange.send?.file?.names;
  const [text, file] = [encodedText(layout, list), names?.nameOf(list)];
  const before = { text: encodedText(layout, original), file: names?.nameOf(original) };
  if (changes !== undefined && change === undefined && text === before.text && file === before.file)
    throw new GatewayError('E_VALUE_INVALID', 'lists of this partner do not state what is forged');
  const changed = change?.(text, layout) ?? text;
  if (change !== undefined && changed === text) throw new GatewayError('E_INTERNAL', 'nothing was forged');
  const format = { ...layout, type: type ?? layout.type };
  const sealed = await signUnchecked(Buffer.from(changed), format, signer ?? other.signer, momentOf(gateway.now()));
  const { contentType = layout.contentType } = sealed;
  const bytes = spoil(sealed.bytes);
  const { sequence: number, epoch } = list.position;
  const id = other.adapter.listId(list) ?? list.id;
  const about = present({ id, partner: other.code, number, period: epoch.id, file });
  return { ...about, kind: 'list', contentType, bytes, digest: sha256(bytes) };
}

/** The bytes with a text replaced, which is in them literally or in the payload of a JWS; else the very same bytes. */
export function altered(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  if (text.includes(from)) return Buffer.from(text.replace(from, to), 'latin1');
  const [header = '', payload = '', signature = ''] = text.split('.');
  const plain = Buffer.from(payload, 'base64url').toString('latin1');
  if (!plain.includes(from)) return bytes;
  const changed = plain.replace(from, to);
  return Buffer.from([header, Buffer.from(changed, 'latin1').toString('base64url'), signature].join('.'));
}

/** The first text; where the second differs from it, a value of the same length that is in neither. */
export function unknownBetween(one: string, other: string): string {
  let start = 0;
  while (one[start] === other[start] && start < one.length) start += 1;
  let end = 0;
  while (one.at(-1 - end) === other.at(-1 - end) && end < Math.min(one.length, other.length) - start) end += 1;
  const code = one.slice(start, one.length - end);
  if (code === '') throw new GatewayError('E_VALUE_INVALID', 'this layout does not distinguish the two');
  return one.slice(0, start) + code.replaceAll(/\d/gu, '7').replaceAll(/[A-Za-z]/gu, 'Q') + one.slice(one.length - end);
}
