/** `mra serve`: runs the gateway with its doors open until it receives a signal to stop. */

import { once } from 'node:events';
import { sep } from 'node:path';
import type { Command } from 'commander';
import { openControl } from '../app/control.ts';
import { keyCalendar } from '../app/key-calendar.ts';
import { lockFolder } from '../store/folder-lock.ts';
import type { Reloaded } from '../app/partners.ts';
import { present } from '../model/present.ts';
import { watchFolder } from '../wire/files/folder-watch.ts';
import { faultFields } from '../wire/log.ts';
import { withGateway, type CliContext, type OpenGateway, type Serving } from './context.ts';
import { exitCodes, type ExitCode } from './output.ts';
import { stopSignal } from './stop-signal.ts';

const dayMs = 24 * 3600 * 1000;

export function serveCommand(program: Command, context: CliContext): void {
  program
    .command('serve')
    .description('run the gateway')
    .action(() => {
      const hangUps = catchHangUps();
      const config = context.config();
      const open = (): Promise<OpenGateway> => context.open({ ...config, logLevel: config.logLevel ?? 'info' });
      return withGateway({ open }, async (gateway) => {
        const unlock = lockFolder(gateway.config.data);
        await serveUntilStopped(context, gateway, hangUps).finally(unlock);
      }).finally(hangUps.release);
    });
}

/** A stop takes ten seconds at most, with the end of the process, whatever is open: a partner that does not answer, a worker with a long list. The store survives it as a crash. */
const stopMs = 9_500;

async function serveUntilStopped(
  { out, serve, config }: CliContext,
  gateway: OpenGateway,
  hangUps: HangUps,
): Promise<void> {
  const endBy = (code: ExitCode): unknown => setTimeout(() => process.exit(code), stopMs).unref();
  const serving = await serve(gateway);
  const { stop, reload, takeSettings } = serving;
  const takeAll = async (): Promise<readonly Reloaded[]> => {
    const results = await takeSettings(config());
    await warnOfKeys(gateway);
    return results;
  };
  await warnOfKeys(gateway);
  const watching = setInterval(() => void warnOfKeys(gateway), dayMs).unref();
  const closeControl = await openControl(gateway, takeAll);
  try {
    showDoors(out, serving);
    if (gateway.config.border.unauthenticated === true)
      out.note('Everybody on this machine may ask at the border door: border.unauthenticated of the settings.');
    if (process.stderr.isTTY) out.next('mra doctor'); // elsewhere the log alone is read
    await reloadUntil(Promise.race([stopSignal(), rejected(gateway.db.damaged)]), gateway, {
      reload,
      takeAll,
      hangUps,
    });
    out.note('Stopping after the requests in progress.');
    endBy(exitCodes.done);
  } catch (error) {
    endBy(exitCodes.damaged);
    throw error;
  } finally {
    clearInterval(watching);
    closeControl();
    await stop();
  }
}

function showDoors(out: CliContext['out'], { exchangeUrl, borderUrl, monitoringUrl, officeUrl }: Serving): void {
  const urls = present({ exchange: exchangeUrl, border: borderUrl, monitoring: monitoringUrl, office: officeUrl });
  out.result(
    urls,
    Object.entries(urls).map(([door, address]) => ({ door, address })),
  );
}

/** Of our keys and certificates that expire within 30 days, also of those for one partner or broker: at the start, every day, and after each reload. */
async function warnOfKeys(gateway: OpenGateway): Promise<void> {
  const until = new Date(gateway.now().getTime() + 30 * dayMs).toISOString();
  const { log } = gateway;
  try {
    for (const { side, change, key, at, partner } of await keyCalendar(gateway, until))
      if (side === 'ours' && change === 'expires') log.warn('key expires', present({ kind: key, at, partner }));
  } catch (error) {
    log.error('keys not examined', faultFields(error));
  }
}

interface HangUps {
  /** Calls `work` at each SIGHUP from now on, and at once where one came before. */
  answer(work: () => void): void;
  release(): void;
}

/** A SIGHUP would end the process: one that comes before the doors are open waits, and one during the stop is passed over. */
function catchHangUps(): HangUps {
  let work: (() => void) | undefined;
  let isWaiting = false;
  const hangUp = (): void => {
    if (work === undefined) isWaiting = true;
    else work();
  };
  process.on('SIGHUP', hangUp);
  return {
    answer(given) {
      work = given;
      if (isWaiting) given();
    },
    release: () => void process.off('SIGHUP', hangUp),
  };
}

interface Reloads {
  readonly hangUps: HangUps;
  readonly reload: Serving['reload'];
  /** Partners, certificates, keys and adapters. */
  readonly takeAll: () => Promise<readonly Reloaded[]>;
}

/** Reloads an adapter when its folder changes, and everything on SIGHUP. Results are in the log and at /readyz. */
async function reloadUntil(
  stop: Promise<void>,
  { config, log }: OpenGateway,
  { reload, takeAll, hangUps }: Reloads,
): Promise<void> {
  const stopping = new AbortController();
  const hangUp = (): void =>
    void takeAll().catch((error: unknown) => log.error('settings not taken', faultFields(error)));
  hangUps.answer(hangUp);
  const watching = watchFolder(config.adapters, {
    quietMs: 500,
    signal: stopping.signal,
    changed: async (names) => {
      await reload([...new Set(names.map((name) => name.split(sep)[0] ?? ''))]);
    },
  }).catch((error: unknown) => log.warn('adapter folders are not watched; SIGHUP reloads them', faultFields(error)));
  try {
    await stop;
  } finally {
    stopping.abort();
    hangUps.answer(() => undefined);
    await watching;
  }
}

/** Rejects with the reason of the signal. */
async function rejected(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  await once(signal, 'abort');
  throw signal.reason;
}
