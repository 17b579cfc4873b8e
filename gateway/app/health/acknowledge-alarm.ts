/** A person takes charge of an open alarm, which closes by itself when its cause has gone. */

import type { Gateway } from '../../gateway.ts';
import { momentOf } from '../../model/day.ts';
import { GatewayError } from '../../model/errors.ts';
import { acknowledgeAlarm, findAlarm, type Alarm } from '../../store/alarms.ts';
import type { Reader } from '../../store/database.ts';
import { appendEvents } from '../../store/events.ts';

/** `text`: its number. Throws E_ALARM_UNKNOWN. */
export async function existingAlarm(reader: Reader, text: string): Promise<Alarm> {
  const alarm = /^[1-9]\d{0,8}$/u.test(text) ? await findAlarm(reader, Number(text)) : undefined;
  if (alarm !== undefined) return alarm;
  const fix = 'mra alarm list --all shows the numbers.';
  throw new GatewayError('E_ALARM_UNKNOWN', 'no alarm has this number', { at: text, fix });
}

/** Returns the number of the alarm. Throws E_ALARM_UNKNOWN, also of one that has closed. */
export async function acknowledge(
  { db, now }: Pick<Gateway, 'db' | 'now'>,
  text: string,
  person: string,
): Promise<number> {
  const { n, cause } = await existingAlarm(db.sql, text);
  const at = momentOf(now());
  const done = await db.transaction(async (tx) => {
    if (!(await acknowledgeAlarm(tx, n, person, at))) return false;
    await appendEvents(tx, [{ kind: 'alarm_acknowledged', ref: `alarm ${n}`, detail: { cause, person }, at }]);
    return true;
  });
  if (done) return n;
  throw new GatewayError('E_ALARM_UNKNOWN', 'this alarm has closed', { at: text });
}
