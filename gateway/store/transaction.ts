/** Transactions whose statements are sent when they are asked for. In those of Kysely each waits for the one before it. */

import { DefaultQueryExecutor, Transaction, type ConnectionProvider, type Dialect, type Driver } from 'kysely';
import { GatewayError } from '../model/errors.ts';
import type { Tables } from './tables.ts';

/** Throws what the work throws, after a rollback, and what the driver throws. */
export type RunTransaction = <T>(work: (tx: Transaction<Tables>) => Promise<T>) => Promise<T>;

export function transactionsOf(dialect: Dialect, driver: Driver): RunTransaction {
  const [compiler, adapter] = [dialect.createQueryCompiler(), dialect.createAdapter()];
  return async (work) => {
    const connection = await driver.acquireConnection();
    let isOpen = true;
    const provider: ConnectionProvider = {
      async provideConnection(consumer) {
        if (!isOpen) throw new GatewayError('E_INTERNAL', 'a statement came after the end of its transaction');
        return await consumer(connection);
      },
    };
    const executor = new DefaultQueryExecutor(compiler, adapter, provider);
    try {
      await driver.beginTransaction(connection, {});
      try {
        const result = await work(new Transaction<Tables>({ config: { dialect }, dialect, driver, executor }));
        isOpen = false;
        await driver.commitTransaction(connection);
        return result;
      } catch (error) {
        isOpen = false;
        await driver.rollbackTransaction(connection);
        throw error;
      }
    } finally {
      await driver.releaseConnection(connection);
    }
  };
}

/**
 * The results of statements of which none needs the result of another: PostgreSQL gets them at once. Where one fails, this throws the first
 * error once all have ended, so that none runs when the transaction, or the part of it that is undone, has ended.
 */
export async function together<T extends readonly unknown[]>(
  ...statements: { readonly [N in keyof T]: Promise<T[N]> | T[N] }
): Promise<T> {
  await Promise.allSettled(statements);
  return await Promise.all(statements);
}
