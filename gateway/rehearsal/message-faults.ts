/** Faults of a single message: of its members, its position, its encoding, its bytes or its signature. */

import type { ListRecord } from '../model/record/record.ts';
import { encodedText } from '../adapter/format.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { ListMessage } from '../model/list/list.ts';
import { isUnsigned } from '../model/message.ts';
import type { StreamRules } from '../model/list/stream-rules.ts';
import type { ListOptions } from '../model/list/queued-list.ts';
import { sendingFault, type SendingFault, type SentMessage } from './fault.ts';
import {
  altered,
  following,
  forged,
  heldNumberResults,
  layoutInForce,
  nextList,
  unknownBetween,
  withRecords,
  type Forgery,
} from './forgery.ts';
import { startNewEpoch } from './sending.ts';
import type { Simulator } from './simulator.ts';

/** Forges the next list. `refusedRecords`: a sound gateway may apply it without so many of its operators. */
function messageFault(
  name: string,
  forge: (list: ListMessage, simulator: Simulator) => Forgery,
  { refusedRecords, ...options }: ListOptions & Pick<SentMessage, 'refusedRecords'> = {},
): SendingFault {
  return sendingFault(name, async (simulator) => {
    const list = await nextList(simulator, options);
    const sent = await simulator.send(await forged(simulator, list, forge(list, simulator)));
    if (refusedRecords === undefined) return [sent];
    await startNewEpoch(simulator);
    return [{ ...sent, refusedRecords }];
  });
}

const full = { kind: 'full' } as const;

/** A file whose name says otherwise is none of this conversation: it is left alone. */
function requireNoName({ other }: Simulator, path: 'message.from' | 'message.to'): void {
  if (other.adapter.exchange.send?.file?.names.carries.has(path) === true)
    throw new GatewayError(
      'E_VALUE_INVALID',
      'the name of the file states it, and a file of another name is left alone',
    );
}

function requireSignatures({ other }: Simulator): void {
  if (isUnsigned(other.adapter.seal))
    throw new GatewayError('E_VALUE_INVALID', 'messages of this partner are not signed');
}

/** A user-assigned code of ISO 3166-1 that is neither side's. */
function otherCountry({ gateway, other }: Simulator): string {
  return ['XA', 'XB', 'XC'].find((code) => code !== gateway.home.country && code !== other.code) ?? '';
}

function firstOf({ records: [first] }: ListMessage): ListRecord {
  if (first === undefined) throw new GatewayError('E_REQUEST_INVALID', 'the fault needs an operator on the list');
  return first;
}

function foreign(simulator: Simulator, identifier: string): string {
  const { form } = simulator.other.adapter.identifiers.ours;
  const prefix = form.slice(0, form.indexOf('{'));
  if (prefix.length >= 2) return prefix.slice(0, -2) + otherCountry(simulator) + identifier.slice(prefix.length);
  if (/^[A-Z]{2}/u.test(identifier)) return otherCountry(simulator) + identifier.slice(2);
  throw new GatewayError('E_VALUE_INVALID', 'identifiers do not begin with the letters of a country');
}

/** A version of the layout that was not agreed: another namespace, root or type. */
function otherLayout(type: string): Forgery {
  const [, namespace, root] = /^\{(.*)\}(.+)$/u.exec(type) ?? [];
  if (namespace !== undefined && namespace !== '')
    return { text: (text) => text.replaceAll(namespace, `${namespace}:0`) };
  if (root !== undefined) {
    const name = new RegExp(`(</?)${RegExp.escape(root)}(?=[\\s>])`, 'gu');
    return { text: (text) => text.replaceAll(name, `$1${root}0`) };
  }
  return { type: type.includes('/') ? `${type.split(';')[0]}; charset=utf-8; layout=unknown-0` : `${type}.0` };
}

/** One place of what the layout states: of a hash, or else of an operator's identifier. */
function tampered(bytes: Uint8Array, { position, previousChain, records }: ListMessage): Uint8Array {
  for (const text of [position.root, position.chain, previousChain, ...records.map(({ identifier }) => identifier)]) {
    const changed = altered(bytes, text, text.slice(0, -1) + (text.endsWith('0') ? '1' : '0'));
    if (changed !== bytes) return changed;
  }
  throw new GatewayError(
    'E_VALUE_INVALID',
    'this layout states neither a hash nor an identifier that could be altered',
  );
}

/** What states the order of a list, as an earlier one had it: its number, or the time of its issue two days ago. */
function earlier({ position, issuedAt }: ListMessage, discipline: StreamRules['discipline']): Partial<ListMessage> {
  const byNumber = discipline === 'chained' || discipline === 'numbered';
  return byNumber
    ? { position: { ...position, sequence: position.sequence - 1 } }
    : { issuedAt: later(issuedAt, -2 * 86_400) };
}

const utf16 = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf16le')]);

/** Writes a status that is between the words for active and suspended, and none of them. */
function unknownStatus(list: ListMessage): Forgery {
  const first = firstOf(list);
  const suspended = { ...list, records: [{ ...first, status: 'suspended' as const }] };
  return {
    list: { records: [{ ...first, status: 'active' }] },
    text: (text, layout) => unknownBetween(text, encodedText(layout, suspended)),
  };
}

export const messageFaults: readonly SendingFault[] = [
  messageFault('gap', (list, simulator) => ({
    list: following(simulator, list),
  })),
  sendingFault('rollback', async (simulator) => {
    const list = await nextList(simulator);
    const { discipline } = simulator.other.adapter.stream;
    const older = { ...list, ...earlier(list, discipline) };
    // The list held may have the same operators and time of issue: then it would only be repeated.
    const other = discipline === 'numbered' && list.kind === 'full' ? withRecords(older, list.records.slice(1)) : older;
    const sent = await simulator.send(await forged(simulator, list, { list: other }));
    return [{ ...sent, expected: heldNumberResults(simulator, list) }];
  }),
  messageFault('fork', ({ position }) => ({
    list: { position: { ...position, epoch: { ...position.epoch, id: 'f0'.repeat(8) } } },
  })),
  messageFault('wrong-addressee', (_list, simulator) => {
    requireNoName(simulator, 'message.to');
    return { list: { to: otherCountry(simulator) } };
  }),
  messageFault('false-sender', (_list, simulator) => {
    requireNoName(simulator, 'message.from');
    return { list: { from: otherCountry(simulator) } };
  }),
  messageFault('future-clock', ({ nextBy }, { gateway }) => ({
    list: { issuedAt: later(momentOf(gateway.now()), 360), nextBy: later(nextBy, 360) },
  })),
  messageFault('wrong-root', ({ position }) => ({ list: { position: { ...position, root: 'e'.repeat(64) } } })),
  messageFault(
    'foreign-operators',
    (list, simulator) => {
      const first = firstOf(list);
      const operator = { ...first, identifier: foreign(simulator, first.identifier) };
      return { list: withRecords(list, [operator, ...list.records.slice(1)]) };
    },
    { ...full, refusedRecords: 1 },
  ),
  messageFault('repeated-operator', (list) => ({ list: { records: [...list.records, firstOf(list)] } }), full),
  messageFault('unknown-status-code', unknownStatus, full),
  messageFault('wrong-version', (_list, simulator) => {
    const { format, type } = layoutInForce(simulator);
    if (format !== 'xml') requireSignatures(simulator); // nothing else states the type
    return otherLayout(type);
  }),
  messageFault('truncated', () => ({
    bytes: (bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.75)),
  })),
  messageFault('mixed-encoding', () => ({ bytes: utf16 })),
  messageFault(
    'bad-signature',
    (list, simulator) => {
      requireSignatures(simulator);
      return { bytes: (bytes) => tampered(bytes, list) };
    },
    full,
  ),
  messageFault('unregistered-key', (_list, { keys }) => ({ signer: keys.unregistered })),
  messageFault('expired-certificate', (_list, { keys, other }) => {
    const { seal } = other.adapter;
    if (!isUnsigned(seal) && ['keyValue', 'keyName', 'none'].includes(seal.keyInfo ?? ''))
      throw new GatewayError('E_VALUE_INVALID', 'messages of this partner name a key and no certificate');
    return { signer: keys.expired };
  }),
];
