/** What a simulated partner sends in the usual way, and waiting for what becomes of it. */

import { setTimeout as wait } from 'node:timers/promises';
import { deliverDue } from '../outbound/delivery.ts';
import type { Gateway } from '../gateway.ts';
import { dayAt, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { DomesticRecord } from '../model/record/domestic-record.ts';
import { sendList, type BuiltList, type ListOptions } from '../outbound/send-list.ts';
import { saveOperators } from '../store/operators.ts';
import { attemptsOf, findMessage, resendNow, type MessageRow } from '../store/outbox.ts';
import { requireFullList } from '../store/streams.ts';
import type { Simulator } from './simulator.ts';

export async function saveAll(gateway: Gateway, records: readonly DomesticRecord[]): Promise<void> {
  await gateway.db.transaction((tx) => saveOperators(tx, records, momentOf(gateway.now())));
}

/** Changes what it knows of operators; others stay as they are. */
export async function change(simulator: Simulator, changed: readonly DomesticRecord[]): Promise<void> {
  const places = new Map(simulator.operators.map(({ code }, place) => [code, place]));
  for (const record of changed) simulator.operators[places.get(record.code) ?? simulator.operators.length] = record;
  await saveAll(simulator.gateway, changed);
}

/** Milliseconds between two looks at the outbox; the store is on this machine. */
const lookMs = 15;

/** The message once its receipt is held. E_DELIVERY_FAILED when none came in time, or nobody listens; the dispatcher goes on trying. */
export async function settled(gateway: Gateway, id: string, withinMs: number): Promise<MessageRow> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const message = await findMessage(gateway.db.sql, id);
    if (message?.receiptDigest !== undefined) return message;
    // Over a broker the other side's queue may not stand yet.
    if (message?.holdReason === 'route') await sendAgain(gateway, message);
    else if (message?.holdReason !== undefined) return message;
    if (message?.state === 'SEALED' && message.attempts > 0) await checkDoor(gateway, message);
    await wait(lookMs);
  }
  throw new GatewayError('E_DELIVERY_FAILED', `no receipt came within ${withinMs} ms`, {
    at: id,
    fix: 'See that the other side is up and that both know each other’s certificates.',
  });
}

/** Nobody listens there: to wait any longer would not help. */
async function checkDoor(gateway: Gateway, { id, partner }: MessageRow): Promise<void> {
  const last = (await attemptsOf(gateway.db.sql, id)).at(-1);
  if (last?.evidence !== 'ECONNREFUSED') return;
  throw new GatewayError('E_DELIVERY_FAILED', 'nobody listens at the address of the other side', {
    at: `partners.${partner}.url`,
    fix: 'Start the other side, or correct its address.',
  });
}

async function sendAgain(gateway: Gateway, { id, partner }: MessageRow): Promise<void> {
  await gateway.db.transaction((tx) => resendNow(tx, id, momentOf(gateway.now())));
  await deliverDue(gateway, partner);
}

/** Sends a list the usual way and waits for its receipt; undefined when there was nothing to say. */
export async function exchange(
  gateway: Gateway,
  partner: string,
  withinMs: number,
  wish?: ListOptions,
): Promise<MessageRow | undefined> {
  const built = await sendList(gateway, partner, wish);
  if (built === undefined) return undefined;
  await deliverDue(gateway, partner);
  return await settledAll(gateway, built, withinMs);
}

/** Every message of a list once it is settled; the last of them speaks for all, unless one before it was refused. */
async function settledAll(gateway: Gateway, { messages }: BuiltList, withinMs: number): Promise<MessageRow> {
  let row: MessageRow | undefined;
  for (const { list } of messages) {
    row = await settled(gateway, list.id, withinMs);
    if (row.state === 'REJECTED') return row;
  }
  if (row === undefined) throw new GatewayError('E_INTERNAL', 'a list that was sent has messages');
  return row;
}

/** The other side may be further than this one knows: the next list is a whole one in a new epoch. */
export async function startAnew({ gateway, other }: Simulator): Promise<void> {
  await gateway.db.transaction((tx) => requireFullList(tx, other.code, true));
}

/** A list with one operator changed; a whole one again when the first was refused. What it became, last. */
export async function goodList(simulator: Simulator, withinMs: number): Promise<MessageRow> {
  const { gateway, other } = simulator;
  await change(simulator, [turned(simulator)]);
  const row = await exchange(gateway, other.code, withinMs, { renew: true });
  const again = row?.state === 'REJECTED' ? await exchange(gateway, other.code, withinMs) : row;
  if (again === undefined) throw new GatewayError('E_INTERNAL', 'a list that is renewed has a message');
  return again;
}

/** One operator of those the partner sees, suspended if it was active and active if it was suspended. */
function turned({ gateway, other, operators }: Simulator): DomesticRecord {
  const { grades } = other.adapter.arrangement;
  const seen = operators.filter(({ status, consent, grade }) => {
    return consent && grades.includes(grade) && (status === 'active' || status === 'suspended');
  });
  const statusSince = dayAt(gateway.now(), gateway.home.timeZone);
  // Those changed longest ago come first: each gets its turn.
  const [first] = seen.toSorted((a, b) => (a.statusSince < b.statusSince ? -1 : 1));
  if (first === undefined) throw new GatewayError('E_REQUEST_INVALID', 'a rehearsal needs an operator on the list');
  return { ...first, status: first.status === 'active' ? 'suspended' : 'active', statusSince };
}
