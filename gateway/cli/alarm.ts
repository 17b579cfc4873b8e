/** `mra alarm list|show|acknowledge`: what is wrong, who must act, and what happens next by itself. */

import type { Command } from 'commander';
import { acknowledge, existingAlarm } from '../app/health/acknowledge-alarm.ts';
import { alarmLines, shownAlarm } from '../app/health/alarm-texts.ts';
import type { Gateway } from '../gateway.ts';
import { listAlarms } from '../store/alarms.ts';
import type { Reader } from '../store/database.ts';
import { withGateway, withReading, type CommandContext } from './context.ts';
import { account, wholeNumber } from './input.ts';

type AlarmContext = CommandContext<Pick<Gateway, 'db' | 'now'>>;

export function alarmCommands(program: Command, context: AlarmContext): void {
  const alarm = program.command('alarm').description('what is wrong, who must act, and what happens next by itself');
  alarm
    .command('list')
    .description('the open alarms, the newest first')
    .option('--all', 'also those that are closed')
    .option('--limit <n>', 'how many', wholeNumber('--limit'), 100)
    .action((options: { readonly all?: boolean; readonly limit: number }) =>
      withReading(context, ({ db }) => list(context, db.sql, options)),
    );
  alarm
    .command('show <number>')
    .description('an alarm in words')
    .action((number: string) => withReading(context, ({ db }) => show(context, db.sql, number)));
  alarm
    .command('acknowledge <number>')
    .description('record that a person has taken charge of an open alarm; it closes by itself when its cause has gone')
    .option('--as <person>', 'who (default: the account)')
    .action((number: string, { as: person = account() }: { readonly as?: string }) =>
      withGateway(context, async (gateway) => {
        const n = await acknowledge(gateway, number, person);
        context.out.result({ alarm: n, acknowledged_by: person }, [{ alarm: n, acknowledged_by: person }]);
        context.out.next('mra alarm list');
      }),
    );
}

async function list(
  { out }: AlarmContext,
  reader: Reader,
  options: { readonly all?: boolean; readonly limit: number },
): Promise<void> {
  const alarms = (await listAlarms(reader, options)).map(shownAlarm);
  if (alarms.length === 0) out.note('No alarm is open.');
  out.result(
    alarms,
    alarms.map(({ alarm, severity, cause, partners, who_must_act, opened_at, closed_at, acknowledged_by }) => ({
      ...{ alarm, severity, cause, partners: partners.join(' '), who_must_act, opened_at },
      ...{ closed_at: closed_at ?? '', acknowledged_by: acknowledged_by ?? '' },
    })),
  );
  out.next(alarms.length === 0 ? 'mra doctor' : `mra alarm show ${alarms[0]?.alarm ?? ''}`);
}

async function show({ out }: AlarmContext, reader: Reader, number: string): Promise<void> {
  const alarm = await existingAlarm(reader, number);
  const shown = shownAlarm(alarm);
  if (out.format === 'json') return out.json(shown);
  out.print(alarmLines('opened', shown).join('\n'));
  if (shown.closed_at !== null) out.note(`It closed at ${shown.closed_at}.`);
  out.next(shown.closed_at === null ? shown.command : 'mra alarm list');
}
