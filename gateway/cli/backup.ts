/** `mra backup` and `mra restore`: a store as one file, made while the gateway serves, and put back where none serves. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Command } from 'commander';
import { momentOf } from '../model/day.ts';
import { writeBackup, restoreBackup } from '../store/backup.ts';
import { openDatabase, type GivenNumber } from '../store/database.ts';
import { lockFolder } from '../store/folder-lock.ts';
import { numbersFile, numbersOf } from '../store/given-numbers.ts';
import { numbered, type OlderStore } from '../store/older-store.ts';
import { makeFolder } from '../wire/files/folders.ts';
import { openKeyBackup, sealKeys, type KeyFolders } from '../wire/signature/key-backup.ts';
import type { Config } from '../app/config.ts';
import type { CliContext } from './context.ts';
import { readInput, writeOutput } from './input.ts';

interface KeyOptions {
  readonly keys?: string;
}

export function backupCommands(program: Command, context: CliContext): void {
  program
    .command('backup <file>')
    .description('copy the store to a new file, also while the gateway serves, and check the copy')
    .option(
      '--keys <passphrase-file>',
      'also our keys and that of the log, to FILE.keys, encrypted with the passphrase in this file',
    )
    .action((file: string, options: KeyOptions) => makeBackup(context, file, options));
  program
    .command('restore <file>')
    .description('put a backup in the place of the store; no gateway may serve it')
    .option('--keys <passphrase-file>', 'also our keys and that of the log, from FILE.keys, where there are none')
    .action((file: string, options: KeyOptions) => restore(context, file, options));
}

async function makeBackup({ out, config }: CliContext, file: string, { keys }: KeyOptions): Promise<void> {
  const settings = config();
  // Before the copy: no checkpoint in FILE.keys covers more than the store in FILE has.
  const sealed = keys === undefined ? undefined : sealKeys(keyFolders(settings), passphraseIn(keys), randomBytes);
  const made = await writeBackup(settings.store, file);
  if (sealed !== undefined) writeOutput(`${file}.keys`, sealed, 'the store is in its file', 0o600);
  const result = { ...made, keys: sealed !== undefined };
  out.result(result, [{ ...made, keys: sealed === undefined ? 'no' : 'encrypted' }]);
  out.next(`mra restore ${file}, on another machine, to try it`);
}

const keyFolders = ({ keys, data }: Config): KeyFolders => ({ keys, log: join(data, 'log') });

function passphraseIn(file: string): string {
  return readInput(file).toString().trimEnd();
}

async function restore({ out, config }: CliContext, file: string, { keys }: KeyOptions): Promise<void> {
  const settings = config();
  makeFolder(settings.data, 0o700);
  const unlock = lockFolder(settings.data);
  try {
    if (keys !== undefined) openKeyBackup(readInput(`${file}.keys`), passphraseIn(keys), keyFolders(settings));
    const now = momentOf(new Date());
    const at = { store: settings.store, file, stamp: now.replaceAll(/\W/gu, '') };
    let found: Restored | undefined;
    const aside = await restoreBackup(at, async (copy) => {
      found = await markRestored(copy, settings, now);
    });
    const { older, streams = [] } = found ?? {};
    const { until = null, lost = [] } = older ?? {};
    const beyond = new Map(lost.map(({ name, epoch, sequence }) => [name, `${epoch}/${sequence}`]));
    const rows = streams.map(({ name, epoch, sequence }) => {
      return { stream: name, holds: `${epoch}/${sequence}`, 'given later': beyond.get(name) ?? '' };
    });
    out.result({ file, until, before: aside ?? null, streams, lost }, [{ file, until: until ?? '' }], rows);
    if (aside !== undefined) out.note(`The store that was here is now ${aside}.`);
    out.note(`What came after ${until ?? 'the beginning'} is not in it. No list goes until a person has decided.`);
    out.next('import our operators, repeat decisions, then mra list resume --as NAME');
  } finally {
    unlock();
  }
}

interface Restored {
  readonly older?: OlderStore;
  /** The numbers of our lists in the backup. */
  readonly streams: readonly GivenNumber[];
}

/** Every stream of the copy goes on beyond the numbers that were given. */
async function markRestored(copy: string, { store, data }: Config, now: string): Promise<Restored> {
  const opened = await openDatabase(copy);
  const streams = (await numbersOf(opened.sql)).filter(({ name }) => name.endsWith('/out'));
  const { db, older } = await numbered(opened, numbersFile(store, data), now, 'restored');
  await db.close();
  return { streams, ...(older && { older }) };
}
