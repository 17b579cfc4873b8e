/** The log of a gateway in this process, by which a test waits for what the gateway does. */

import { EventEmitter, on } from 'node:events';
import { makeLog, type Log } from '../../gateway/wire/log.ts';

interface LoggedEvents {
  readonly log: Log;
  /** The answer as soon as there is one: asks now, and after each event that is logged. Fails after some seconds. */
  until<T>(ask: () => Promise<T | undefined>): Promise<T>;
}

export function loggedEvents(seconds: number): LoggedEvents {
  const events = new EventEmitter();
  return {
    log: makeLog({ level: 'info', destination: { write: (line) => events.emit('line', line) } }),
    async until(ask) {
      const lines = on(events, 'line', { signal: AbortSignal.timeout(seconds * 1000) });
      try {
        for (;;) {
          const answer = await ask();
          if (answer !== undefined) return answer;
          await lines.next();
        }
      } finally {
        await lines.return?.();
      }
    },
  };
}
