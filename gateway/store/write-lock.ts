/** Turns at the one writing connection of the embedded engine. */

import { GatewayError } from '../model/errors.ts';

/** How long a transaction waits for its turn in this process; longer means that one waits for itself. */
const turnMs = 15_000;

/** Gives the one connection to one user at a time, in the order they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves to the function that ends the turn. */
  async take(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const before = this.#last;
    this.#last = before.then(() => promise);
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<false>((giveUp) => (timer = setTimeout(giveUp, turnMs, false)));
    const inTime = await Promise.race([before.then(() => true), tooLong]);
    clearTimeout(timer);
    const endTurn = (): void => resolve(undefined);
    if (inTime) return endTurn;
    endTurn();
    const detail = `the writing connection was not free within ${turnMs / 1000} s`;
    throw new GatewayError('E_STORE_UNREACHABLE', detail, { fix: 'Look for a transaction opened inside another one.' });
  }
}
