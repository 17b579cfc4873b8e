/** A full list made only to be looked at: what single records become in a whole message, for lint and preview. */

import type { Departure, ListMessage, ListRecord } from '../../model/list/list.ts';
import type { ListFormat } from '../adapter.ts';

const hash = '0'.repeat(64);

/** The records as the partner would read them, in a message with invented sender, position and times. */
export function trialList(
  format: Pick<ListFormat, 'asSeen' | 'carriesParts'>,
  { records, departures = [] }: { readonly records: readonly ListRecord[]; readonly departures?: readonly Departure[] },
  [from, to]: readonly [from: string, to: string],
): ListMessage {
  return {
    kind: 'full',
    id: 'm-00000001',
    from,
    to,
    issuedAt: '2026-01-01T00:00:00.000Z',
    nextBy: '2026-01-02T00:00:00.000Z',
    ...(format.carriesParts ? { part: { no: 1, of: 1 } } : {}),
    position: { epoch: { no: 1, id: 'a' }, sequence: 1, chain: hash, root: hash, count: records.length },
    previousChain: hash,
    records: records.map((record) => format.asSeen(record)),
    departures,
  };
}
