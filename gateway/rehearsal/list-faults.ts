/** Faults in a single message: in its head, its words, its bytes, its seal. Nothing of it is stored where it is made. */

import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { ListMessage, ListRecord } from '../model/list/list.ts';
import { altered, forged, layoutOf, nextList, sealedAs, unknownBetween, withRecords, type Forging } from './forgery.ts';
import { startAnew } from './sending.ts';
import type { Simulator } from './simulator.ts';
import { oneMessage, type Ending, type SendVice } from './fault.ts';

/** The next list with another head. */
function headVice(
  name: string,
  words: string,
  endings: readonly Ending[],
  head: (list: ListMessage, simulator: Simulator) => Partial<ListMessage>,
): SendVice {
  return oneMessage(name, words, endings, async (simulator) => {
    const list = await nextList(simulator);
    return await forged(simulator, { ...list, ...head(list, simulator) });
  });
}

/** The next list as it should be, under another key. */
function signerVice(
  name: string,
  words: string,
  endings: readonly Ending[],
  signer: (simulator: Simulator) => Forging['signer'] & object,
): SendVice {
  return oneMessage(name, words, endings, async (simulator) =>
    forged(simulator, await nextList(simulator), { signer: signer(simulator) }),
  );
}

/** The next list as it should be, its sealed bytes spoilt. */
function bytesVice(
  name: string,
  words: string,
  endings: readonly Ending[],
  spoil: (bytes: Uint8Array, list: ListMessage) => Uint8Array,
): SendVice {
  return oneMessage(name, words, endings, async (simulator) => {
    const list = await nextList(simulator);
    const sealed = await forged(simulator, list);
    return sealedAs(simulator, { ...sealed, bytes: spoil(sealed.bytes, list) });
  });
}

/** A user-assigned code of ISO 3166-1 that is none of the two sides. */
function nobody({ gateway, other }: Simulator): string {
  return ['XA', 'XB', 'XC'].find((code) => code !== gateway.home.country && code !== other.code) ?? '';
}

/** The whole list, of which one record at least is needed. */
async function wholeList(simulator: Simulator): Promise<{ list: ListMessage; first: ListRecord }> {
  const list = await nextList(simulator, { kind: 'full' });
  const [first] = list.records;
  if (first === undefined) throw new GatewayError('E_REQUEST_INVALID', 'a vice needs an operator on the list');
  return { list, first };
}

/** The identifier with the letters of another country before it. */
function foreign(simulator: Simulator, identifier: string): string {
  const { form } = simulator.other.adapter.identifiers.ours;
  const prefix = form.slice(0, form.indexOf('{'));
  if (prefix.length >= 2) return prefix.slice(0, -2) + nobody(simulator) + identifier.slice(prefix.length);
  if (/^[A-Z]{2}/u.test(identifier)) return nobody(simulator) + identifier.slice(2);
  throw new GatewayError('E_VALUE_INVALID', 'no letters of a country stand before the number');
}

/** Another version of the layout than any that was agreed: its namespace or root, its type. */
function otherLayout(type: string): Forging {
  const [, namespace, root] = /^\{(.*)\}(.+)$/u.exec(type) ?? [];
  if (namespace !== undefined && namespace !== '')
    return { text: (text) => text.replaceAll(namespace, `${namespace}:0`) };
  if (root !== undefined) {
    const name = new RegExp(`(</?)${RegExp.escape(root)}(?=[\\s>])`, 'gu');
    return { text: (text) => text.replaceAll(name, `$1${root}0`) };
  }
  return { type: type.includes('/') ? `${type.split(';')[0]}; charset=utf-8; layout=unknown-0` : `${type}.0` };
}

/** One digit of a hash the list states, wherever the layout writes it. */
function tamper(bytes: Uint8Array, { position, previousChain }: ListMessage): Uint8Array {
  for (const hash of [position.root, position.chain, previousChain]) {
    const changed = altered(bytes, hash, (hash.startsWith('0') ? '1' : '0') + hash.slice(1));
    if (!Buffer.from(changed).equals(bytes)) return changed;
  }
  throw new GatewayError('E_VALUE_INVALID', 'this layout states no hash that could be altered');
}

const utf16 = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf16le')]);

const unreadable = [
  'E_BYTES_INVALID',
  'E_XML_MALFORMED',
  'E_XML_FORBIDDEN',
  'E_JSON_MALFORMED',
  'E_SIGNATURE_MISSING',
  'E_SIGNATURE_PROFILE',
  'E_SIGNATURE_INVALID',
] as const;

export const messageVices: readonly SendVice[] = [
  headVice(
    'wrong-addressee',
    'the list is for another administration',
    ['E_MESSAGE_MISADDRESSED'],
    (_list, simulator) => ({
      to: nobody(simulator),
    }),
  ),
  headVice(
    'false-sender',
    'the list is said to be from another administration',
    ['E_MESSAGE_SENDER'],
    (_list, simulator) => ({
      from: nobody(simulator),
    }),
  ),
  headVice('future-clock', 'the clock is six minutes ahead', ['E_MESSAGE_TIME'], ({ nextBy }, { gateway }) => {
    const issuedAt = later(momentOf(gateway.now()), 360);
    return { issuedAt, nextBy: later(nextBy, 360) };
  }),
  headVice(
    'wrong-root',
    'the hash over the list is not that of its operators',
    ['E_LIST_ROOT'],
    ({ position }): Partial<ListMessage> => ({ position: { ...position, root: 'e'.repeat(64) } }),
  ),
  {
    acts: 'sends',
    name: 'foreign-operators',
    words: 'an operator on the list is of another country',
    endings: ['E_RECORD_SCOPE', 'E_SCHEMA_INVALID', 'E_VALUE_INVALID'],
    async perform(simulator) {
      const { list, first } = await wholeList(simulator);
      const identifier = foreign(simulator, first.identifier);
      const sealed = await forged(simulator, withRecords(list, [{ ...first, identifier }, ...list.records.slice(1)]));
      const answer = await simulator.hand(sealed);
      await startAnew(simulator);
      return [{ id: sealed.id, digest: sealed.digest, answer, refusedRecords: 1 }];
    },
  },
  oneMessage(
    'repeated-operator',
    'one operator stands twice on the list',
    ['E_RECORD_REPEATED', 'E_SCHEMA_INVALID'],
    async (simulator) => {
      const { list, first } = await wholeList(simulator);
      return await forged(simulator, { ...list, records: [...list.records, first] });
    },
  ),
  oneMessage(
    'unknown-status-code',
    'a code that is in no table',
    ['E_CODE_UNKNOWN', 'E_SCHEMA_INVALID', 'E_VALUE_INVALID'],
    async (simulator) => {
      const { list, first } = await wholeList(simulator);
      const suspended = { ...list, records: [{ ...first, status: 'suspended' as const }] };
      const active = { ...list, records: [{ ...first, status: 'active' as const }] };
      return await forged(simulator, active, {
        text: (text, layout) => unknownBetween(text, [...layout.encode(suspended)].join('')),
      });
    },
  ),
  oneMessage(
    'wrong-version',
    'a layout that was never agreed',
    ['E_MESSAGE_KIND', 'E_SCHEMA_INVALID', 'E_SIGNATURE_PROFILE'],
    async (simulator) => {
      return await forged(simulator, await nextList(simulator), otherLayout(layoutOf(simulator).type));
    },
  ),
  bytesVice('malformed', 'the message breaks off before its end', unreadable, (bytes) =>
    bytes.subarray(0, Math.floor(bytes.length * 0.75)),
  ),
  bytesVice('mixed-encoding', 'UTF-16 where UTF-8 was promised', unreadable, utf16),
  bytesVice('bad-signature', 'one digit was changed after signing', ['E_SIGNATURE_INVALID'], tamper),
  signerVice('stranger-key', 'signed with a key nobody registered', ['E_SIGNER_UNKNOWN'], ({ keys }) => keys.stranger),
  signerVice(
    'expired-certificate',
    'signed under a certificate that ended yesterday',
    ['E_CERTIFICATE_TIME', 'E_SIGNER_UNKNOWN'],
    ({ keys }) => keys.ended,
  ),
];
