/** Faults of several messages: repeated, in the wrong order, at once, and lists that grow or shrink too much. */

import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { ListMessage } from '../model/list/list.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { present } from '../model/present.ts';
import { unpackList } from '../model/record/packed-records.ts';
import { deliverDue } from '../outbound/delivery.ts';
import { sendList } from '../outbound/send-list.ts';
import { getBytes } from '../store/bodies.ts';
import { findMessage, type MessageRow } from '../store/outbox.ts';
import type { ChannelDelivery } from './channel.ts';
import { resultOf, sendingFault, type SendingFault, type SentMessage } from './fault.ts';
import { following, forged, nextList } from './forgery.ts';
import { change, deliveryOf, exchangeList, startNewEpoch, required, settled } from './sending.ts';
import { inventListed, type Simulator } from './simulator.ts';

/** Sends the stored bytes of a message once more. */
async function resend(simulator: Simulator, { id }: MessageRow): Promise<ChannelDelivery> {
  const { sql } = simulator.gateway.db;
  const row = await findMessage(sql, id);
  if (row === undefined) throw new GatewayError('E_MESSAGE_UNKNOWN', 'the message is not in the outbox', { at: id });
  const { sequence: number, epochId: period } = row;
  return await simulator.send({ ...row, ...present({ number, period }), bytes: await getBytes(sql, row.digest) });
}

/** Queues a list while the dispatcher is paused; `deliver` lets it go out. */
async function queue(
  simulator: Simulator,
  withinMs: number,
): Promise<{ readonly list: ListMessage; resume(): void; deliver(): Promise<ChannelDelivery> }> {
  const { gateway, other } = simulator;
  const resume = simulator.pause();
  const built = await sendList(gateway, other.code, { renew: true });
  const { list } = required(built?.messages.at(-1));
  return {
    list: unpackList(list),
    resume,
    async deliver() {
      resume();
      await deliverDue(gateway, other.code);
      return await deliveryOf(simulator, await settled(gateway, list.id, withinMs), withinMs);
    },
  };
}

/** Changes operators so that the size of the list changes too much, sends it, and changes them back. */
function sizeFault(
  name: string,
  changes: (simulator: Simulator) => Record<'changed' | 'restored', readonly DomesticRecord[]>,
): SendingFault {
  return sendingFault(name, async (simulator, withinMs) => {
    const { changed, restored } = changes(simulator);
    await change(simulator, changed);
    const row = await exchangeList(simulator, withinMs, {});
    await change(simulator, restored);
    await startNewEpoch(simulator);
    return [await deliveryOf(simulator, row, withinMs)];
  });
}

/** Whether a list may be applied before the one ahead of it, which is then too old. */
function overtakes({ other }: Simulator, { kind }: ListMessage): boolean {
  const { stream } = other.adapter;
  return stream.discipline === 'numbered' && (stream.gap === 'accept' || kind === 'full');
}

const applied = { expected: ['applied'] } satisfies Pick<SentMessage, 'expected'>;

/** More than any agreed band allows, and few enough for a minute. */
const hugeCount = 3000;

export const sequenceFaults: readonly SendingFault[] = [
  sendingFault('duplicate', async (simulator, withinMs) => {
    const row = await exchangeList(simulator, withinMs);
    const first = await deliveryOf(simulator, row, withinMs);
    const again = [await resend(simulator, row), await resend(simulator, row)];
    return [first, ...again.map((sent) => ({ ...sent, sameReceipt: first.receiptDigest ?? '' }))];
  }),
  sendingFault('conflicting-id', async (simulator, withinMs) => {
    const row = await exchangeList(simulator, withinMs);
    const conflicting = await forged(simulator, await nextList(simulator), { list: { id: row.id } });
    return [{ ...(await deliveryOf(simulator, row, withinMs)), ...applied }, await simulator.send(conflicting)];
  }),
  sendingFault('out-of-order', async (simulator, withinMs) => {
    const { list, resume, deliver } = await queue(simulator, withinMs);
    try {
      const early = await simulator.send(await forged(simulator, following(simulator, list)));
      return [early, { ...(await deliver()), ...applied }];
    } finally {
      resume();
    }
  }),
  sendingFault('two-lists-at-once', async (simulator, withinMs) => {
    const { list, deliver } = await queue(simulator, withinMs);
    const later = following(simulator, list);
    const next = await forged(simulator, later);
    const [second, first] = await Promise.all([simulator.send(next), deliver()]);
    await startNewEpoch(simulator);
    const late = overtakes(simulator, later) && resultOf(second) === 'applied' ? ['E_SEQUENCE_ROLLBACK'] : [];
    return [
      { ...first, expected: ['applied', ...late] },
      { ...second, expected: ['applied', 'E_SEQUENCE_GAP', 'E_LIST_PART'] },
    ];
  }),
  sizeFault('shrunk-list', ({ operators, gateway }) => {
    const active = operators.filter(({ status }) => status === 'active');
    const restored = active.slice(0, Math.ceil(active.length / 2));
    const statusSince = momentOf(gateway.now()).slice(0, 10);
    return { restored, changed: restored.map((record) => ({ ...record, status: 'revoked', statusSince })) };
  }),
  sizeFault('huge-list', ({ operators, gateway }) => {
    const known = new Set(operators.map(({ code }) => code));
    const changed = inventListed(gateway, hugeCount, hugeCount).filter(({ code }) => !known.has(code));
    return { changed, restored: changed.map((record) => ({ ...record, consent: false })) };
  }),
];
