/** Messages that must not be accepted, made from the next list a simulated partner would send: changed, then really encoded and sealed. */

import { createHash } from 'node:crypto';
import type { ListFormat } from '../adapter/adapter.ts';
import { writerOf } from '../model/byte-writer.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { nextChain } from '../model/list/digest.ts';
import type { ListMessage, ListRecord } from '../model/list/list.ts';
import type { SealedMessage } from '../model/message.ts';
import { mirrorOf, mirrorRoot } from '../model/list/mirror.ts';
import { entriesOf, packedOf, unpackedList } from '../model/record/packed-records.ts';
import { buildList, type ListOptions } from '../outbound/send-list.ts';
import { signCms } from '../wire/signature/cms.ts';
import { signJws } from '../wire/signature/jws.ts';
import type { Signer } from '../wire/signature/profile.ts';
import { joinSigned, textEntity } from '../wire/signature/signed-text.ts';
import { signXml } from '../wire/signature/signed-xml.ts';
import { readXmlTree } from '../wire/xml/xml-tree.ts';
import type { Simulator } from './simulator.ts';

/** What to change on the way from a list to sealed bytes. */
export interface Forging {
  /** The content in the partner's words, before it is sealed. */
  readonly text?: (text: string, layout: ListFormat) => string | Uint8Array;
  /** The type the seal states: the `typ` of a JWS, the media type of a text. XML states it by its root. */
  readonly type?: string;
  readonly signer?: Signer;
}

/** The first message of the next list, built and not stored. */
export async function nextList({ gateway, other }: Simulator, wish: ListOptions = {}): Promise<ListMessage> {
  const built = await buildList(gateway, other.code, { renew: true, ...wish });
  const [message] = built?.messages ?? [];
  if (message === undefined) throw new GatewayError('E_INTERNAL', 'a list that is renewed has a message');
  return unpackedList(message.list);
}

/** The message that comes after another and says nothing new; of a partner that takes full lists, the same list again. */
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

/** A whole list with other operators, and the count and hashes that go with them. */
export function withRecords({ position, ...list }: ListMessage, records: readonly ListRecord[]): ListMessage {
  const { after } = mirrorOf(entriesOf(packedOf(records)));
  const root = mirrorRoot(after);
  const chain = nextChain(list.previousChain, position.sequence, list.kind, root);
  return { ...list, records, position: { ...position, root, chain, count: after.count } };
}

/** The layout of today. */
export function layoutOf({ gateway, other: { adapter } }: Simulator): ListFormat {
  return adapter.on(dayAt(gateway.now(), adapter.timeZone)).list;
}

/** The list in the partner's words under a seal, whatever is wrong with it. Throws what the layout itself cannot say. */
export async function forged(simulator: Simulator, list: ListMessage, forging: Forging = {}): Promise<SealedMessage> {
  const { gateway, other } = simulator;
  const layout = layoutOf(simulator);
  const text = [...layout.encode(list)].join('');
  const written = forging.text?.(text, layout) ?? text;
  if (forging.text !== undefined && written === text) throw new GatewayError('E_INTERNAL', 'nothing was forged');
  const content = typeof written === 'string' ? Buffer.from(written) : written;
  const signer = forging.signer ?? other.signer;
  const sealed = await sealedBytes(layout, content, forging.type ?? layout.type, signer, momentOf(gateway.now()));
  return sealedAs(simulator, { id: list.id, contentType: layout.contentType, ...sealed });
}

/** Bytes as a message to the other side: what stands in the outbox of a gateway, only that it does not stand there. */
export function sealedAs(
  { other }: Simulator,
  { id, contentType, bytes }: Pick<SealedMessage, 'id' | 'contentType' | 'bytes'>,
): SealedMessage {
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { id, partner: other.code, kind: 'list', contentType, bytes, digest };
}

type Sealed = Pick<SealedMessage, 'bytes'> & { readonly contentType?: string };

/** As wire/seal.ts does it, without asking a schema first. */
async function sealedBytes(
  { format }: Pick<ListFormat, 'format'>,
  content: Uint8Array,
  type: string,
  signer: Signer,
  at: string,
): Promise<Sealed> {
  switch (format) {
    case 'xml': {
      const tree = readXmlTree(content);
      try {
        return { bytes: await signXml(writerOf(content), tree, signer) };
      } finally {
        tree.dispose();
      }
    }
    case 'json':
      return { bytes: await signJws(content, type, signer) };
    case 'text': {
      const entity = textEntity(type, content);
      return joinSigned(entity, signCms(entity, signer, at));
    }
  }
}

/** The same bytes with one character of a text changed; the text stands in them as it is, or inside a JWS. */
export function altered(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  if (text.includes(from)) return Buffer.from(text.replace(from, to), 'latin1');
  const [header = '', payload = '', signature = ''] = text.split('.');
  const changed = Buffer.from(payload, 'base64url').toString('latin1').replace(from, to);
  return Buffer.from([header, Buffer.from(changed, 'latin1').toString('base64url'), signature].join('.'));
}

/** The text with the place at which two texts differ filled with something neither says, of the same length. */
export function unknownBetween(one: string, other: string): string {
  let start = 0;
  while (one[start] === other[start] && start < one.length) start += 1;
  let end = 0;
  while (one.at(-1 - end) === other.at(-1 - end) && end < Math.min(one.length, other.length) - start) end += 1;
  const code = one.slice(start, one.length - end);
  if (code === '') throw new GatewayError('E_VALUE_INVALID', 'this layout does not tell the two apart');
  return one.slice(0, start) + code.replaceAll(/\d/gu, '7').replaceAll(/[A-Za-z]/gu, 'Q') + one.slice(one.length - end);
}
