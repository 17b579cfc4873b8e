/** The end of a command that goes on until it is stopped. */

/** Resolves at the first SIGINT or SIGTERM. */
export async function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(undefined));
  await promise;
}
