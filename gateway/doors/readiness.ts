/** Readiness of a door: cheap, bounded in time, and with at most one probe of the store at a time. */

import type { Database } from '../store/database.ts';
import { probeStore } from '../store/database.ts';
import { GatewayError, isGatewayError } from '../model/errors.ts';

/** Load balancers wait only some seconds for a probe. */
const probeMs = 2_000;

/** Resolves once a transaction was committed. Concurrent calls share one probe. Throws E_STORE_UNREACHABLE and E_STORE_DAMAGED. */
export function openStoreProbe(db: Pick<Database, 'transaction'>, milliseconds = probeMs): () => Promise<void> {
  let probing: Promise<void> | undefined;
  return async () => {
    probing ??= probeStore(db).finally(() => (probing = undefined));
    await readyInTime(probing, 'the store cannot be written', milliseconds);
  };
}

/** Limits the duration of work. Throws its GatewayErrors; E_STORE_UNREACHABLE with the given detail for any other error, and after the time limit. */
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
