/** Brings notices of alarms to people: by webhook and mail, each again and again until it was taken. */

import { later, momentOf } from '../../model/day.ts';
import { dueNotices, recordNotices, type Notice } from '../../store/alarms.ts';
import { faultFields } from '../../wire/log.ts';
import { sendMail, type MailServer } from '../../wire/transport/mail.ts';
import { postWebhook, type WebhookTarget } from '../../wire/transport/webhook.ts';
import type { OpenGateway } from '../composition.ts';
import { secretText } from '../credentials.ts';
import type { AlarmSettings } from '../alarm-settings.ts';
import { alarmLines, shownAlarm } from './alarm-texts.ts';

/** By name; each sends some notices together, or rejects. */
export type AlarmWays = ReadonlyMap<string, (notices: readonly Notice[], home: string) => Promise<void>>;

/** Seconds until a notice is sent again; the last one repeats. */
const pauses = [30, 120, 600, 3600] as const;
const noticesAtOnce = 50;

/** Throws E_CONFIG_INVALID where a secret cannot be read. */
export function alarmWays({ webhook, mail }: AlarmSettings): AlarmWays {
  const ways = new Map<string, (notices: readonly Notice[], home: string) => Promise<void>>();
  if (webhook !== undefined) {
    const target = { url: webhook.url, secret: secretText(webhook.secret, 'alarms.webhook.secret') };
    ways.set('webhook', (notices) => postAll(target, notices));
  }
  if (mail !== undefined) {
    const { server, from, to, secret } = mail;
    const password = secret && secretText(secret, 'alarms.mail.secret');
    ways.set('mail', (notices, home) => mailAll({ server, password }, { from, to, home }, notices));
  }
  return ways;
}

/** The id is the same at each attempt, so that a receiver can leave repetitions out. */
async function postAll(target: WebhookTarget, notices: readonly Notice[]): Promise<void> {
  for (const { event, alarm } of notices) {
    const at = event === 'closed' ? alarm.closedAt : alarm.openedAt;
    const body = JSON.stringify({ type: `alarm.${event}`, timestamp: at, data: shownAlarm(alarm) });
    await postWebhook(target, { id: `alarm-${alarm.n}-${event}`, body });
  }
}

/** All that is due in one mail. */
async function mailAll(
  server: MailServer,
  { from, to, home }: { readonly from: string; readonly to: readonly string[]; readonly home: string },
  notices: readonly Notice[],
): Promise<void> {
  const texts = notices.map(({ event, alarm }) => alarmLines(event, shownAlarm(alarm)));
  const [first = []] = texts;
  const more = texts.length > 1 ? ` and ${texts.length - 1} more` : '';
  const subject = `[MRA ${home}] ${first[0] ?? ''}${more}`;
  await sendMail(server, { from, to, subject, text: texts.map((lines) => lines.join('\n')).join('\n\n') });
}

/** Never rejects for a way that fails: its notices are sent again later. */
export async function sendNotices({ db, home, log, now }: OpenGateway, ways: AlarmWays): Promise<void> {
  for (const [way, send] of ways) {
    const due = await dueNotices(db.sql, way, momentOf(now()), noticesAtOnce);
    if (due.length === 0) continue;
    try {
      await send(due, home.country);
      await db.transaction((tx) => recordNotices(tx, due));
    } catch (error) {
      const attempt = Math.max(...due.map(({ attempts }) => attempts)) + 1;
      const pause = pauses[Math.min(attempt - 1, pauses.length - 1)] ?? pauses[0];
      log.error('notice of an alarm not sent', { kind: way, attempt, ...faultFields(error) });
      await db.transaction((tx) => recordNotices(tx, due, later(momentOf(now()), pause)));
    }
  }
}
