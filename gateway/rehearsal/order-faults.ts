/** Faults in how messages follow each other: again, too early, never, of another history, too many operators or too few. */

import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { ListMessage } from '../model/list/list.ts';
import { unpackedList } from '../model/record/packed-records.ts';
import type { DomesticRecord } from '../model/record/domestic-record.ts';
import { deliverDue } from '../outbound/delivery.ts';
import { sendList, type ListOptions } from '../outbound/send-list.ts';
import { getBytes } from '../store/bodies.ts';
import { findMessage, type MessageRow } from '../store/outbox.ts';
import { following, forged, nextList } from './forgery.ts';
import { change, exchange, settled, startAnew } from './sending.ts';
import type { Simulator } from './simulator.ts';
import { oneMessage, type Ending, type Sent, type SendVice } from './fault.ts';

/** The next list, at another place of the stream. */
function placeVice(
  name: string,
  words: string,
  endings: readonly Ending[],
  place: (list: ListMessage, simulator: Simulator) => ListMessage,
): SendVice {
  return oneMessage(name, words, endings, async (simulator) =>
    forged(simulator, place(await nextList(simulator), simulator)),
  );
}

async function handed(simulator: Simulator, list: ListMessage): Promise<Sent> {
  const sealed = await forged(simulator, list);
  return { id: sealed.id, digest: sealed.digest, answer: await simulator.hand(sealed) };
}

/** A message that went the usual way, with the receipt that settled it. */
function sentUsually({ heard }: Simulator, { id, digest, state }: MessageRow): Sent {
  return { id, digest, answer: { evidence: `outbox: ${state}`, ...heard(digest)[0] } };
}

/** The bytes of a message that is stored, handed over once more. */
async function handedAgain(simulator: Simulator, { id }: Pick<MessageRow, 'id'>): Promise<Sent> {
  const { gateway } = simulator;
  const row = await findMessage(gateway.db.sql, id);
  if (row === undefined) throw new GatewayError('E_MESSAGE_UNKNOWN', 'the message is not in the outbox', { at: id });
  const bytes = await getBytes(gateway.db.sql, row.digest);
  return { id, digest: row.digest, answer: await simulator.hand({ ...row, bytes }) };
}

/** A list in the outbox that the dispatcher does not send before it is released. */
async function queued(simulator: Simulator): Promise<{ list: ListMessage; release(): void }> {
  const { gateway, other } = simulator;
  const release = simulator.hold();
  const built = await sendList(gateway, other.code, { renew: true });
  const list = built?.messages.at(-1)?.list;
  if (list === undefined) throw new GatewayError('E_INTERNAL', 'a list that is renewed has a message');
  return { list: unpackedList(list), release };
}

async function usual(simulator: Simulator, withinMs: number, wish?: ListOptions): Promise<MessageRow> {
  const row = await exchange(simulator.gateway, simulator.other.code, withinMs, wish);
  if (row === undefined) throw new GatewayError('E_INTERNAL', 'a list that is renewed has a message');
  return row;
}

/** Changes operators so that the list moves too far, sends it, and changes them back. */
async function movedTooFar(
  simulator: Simulator,
  withinMs: number,
  moved: readonly DomesticRecord[],
  back: readonly DomesticRecord[],
): Promise<readonly Sent[]> {
  await change(simulator, moved);
  const row = await usual(simulator, withinMs);
  await change(simulator, back);
  await startAnew(simulator);
  return [sentUsually(simulator, row)];
}

/** Of a list of so many operators; enough for any band, and little enough for a minute. */
export const hugeCount = 3000;

export const orderVices: readonly SendVice[] = [
  {
    acts: 'sends',
    name: 'duplicate',
    words: 'the same message comes three times',
    endings: ['applied'],
    async perform(simulator, withinMs) {
      const row = await usual(simulator, withinMs, { renew: true });
      const first = sentUsually(simulator, row);
      const sameReceipt = first.answer.receiptDigest ?? '';
      const again = [await handedAgain(simulator, row), await handedAgain(simulator, row)];
      return [first, ...again.map((sent) => ({ ...sent, sameReceipt }))];
    },
  },
  {
    acts: 'sends',
    name: 'conflicting-id',
    words: 'the number of an earlier message under other content',
    endings: ['E_MESSAGE_CONFLICT'],
    async perform(simulator, withinMs) {
      const row = await usual(simulator, withinMs, { renew: true });
      const next = await nextList(simulator);
      return [
        { ...sentUsually(simulator, row), endings: ['applied'] },
        await handed(simulator, { ...next, id: row.id }),
      ];
    },
  },
  {
    acts: 'sends',
    name: 'out-of-order',
    words: 'two lists arrive in the wrong order',
    endings: ['E_SEQUENCE_GAP', 'E_LIST_PART'],
    async perform(simulator, withinMs) {
      const { list, release } = await queued(simulator);
      try {
        const early = await handed(simulator, following(simulator, list));
        release();
        await deliverDue(simulator.gateway, simulator.other.code);
        const row = await settled(simulator.gateway, list.id, withinMs);
        return [early, { ...sentUsually(simulator, row), endings: ['applied'] }];
      } finally {
        release();
      }
    },
  },
  {
    acts: 'sends',
    name: 'two-lists-at-once',
    words: 'two lists arrive in the same moment',
    endings: ['applied'],
    async perform(simulator, withinMs) {
      const { list, release } = await queued(simulator);
      const second = handed(simulator, following(simulator, list));
      release();
      await deliverDue(simulator.gateway, simulator.other.code);
      const row = await settled(simulator.gateway, list.id, withinMs);
      const other = await second;
      await startAnew(simulator);
      return [sentUsually(simulator, row), { ...other, endings: ['applied', 'E_SEQUENCE_GAP', 'E_LIST_PART'] }];
    },
  },
  placeVice('gap', 'a list is missing before this one', ['E_SEQUENCE_GAP', 'E_LIST_PART'], (list, simulator) =>
    following(simulator, list),
  ),
  placeVice(
    'rollback',
    'the number of a list that was sent before, with other content',
    ['E_SEQUENCE_ROLLBACK', 'E_SEQUENCE_FORK'],
    ({ position, ...list }) => ({ ...list, position: { ...position, sequence: position.sequence - 1 } }),
  ),
  placeVice(
    'fork',
    'the list goes on from another history, as after a restore from a backup',
    ['E_SEQUENCE_FORK'],
    ({ position, ...list }) => ({
      ...list,
      position: { ...position, epoch: { ...position.epoch, id: 'f0'.repeat(8) } },
    }),
  ),
  {
    acts: 'sends',
    name: 'shrunk-list',
    words: 'half of the operators are gone from one list to the next',
    endings: ['list_shrinks', 'list_outside_size'],
    perform(simulator, withinMs) {
      const active = simulator.operators.filter(({ status }) => status === 'active');
      const half = active.slice(0, Math.ceil(active.length / 2));
      const statusSince = momentOf(simulator.gateway.now()).slice(0, 10);
      const moved = half.map((record) => ({ ...record, status: 'revoked' as const, statusSince }));
      return movedTooFar(simulator, withinMs, moved, half);
    },
  },
  {
    acts: 'sends',
    name: 'huge-list',
    words: `${hugeCount} operators join a list of a few`,
    endings: ['list_grows', 'list_outside_size', 'E_SIZE_EXCEEDED'],
    perform(simulator, withinMs) {
      const joined = simulator.invent(hugeCount, hugeCount);
      const known = new Set(simulator.operators.map(({ code }) => code));
      const others = joined.filter(({ code }) => !known.has(code));
      const back = others.map((record) => ({ ...record, consent: false }));
      return movedTooFar(simulator, withinMs, others, back);
    },
  },
];
