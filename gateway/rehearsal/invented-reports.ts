/** Invents what border systems report of the entries of the demo: operators with the benefit are examined less often, and released sooner. */

import type { EntryEventKind } from '../model/outcomes/entry-event.ts';
import type { NewEntryEvent } from '../store/entry-outcomes.ts';
import type { Moment } from '../model/record/record.ts';
import { seededRandom } from '../model/seeded-random.ts';
import type { InventedEntry } from './invented-entries.ts';

/** Shares of entries. */
const reported = { examined: { benefit: 0.04, others: 0.2 }, documents_checked: { benefit: 0.1, others: 0.35 } };
const released = 0.95;

/** `at`: the moment of all of them, after the entries were assessed. Goods of an entry before the arrangement are long gone. */
export function inventReports(
  entries: readonly InventedEntry[],
  { seed, at }: { readonly seed: number; readonly at: Moment },
): readonly NewEntryEvent[] {
  const random = seededRandom(seed);
  return entries.flatMap(({ meant, entry: { id = '' } }) => {
    if (meant === 'agreement_not_in_force') return [];
    const whose = meant === 'recognised' || meant === 'full_width' ? 'benefit' : 'others';
    const before = (['examined', 'documents_checked'] as const).filter((each) => random.next() < reported[each][whose]);
    const events: readonly EntryEventKind[] = random.next() < released ? [...before, 'released'] : before;
    return events.map((event) => ({ entry: id, event, at }));
  });
}
