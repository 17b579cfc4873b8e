/** Alarms, their pending notifications, and duties that one of several gateways on a store has at a time. */

import type { Moment } from '../model/record/record.ts';
import { insertMany, oneOf } from './bulk.ts';
import { advanceCounter } from './counters.ts';
import type { Reader, Tx } from './database.ts';
import { changesOne, fromRow, type FromRow } from './rows.ts';
import type { Tables } from './tables.ts';

export type Alarm = FromRow<Tables['alarm']>;
export type AlarmEvent = Tables['alarm_notice']['event'];

/** A problem that is not an alarm yet. `subject`: partner codes; empty: the gateway itself. */
export type Problem = Pick<Tables['alarm'], 'cause' | 'subject' | 'severity' | 'detail' | 'fix'>;

/** Takes or renews a duty until the given time; returns false if another gateway has it. */
export async function takeDuty(
  tx: Tx,
  { name, owner, now, until }: { readonly name: 'alarms' | 'news'; owner: string; now: Moment; until: Moment },
): Promise<boolean> {
  const update = tx.updateTable('duty').set({ owner, until }).where('name', '=', name);
  return await changesOne(update.where((eb) => eb.or([eb('owner', '=', owner), eb('until', '<=', now)])));
}

/** Closed alarms with a lower number, newest first. */
export async function closedAlarms(
  reader: Reader,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<readonly Alarm[]> {
  const closed = reader.selectFrom('alarm').selectAll().where('closed_at', 'is not', null);
  const older = before === undefined ? closed : closed.where('n', '<', before);
  return (await older.orderBy('n', 'desc').limit(limit).execute()).map(fromRow);
}

/** Newest first: the open alarms, or all. */
export async function listAlarms(reader: Reader, { all = false, limit = 1_000 } = {}): Promise<readonly Alarm[]> {
  const alarms = reader.selectFrom('alarm').selectAll().orderBy('n', 'desc').limit(limit);
  return (await (all ? alarms : alarms.where('closed_at', 'is', null)).execute()).map(fromRow);
}

export async function findAlarm(reader: Reader, n: number): Promise<Alarm | undefined> {
  const row = await reader.selectFrom('alarm').selectAll().where('n', '=', n).executeTakeFirst();
  return row && fromRow(row);
}

/** Opens an alarm and returns it, with one notification for each channel. */
export async function openAlarm(tx: Tx, problem: Problem, ways: readonly string[], at: Moment): Promise<Alarm> {
  const n = await advanceCounter(tx, 'alarm');
  const none = { closed_at: null, acknowledged_at: null, acknowledged_by: null };
  await insertMany(tx, 'alarm', [{ n, ...problem, opened_at: at, ...none }]);
  await addNotices(tx, n, 'opened', ways, at);
  return { n, ...problem, openedAt: at };
}

/** Stores the current problem; notifies again only if it became worse. */
export async function updateAlarm(
  tx: Tx,
  { n, severity: before }: Alarm,
  { severity, detail, fix }: Problem,
  ways: readonly string[],
  at: Moment,
): Promise<void> {
  await tx.updateTable('alarm').set({ severity, detail, fix }).where('n', '=', n).execute();
  if (before === 'warn' && severity === 'fail') await addNotices(tx, n, 'worse', ways, at);
}

export async function closeAlarm(tx: Tx, n: number, ways: readonly string[], at: Moment): Promise<void> {
  await tx.updateTable('alarm').set({ closed_at: at }).where('n', '=', n).execute();
  await addNotices(tx, n, 'closed', ways, at);
}

/** Returns false if there is no such open alarm. */
export async function acknowledgeAlarm(tx: Tx, n: number, person: string, at: Moment): Promise<boolean> {
  const update = tx.updateTable('alarm').set({ acknowledged_at: at, acknowledged_by: person });
  return await changesOne(update.where('n', '=', n).where('closed_at', 'is', null));
}

/** Deletes the alarms with their notifications. */
export async function deleteAlarms(tx: Tx, numbers: readonly number[]): Promise<void> {
  await tx
    .deleteFrom('alarm_notice')
    .where(oneOf(tx, 'alarm', numbers))
    .execute();
  await tx
    .deleteFrom('alarm')
    .where(oneOf(tx, 'n', numbers))
    .execute();
}

async function addNotices(tx: Tx, alarm: number, event: AlarmEvent, ways: readonly string[], at: Moment) {
  const notices = ways.map((way) => ({ alarm, event, way, attempts: 0, next_at: at }));
  if (notices.length > 0)
    await tx
      .insertInto('alarm_notice')
      .values(notices)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}

export interface Notice extends Pick<Tables['alarm_notice'], 'event' | 'way' | 'attempts'> {
  readonly alarm: Alarm;
}

/** The notifications that are due on one channel, oldest first. */
export async function dueNotices(reader: Reader, way: string, now: Moment, limit: number): Promise<readonly Notice[]> {
  const rows = await reader
    .selectFrom('alarm_notice')
    .innerJoin('alarm', 'alarm.n', 'alarm_notice.alarm')
    .selectAll('alarm')
    .select(['event', 'way', 'attempts'])
    .where('way', '=', way)
    .where('next_at', '<=', now)
    .orderBy('alarm.n')
    .limit(limit)
    .execute();
  return rows.map(({ event, attempts, way: by, ...alarm }) => ({ event, attempts, way: by, alarm: fromRow(alarm) }));
}

/** Records an attempt. `nextAt`: time of the retry; absent if it succeeded. */
export async function recordNotices(tx: Tx, notices: readonly Notice[], nextAt?: Moment): Promise<void> {
  for (const { alarm, event, way, attempts } of notices)
    await tx
      .updateTable('alarm_notice')
      .set({ attempts: attempts + 1, next_at: nextAt ?? null })
      .where('alarm', '=', alarm.n)
      .where('event', '=', event)
      .where('way', '=', way)
      .execute();
}
