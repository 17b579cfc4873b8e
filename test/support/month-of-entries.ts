/** A month of entries in a store, as if they had been assessed and reported on: an effect that is known, and entries on which benefits were missed. */

import type { Database } from '../../gateway/store/database.ts';
import { recordEntry, recordEntryEvents } from '../../gateway/store/entry-outcomes.ts';
import { later } from '../../gateway/model/day.ts';
import type { EntryResult } from '../../gateway/model/outcomes/entry-result.ts';
import { simulateEntries, type Truth } from './simulated-entries.ts';

const missed: readonly EntryResult[] = ['no_code', 'no_code', 'no_code', 'malformed', 'wrong_party', 'not_on_list'];

/** Of the month of `at`. Returns how many entries there are. */
export async function fillMonth(db: Database, partner: string, at: string, truth: Truth): Promise<number> {
  const { entries } = simulateEntries(truth);
  await db.transaction(async (tx) => {
    const events = [];
    for (const [i, { alike = '', benefit, examined, seconds }] of entries.entries()) {
      const entry = `${partner}-${at.slice(0, 7)}-${i}`;
      const [office = ''] = alike.split(' ').slice(-1);
      const facts = { office: `53${office.padStart(2, '0')}`, mode: 'sea', chapter: '85' };
      const row = { entry, assessment: `ASM-${entry}`, assessed_at: at, month: at.slice(0, 7), begun_at: at, ...facts };
      const result = benefit ? 'benefit' : (missed[i % missed.length] ?? 'no_code');
      await recordEntry(tx, row, [{ partner, result, list_age_s: 3600 + i }], false);
      const released = later(at, Math.max(60, Math.round(seconds)));
      if (examined) events.push({ entry, event: 'examined', at: later(released, -30) } as const);
      events.push({ entry, event: 'released', at: released } as const);
    }
    await recordEntryEvents(tx, events, { client: 'port', at });
  });
  return entries.length;
}
