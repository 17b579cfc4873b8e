/** Whether a door can do its work now: cheap, bounded in time, and at most one probe of the store at a time, however many ask. */

import type { Database } from '../store/database.ts';
import { probeStore } from '../store/database.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';

/** A probe of a load balancer waits for some seconds at most. */
const probeMs = 2_000;

/** Resolves once a transaction was committed. Who asks meanwhile gets the same result. Throws E_STORE_UNREACHABLE and E_STORE_DAMAGED. */
export function openStoreProbe(db: Pick<Database, 'transaction'>, milliseconds = probeMs): () => Promise<void> {
  let probing: Promise<void> | undefined;
  return async () => {
    probing ??= probeStore(db).finally(() => (probing = undefined));
    await readyInTime(probing, 'the store cannot be written', milliseconds);
  };
}

/** The result of work that must not take longer. Throws what it throws; E_STORE_UNREACHABLE with the detail for all that is no error of ours. */
export async function readyInTime<T>(work: Promise<T>, detail: string, milliseconds = probeMs): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new GatewayError('E_STORE_UNREACHABLE', `${detail}: no answer within ${milliseconds} ms`)),
    milliseconds,
  );
  try {
    return await Promise.race([work, late.promise]);
  } catch (cause) {
    if (isGatewayError(cause)) throw cause;
    throw new GatewayError('E_STORE_UNREACHABLE', detail, { cause });
  } finally {
    clearTimeout(timer);
  }
}
