/** Two administrations for the simulation, opened once: each history begins with copies of their stores after the first lists. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mock } from 'node:test';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { loadConfig } from '../../gateway/app/config.ts';
import { getPartner } from '../../gateway/gateway.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { dayAt, momentOf } from '../../gateway/model/day.ts';
import { seededRandom } from '../../gateway/model/seeded-random.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { prepareAdministrations, saveRecords } from '../../gateway/rehearsal/administrations.ts';
import { inventOperators } from '../../gateway/rehearsal/invented-operators.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import type { Administrations } from './history.ts';
import { simulatedSide, type Course } from './simulated-side.ts';

const startsAt = Date.parse('2026-06-01T08:00:00.000Z');
const operatorCount = 8;
const [ours, theirs] = ['CN', 'HK'] as const;

/** In memory where the system has a folder there: a history commits some hundred times. */
const memory = '/dev/shm';

export async function openSimulation(): Promise<Administrations & { close(): Promise<void> }> {
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'mra-simulation-'));
  // Keys and certificates are of the day on which the histories begin.
  mock.timers.enable({ apis: ['Date'], now: startsAt });
  const base = loadConfig({ data: folder }, { MRA_BROKER: 'amqp://127.0.0.1:1', MRA_LOG: 'silent' });
  const { home, partners } = await prepareAdministrations(adapterTools, { base, folder, partners: [theirs] });
  const opened: OpenGateway[] = [];
  for (const { config } of [home, ...partners])
    opened.push(await openGateway({ ...config, logLevel: 'silent' }, adapterTools));
  const [us, them] = opened;
  if (us === undefined || them === undefined) throw new Error('two sides');
  let course: Course | undefined;
  const following = (): Course => {
    if (course === undefined) throw new Error('no history');
    return course;
  };
  const operators = new Map<string, { codes: readonly string[]; identifierOf(code: string): string }>();
  for (const [from, to] of [[us, them] as const, [them, us] as const])
    operators.set(from.home.country, await firstList(from, to));
  const side = (gateway: OpenGateway, partner: string) => {
    const file = (name: string): string => join(gateway.config.data, name);
    const database = new DatabaseSync(file('mra.db'));
    for (const name of ['start.db', 'kept.db']) database.exec(`vacuum into '${file(name)}'`);
    database.close();
    return simulatedSide(
      gateway,
      partner,
      { store: file('mra.db'), start: file('start.db'), kept: file('kept.db') },
      following,
    );
  };
  return {
    ...{ us: side(us, theirs), them: side(them, ours), operators, startsAt },
    follow: (next) => void (course = next),
    async close() {
      for (const gateway of opened) await gateway.close();
      mock.timers.reset();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Sends the first list of one to the other, without anything between them. */
async function firstList(from: OpenGateway, to: OpenGateway) {
  const partner = to.home.country;
  const today = dayAt(new Date(), from.home.timeZone);
  const random = seededRandom(7);
  const now = (): Date => new Date(startsAt);
  const amount = { count: operatorCount, advanced: operatorCount, seed: random.below(1000), today };
  const records = inventOperators(from.home, amount).map(({ statusSince: _, ...record }) => ({
    ...record,
    ...{ status: 'active' as const, statusSince: record.gradeSince, consent: true, consentSince: record.gradeSince },
  }));
  const connected = getPartner(from, partner);
  const transport = {
    close: () => Promise.resolve(),
    async send({ bytes, id: hintedId }: { readonly bytes: Uint8Array; readonly id: string }) {
      const raw = { partner: from.home.country, via: 'https', bytes, receivedAt: momentOf(now()), hintedId } as const;
      const { receipt } = await receiveMessage({ ...to, now }, raw);
      return receipt === undefined
        ? ({ kind: 'custody', evidence: 'HTTP 204' } as const)
        : ({ kind: 'receipt', bytes: receipt.bytes, evidence: 'HTTP 200' } as const);
    },
  };
  const sender = { ...from, now, partners: new Map([[partner, { ...connected, transport }]]) };
  await saveRecords(sender, records);
  await sendList(sender, partner);
  await deliverDue(sender, partner);
  const { toIdentifier } = connected.adapter.identifiers.ours;
  return { codes: records.map(({ code }) => code), identifierOf: toIdentifier };
}
