/** Sends lists of a simulated partner the regular way, and waits for the receipts over them. */

import { setTimeout as wait } from 'node:timers/promises';
import { deliverDue } from '../outbound/delivery.ts';
import type { Gateway } from '../gateway.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { DomesticRecord } from '../model/record/record.ts';
import { sendList } from '../outbound/send-list.ts';
import type { ListOptions } from '../model/list/queued-list.ts';
import { attemptsOf, findMessage, resendNow, type MessageRow } from '../store/outbox.ts';
import { requireFullList } from '../store/streams.ts';
import { unroutable } from '../wire/transport/transport.ts';
import { saveRecords } from './administrations.ts';
import type { ChannelDelivery } from './channel.ts';
import type { Simulator } from './simulator.ts';

/** Changes these operators of the simulator. */
export async function change(simulator: Simulator, changed: readonly DomesticRecord[]): Promise<void> {
  const places = new Map(simulator.operators.map(({ code }, place) => [code, place]));
  for (const record of changed) simulator.operators[places.get(record.code) ?? simulator.operators.length] = record;
  await saveRecords(simulator.gateway, changed);
}

const pollMs = 15;

/** The message once its receipt is held. E_DELIVERY_FAILED when none came in time, or nothing listens at the address. */
export async function settled(gateway: Gateway, id: string, withinMs: number): Promise<MessageRow> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const message = await findMessage(gateway.db.sql, id);
    if (message !== undefined && isSettled(message)) return message;
    if (message?.holdReason !== undefined) return message;
    if (message?.state === 'SEALED' && message.attempts > 0) await checkWay(gateway, message);
    await wait(pollMs);
  }
  throw new GatewayError('E_DELIVERY_FAILED', `no receipt came within ${withinMs} ms`, {
    at: id,
    fix: 'See that the other side is up and that both know each other’s certificates.',
  });
}

/** A held list has a second answer to come; a message may be closed without any. */
export const isSettled = ({ state, progress }: MessageRow): boolean =>
  progress === 'held' || (state !== 'SEALED' && state !== 'HANDED_OVER');

/** The other side may not have made its queue at the broker yet: then the message is sent again. */
async function checkWay(gateway: Gateway, { id, partner }: MessageRow): Promise<void> {
  const last = (await attemptsOf(gateway.db.sql, id)).at(-1);
  if (last?.evidence === unroutable) {
    await gateway.db.transaction((tx) => resendNow(tx, id, momentOf(gateway.now())));
    await deliverDue(gateway, partner);
  }
  if (last?.evidence !== 'ECONNREFUSED') return;
  throw new GatewayError('E_DELIVERY_FAILED', 'nothing listens at the address of the other side', {
    at: `partners.${partner}.url`,
    fix: 'Start the other side, or correct its address.',
  });
}

/**
 * Sends a list and waits for its receipts; undefined when nothing changed. Of a list in several messages, the last, or the first
 * that was rejected.
 */
export async function exchange(
  gateway: Gateway,
  partner: string,
  withinMs: number,
  options?: ListOptions,
): Promise<MessageRow | undefined> {
  const built = await sendList(gateway, partner, options);
  if (built === undefined) return undefined;
  await deliverDue(gateway, partner);
  let row: MessageRow | undefined;
  for (const { list } of built.messages) {
    row = await settled(gateway, list.id, withinMs);
    if (row.state === 'REJECTED') break;
  }
  return row;
}

/** Sends a list of the simulator's, renewed if nothing changed. */
export async function exchangeList(
  simulator: Simulator,
  withinMs: number,
  options: ListOptions = { renew: true },
): Promise<MessageRow> {
  const row = required(await exchange(simulator.gateway, simulator.other.code, withinMs, options));
  if (row.state !== 'CLOSED') return row;
  // No answer says what became of it.
  const { receipt } = await deliveryOf(simulator, row, withinMs);
  return receipt?.verdict === 'applied' ? { ...row, state: 'ACCEPTED' } : { ...row, state: 'REJECTED' };
}

/** A list that is full or renewed always has a message. */
export function required<T>(built: T | undefined): T {
  if (built === undefined) throw new GatewayError('E_INTERNAL', 'there was no list to send');
  return built;
}

/** A message of the simulator's outbox with the last receipt over it. */
export async function deliveryOf(
  { receipts }: Simulator,
  { id, digest, state }: MessageRow,
  withinMs: number,
): Promise<ChannelDelivery> {
  const receipt = receipts.over(digest).at(-1) ?? (await receipts.next(digest, 0, withinMs));
  return { id, digest, evidence: `outbox: ${state}`, ...receipt };
}

/** The next list is full and in a new epoch: the other side may hold more than the simulator's store knows. */
export async function startNewEpoch({ gateway, other }: Simulator): Promise<void> {
  await gateway.db.transaction((tx) => requireFullList(tx, other.code));
}

/** Sends a list in which one operator changed; a full one if that is rejected. */
export async function sendGoodList(simulator: Simulator, withinMs: number): Promise<MessageRow> {
  await change(simulator, [nextChange(simulator)]);
  const row = await exchangeList(simulator, withinMs);
  return row.state === 'REJECTED' ? await exchangeList(simulator, withinMs, {}) : row;
}

/** The listed operator whose status is the oldest, suspended if it is active and active if it is suspended. */
function nextChange({ gateway, other, operators }: Simulator): DomesticRecord {
  const { grades } = other.adapter.arrangement;
  const listed = operators.filter(({ status, consent, grade }) => {
    return consent && grades.includes(grade) && (status === 'active' || status === 'suspended');
  });
  const statusSince = dayAt(gateway.now(), gateway.home.timeZone);
  const [first] = listed.toSorted((a, b) => (a.statusSince < b.statusSince ? -1 : 1));
  if (first === undefined) throw new GatewayError('E_REQUEST_INVALID', 'a rehearsal needs an operator on the list');
  return { ...first, status: first.status === 'active' ? 'suspended' : 'active', statusSince };
}
