/** `mra serve`: the gateway with its doors open, until it is told to stop. */

import { sep } from 'node:path';
import type { Command } from 'commander';
import { watchFolder } from '../wire/files/folder-watch.ts';
import { faultFields } from '../wire/log.ts';
import type { CliContext, OpenGateway, Serving } from './context.ts';

export function serveCommand(program: Command, context: CliContext): void {
  program
    .command('serve')
    .description('run the gateway')
    .action(async () => {
      const config = context.config();
      const gateway = await context.open({ ...config, logLevel: config.logLevel ?? 'info' });
      try {
        await serveUntilStopped(context, gateway);
      } finally {
        await gateway.close();
      }
    });
}

async function serveUntilStopped({ out, serve }: CliContext, gateway: OpenGateway): Promise<void> {
  const { exchangeUrl, borderUrl, stop, reload } = await serve(gateway);
  try {
    if (out.format === 'json') out.json({ exchange: exchangeUrl, border: borderUrl });
    else {
      out.table([
        { door: 'exchange', address: exchangeUrl },
        { door: 'border', address: borderUrl },
      ]);
    }
    out.next('mra doctor');
    await reloadUntil(stopSignal(), gateway, reload);
    out.note('Stopping: what is under way ends first.');
  } finally {
    await stop();
  }
}

/** Takes changed adapters: whenever a folder changes, and all of them on SIGHUP. What comes of it is logged, and stands in /readyz. */
async function reloadUntil(
  stop: Promise<void>,
  { config, log }: OpenGateway,
  reload: Serving['reload'],
): Promise<void> {
  const stopping = new AbortController();
  const hangUp = (): void => void reload();
  process.on('SIGHUP', hangUp);
  const watching = watchFolder(config.adapters, {
    quietMs: 500,
    signal: stopping.signal,
    changed: async (names) => {
      await reload([...new Set(names.map((name) => name.split(sep)[0] ?? ''))]);
    },
  }).catch((error: unknown) => log.warn('adapters are not watched; SIGHUP takes changes', faultFields(error)));
  await stop;
  stopping.abort();
  process.off('SIGHUP', hangUp);
  await watching;
}

/** The first request to stop, from the terminal or the supervisor. */
export async function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined));
  await promise;
}
