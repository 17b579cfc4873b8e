/**
 * Reloads changed adapters while the gateway serves. A changed adapter is loaded, linted, and then replaces the previous one of its
 * partner. Connections, leases and all other partners are not affected. A faulty adapter is rejected, and the previous one stays in use.
 */

import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { adapterDigest } from '../adapter/certificate.ts';
import type { OpenGateway } from './composition.ts';
import type { Config } from './config.ts';
import { openLargeMessageWorker, type LargeMessageWorker } from './large-message-worker.ts';
import { partnerConfigs, type Reloaded } from './partners.ts';
import { reasonOf } from './settings-reload.ts';
import { faultFields } from '../wire/log.ts';

/** The adapters in use, and the workers that process large messages and large requests with them. Changes of them must not overlap. */
interface AdapterReloader {
  readonly receive: LargeMessageWorker['receive'];
  readonly take: LargeMessageWorker['take'];
  readonly answer: LargeMessageWorker['answer'];
  readonly run: LargeMessageWorker['run'];
  /** Reloads the adapters that changed; of `folders` only, if given. Never rejects: errors are logged. */
  reload(folders?: readonly string[]): Promise<readonly Reloaded[]>;
  /** The partners of these settings are served from now on, by new threads. */
  takeSettings(config: Config): Promise<void>;
  close(): Promise<void>;
}

/** Digests of the folders at the time of the call; a later difference means that a folder changed. */
export async function openAdapterReloader(gateway: OpenGateway): Promise<AdapterReloader> {
  const { log } = gateway;
  let { config } = gateway;
  const digests = new Map<string, string>();
  await addDigests(digests, config);
  const worker = await openWorkersOnCopy(config);

  return {
    ...worker,
    async reload(folders = [...digests.keys()]) {
      const results: Reloaded[] = [];
      try {
        for (const folder of folders)
          if (digests.has(folder)) results.push(...(await reloadFolder(gateway, config, { digests, worker }, folder)));
      } catch (error) {
        log.error('adapters could not be reloaded', faultFields(error));
      }
      return results;
    },
    async takeSettings(next) {
      config = next;
      await addDigests(digests, config);
      await worker.restart(config);
    },
    close: () => worker.close(),
  };
}

/** One entry for each partner whose adapter this folder is, if the folder changed. */
async function reloadFolder(
  gateway: OpenGateway,
  config: Config,
  { digests, worker }: { readonly digests: Map<string, string>; readonly worker: WorkersOnCopy },
  folder: string,
): Promise<readonly Reloaded[]> {
  const users = Object.entries(partnerConfigs(config)).filter(([, { adapter }]) => adapter === folder);
  const path = join(config.adapters, folder);
  const digest = existsSync(path) ? await adapterDigest(path) : 'absent';
  if (digest === digests.get(folder)) {
    for (const [code] of users) gateway.rejectedAdapters.delete(code); // a rejected change was undone
    return [];
  }
  const results = await Promise.all(users.map(([code]) => reloadOne(gateway, code)));
  if (results.some(({ loaded }) => loaded)) {
    digests.set(folder, digest);
    await worker.replace(folder);
  }
  return results;
}

/** Of the folders that are not known yet. */
async function addDigests(digests: Map<string, string>, config: Config): Promise<void> {
  for (const { adapter } of Object.values(partnerConfigs(config)))
    if (!digests.has(adapter)) digests.set(adapter, await adapterDigest(join(config.adapters, adapter)));
}

interface WorkersOnCopy extends LargeMessageWorker {
  /** Copies the folder of an adapter again and starts new workers; the previous ones first complete their tasks. */
  replace(folder: string): Promise<void>;
  /** Starts new workers with these settings; the previous ones first complete their tasks. */
  restart(config: Config): Promise<void>;
}

/**
 * Workers may start long after a folder was changed and rejected, so they read a copy of the adapters in use. Messages have one, requests
 * another: a list of a partner must not keep a border system waiting.
 */
async function openWorkersOnCopy(initial: Config): Promise<WorkersOnCopy> {
  let config = initial;
  const open = (adapters: string) => ({
    messages: openLargeMessageWorker({ ...config, adapters }),
    requests: openLargeMessageWorker({ ...config, adapters }),
  });
  const close = async ({ messages, requests }: ReturnType<typeof open>): Promise<void> => {
    await Promise.all([messages.close(), requests.close()]);
  };
  await removeCopies(config.data);
  let copy = await copyOf(config.adapters, config.data);
  let workers = open(copy);
  return {
    receive: (raw) => workers.messages.receive(raw),
    take: (answer) => workers.messages.take(answer),
    answer: (posted) => workers.requests.answer(posted),
    run: (task, bytes) => workers.messages.run(task, bytes),
    async replace(folder) {
      const [oldCopy, oldWorkers] = [copy, workers];
      copy = await copyOf(oldCopy, config.data);
      await rm(join(copy, folder), { recursive: true });
      await cp(join(config.adapters, folder), join(copy, folder), { recursive: true });
      workers = open(copy);
      await close(oldWorkers);
      await rm(oldCopy, { recursive: true });
    },
    async restart(next) {
      const old = workers;
      config = next;
      await addFolders(config.adapters, copy).finally(() => (workers = open(copy)));
      await close(old);
    },
    async close() {
      await close(workers);
      await rm(copy, { recursive: true, force: true });
    },
  };
}

/** In the data folder, so that the next start finds and removes a copy of a process that was killed. */
const copyPrefix = 'adapters-in-use-';

async function removeCopies(data: string): Promise<void> {
  for (const name of await readdir(data))
    if (name.startsWith(copyPrefix)) await rm(join(data, name), { recursive: true });
}

async function copyOf(folder: string, data: string): Promise<string> {
  const copy = await mkdtemp(join(data, copyPrefix));
  await cp(folder, copy, { recursive: true });
  return copy;
}

/** Copies the folders that came since, and none that the workers know: a change of it may have been rejected. */
async function addFolders(from: string, copy: string): Promise<void> {
  for (const name of await readdir(from))
    if (!existsSync(join(copy, name))) await cp(join(from, name), join(copy, name), { recursive: true });
}

async function reloadOne({ reloadPartner, log, rejectedAdapters }: OpenGateway, partner: string): Promise<Reloaded> {
  try {
    await reloadPartner(partner);
    rejectedAdapters.delete(partner);
    log.info('adapter reloaded', { partner });
    return { partner, loaded: true };
  } catch (error) {
    const detail = reasonOf(error);
    rejectedAdapters.set(partner, detail);
    log.error('adapter rejected; the previous one stays in use', { partner, ...faultFields(error) });
    return { partner, loaded: false, detail };
  }
}
