/** Measures messages in of four partners over eight connections, against what commits, verifications and signatures alone would take. */

import { sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { adapterTools } from '../../gateway/app/adapter-tools.ts';
import { openGateway, type OpenGateway } from '../../gateway/app/composition.ts';
import { loadConfig, type Config } from '../../gateway/app/config.ts';
import { getPartner } from '../../gateway/gateway.ts';
import { serve } from '../../gateway/serve.ts';
import { momentOf } from '../../gateway/model/day.ts';
import type { SealedMessage } from '../../gateway/model/message.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { inventOperators } from '../../gateway/rehearsal/invented-operators.ts';
import { prepareAdministrations, saveRecords } from '../../gateway/rehearsal/administrations.ts';
import { keepBytes } from '../../gateway/store/bodies.ts';
import { signerOf } from '../../gateway/wire/signature/profile.ts';
import { readKeys } from '../../gateway/app/partners.ts';
import { median, medianRatio } from './numbers.ts';
import { freshPostgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { withoutWayBack } from './receiving.ts';
import { withoutSizeBand } from './stage.ts';
import type { LoadOrder, LoadResult, PartnerLoad } from './throughput-client.ts';

const partnerCodes = ['KR', 'EU', 'TW', 'AU'];
const operators = 600;

export interface ThroughputResult {
  readonly engine: string;
  readonly perSecond: number;
  readonly rawPerSecond: number;
  readonly ratio: number;
  /** Milliseconds of processor time of the thread of the doors, of one message. */
  readonly cpuMs: number;
  readonly p50: number;
  readonly p99: number;
}

/** Gives the work each engine there is: a file, and a database of the server that MRA_TEST_POSTGRES names or that is started. */
export async function withEngines(
  note: (text: string) => void,
  work: (store: string | undefined) => Promise<unknown>,
): Promise<void> {
  note('sqlite');
  await work(undefined);
  const folder = mkdtempSync(join(tmpdir(), 'mra-bench-server-'));
  chmodSync(folder, 0o755); // the server may run under an account of its own
  const named = process.env['MRA_TEST_POSTGRES'];
  const started = named === undefined ? await startPostgres(folder) : undefined;
  const server = named ?? started?.url;
  try {
    if (server === undefined) return note('no PostgreSQL is installed: not measured');
    process.env['MRA_TEST_POSTGRES'] = server;
    const { url, drop } = await freshPostgres();
    note('postgres');
    await work(url);
    await drop();
  } finally {
    await started?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Messages of each partner in one round. */
const each = 100;
/** Before the first round, and for the measurement at half of the rate. */
const more = 4 * each;

/** `store`: absent: the embedded one in the folder of the receiver. */
export async function benchThroughput(
  parent: string,
  store: string | undefined,
  rounds: number,
): Promise<ThroughputResult> {
  const tools = adapterTools();
  const folder = mkdtempSync(join(parent, 'throughput-'));
  const base = loadConfig({ data: folder }, { MRA_BROKER: 'amqp://127.0.0.1:1' });
  const { home, partners } = await prepareAdministrations(tools, { base, folder, partners: partnerCodes });
  const config: Config = { ...withoutWayBack(home.config), logLevel: 'silent', ...(store !== undefined && { store }) };
  const loads: PartnerLoad[] = [];
  for (const { config: of } of partners)
    loads.push(await prepareLoad({ ...of, logLevel: 'silent' }, rounds * each + more + 1));
  const receiver = withoutSizeBand(await openGateway(config, tools));
  const serving = await serve(receiver);
  const thread = new Worker(new URL('./throughput-client.ts', import.meta.url), { workerData: loads });
  try {
    return await measureRounds(receiver, rounds, async (order) => {
      thread.postMessage(order);
      const [result] = (await once(thread, 'message')) as [LoadResult | Error];
      if (result instanceof Error) throw result;
      return result;
    });
  } finally {
    await thread.terminate();
    await serving.stop();
    await receiver.close();
  }
}

async function measureRounds(
  receiver: OpenGateway,
  rounds: number,
  load: (order: LoadOrder) => Promise<LoadResult>,
): Promise<ThroughputResult> {
  await load({ count: 1 }); // the full list
  await load({ count: each });
  const done: { readonly raw: number; readonly perSecond: number; readonly cpuMs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const raw = await rawRate(receiver);
    const before = process.threadCpuUsage();
    const { perSecond } = await load({ count: each });
    const { user, system } = process.threadCpuUsage(before);
    done.push({ raw, perSecond, cpuMs: (user + system) / 1000 / each / partnerCodes.length });
  }
  const perSecond = median(done.map((one) => one.perSecond));
  const raw = done.map((one) => one.raw);
  const half = await load({ count: 2 * each, everyMs: (2 * 1000 * partnerCodes.length) / perSecond });
  const sorted = half.ms.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
  const speeds = done.map((one) => one.perSecond);
  return {
    ...{ engine: receiver.db.engine, perSecond, rawPerSecond: median(raw), ratio: medianRatio(speeds, raw) },
    ...{ cpuMs: median(done.map((one) => one.cpuMs)), p50: at(0.5), p99: at(0.99) },
  };
}

async function prepareLoad(config: Config, count: number): Promise<PartnerLoad> {
  const gateway = withoutSizeBand(await openGateway(config, adapterTools()));
  try {
    const [code = ''] = gateway.partners.keys();
    const today = momentOf(gateway.now()).slice(0, 10);
    const records = inventOperators(gateway.home, { count: operators, advanced: operators, seed: 7741, today });
    await saveRecords(gateway, records);
    const messages: SealedMessage[] = [];
    const send = async (): Promise<number> => {
      const built = await sendList(gateway, code, { each: true });
      if (built === undefined) throw new Error('there was nothing to send');
      messages.push(...built.messages.map(({ sealed }) => sealed));
      return built.messages.length;
    };
    await send();
    for (let n = 0; messages.length < count; n += 1) {
      await saveRecords(
        gateway,
        records.map((operator) => ({
          ...operator,
          name: { ...operator.name, local: `${operator.name.local ?? ''} ${n}` },
        })),
      );
      await send();
    }
    const { keyring } = await readKeys(config, adapterTools());
    const partner = config.partners[code];
    const ca = partner?.certificates.anchors ?? [];
    const way = {
      url: partner?.url ?? '',
      from: gateway.home.country,
      tls: { cert: keyring.tls.cert, key: keyring.tls.key, ca: ca.map((file) => readFileSync(file, 'utf8')) },
    };
    return { way, messages };
  } finally {
    await gateway.close();
  }
}

/** One after the other on one thread: a commit that waits for the disk, a verification, two signatures. */
async function rawRate(gateway: OpenGateway): Promise<number> {
  const { key, certificate } = signerOf(getPartner(gateway, 'KR').signer);
  const probe = Buffer.alloc(1000, 'a');
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < 500) {
    probe.writeUInt32LE(count, 0);
    probe.writeDoubleLE(started, 8);
    await gateway.db.transaction((tx) => keepBytes(tx, probe));
    const signature = sign('sha256', probe, key);
    if (!verify('sha256', probe, certificate.publicKey, signature)) throw new Error('the signature does not hold');
    sign('sha256', probe, key);
    count += 1;
  }
  return (count * 1000) / (performance.now() - started);
}
