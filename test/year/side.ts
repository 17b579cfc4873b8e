/** An administration of the simulated year: the real stories on a real store, under a clock that the year moves, without a network between the sides. */

import { join } from 'node:path';
import { examineGateway } from '../../gateway/app/health/checks.ts';
import { openAlarms } from '../../gateway/app/health/alarms.ts';
import type { Finding } from '../../gateway/app/health/finding.ts';
import { rounds } from '../../gateway/app/health/judge-alarms.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import type { Config, PartnerConfig } from '../../gateway/app/config.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { HomeProfile } from '../../gateway/model/home.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';
import { deliverDue } from '../../gateway/outbound/delivery.ts';
import { listScheduler } from '../../gateway/outbound/scheduled-lists.ts';
import { makeIdentity } from '../../gateway/rehearsal/identities.ts';
import { probeStore } from '../../gateway/store/database.ts';
import { endEarlierLeases } from '../../gateway/store/outbox.ts';
import type { SendOutcome } from '../../gateway/wire/transport/transport.ts';
import { adapterTools } from '../support/adapter-tools.ts';

export interface Side {
  readonly country: string;
  gateway(): OpenGateway;
  /** Nothing gets through to it or from it. */
  silent: boolean;
  /** One turn of the dispatcher for every partner. */
  turn(): Promise<void>;
  /** Examines itself often enough that alarms open and close, and signs the log. */
  watch(): Promise<void>;
  /** Ends the process and starts another; `between`: what happens to its store meanwhile. */
  restart(between?: (config: Config) => Promise<void>): Promise<void>;
  /** New keys from the next start on; the certificates by which others know them. */
  makeKeys(): Promise<PartnerConfig['certificates']>;
  /** Registers certificates of a partner beside those it has, from the next start on. */
  register(partner: string, certificates: PartnerConfig['certificates']): void;
  close(): Promise<void>;
}

/** Days between two full lists, without which all bytes since the first would be the list in force. */
const fullDays = 7;

export async function openSide(
  { profile, config: begun }: { readonly profile: HomeProfile; readonly config: Config },
  sideOf: (country: string) => Side,
): Promise<Side> {
  const { country } = profile;
  let config: Config = { ...begun, logLevel: 'silent' };
  let renewals = 0;
  let gateway: OpenGateway;
  let schedule: (code: string) => Promise<void>;
  let alarms: (findings: readonly Finding[]) => Promise<void>;

  async function start(): Promise<void> {
    const open = await openGateway(config, adapterTools);
    const partners = [...open.partners.values()].map((partner) => {
      const adapter = { ...partner.adapter, schedule: { ...partner.adapter.schedule, fullDays } };
      const send = (message: SealedMessage): Promise<SendOutcome> => carry(side, sideOf(partner.code), message);
      return [partner.code, { ...partner, adapter, transport: { send, close: () => Promise.resolve() } }] as const;
    });
    gateway = { ...open, partners: new Map(partners) };
    schedule = listScheduler(gateway);
    alarms = openAlarms(gateway, new Map());
    for (const [code] of partners) await gateway.db.transaction((tx) => endEarlierLeases(tx, code, gateway.owner));
  }

  const side: Side = {
    ...{ country, silent: false },
    gateway: () => gateway,
    async turn() {
      for (const code of gateway.partners.keys()) {
        await schedule(code);
        await deliverDue(gateway, code);
      }
    },
    async watch() {
      for (let round = 0; round < rounds; round += 1) await alarms(await findingsOf(side));
      await gateway.sealer.seal();
    },
    async restart(between) {
      await gateway.close();
      await between?.(config);
      await start();
    },
    async makeKeys() {
      renewals += 1;
      const folder = join(begun.data, `renewed-${String(renewals)}`);
      const { certificates } = await makeIdentity(profile, folder, new Date());
      config = { ...config, keys: join(folder, 'keys') };
      return certificates;
    },
    register(partner, { signing, tls, anchors }) {
      const before = config.partners[partner];
      if (before === undefined) throw new Error(`${country} has no partner ${partner}`);
      const { certificates: held } = before;
      const certificates = {
        ...held,
        signing: [...held.signing, ...signing],
        tls: [...held.tls, ...tls],
        anchors: [...held.anchors, ...anchors],
      };
      config = { ...config, partners: { ...config.partners, [partner]: { ...before, certificates } } };
    },
    close: () => gateway.close(),
  };
  await start();
  return side;
}

export async function findingsOf(side: Side): Promise<readonly Finding[]> {
  const gateway = side.gateway();
  return await examineGateway(gateway, () => probeStore(gateway.db));
}

async function carry(from: Side, to: Side, { bytes, id: hintedId }: SealedMessage): Promise<SendOutcome> {
  if (from.silent || to.silent) return { kind: 'unknown', evidence: 'ECONNREFUSED', unreachable: true };
  const receiver = to.gateway();
  const receivedAt = momentOf(receiver.now());
  const raw = { partner: from.country, via: 'https', bytes, receivedAt, hintedId } as const;
  const { receipt } = await receiveMessage(receiver, raw);
  if (receipt === undefined) return { kind: 'custody', evidence: 'HTTP 204' };
  return { kind: 'receipt', bytes: receipt.bytes, evidence: 'HTTP 200' };
}
