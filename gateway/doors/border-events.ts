/** `POST /v1/entries/{id}/events` and `POST /v1/entries/events`: border systems report what became of entries. */

import { reportEvents, type EventResults } from '../clearance/entry-events.ts';
import type { Clearance } from '../clearance/requests.ts';
import type { PostedRequest } from '../model/clearance/posted-request.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';
import { RequestFaults } from '../model/clearance/request-faults.ts';
import type { EntryEvent } from '../model/outcomes/entry-event.ts';
import type { JsonVerdict } from '../wire/xsd/schema.ts';
import { idempotently, type Reply } from './border-idempotency.ts';
import { faultsOf, validBody, type BorderReply } from './border-requests.ts';
import { problemOf } from './problems.ts';

/** `entry` is absent in events of a single entry, which the path names. */
export interface EventsDocument {
  readonly events: readonly (EntryEvent & { readonly entry?: string })[];
}

interface Call {
  readonly door: Pick<Clearance, 'db' | 'now'>;
  readonly readers: { readonly events: (value: unknown) => JsonVerdict<EventsDocument> };
  readonly posted: PostedRequest;
}

/** Throws E_REQUEST_INVALID. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new GatewayError('E_REQUEST_INVALID', 'the number in the address is not percent-encoded UTF-8', { cause });
  }
}

/** Events of one entry are recorded together or not at all; those of several entries independently. */
export async function postEvents(call: Call): Promise<Reply> {
  const { door, readers, posted } = call;
  return await idempotently(call, async (save) => {
    const { events } = validBody(posted, readers.events);
    const [, written] = /^\/v1\/entries\/([^/]+)\/events(?:\?|$)/u.exec(posted.target) ?? [];
    const inPath = written && decoded(written);
    const misplaced = events.findIndex(({ entry }) => (entry === undefined) !== (inPath !== undefined));
    if (misplaced >= 0) {
      const detail =
        inPath === undefined ? 'The number of the entry is missing.' : 'The entry is named in the address.';
      throw new RequestFaults([{ pointer: `/events/${misplaced}/entry`, code: 'ENTRY', detail }]);
    }
    const stated = events.map(({ entry = inPath ?? '', event, at }) => ({ entry, event, at }));
    const reply = (results: EventResults): BorderReply => eventsReply(posted, results);
    const report = { events: stated, client: posted.requester, together: inPath !== undefined };
    return reply(await reportEvents(door, report, save && ((tx, results) => save(tx, reply(results)))));
  });
}

function eventsReply({ requestId }: PostedRequest, results: EventResults): BorderReply {
  const counts = { recorded: 0, repeated: 0, refused: 0 };
  const shown = results.map((result) => {
    if (!isGatewayError(result)) {
      counts[result.result] += 1;
      return result;
    }
    counts.refused += 1;
    const problem = problemOf(result, requestId, faultsOf(result));
    return { result: 'refused', problem };
  });
  return { status: 200, body: { counts, events: shown } };
}
