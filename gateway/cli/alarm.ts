/** `mra alarm list|show|acknowledge`: what is wrong, who must act, and what happens next by itself. */

import type { Command } from 'commander';
import { alarmLines, shownAlarm } from '../app/health/alarm-texts.ts';
import type { Gateway } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { acknowledgeAlarm, findAlarm, listAlarms, type Alarm } from '../store/alarms.ts';
import type { Reader } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
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
      withGateway(context, (gateway) => acknowledge(context, gateway, number, person)),
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

async function existing(reader: Reader, text: string): Promise<Alarm> {
  const alarm = /^[1-9]\d{0,8}$/u.test(text) ? await findAlarm(reader, Number(text)) : undefined;
  if (alarm !== undefined) return alarm;
  const fix = 'mra alarm list --all shows the numbers.';
  throw new GatewayError('E_ALARM_UNKNOWN', 'no alarm has this number', { at: text, fix });
}

async function show({ out }: AlarmContext, reader: Reader, number: string): Promise<void> {
  const alarm = await existing(reader, number);
  const shown = shownAlarm(alarm);
  if (out.format === 'json') return out.json(shown);
  out.print(alarmLines('opened', shown).join('\n'));
  if (shown.closed_at !== null) out.note(`It closed at ${shown.closed_at}.`);
  out.next(shown.closed_at === null ? shown.command : 'mra alarm list');
}

async function acknowledge(
  { out }: AlarmContext,
  { db, now }: Pick<Gateway, 'db' | 'now'>,
  number: string,
  person: string,
): Promise<void> {
  const { n, cause } = await existing(db.sql, number);
  const at = momentOf(now());
  const done = await db.transaction(async (tx) => {
    if (!(await acknowledgeAlarm(tx, n, person, at))) return false;
    await appendEvents(tx, [{ kind: 'alarm_acknowledged', ref: `alarm ${n}`, detail: { cause, person }, at }]);
    return true;
  });
  if (!done) throw new GatewayError('E_ALARM_UNKNOWN', 'this alarm has closed', { at: number });
  out.result({ alarm: n, acknowledged_by: person }, [{ alarm: n, acknowledged_by: person }]);
  out.next('mra alarm list');
}
