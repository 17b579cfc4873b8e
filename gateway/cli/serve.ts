/** `mra serve`: the gateway with its doors open, until it is told to stop. */

import type { Command } from 'commander';
import type { CliContext } from './context.ts';
import { withGateway } from './list.ts';

export function serveCommand(program: Command, context: CliContext): void {
  program
    .command('serve')
    .description('run the gateway')
    .action(
      withGateway(context, async (gateway) => {
        const { out } = context;
        const serving = await context.serve(gateway);
        try {
          if (out.format === 'json') out.json({ exchange: serving.exchangeUrl, border: serving.borderUrl });
          else
            out.table([
              { door: 'exchange', address: serving.exchangeUrl },
              { door: 'border', address: serving.borderUrl },
            ]);
          out.next('mra doctor');
          await stopSignal();
          out.note('Stopping: what is under way ends first.');
        } finally {
          await serving.stop();
        }
      }),
    );
}

/** The first request to stop, from the terminal or the supervisor. */
export async function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined));
  await promise;
}
