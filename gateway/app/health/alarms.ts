/** Alarms of a gateway that serves: one of several on a store opens and closes them, and sends the notices of them. */

import { later, momentOf } from '../../model/day.ts';
import { closeAlarm, listAlarms, openAlarm, takeDuty, updateAlarm, type Alarm } from '../../store/alarms.ts';
import { appendEvents } from '../../store/events.ts';
import type { OpenGateway } from '../composition.ts';
import { whoMustAct, isCause } from './causes.ts';
import type { Finding } from './finding.ts';
import { alarmJudge } from './judge-alarms.ts';
import { sendNotices, type AlarmWays } from './notices.ts';

/** Without the gateway that had the duty, another takes it after so many seconds. */
const dutySeconds = 45;

/** Takes what an examination found. `ways`: how people learn of alarms, beside the log. */
export function openAlarms(gateway: OpenGateway, ways: AlarmWays): (findings: readonly Finding[]) => Promise<void> {
  let judge = alarmJudge();
  return async (findings) => {
    const now = momentOf(gateway.now());
    const duty = { name: 'alarms', owner: gateway.owner, now, until: later(now, dutySeconds) } as const;
    if (!(await gateway.db.transaction((tx) => takeDuty(tx, duty)))) {
      judge = alarmJudge();
      return;
    }
    await changeAlarms(gateway, judge(findings, await listAlarms(gateway.db.sql)), [...ways.keys()]);
    await sendNotices(gateway, ways);
  };
}

type Changes = ReturnType<ReturnType<typeof alarmJudge>>;

async function changeAlarms(gateway: OpenGateway, changes: Changes, ways: readonly string[]): Promise<void> {
  const { opened, changed, closed } = changes;
  if (opened.length + changed.length + closed.length === 0) return;
  const at = momentOf(gateway.now());
  const alarms = await gateway.db.transaction(async (tx) => {
    const made: Alarm[] = [];
    for (const problem of opened) {
      const { cause, subject, severity, detail, fix } = problem;
      made.push(await openAlarm(tx, { cause, subject, severity, detail, fix }, ways, at));
    }
    for (const { alarm, problem } of changed) await updateAlarm(tx, alarm, problem, ways, at);
    for (const { n } of closed) await closeAlarm(tx, n, ways, at);
    const events = [
      ...made.map((alarm) => ({ alarm, kind: 'alarm_opened' })),
      ...closed.map((alarm) => ({ alarm, kind: 'alarm_closed' })),
    ];
    const rows = events.map(({ alarm: { n, cause, subject }, kind }) => {
      return { kind, ref: `alarm ${n}`, detail: { cause, subject }, at };
    });
    if (rows.length > 0) await appendEvents(tx, rows);
    return made;
  });
  for (const alarm of alarms)
    gateway.log[alarm.severity === 'fail' ? 'error' : 'warn']('alarm opened', fieldsOf(alarm));
  for (const alarm of closed) gateway.log.info('alarm closed', fieldsOf(alarm));
}

function fieldsOf({ n, cause, subject, detail }: Alarm) {
  const who = isCause(cause) ? whoMustAct(cause) : 'we';
  return { count: n, kind: cause, partner: subject, detail, state: who };
}
