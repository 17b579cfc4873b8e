/**
 * Live updates: server-sent events (HTML, 9.2) that tell open pages that something was logged. They carry no data; a page then requests
 * itself again. The number of streams per person is limited, and they end with the session.
 */

import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../model/errors.ts';
import type { PeopleGateway } from '../people/people.ts';
import { findSession, type Session } from '../people/sessions.ts';
import { staffEventAfter } from '../store/events.ts';
import { faultFields, type Log } from '../wire/log.ts';

const tickMs = 2_000;
/** Ticks between two checks of the sessions, in addition to the check before each update. Also keeps proxies from cutting silent streams. */
const ticksBetweenLooks = 5;
const mostStreams = 200;
const mostOfPerson = 8;

interface Stream {
  readonly response: ServerResponse;
  readonly person: string;
  readonly secret: string;
}

export interface Live {
  /** Adds a response, which stays open. Throws E_BUSY if there are too many. */
  join(session: Session, secret: string, response: ServerResponse): void;
}

/** `isOpen` is false once the door is closing, which waits for its responses. */
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
  /** Runs one at a time, however often pages connect and disconnect. */
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

/** Sends the update to open sessions, and an end notice to the others. Disconnects clients that do not read. */
async function push(door: PeopleGateway, streams: ReadonlySet<Stream>, text: string): Promise<void> {
  for (const { response, secret } of [...streams]) {
    if (response.writableNeedDrain) response.destroy();
    else if ((await findSession(door, secret, { isLive: true })) === undefined) response.end('event: ended\ndata:\n\n');
    else response.write(text);
  }
}
