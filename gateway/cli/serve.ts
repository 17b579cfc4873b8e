/** `mra serve`: the gateway with its doors open, until it is told to stop. */

import type { Command } from 'commander';
import type { CliContext, OpenGateway } from './context.ts';

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
  const { exchangeUrl, borderUrl, stop } = await serve(gateway);
  try {
    if (out.format === 'json') out.json({ exchange: exchangeUrl, border: borderUrl });
    else {
      out.table([
        { door: 'exchange', address: exchangeUrl },
        { door: 'border', address: borderUrl },
      ]);
    }
    out.next('mra doctor');
    await stopSignal();
    out.note('Stopping: what is under way ends first.');
  } finally {
    await stop();
  }
}

/** The first request to stop, from the terminal or the supervisor. */
export async function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined));
  await promise;
}
