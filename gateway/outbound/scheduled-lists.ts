/** Lists sent by schedule: what is due to each partner next, why it waits, and its sending by a running gateway. */

import { getPartner, type Gateway, type Partner } from '../gateway.ts';
import { inForce } from '../model/arrangement.ts';
import { dayAt, later, momentOf } from '../model/day.ts';
import { isGatewayError } from '../model/errors.ts';
import { nextList, type DueList, type ListCause } from '../model/list/list-schedule.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader } from '../store/database.ts';
import { areMoreThan, changesAfter } from '../store/operators.ts';
import { failsToDeliver, holdsList } from '../store/message-list.ts';
import { listsWait } from '../store/older-store.ts';
import { findStream, newestListDates, sendingProgress, type SendingProgress } from '../store/streams.ts';
import { faultFields } from '../wire/log.ts';
import { termsDigest } from './list-diff.ts';
import { sendList } from './send-list.ts';
import type { ListOptions, QueuedList } from '../model/list/queued-list.ts';

/**
 * Published: why no list is sent.
 * - first_list: a person decides when a partner receives its first list;
 * - by_file: people carry the lists;
 * - not_in_force: the arrangement has not begun or has ended;
 * - restored: the store is older than what was sent, and a person must decide;
 * - held: a message is held for staff;
 * - not_delivered: the previous list is not getting through; later changes go with the next one.
 */
export type WaitReason = 'first_list' | 'by_file' | 'not_in_force' | 'restored' | 'held' | 'not_delivered';

interface ScheduledList {
  /** Absent before the first list. */
  readonly next?: DueList;
  readonly waits?: WaitReason;
}

/** The next list to a partner by its schedule. Throws E_PARTNER_UNKNOWN. */
export async function scheduledList(gateway: Gateway, code: string): Promise<ScheduledList> {
  const partner = getPartner(gateway, code);
  const reader = gateway.db.sql;
  const progress = await sendingProgress(reader, partner.code);
  if (progress === undefined) return { waits: partner.byFile ? 'by_file' : 'first_list' };
  const next = await dueList(reader, gateway.now(), partner, progress);
  return present({ next, waits: await waitReason(gateway, partner, progress) });
}

/** Published: the next list to a partner, for programs. */
export interface ShownSchedule {
  readonly partner: string;
  readonly next: ListCause | null;
  readonly at: Moment | null;
  readonly waits: WaitReason | null;
  /** The partner's time zone. */
  readonly zone: string;
}

/** The next list to each of these partners, the earliest first; those without a due time come last. */
export async function shownSchedule(
  gateway: Gateway,
  partners: Iterable<Partner> = gateway.partners.values(),
): Promise<readonly ShownSchedule[]> {
  const shown: ShownSchedule[] = [];
  for (const { code: partner, adapter } of partners) {
    const { next, waits } = await scheduledList(gateway, partner);
    const due = { next: next?.cause ?? null, at: next?.at ?? null, waits: waits ?? null };
    shown.push({ partner, ...due, zone: adapter.timeZone });
  }
  return shown.toSorted((a, b) => ((a.at ?? '9') < (b.at ?? '9') ? -1 : 1));
}

async function dueList(
  reader: Reader,
  now: Date,
  { code, adapter }: Partner,
  { watermark, resyncWanted, last }: SendingProgress,
): Promise<DueList> {
  const at = momentOf(now);
  if (resyncWanted) return { cause: 'rejection', at };
  if (termsDigest({ adapter }, now) !== watermark.terms) return { cause: 'new_terms', at };
  const changes = await changesAfter(reader, watermark.revision);
  const { schedule } = adapter;
  // A time in the future was stored while the clock was ahead: such a change has waited long enough.
  const waited = later(at, -(schedule.onChangeSeconds ?? 0));
  const changedSince = changes === undefined || changes.since <= at ? changes?.since : waited;
  const issuedAt = last.issuedAt <= at ? last.issuedAt : at;
  // Read only if needed: without regular full lists, any number of deltas may have followed the last full list.
  const full = schedule.fullDays === undefined ? undefined : await newestListDates(reader, code, 'out', 'full');
  const lastFull = (full ?? last).issuedAt;
  const state = { last: { ...last, issuedAt }, lastFull, restricts: changes?.restricts ?? false };
  return nextList(schedule, present({ ...state, changedSince }));
}

async function waitReason(
  { db, home, now }: Gateway,
  { code, adapter, byFile }: Partner,
  { epochId, resyncWanted }: SendingProgress,
): Promise<WaitReason | undefined> {
  if (byFile) return 'by_file';
  if (!inForce(adapter.arrangement, dayAt(now(), home.timeZone)).yes) return 'not_in_force';
  if (await listsWait(db.sql)) return 'restored';
  if (await holdsList(db.sql, code, epochId)) return 'held';
  // A full list after a rejection starts a new epoch and replaces what is not getting through.
  if (!resyncWanted && (await failsToDeliver(db.sql, code))) return 'not_delivered';
  return undefined;
}

/**
 * Seconds until the same cause is retried if it produced no list: doubled each time, and reset after a quiet hour. If a partner rejects
 * lists for some time, for example because its clock is wrong, it gets the next one after at most the same time again.
 */
const firstPause = 5;
const longestPause = 3600;

/**
 * Queues the list that is due to a partner. If several gateways share a store, one of them queues it. Does not reject if a list cannot be
 * built; throws temporary errors.
 */
export function listScheduler(gateway: Gateway): (code: string) => Promise<void> {
  const pauses = new Map<string, { readonly at: number; readonly pause: number }>();
  return async (code) => {
    // Lists go by file, or the partner is disabled because of its settings.
    if (getPartner(gateway, code).transport === undefined) return;
    const { next, waits } = await scheduledList(gateway, code);
    const now = gateway.now();
    if (next === undefined || waits !== undefined || next.at > momentOf(now)) return;
    const { cause } = next;
    const key = `${code}/${cause}`;
    const before = pauses.get(key);
    const since = before === undefined ? Infinity : (now.getTime() - before.at) / 1000;
    if (before !== undefined && since >= 0 && since < before.pause) return;
    const sent = await trySend(gateway, code, cause);
    if (sent && cause !== 'rejection') return;
    const pause = before === undefined || since > longestPause ? firstPause : Math.min(2 * before.pause, longestPause);
    pauses.set(key, { at: now.getTime(), pause });
  };
}

/** Returns false if no list was queued and an immediate retry would not help. Throws temporary errors, such as an unreachable store. */
async function trySend(gateway: Gateway, partner: string, cause: ListCause): Promise<boolean> {
  try {
    const queued = await sendOne(gateway, partner, optionsFor(getPartner(gateway, partner), cause));
    if (queued === undefined) return false;
    const { id: messageId, records, departures } = queued;
    gateway.log.info('list queued', { partner, cause, messageId, count: records + departures });
    return true;
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_STREAM_MOVED') return true; // another gateway, or a person, was first
    if (isGatewayError(error) && error.kind.retry === 'yes') throw error;
    gateway.log.error('list not queued', { partner, cause, ...faultFields(error) });
    return false;
  }
}

/** So many operators take about 20 ms. */
const longList = 2000;

async function sendOne(gateway: Gateway, code: string, options: ListOptions): Promise<QueuedList | undefined> {
  if (gateway.sendLongList !== undefined && (await isLong(gateway, code, options)))
    return await gateway.sendLongList(code, options);
  const built = await sendList(gateway, code, options);
  return built && { id: built.list.id, records: built.records, departures: built.departures };
}

/** Decides by the number of operators to compare. */
async function isLong(gateway: Gateway, code: string, { kind }: ListOptions): Promise<boolean> {
  const { sql } = gateway.db;
  const watermark = (await findStream(sql, code, 'out'))?.watermark;
  const terms = termsDigest(getPartner(gateway, code), gateway.now());
  const since = kind === 'full' || watermark?.terms !== terms ? 0 : watermark.revision;
  return await areMoreThan(sql, since, longList);
}

function optionsFor({ adapter }: Partner, cause: ListCause): ListOptions {
  switch (cause) {
    case 'change':
    case 'restriction':
    case 'new_terms':
      return {};
    case 'fixed_time':
      return { renew: adapter.schedule.empty };
    case 'renewal':
      return { renew: true };
    case 'full_list':
    case 'rejection':
      return { kind: 'full' };
  }
}
