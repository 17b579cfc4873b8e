/** Work that is done again and again while a gateway serves. */

import { setTimeout as wait } from 'node:timers/promises';

export interface Repeated {
  /** Resolves when what was begun is done. */
  stop(): Promise<void>;
}

interface Rhythm {
  /** Milliseconds between two rounds. */
  readonly everyMs: number;
  /** After a round that failed. */
  readonly afterFailureMs: number;
  report(error: unknown): void;
}

/** One round after the other until `stop`; a round that fails is reported, and the next one may succeed. */
export function repeat(round: () => Promise<unknown>, { everyMs, afterFailureMs, report }: Rhythm): Repeated {
  const stopping = new AbortController();
  const { signal } = stopping;
  async function run(): Promise<void> {
    while (!signal.aborted) {
      const pause = await round().then(
        () => everyMs,
        (error: unknown) => {
          report(error);
          return afterFailureMs;
        },
      );
      // Only `stop` ends the wait early.
      await wait(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
