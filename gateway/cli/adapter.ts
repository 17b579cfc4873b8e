/** `mra adapter new | lint | preview | read | test | mutate | certify`: the commands for writing an adapter, in the order of use. */

import type { Command } from 'commander';
import { lintCommand } from './adapter-lint.ts';
import { newCommand } from './adapter-new.ts';
import { previewCommand } from './adapter-preview.ts';
import { readCommand } from './adapter-read.ts';
import { testCommands } from './adapter-test.ts';
import type { CliContext } from './context.ts';

export function adapterCommands(program: Command, context: CliContext): void {
  const adapter = program
    .command('adapter')
    .description('draft, check, preview, test and certify the data of one partner, adapters/<cc>');
  newCommand(adapter, context);
  lintCommand(adapter, context);
  previewCommand(adapter, context);
  readCommand(adapter, context);
  testCommands(adapter, context);
}
