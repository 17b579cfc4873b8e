/**
 * Transport by files: a message is put under the agreed name, and the partner's files are taken from its folder. Each step can be the
 * last before a crash: what was begun is done again, and a file that is not whole is never shown to the other side nor read from it.
 */

import type { SealedMessage } from '../../model/message.ts';
import { FileFault, type FileEntry, type FileStore } from './file-store.ts';
import { watchFiles } from './seen-files.ts';
import { withSignature, type SignatureFile } from './signature-files.ts';
import type { FileExchange, FilePoll, SendOutcome, Transport } from './transport.ts';

export interface FilesOptions extends Pick<FileExchange, 'via' | 'channel' | 'seconds'> {
  /** A connection, opened when it is needed and again after it was lost. */
  open(): Promise<FileStore>;
  readonly folders: FileFolders;
  readonly send: OutgoingFiles;
  readonly receive: IncomingFiles;
  readonly maxBytes: number;
  /** Absent: a message has its signature in it, or none. */
  readonly signature?: SignatureFile | undefined;
}

/** Where the partner puts files for us, where we put ours, where its files go that were received, and where its answers stand. */
export interface FileFolders {
  readonly in: string;
  readonly out: string;
  readonly archive?: string;
  /** Absent: the folder of `in`. */
  readonly answers?: string;
}

/** The name of a file that belongs to another one. */
type Beside = (file: string) => string;

export interface OutgoingFiles {
  /** Written under its own name; the marker then says that it is whole. */
  readonly direct: boolean;
  readonly marker?: Beside | undefined;
  /** The files in which the partner answers. */
  readonly answers: readonly Beside[];
}

export interface IncomingFiles {
  /** Sorts the files in the order in which they were issued; undefined for a name of another form. */
  order(file: string): string | undefined;
  /** Absent: a file is whole when it no longer changes from one poll to the next. */
  readonly marker?: Beside | undefined;
  readonly then: 'archive' | 'delete' | 'keep';
  /** Whether a file that is no message belongs to one, or is ours. */
  belongs(file: string): boolean;
}

/** The ending of files that are not whole yet, and of those on their way out. */
const partEnding = '.part';
const takenEnding = '.taken';
const maxAnswerBytes = 1024 * 1024;

export function filesTransport(options: FilesOptions): Transport {
  const { via, channel, seconds } = options;
  const connection = lazyStore(options.open);
  const watch = watchFiles();
  const polled = (work: (polling: Polling) => Promise<FilePoll>): Promise<FilePoll> =>
    connection.use(
      (store) => work({ ...options, store, watch, use: connection.use }),
      ({ message: evidence }) => ({ kind: 'failed', evidence }),
    );
  return {
    send: (message) => connection.use((store) => sendFile(store, options, message), failedSend),
    files: {
      ...{ via, channel, seconds },
      next: () => polled(nextFile),
      answer: (file) => polled((polling) => findAnswer(polling, file)),
      examine: () =>
        connection.use(
          async (store) => {
            const { folders } = options;
            for (const folder of [folders.in, folders.out, folders.archive, folders.answers])
              if (folder !== undefined) await store.list(folder);
            return undefined;
          },
          ({ message }) => message,
        ),
    },
    close: connection.close,
  };
}

type Use = <T>(work: (store: FileStore) => Promise<T>, failed: (fault: FileFault) => T) => Promise<T>;

/** One connection at a time; after it was lost or could not be opened, the next use opens another. */
function lazyStore(open: FilesOptions['open']): { readonly use: Use; close(): Promise<void> } {
  let opened: Promise<FileStore | undefined> = Promise.resolve(undefined);
  const current = async (): Promise<FileStore> => {
    const store = await opened;
    if (store?.isOpen() === true) return store;
    const opening = open();
    opened = opening.catch(() => undefined); // who waits for it gets the fault
    return await opening;
  };
  return {
    async use(work, failed) {
      try {
        return await work(await current());
      } catch (error) {
        if (!(error instanceof FileFault)) throw error;
        return failed(error);
      }
    },
    async close() {
      await (await opened)?.close();
      opened = Promise.resolve(undefined);
    },
  };
}

function failedSend({ kind, message: evidence }: FileFault): SendOutcome {
  switch (kind) {
    case 'lost':
      return { kind: 'unknown', evidence, unreachable: true };
    case 'unsupported':
    case 'failed':
      return { kind: 'refused', evidence };
    case 'unreachable':
    case 'certificate':
    case 'denied':
    case 'missing':
      return { kind: 'refused', evidence, unreachable: true };
  }
}

/** Looks first: after an unknown outcome the file may be there. Its name and size are read back, and the marker comes last. */
async function sendFile(
  store: FileStore,
  { send, signature, folders: { out, in: inside, answers = inside } }: FilesOptions,
  { file, kind, bytes: whole }: SealedMessage,
): Promise<SendOutcome> {
  if (file === undefined) return { kind: 'refused', evidence: `no file is agreed for a ${kind}`, hold: 'refused' };
  const parts = kind === 'list' ? signature?.split(whole) : undefined;
  const bytes = parts?.body ?? whole;
  const path = `${out}/${file}`;
  const marker = kind === 'list' && send.marker ? `${out}/${send.marker(file)}` : undefined;
  if (!(await holdsBytes(store, path, bytes))) {
    // What belongs to an earlier file of this name must not speak for this one.
    if (marker !== undefined) await store.remove(marker);
    if (kind === 'list') for (const answer of send.answers) await store.remove(`${answers}/${answer(file)}`);
    // A list that stands there has its signature beside it.
    if (parts !== undefined && signature !== undefined)
      await put(store, `${out}/${signature.of(file)}`, parts.signature, send.direct);
    await put(store, path, bytes, kind === 'list' && send.direct);
    const found = await store.find(path);
    // A partner that was quick has it already, where no marker says when the file is whole.
    if (found === undefined ? marker !== undefined : found.size !== bytes.length)
      return { kind: 'refused', evidence: `${file} was written and has ${found?.size ?? 'no'} bytes` };
  }
  if (marker !== undefined && (await store.find(marker)) === undefined) await store.write(marker, new Uint8Array());
  return { kind: 'custody', evidence: `${file}, ${bytes.length} bytes read back` };
}

async function holdsBytes(store: FileStore, path: string, bytes: Uint8Array): Promise<boolean> {
  if ((await store.find(path))?.size !== bytes.length) return false;
  return Buffer.compare(await store.read(path, bytes.length), bytes) === 0;
}

async function put(store: FileStore, path: string, bytes: Uint8Array, direct: boolean): Promise<void> {
  if (direct) return await store.write(path, bytes);
  await store.write(path + partEnding, bytes);
  await store.rename(path + partEnding, path);
}

interface Polling extends FilesOptions {
  readonly store: FileStore;
  readonly watch: ReturnType<typeof watchFiles>;
  readonly use: Use;
}

/** The first file that is whole, in the order of issue. Files of other names are left alone, and reported once. */
async function nextFile(polling: Polling): Promise<FilePoll> {
  const { store, receive, folders, watch, maxBytes, signature, use } = polling;
  const entries = await store.list(folders.in);
  await finishTaken(polling, entries);
  const names = new Set(entries.map(({ name }) => name));
  const orders = new Map(entries.map(({ name }) => [name, receive.order(name)]));
  const strange = watch.report([...names].filter((name) => orders.get(name) === undefined && !isOfOurs(polling, name)));
  if (strange.length > 0) return { kind: 'ignored', count: strange.length };
  const order = ({ name }: FileEntry): string => orders.get(name) ?? '';
  const isWhole = (entry: FileEntry): boolean =>
    receive.marker === undefined ? watch.isQuiet(folders.in, entry) : names.has(receive.marker(entry.name));
  const waiting = entries.filter((entry) => order(entry) !== '' && !watch.isLeft(folders.in, entry));
  const whole = waiting.filter(isWhole).toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  const isSigned = ({ name }: FileEntry): boolean => {
    // A marker says that the signature stands there too.
    if (signature === undefined || receive.marker !== undefined) return true;
    const file = entries.find((each) => each.name === signature.of(name));
    return file !== undefined && watch.isQuiet(folders.in, file);
  };
  const [entry] = whole.filter(isSigned);
  if (entry === undefined) {
    const alone = whole.filter(({ name }) => signature !== undefined && !names.has(signature.of(name)));
    const unsigned = watch.report(alone.map(({ name }) => `${name} without signature`));
    return unsigned.length > 0 ? { kind: 'unsigned', count: unsigned.length } : { kind: 'none' };
  }
  // One byte more shows that it is too large.
  const taken = await takeFile(polling, folders.in, entry, maxBytes + 1);
  if (taken.kind !== 'file' || signature === undefined) return taken;
  return await withSignature({ store, use, signature, folders, then: receive.then }, taken);
}

function isOfOurs({ receive }: Polling, name: string): boolean {
  return receive.belongs(name) || name.endsWith(partEnding) || name.endsWith(takenEnding);
}

/** The partner's answer in this file, once it no longer changes. */
async function findAnswer(polling: Polling, file: string): Promise<FilePoll> {
  const { store, folders, watch } = polling;
  const folder = folders.answers ?? folders.in;
  const entry = await store.find(`${folder}/${file}`);
  if (entry === undefined || watch.isLeft(folder, entry) || !watch.isQuiet(folder, entry)) return { kind: 'none' };
  return await takeFile(polling, folder, entry, maxAnswerBytes);
}

async function takeFile(polling: Polling, folder: string, entry: FileEntry, most: number): Promise<FilePoll> {
  const { store, use } = polling;
  const path = `${folder}/${entry.name}`;
  const bytes = await store.read(path, most);
  if (!(await isUnchanged(store, path, entry)) || bytes.length < Math.min(entry.size, most)) return { kind: 'none' };
  return {
    ...{ kind: 'file', bytes, name: entry.name },
    finish: () =>
      use(
        (later) => putAside({ ...polling, store: later }, folder, entry),
        ({ message }) => message,
      ),
    leave: () => polling.watch.leave(folder, entry),
  };
}

async function isUnchanged(store: FileStore, path: string, { size, modified }: FileEntry): Promise<boolean> {
  const now = await store.find(path);
  return now?.size === size && now.modified === modified;
}

/**
 * A file that was received leaves, under another name first: what a crash leaves of it is known by that, and put aside at the next look.
 * One that the partner replaced meanwhile stays.
 */
async function putAside(polling: Polling, folder: string, entry: FileEntry): Promise<undefined> {
  const { store, receive, watch } = polling;
  const path = `${folder}/${entry.name}`;
  if (!(await isUnchanged(store, path, entry))) return;
  if (receive.then === 'keep') {
    watch.leave(folder, entry);
    return;
  }
  await store.rename(path, path + takenEnding);
  const isReplaced = !(await isUnchanged(store, path + takenEnding, entry));
  if (isReplaced && (await store.find(path)) === undefined) await store.rename(path + takenEnding, path);
  else await putTakenAside(polling, folder, entry.name);
}

/** A marker without its file would speak for the next of that name; where there is one already, it is that one's. */
async function putTakenAside(
  { store, receive: { marker, then }, folders: { archive } }: Polling,
  folder: string,
  name: string,
): Promise<void> {
  const path = `${folder}/${name}`;
  if (marker !== undefined && (await store.find(path)) === undefined) await store.remove(`${folder}/${marker(name)}`);
  if (then === 'archive' && archive !== undefined) await store.rename(path + takenEnding, `${archive}/${name}`);
  else await store.remove(path + takenEnding);
}

/** What a gateway that was killed had begun to put aside. */
async function finishTaken(polling: Polling, entries: readonly FileEntry[]): Promise<void> {
  const { store, receive, folders } = polling;
  const answers = folders.answers === undefined ? [] : await store.list(folders.answers);
  const found = [[folders.in, entries] as const, [folders.answers ?? folders.in, answers] as const];
  for (const [folder, among] of found)
    for (const { name } of among.filter((each) => each.name.endsWith(takenEnding))) {
      const before = name.slice(0, -takenEnding.length);
      if (receive.order(before) !== undefined || receive.belongs(before)) await putTakenAside(polling, folder, before);
    }
}
