/** What border systems report of an entry, and what of that is new, known already, or cannot be. */

import { later } from '../day.ts';
import type { Moment } from '../record/record.ts';

export type EntryEventKind = 'examined' | 'documents_checked' | 'released';

export interface EntryEvent {
  readonly event: EntryEventKind;
  readonly at: Moment;
}

/** `repeated`: it is known already. */
type EventVerdict =
  'recorded' | 'repeated' | { readonly refused: 'E_EVENT_TIME' | 'E_EVENT_CONTRADICTS'; readonly because: string };

/** Clocks of border systems may differ from ours by so many seconds. */
const clockSeconds = 5;

interface Known {
  readonly assessedAt: Moment;
  readonly now: Moment;
  readonly events: readonly EntryEvent[];
}

/** Goods are examined, and documents checked, any number of times, and all before the one release. */
export function judgeEvent({ event, at }: EntryEvent, { assessedAt, now, events }: Known): EventVerdict {
  if (events.some((known) => known.event === event && known.at === at)) return 'repeated';
  if (at < later(assessedAt, -clockSeconds))
    return { refused: 'E_EVENT_TIME', because: `the entry was assessed at ${assessedAt}` };
  if (at > later(now, clockSeconds)) return { refused: 'E_EVENT_TIME', because: `it is ${now} now` };
  const release = events.find((known) => known.event === 'released');
  const other = event === 'released' ? (release ?? events.find((known) => known.at > at)) : release;
  if (other === undefined || (other === release && event !== 'released' && at <= other.at)) return 'recorded';
  return { refused: 'E_EVENT_CONTRADICTS', because: `known of the entry is: ${other.event} at ${other.at}` };
}
