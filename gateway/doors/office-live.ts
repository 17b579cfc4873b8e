/**
 * Live updates: server-sent events (HTML, 9.2) that say to open pages that something was logged which they may show. A page then asks for
 * itself again, so that nobody learns anything by them. The streams of a person are bounded, and end with the session.
 */

import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../model/errors.ts';
import type { PeopleGateway } from '../people/people.ts';
import { findSession, type Session } from '../people/sessions.ts';
import { staffEventAfter } from '../store/events.ts';
import { faultFields, type Log } from '../wire/log.ts';

const tickMs = 2_000;
/** Ticks from one look at the sessions to the next, beside that before each update; a proxy would cut a stream that is silent. */
const ticksBetweenLooks = 5;
const mostStreams = 200;
const mostOfPerson = 8;

interface Stream {
  readonly response: ServerResponse;
  readonly person: string;
  readonly secret: string;
}

export interface Live {
  /** Keeps the response open. Throws E_BUSY where there are too many. */
  join(session: Session, secret: string, response: ServerResponse): void;
}

/** `isOpen`: false once the door is to be closed, which waits for its responses. */
export function openLive(door: PeopleGateway & { readonly log: Log }, isOpen: () => boolean): Live {
  const streams = new Set<Stream>();
  let isRunning = false;
  let ticks = 0;
  const tick = async (last: number | undefined): Promise<number | undefined> => {
    if (!isOpen()) for (const { response } of streams) response.end();
    try {
      const newest = await staffEventAfter(door.db.sql, last);
      const isNew = last !== undefined && newest > last;
      ticks += 1;
      if (isNew || ticks % ticksBetweenLooks === 0) await push(door, streams, isNew ? `data: ${newest}\n\n` : ':\n\n');
      return newest;
    } catch (error) {
      door.log.warn('live updates: trying again', faultFields(error));
      return last;
    }
  };
  /** One at a time, however often pages come and go. */
  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    for (let last: number | undefined; streams.size > 0; await wait(tickMs, undefined, { ref: false }))
      last = await tick(last);
    isRunning = false;
  };
  return {
    join({ person: { id: person } }, secret, response) {
      const own = [...streams].filter((each) => each.person === person);
      if (streams.size >= mostStreams || own.length >= mostOfPerson)
        throw new GatewayError('E_BUSY', 'too many pages are kept up to date', { fix: 'Close other pages.' });
      const stream = { response, person, secret };
      streams.add(stream);
      const headers = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no', Connection: 'close' };
      response.writeHead(200, headers);
      response.write(':\n\n');
      response.once('close', () => streams.delete(stream));
      void run();
    },
  };
}

/** To those whose session goes on; to the others that theirs has ended. Who does not read is cut off. */
async function push(door: PeopleGateway, streams: ReadonlySet<Stream>, text: string): Promise<void> {
  for (const { response, secret } of [...streams]) {
    if (response.writableNeedDrain) response.destroy();
    else if ((await findSession(door, secret, { isLive: true })) === undefined) response.end('event: ended\ndata:\n\n');
    else response.write(text);
  }
}
