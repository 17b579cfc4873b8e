/** Tells when files of a folder change. */

import { stat, watch } from 'node:fs/promises';

export interface FolderWatch {
  /** Which folder or file below it changed, as paths relative to it; each burst of changes once. */
  readonly changed: (names: readonly string[]) => Promise<void>;
  /** Milliseconds of quiet after which a burst is over: editors write a file in several steps. */
  readonly quietMs: number;
  readonly signal: AbortSignal;
}

/** Watches until the signal; changes during `changed` are told afterwards. Throws what the folder or `changed` throws. */
export async function watchFolder(folder: string, { changed, quietMs, signal }: FolderWatch): Promise<void> {
  await stat(folder); // a folder that is not there would be watched in silence
  let burst = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const failed = Promise.withResolvers<never>();
  const tell = (): void => {
    const names = [...burst];
    burst = new Set();
    last = last.then(() => changed(names)).catch((error: unknown) => failed.reject(error));
  };
  const listen = async (): Promise<void> => {
    for await (const { filename } of watch(folder, { recursive: true, signal })) {
      if (filename !== null) burst.add(filename);
      clearTimeout(timer);
      timer = setTimeout(tell, quietMs);
    }
  };
  try {
    await Promise.race([listen(), failed.promise]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    await last;
  }
}
