/** `mra retention`: deletes what is older than the settings agree, or shows what that would be. */

import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type { Command } from 'commander';
import { runRetention } from '../app/retention.ts';
import { withGateway, withReading, type CliContext } from './context.ts';

export function retentionCommand(program: Command, context: CliContext): void {
  program
    .command('retention')
    .description('delete what is older than agreed, as mra serve does every night')
    .option('--dry-run', 'show what would be deleted')
    .action(({ dryRun = false }: { dryRun?: boolean }) =>
      (dryRun ? withReading : withGateway)(context, async (gateway) => {
        const { out } = context;
        const days = gateway.config.retention;
        const retired = await runRetention(gateway, { days, dryRun, pause: () => turnOfLoop() });
        out.result(
          { dryRun, retired },
          retired.map(({ kind, before, rows, bytes }) => ({ kind, 'from before': before, rows, bytes })),
        );
        if (retired.length === 0)
          out.note('The settings name nothing that goes: retention (docs/gateway.example.yaml).');
        out.next(dryRun ? 'mra retention' : 'mra doctor');
      }),
    );
}
