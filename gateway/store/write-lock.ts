/** The write lock of the embedded engine: its one writing connection serves one transaction at a time. */

import { GatewayError } from '../model/errors.ts';

/** Longest wait for the lock within this process; beyond it, a transaction probably waits for itself. */
const lockMs = 15_000;

/** Grants the lock in the order of the requests. */
export class WriteLock {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves to the function that releases the lock. Throws E_STORE_UNREACHABLE after 15 s. */
  async acquire(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const before = this.#last;
    this.#last = before.then(() => promise);
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<false>((giveUp) => (timer = setTimeout(giveUp, lockMs, false)));
    const inTime = await Promise.race([before.then(() => true), tooLong]);
    clearTimeout(timer);
    const release = (): void => resolve(undefined);
    if (inTime) return release;
    release();
    const detail = `the writing connection was not free within ${lockMs / 1000} s`;
    throw new GatewayError('E_STORE_UNREACHABLE', detail, { fix: 'Look for a transaction opened inside another one.' });
  }
}
