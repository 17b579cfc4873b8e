/** Work that is done again and again while a gateway serves. */

import { setTimeout as wait } from 'node:timers/promises';

export interface Repeated {
  /** Resolves when what was begun is done. */
  stop(): Promise<void>;
}

interface Rhythm {
  /** Milliseconds between two rounds. */
  readonly everyMs: number;
  /** Share of the time for rounds that resolve to false because work is left, if that makes the pause shorter. */
  readonly shareWhileLeft?: number;
  /** After a round that failed; absent: as many. */
  readonly afterFailureMs?: number;
  report(error: unknown): void;
}

/** One round after the other until `stop`; a round that fails is reported, and the next one may succeed. Never rejects. */
export async function repeatUntil(
  stop: AbortSignal,
  round: () => Promise<unknown>,
  { everyMs, shareWhileLeft, afterFailureMs = everyMs, report }: Rhythm,
): Promise<void> {
  while (!stop.aborted) {
    const began = performance.now();
    const pause = await round().then(
      (result) =>
        result === false && shareWhileLeft !== undefined
          ? Math.min(everyMs, (performance.now() - began) * (1 / shareWhileLeft - 1))
          : everyMs,
      (error: unknown) => {
        report(error);
        return afterFailureMs;
      },
    );
    // Only `stop` ends the wait early.
    await wait(pause, undefined, { signal: stop }).catch(() => undefined);
  }
}

export function repeat(round: () => Promise<unknown>, rhythm: Rhythm): Repeated {
  const stopping = new AbortController();
  const running = repeatUntil(stopping.signal, round, rhythm);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
