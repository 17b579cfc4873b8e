/** `mra exposure`: which answers recognised an operator that was suspended, revoked or gone by then, as a later list says. */

import type { Command } from 'commander';
import { exposureIn, shownExposure, type Exposure } from '../clearance/exposure.ts';
import { addDays, dayAt, momentInZone } from '../model/day.ts';
import type { Day } from '../model/record/record.ts';
import { withReading, type CliContext } from './context.ts';
import { existingDay } from './input.ts';

interface Options {
  readonly from?: Day;
  readonly to?: Day;
}

const restrictionsAtOnce = 100;

export function exposureCommand(program: Command, context: CliContext): void {
  program
    .command('exposure')
    .description('answers that recognised an operator which, as a later list says, was suspended or gone by then')
    .option('--from <day>', 'restrictions that became known on this day or later (30 days ago)', existingDay('--from'))
    .option('--to <day>', 'and on this day or before (today)', existingDay('--to'))
    .action((options: Options) =>
      withReading(context, async (gateway) => {
        const { timeZone } = gateway.home;
        const today = dayAt(gateway.now(), timeZone);
        const from = beginOf(options.from ?? addDays(today, -30), timeZone);
        const to = beginOf(addDays(options.to ?? today, 1), timeZone);
        const exposures: Exposure[] = [];
        for (let before: number | undefined, more = true; more;) {
          const page = await exposureIn(gateway, { from, to, before, limit: restrictionsAtOnce });
          exposures.push(...page.exposures);
          before = page.next;
          more = before !== undefined;
        }
        show(context, exposures);
      }),
    );
}

/** Every day has a begin, in each zone. */
const beginOf = (day: Day, timeZone: string): string =>
  momentInZone(`${day}T00:00:00`, timeZone) ?? `${day}T00:00:00.000Z`;

function show({ out }: CliContext, exposures: readonly Exposure[]): void {
  out.result(
    exposures.map(shownExposure),
    exposures.flatMap(({ change, answers }) =>
      answers.map(({ answer, request, outcomeNow }) => ({
        partner: change.partner,
        identifier: change.identifier,
        change: change.kind,
        from: change.effective_from,
        known: change.known_at,
        answered: answer.answered_at,
        number: answer.proof.consultation_number,
        now: outcomeNow,
        entry: request.reference ?? '',
      })),
    ),
  );
  if (exposures.some(({ isCut }) => isCut)) out.note('Of some operators there are more answers than are shown.');
  out.next(exposures.length === 0 ? 'mra doctor' : 'mra evidence get NUMBER');
}
