/** `mra partner reload`: a gateway that serves takes partners, certificates and keys from its settings again. */

import type { Command } from 'commander';
import { askToReload } from '../app/control.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './output.ts';

export function partnerCommands(program: Command, context: CliContext): void {
  program
    .command('partner')
    .description('partners of a gateway that serves')
    .command('reload')
    .description(
      'take partners, their certificates and our keys from the settings again; what was taken out stops at once',
    )
    .action(async () => {
      const { out, config, exit } = context;
      const results = await askToReload(config().data);
      out.result(
        results,
        results.map(({ partner, loaded, detail = '' }) => ({ partner, loaded: loaded ? 'yes' : 'no', detail })),
      );
      if (results.length === 0) out.note('Nothing changed.');
      if (results.some(({ loaded }) => !loaded)) exit(exitCodes.configuration);
      out.next('mra doctor');
    });
}
