/** Faults of a single message: of its members, its position, its encoding, its bytes or its signature. */

import { encodedText } from '../adapter/format.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { ListMessage, ListRecord } from '../model/list/list.ts';
import type { ListOptions } from '../outbound/send-list.ts';
import type { MessageResult, SendingFault, SentMessage } from './fault.ts';
import {
  altered,
  following,
  forged,
  layoutOf,
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
  description: string,
  expected: readonly MessageResult[],
  forge: (list: ListMessage, simulator: Simulator) => Forgery,
  { refusedRecords, ...options }: ListOptions & Pick<SentMessage, 'refusedRecords'> = {},
): SendingFault {
  return {
    ...{ acts: 'sends', name, description, expected },
    async send(simulator) {
      const list = await nextList(simulator, options);
      const sent = await simulator.send(await forged(simulator, list, forge(list, simulator)));
      if (refusedRecords === undefined) return [sent];
      await startNewEpoch(simulator);
      return [{ ...sent, refusedRecords }];
    },
  };
}

const full = { kind: 'full' } as const;

/** A user-assigned code of ISO 3166-1 that is neither side's. */
function otherCountry({ gateway, other }: Simulator): string {
  return ['XA', 'XB', 'XC'].find((code) => code !== gateway.home.country && code !== other.code) ?? '';
}

function firstOf({ records: [first] }: ListMessage): ListRecord {
  if (first === undefined) throw new GatewayError('E_REQUEST_INVALID', 'the fault needs an operator on the list');
  return first;
}

/** The identifier with the letters of another country. */
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

/** Changes one digit of a hash that the list states. */
function tampered(bytes: Uint8Array, { position, previousChain }: ListMessage): Uint8Array {
  for (const hash of [position.root, position.chain, previousChain]) {
    const changed = altered(bytes, hash, (hash.startsWith('0') ? '1' : '0') + hash.slice(1));
    if (!Buffer.from(changed).equals(bytes)) return changed;
  }
  throw new GatewayError('E_VALUE_INVALID', 'this layout states no hash that could be altered');
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

const unreadable = [
  'E_BYTES_INVALID',
  'E_XML_MALFORMED',
  'E_XML_FORBIDDEN',
  'E_JSON_MALFORMED',
  'E_SIGNATURE_MISSING',
  'E_SIGNATURE_PROFILE',
  'E_SIGNATURE_INVALID',
] as const;

export const messageFaults: readonly SendingFault[] = [
  messageFault('gap', 'a list is missing before this one', ['E_SEQUENCE_GAP', 'E_LIST_PART'], (list, simulator) => ({
    list: following(simulator, list),
  })),
  messageFault(
    'rollback',
    'the sequence number of an earlier list, with other content',
    ['E_SEQUENCE_ROLLBACK', 'E_SEQUENCE_FORK'],
    ({ position }) => ({ list: { position: { ...position, sequence: position.sequence - 1 } } }),
  ),
  messageFault(
    'fork',
    'the list continues another history, as after a restore from a backup',
    ['E_SEQUENCE_FORK'],
    ({ position }) => ({ list: { position: { ...position, epoch: { ...position.epoch, id: 'f0'.repeat(8) } } } }),
  ),
  messageFault(
    'wrong-addressee',
    'the list is addressed to another administration',
    ['E_MESSAGE_MISADDRESSED'],
    (_list, simulator) => ({ list: { to: otherCountry(simulator) } }),
  ),
  messageFault(
    'false-sender',
    'the list names another administration as its sender',
    ['E_MESSAGE_SENDER'],
    (_list, simulator) => ({ list: { from: otherCountry(simulator) } }),
  ),
  messageFault(
    'future-clock',
    'the clock of the sender is six minutes ahead',
    ['E_MESSAGE_TIME'],
    ({ nextBy }, { gateway }) => ({
      list: { issuedAt: later(momentOf(gateway.now()), 360), nextBy: later(nextBy, 360) },
    }),
  ),
  messageFault(
    'wrong-root',
    'the root hash is not that of the operators on the list',
    ['E_LIST_ROOT'],
    ({ position }) => ({ list: { position: { ...position, root: 'e'.repeat(64) } } }),
  ),
  messageFault(
    'foreign-operators',
    'an operator on the list is of another country',
    ['E_RECORD_SCOPE', 'E_SCHEMA_INVALID', 'E_VALUE_INVALID'],
    (list, simulator) => {
      const first = firstOf(list);
      const operator = { ...first, identifier: foreign(simulator, first.identifier) };
      return { list: withRecords(list, [operator, ...list.records.slice(1)]) };
    },
    { ...full, refusedRecords: 1 },
  ),
  messageFault(
    'repeated-operator',
    'one operator is on the list twice',
    ['E_RECORD_REPEATED', 'E_SCHEMA_INVALID'],
    (list) => ({ list: { records: [...list.records, firstOf(list)] } }),
    full,
  ),
  messageFault(
    'unknown-status-code',
    'a status code that is in no code list',
    ['E_CODE_UNKNOWN', 'E_SCHEMA_INVALID', 'E_VALUE_INVALID'],
    unknownStatus,
    full,
  ),
  messageFault(
    'wrong-version',
    'a version of the layout that was not agreed',
    ['E_MESSAGE_KIND', 'E_SCHEMA_INVALID', 'E_SIGNATURE_PROFILE'],
    (_list, simulator) => otherLayout(layoutOf(simulator).type),
  ),
  messageFault('truncated', 'the message ends after three quarters of its bytes', unreadable, () => ({
    bytes: (bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.75)),
  })),
  messageFault('mixed-encoding', 'UTF-16 where UTF-8 was agreed', unreadable, () => ({ bytes: utf16 })),
  messageFault('bad-signature', 'one digit was changed after signing', ['E_SIGNATURE_INVALID'], (list) => ({
    bytes: (bytes) => tampered(bytes, list),
  })),
  messageFault(
    'unregistered-key',
    'signed with a key that is not registered',
    ['E_SIGNER_UNKNOWN'],
    (_list, { keys }) => ({ signer: keys.unregistered }),
  ),
  messageFault(
    'expired-certificate',
    'signed under a certificate that expired yesterday',
    ['E_CERTIFICATE_TIME', 'E_SIGNER_UNKNOWN'],
    (_list, { keys }) => ({ signer: keys.expired }),
  ),
];
