/** Watches a folder for changed files. */

import { stat, watch } from 'node:fs/promises';

interface FolderWatch {
  /** Called once for each burst of changes, with the paths of what changed, relative to the folder. */
  readonly changed: (names: readonly string[]) => Promise<void>;
  /** Milliseconds without a change after which a burst is over: editors write a file in several steps. */
  readonly quietMs: number;
  readonly signal: AbortSignal;
}

/** Watches until the signal aborts; calls of `changed` do not overlap. Throws what the file system or `changed` throws. */
export async function watchFolder(folder: string, { changed, quietMs, signal }: FolderWatch): Promise<void> {
  await stat(folder); // watch() reports no error for a missing folder
  let burst = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const failed = Promise.withResolvers<never>();
  const report = (): void => {
    const names = [...burst];
    burst = new Set();
    last = last.then(() => changed(names)).catch((error: unknown) => failed.reject(error));
  };
  const listen = async (): Promise<void> => {
    for await (const { filename } of watch(folder, { recursive: true, signal })) {
      if (filename !== null) burst.add(filename);
      clearTimeout(timer);
      timer = setTimeout(report, quietMs);
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
