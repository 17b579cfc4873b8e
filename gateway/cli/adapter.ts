/** `mra adapter new | lint | preview | test | mutate | certify`: the loop of whoever writes an adapter. */

import type { Command } from 'commander';
import { lintCommand } from './adapter-lint.ts';
import { newCommand } from './adapter-new.ts';
import { previewCommand } from './adapter-preview.ts';
import { proofCommands } from './adapter-proof.ts';
import type { CliContext } from './context.ts';

export function adapterCommands(program: Command, context: CliContext): void {
  const adapter = program
    .command('adapter')
    .description('draft, check, try and prove the data of one partner, adapters/<cc>');
  newCommand(adapter, context);
  lintCommand(adapter, context);
  previewCommand(adapter, context);
  proofCommands(adapter, context);
}
