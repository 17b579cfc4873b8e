/** Which files of a folder were seen, and how: a file that no longer changes is whole. */

import type { FileEntry } from './file-store.ts';

/** What was seen of files before: when it is lost, a file is only read again or waited for once more. */
export function watchFiles() {
  const seen = new Map<string, string>();
  const left = new Set<string>();
  const reported = new Set<string>();
  const key = (folder: string, { name, size, modified }: FileEntry): string => `${folder}/${name}/${size}/${modified}`;
  return {
    /** Whether a file is as it was at the poll before. */
    isQuiet(folder: string, entry: FileEntry): boolean {
      const path = `${folder}/${entry.name}`;
      const before = seen.get(path);
      seen.set(path, key(folder, entry));
      return before === key(folder, entry);
    },
    leave: (folder: string, entry: FileEntry) => void left.add(key(folder, entry)),
    isLeft: (folder: string, entry: FileEntry) => left.has(key(folder, entry)),
    /** Those of the names that were not reported before. */
    report(names: readonly string[]): readonly string[] {
      const fresh = names.filter((name) => !reported.has(name));
      for (const name of fresh) reported.add(name);
      return fresh;
    },
  };
}
