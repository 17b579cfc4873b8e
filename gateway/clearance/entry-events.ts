/** Events that border systems report about entries. Each event is checked against its entry and recorded once. */

import { momentOf, readMoment } from '../model/day.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { judgeEvent, type EntryEvent } from '../model/outcomes/entry-event.ts';
import type { Moment } from '../model/record/record.ts';
import { claimReports, findEntries, recordEntryEvents, type NewEntryEvent } from '../store/entry-outcomes.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import type { Clearance } from './status-query.ts';

interface EventReport {
  /** In the order of the request. `at` is an RFC 3339 moment. */
  readonly events: readonly NewEntryEvent[];
  readonly client: string;
  /** Records all events or none. Otherwise a refused event does not affect the others. */
  readonly together: boolean;
}

interface TakenEvent extends EntryEvent {
  readonly entry: string;
  readonly assessment: string;
  readonly result: 'recorded' | 'repeated';
}

export type EventResults = readonly (TakenEvent | GatewayError)[];

/**
 * Returns one result for each event, in their order. Errors of an event: E_ENTRY_UNKNOWN, E_EVENT_TIME (before the assessment, or in the
 * future), E_EVENT_CONTRADICTS, E_REQUEST_INVALID (not a moment). `also` writes to the same transaction.
 */
export async function reportEvents(
  { db, now }: Pick<Clearance, 'db' | 'now'>,
  report: EventReport,
  also?: (tx: Tx, results: EventResults) => Promise<void>,
): Promise<EventResults> {
  return await db.transaction(async (tx) => {
    await claimReports(tx);
    const at = momentOf(now());
    const results = await judgeAll(tx, report, at);
    const refused = results.find(isGatewayError);
    if (report.together && refused !== undefined) throw refused;
    const recorded = results.flatMap((each) => (isGatewayError(each) || each.result === 'repeated' ? [] : [each]));
    await recordEntryEvents(
      tx,
      recorded.map(({ entry, event, at: when }) => ({ entry, event, at: when })),
      { client: report.client, at },
    );
    await also?.(tx, results);
    const logged = Object.entries(Object.groupBy(recorded, ({ entry }) => entry));
    await appendEvents(
      tx,
      logged.map(([ref, events = []]) => {
        const stated = events.map(({ event, at: when }) => ({ event, at: when }));
        return { kind: 'entry_reported', ref, detail: { client: report.client, events: stated }, at };
      }),
    );
    return results;
  });
}

/** Sorted by time, so that a release is checked after the events before it. */
async function judgeAll(tx: Tx, { events }: EventReport, now: Moment): Promise<EventResults> {
  const entries = await findEntries(tx, [...new Set(events.map(({ entry }) => entry))]);
  const results = new Map<number, TakenEvent | GatewayError>();
  const read = events.map(({ at, ...stated }, i) => ({ ...stated, i, at: readMoment(at) }));
  for (const { i, at, entry, event } of read.toSorted((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1))) {
    const place = { at: `/events/${i}` };
    const known = entries.get(entry);
    if (at === undefined) {
      results.set(i, new GatewayError('E_REQUEST_INVALID', 'a moment that no clock shows', { at: `${place.at}/at` }));
    } else if (known === undefined) {
      results.set(i, new GatewayError('E_ENTRY_UNKNOWN', 'an entry is assessed before it is reported on', place));
    } else {
      const verdict = judgeEvent({ event, at }, { ...known, now });
      if (verdict === 'recorded') entries.set(entry, { ...known, events: [...known.events, { event, at }] });
      const taken = { entry, event, at, assessment: known.assessment };
      if (typeof verdict === 'string') results.set(i, { ...taken, result: verdict });
      else results.set(i, new GatewayError(verdict.refused, verdict.because, place));
    }
  }
  return events.map((_, i) => results.get(i) ?? new GatewayError('E_INTERNAL', 'an event was not judged'));
}
