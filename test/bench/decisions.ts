/** Measures how long it takes from a decision about an operator to the partner's signed receipt, both sides serving over HTTPS on loopback. */

import { setTimeout as wait } from 'node:timers/promises';
import { decideOperator } from '../../gateway/domestic/change-operator.ts';
import { seededRandom } from '../../gateway/model/seeded-random.ts';
import { findMessage } from '../../gateway/store/outbox.ts';
import { listMessages } from '../../gateway/store/message-list.ts';
import { code, openAdministrations, operators, type OpenAdministration } from '../support/administrations.ts';

export interface DecisionResult {
  readonly decisions: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

const partner = 'KR';

/** Suspends operators one after the other, at moments that do not follow the rhythm of the dispatcher. */
export async function benchDecisions(decisions: number): Promise<DecisionResult> {
  const administrations = await openAdministrations({ partners: [partner] });
  const us = administrations.home;
  const random = seededRandom(7);
  try {
    await administrations.of(partner).openDoors();
    await us.save(...operators(decisions + 1000));
    await us.send(partner);
    await us.openDoors(true);
    const times: number[] = [];
    for (let number = 1; number <= decisions; number += 1) {
      await wait(random.next() * 1000);
      times.push(await suspend(us, number));
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? NaN;
    return { decisions, p50: at(0.5), p99: at(0.99), longest: at(1) };
  } finally {
    await administrations.close();
  }
}

async function suspend({ gateway, until }: OpenAdministration, number: number): Promise<number> {
  const { sql } = gateway.db;
  const newest = async (): Promise<string | undefined> =>
    (await listMessages(sql, { partner, direction: 'out', limit: 1 }))[0]?.id;
  const before = await newest();
  const started = performance.now();
  await decideOperator(gateway, code(number), { decision: 'suspend', reason: 'bench', person: 'bench' });
  await until(async () => {
    const id = await newest();
    if (id === before || id === undefined) return undefined;
    return (await findMessage(sql, id))?.state === 'ACCEPTED' ? id : undefined;
  });
  return performance.now() - started;
}
