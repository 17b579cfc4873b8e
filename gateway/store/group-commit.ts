/**
 * One commit for many transactions: those asked for while others are at work share their wait for the disk, and a connection. Each ends
 * after the commit.
 */

import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import { unreachable } from './sqlite-errors.ts';
import type { Tables } from './tables.ts';
import { together, type RunTransaction } from './transaction.ts';

/** Longest wait for a turn within this process; beyond it, a transaction probably waits for itself. */
const turnMs = 15_000;
/** A group takes no more transactions after so many milliseconds, or so many of them. */
const groupMs = 3;
const groupLength = 64;
/** So many milliseconds a group waits, before it begins, for those that will share its commit. */
const gatherMs = 3;

/** As Database.transaction. */
export type Terms = 'short' | 'prompt';

interface Member {
  /** As Database.transaction. */
  readonly terms: Terms | undefined;
  /** Does the work; resolves to what its caller is answered with once it is stored. */
  run(tx: Transaction<Tables>): Promise<() => void>;
  fail(error: unknown): void;
}

/** Its members, and what answers them after the commit: an error, too, may rest on what another of them wrote. */
interface Group {
  readonly members: Member[];
  readonly stored: (() => void)[];
  readonly failed: (() => void)[];
}

export class GroupCommit {
  readonly #run: RunTransaction;
  readonly #waiting = new Set<Member>();
  /** It waits for its transaction to begin. */
  #beginning: Member | undefined;
  /** It waits because another program writes. */
  #isHeld = false;
  #atWork = false;
  /** Works in progress that will ask for transactions. */
  #sharers = 0;
  #gathered: () => void = () => undefined;

  constructor(run: RunTransaction) {
    this.#run = run;
  }

  /** As Database.sharing. */
  async sharing<T>(work: () => Promise<T>): Promise<T> {
    this.#sharers += 1;
    try {
      return await work();
    } finally {
      this.#sharers -= 1;
      if (this.#isWhole()) this.#gathered();
    }
  }

  /** As Database.transaction. Throws E_STORE_UNREACHABLE after 15 s without a turn. */
  transaction<T>(work: (tx: Transaction<Tables>) => Promise<T>, terms?: Terms): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let hasFailed = false;
    const late = setTimeout(() => {
      this.#waiting.delete(member);
      const detail = `the writing connection was not free within ${turnMs / 1000} s`;
      const fix = 'Look for a transaction opened inside another one.';
      member.fail(new GatewayError('E_STORE_UNREACHABLE', detail, { fix }));
    }, turnMs);
    const member: Member = {
      terms,
      async run(tx) {
        clearTimeout(late);
        if (hasFailed) throw unreachable('nobody waits for this transaction any more');
        const value = await work(tx);
        return () => resolve(value);
      },
      fail(error) {
        clearTimeout(late);
        hasFailed = true;
        reject(error);
      },
    };
    this.#waiting.add(member);
    if (this.#isHeld) this.turnAway();
    if (!this.#atWork) void this.#serve();
    else if (this.#isWhole()) this.#gathered();
    return promise;
  }

  /** Another program writes, for who knows how long: those that have another way do not wait. */
  turnAway(): void {
    this.#isHeld = true;
    const first = this.#beginning;
    for (const member of first === undefined ? this.#waiting : [first, ...this.#waiting]) {
      if (member.terms !== 'prompt') continue;
      this.#waiting.delete(member);
      member.fail(unreachable('another program is writing the file'));
    }
  }

  async #serve(): Promise<void> {
    this.#atWork = true;
    while (this.#waiting.size > 0) {
      if (!this.#isWhole()) await this.#gather();
      const first = this.#next();
      if (first !== undefined) await this.#commitWith(first);
    }
    this.#atWork = false;
  }

  /** Nobody else will ask soon, or one does not wait for others. */
  #isWhole(): boolean {
    return this.#waiting.size >= this.#sharers || [...this.#waiting].some(({ terms }) => terms !== 'short');
  }

  /** Messages of several partners are in progress at one time, and each of them is decided within milliseconds. */
  async #gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#gathered = () => resolve(undefined);
    const late = setTimeout(this.#gathered, gatherMs);
    await promise;
    clearTimeout(late);
  }

  #next(): Member | undefined {
    const [member] = this.#waiting;
    if (member !== undefined) this.#waiting.delete(member);
    return member;
  }

  /** If the first fails, nothing was done yet, and there is no group. */
  async #commitWith(first: Member): Promise<void> {
    const group: Group = { members: [first], stored: [], failed: [] };
    this.#beginning = first;
    try {
      await this.#run(async (tx) => {
        this.#begun();
        group.stored.push(await first.run(tx));
        await this.#join(tx, group);
      });
    } catch (error) {
      this.#begun();
      for (const answer of group.failed) answer();
      // Those that failed before keep their own error.
      for (const member of group.members) member.fail(error);
      return;
    }
    for (const answer of [...group.stored, ...group.failed]) answer();
  }

  #begun(): void {
    this.#beginning = undefined;
    this.#isHeld = false;
  }

  /** A turn of the event loop brings the transactions of what arrived while those before were at work. */
  async #join(tx: Transaction<Tables>, group: Group): Promise<void> {
    const until = performance.now() + groupMs;
    do {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        group.members.push(next);
        await inSavepoint(tx, next, group);
      }
      await turnOfLoop();
    } while (this.#waiting.size > 0 && group.members.length < groupLength && performance.now() < until);
  }
}

/** Throws where the engine ended the transaction of all. */
async function inSavepoint(tx: Transaction<Tables>, member: Member, { stored, failed }: Group): Promise<void> {
  try {
    const [, answer] = await together(sql`savepoint member`.execute(tx), member.run(tx));
    stored.push(answer);
  } catch (error) {
    failed.push(() => member.fail(error));
    await sql`rollback to member`.execute(tx).catch((cause: unknown) => {
      throw unreachable('the engine ended a transaction, and those that shared its commit', cause);
    });
  }
  await sql`release member`.execute(tx);
}
