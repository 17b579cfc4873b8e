/**
 * A changed adapter is taken into a running gateway: it is loaded and looked over, and then replaces the old one for its partner in
 * one step. Connections, leases and all other partners stay as they are. An adapter with a fault is not taken: the old one stays in force.
 */

import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adapterDigest } from '../adapter/certificate.ts';
import { lintAdapter } from '../adapter/check/lint.ts';
import type { OpenGateway } from './composition.ts';
import type { Partner } from '../gateway.ts';
import type { ReceiveResult } from '../inbound/receive-message.ts';
import { listThread, type ListThread } from './list-thread.ts';
import { asGatewayError, GatewayError } from '../model/errors.ts';
import type { RawMessage } from '../model/message.ts';
import { joinPartner, partnerConfigs, type Joining } from './partners.ts';
import { faultFields } from '../wire/log.ts';

/** What became of one partner's adapter. */
export interface Reloaded {
  readonly partner: string;
  readonly taken: boolean;
  /** Why it was not taken. */
  readonly detail?: string;
}

/** Loads a partner's adapter anew, over the connection there is. Throws what is wrong with it, or that the change needs a restart. */
export async function joinAgain(joining: Omit<Joining, 'transport'>, before: Partner): Promise<Partner> {
  const { config, settings, tools } = joining;
  const folder = join(config.adapters, settings.adapter);
  const fault = (await lintAdapter(folder, tools)).find(({ severity }) => severity === 'error');
  if (fault !== undefined) {
    const { file, line = 1, column = 1, detail, fix } = fault;
    const at = `${file}:${line}:${column}`;
    throw new GatewayError('E_ADAPTER_INVALID', detail, fix === undefined ? { at } : { at, fix });
  }
  const partner = await joinPartner({
    ...joining,
    ...(before.transport === undefined ? {} : { transport: before.transport }),
  });
  if (settings.transport === undefined && partner.adapter.transport !== before.adapter.transport) {
    const fix = 'Restart the gateway: connections are not changed under way.';
    throw new GatewayError('E_CONFIG_INVALID', 'the adapter wants another transport', { at: folder, fix });
  }
  return partner;
}

/** The adapters of a gateway whose doors are open. */
export interface Adapters {
  /** Takes a large message in the second thread, with the adapters in force. */
  receive(raw: RawMessage): Promise<ReceiveResult>;
  /** Takes the adapters that changed, one call after the other; `folders`: only these. Never throws: what is wrong is logged and told. */
  reload(folders?: readonly string[]): Promise<readonly Reloaded[]>;
  close(): Promise<void>;
}

/**
 * The second thread opens a gateway of its own, at times long after the folder was changed and found wanting: it reads a copy of
 * what is in force. With every adapter taken it starts anew; what the old one has under way ends there.
 */
export async function adaptersInForce(gateway: OpenGateway): Promise<Adapters> {
  const { config } = gateway;
  let copy = await copyOf(config.adapters);
  let thread: ListThread = listThread({ ...config, adapters: copy });
  const digests = new Map<string, string>();
  for (const { adapter } of Object.values(partnerConfigs(config)))
    digests.set(adapter, await adapterDigest(join(config.adapters, adapter)));
  let last: Promise<unknown> = Promise.resolve();

  async function renew(folder: string): Promise<void> {
    const [oldCopy, oldThread] = [copy, thread];
    copy = await copyOf(oldCopy);
    await rm(join(copy, folder), { recursive: true });
    await cp(join(config.adapters, folder), join(copy, folder), { recursive: true });
    thread = listThread({ ...config, adapters: copy });
    await oldThread.close();
    await rm(oldCopy, { recursive: true });
  }
  async function reload(folders?: readonly string[]): Promise<Reloaded[]> {
    const reloaded: Reloaded[] = [];
    for (const folder of folders ?? digests.keys()) {
      if (!digests.has(folder)) continue;
      const users = Object.entries(partnerConfigs(config)).filter(([, { adapter }]) => adapter === folder);
      const path = join(config.adapters, folder);
      const digest = existsSync(path) ? await adapterDigest(path) : 'gone';
      const changed = digest !== digests.get(folder);
      const results = changed ? await Promise.all(users.map(([code]) => takeOne(gateway, code))) : [];
      if (!changed) for (const [code] of users) gateway.rejectedAdapters.delete(code); // as it was before: nothing is left to take
      reloaded.push(...results);
      if (!results.some(({ taken }) => taken)) continue;
      digests.set(folder, digest);
      await renew(folder);
    }
    return reloaded;
  }
  return {
    receive: (raw) => thread.receive(raw),
    async reload(folders) {
      const mine = last
        .then(() => reload(folders))
        .catch((error: unknown) => {
          gateway.log.error('adapters could not be looked at', faultFields(error));
          return [];
        });
      last = mine;
      return await mine;
    },
    async close() {
      await last;
      await thread.close();
      await rm(copy, { recursive: true });
    },
  };
}

async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'mra-adapters-'));
  await cp(folder, copy, { recursive: true });
  return copy;
}

async function takeOne({ rejoin, log, rejectedAdapters }: OpenGateway, partner: string): Promise<Reloaded> {
  try {
    await rejoin(partner);
    rejectedAdapters.delete(partner);
    log.info('adapter taken', { partner });
    return { partner, taken: true };
  } catch (error) {
    const known = asGatewayError(error);
    const detail = `${known.code}: ${known.detail}${known.at === undefined ? '' : ` (at ${known.at})`}`;
    rejectedAdapters.set(partner, detail);
    log.error('adapter not taken, the old one stays in force', { partner, ...faultFields(error) });
    return { partner, taken: false, detail };
  }
}
