/** `mra news`: how far each receiver has the changes of the register; skips a change that a receiver does not take. */

import type { Command } from 'commander';
import { newsReceivers } from '../app/border-settings.ts';
import { receiverStates, skipChange } from '../app/news.ts';
import { shownChange } from '../clearance/change-feed.ts';
import { present } from '../model/present.ts';
import { withGateway, withReading, type CliContext } from './context.ts';
import { userInfo } from 'node:os';

export function newsCommand(program: Command, context: CliContext): void {
  const news = program.command('news').description('changes of the register for webhooks and topics');
  news
    .command('list', { isDefault: true })
    .description('how far each receiver has the changes, and since when it fails')
    .action(() =>
      withReading(context, async (gateway) => {
        const states = await receiverStates(gateway, newsReceivers(gateway.config.border));
        context.out.result(
          states.map((each) => present(each)),
          states.map(({ name, lane, n, waiting, attempts, failingSince = '', fault = '' }) => {
            return { name, lane, n, waiting, attempts, failing: failingSince, fault };
          }),
        );
        context.out.next(states.some(({ attempts }) => attempts > 0) ? 'mra news skip NAME --reason …' : 'mra doctor');
      }),
    );
  news
    .command('skip <name>')
    .description('lets a receiver go on without the change that it does not take')
    .requiredOption('--reason <text>', 'why it may miss the change')
    .option('--person <name>', 'who decides', userInfo().username)
    .action((name: string, { reason, person }: { readonly reason: string; readonly person: string }) =>
      withGateway(context, async (gateway) => {
        const receivers = newsReceivers(gateway.config.border);
        const change = await skipChange(gateway, receivers, { name, person, reason });
        context.out.result(shownChange(change), [{ skipped: change.n, identifier: change.identifier }]);
        context.out.next('mra news list');
      }),
    );
}
