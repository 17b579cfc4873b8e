/** Files on an SFTP server (SSH file transfer protocol, version 3). */

import type { SFTPWrapper, Stats } from 'ssh2';
import { FileFault, type FileEntry, type FileFaultKind, type FileStore } from './file-store.ts';
import { deadlineMs } from './transport.ts';

/** For one answer of the server. */
const answerMs = 30_000;
const chunkBytes = 32 * 1024;

interface SftpSession {
  readonly sftp: SFTPWrapper;
  /** Rejects with the fault when the connection ends. */
  readonly lost: Promise<never>;
  isOpen(): boolean;
  end(what: string): void;
}

export function sftpStore(session: SftpSession): FileStore {
  const { sftp, isOpen, end } = session;
  const ask = asker(session);
  return {
    isOpen,
    find: (path) =>
      orAbsent(async () => entryOf(nameIn(path), await ask<Stats>(path, (done) => sftp.stat(path, done)))),
    async remove(path) {
      await orAbsent(() => ask(path, (done) => sftp.unlink(path, (error) => done(error, true))));
    },
    async list(folder) {
      const found = await ask<{ filename: string; attrs: Stats }[]>(folder, (done) => sftp.readdir(folder, done));
      return found.map(({ filename, attrs }) => entryOf(filename, attrs)).filter((entry) => entry !== undefined);
    },
    read: (path, most) => readFile(session, path, most),
    write: (path, bytes) => writeFile(sftp, ask, path, bytes),
    rename: (from, to) => replace(sftp, ask, from, to),
    close() {
      end('is no longer needed');
      return Promise.resolve();
    },
  };
}

type Callback<T> = (error: Error | null | undefined, value: T) => void;
type Ask = <T>(path: string, begin: (done: Callback<T>) => unknown) => Promise<T>;

/** Throws FileFault; a server that does not answer in time has the connection ended. */
function asker(session: SftpSession): Ask {
  return async <T>(path: string, begin: (done: Callback<T>) => unknown): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    try {
      begin((error, value) => (error ? reject(faultOf(error, path)) : resolve(value)));
    } catch (error) {
      // An extension that the server does not name.
      reject(new FileFault('unsupported', `the server cannot do it at ${path}`, error));
    }
    return await inTime(session, answerMs, promise);
  };
}

async function inTime<T>({ lost, end }: SftpSession, milliseconds: number, answer: Promise<T>): Promise<T> {
  const late = setTimeout(() => end('did not answer in time'), milliseconds);
  try {
    return await Promise.race([answer, lost]);
  } finally {
    clearTimeout(late);
  }
}

async function readFile(session: SftpSession, path: string, most: number): Promise<Uint8Array> {
  if (most === 0) return new Uint8Array();
  const pieces = (session.sftp.createReadStream(path, { end: most - 1 }).toArray() as Promise<Buffer[]>).catch(
    (error: unknown) => {
      throw faultOf(error, path);
    },
  );
  return Buffer.concat(await inTime(session, deadlineMs(answerMs, most), pieces));
}

async function writeFile(sftp: SFTPWrapper, ask: Ask, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await ask<Buffer>(path, (done) => sftp.open(path, 'w', done));
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let from = 0; from < whole.length; from += chunkBytes) {
    const length = Math.min(chunkBytes, whole.length - from);
    await ask(path, (done) => sftp.write(handle, whole, from, length, from, (error) => done(error, true)));
  }
  // So that the bytes outlast a loss of power there; not every server can.
  await ifSupported(ask(path, (done) => sftp.ext_openssh_fsync(handle, (error) => done(error, true))));
  await ask(path, (done) => sftp.close(handle, (error) => done(error, true)));
}

/** A plain rename of this protocol does not replace a file; where the server lacks the extension, the old one goes first. */
async function replace(sftp: SFTPWrapper, ask: Ask, from: string, to: string): Promise<void> {
  const done = await ifSupported(
    ask(from, (answer) => sftp.ext_openssh_rename(from, to, (error) => answer(error, true))),
  );
  if (done !== undefined) return;
  await orAbsent(() => ask(to, (answer) => sftp.unlink(to, (error) => answer(error, true))));
  await ask(from, (answer) => sftp.rename(from, to, (error) => answer(error, true)));
}

async function ifSupported<T>(work: Promise<T>): Promise<T | undefined> {
  return await orWithout('unsupported', () => work);
}

async function orAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  return await orWithout('missing', work);
}

async function orWithout<T>(kind: FileFaultKind, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FileFault && error.kind === kind) return undefined;
    throw error;
  }
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function entryOf(name: string, attrs: Stats): FileEntry | undefined {
  return attrs.isFile() ? { name, size: attrs.size, modified: String(attrs.mtime) } : undefined;
}

/** Status codes of the protocol (draft-ietf-secsh-filexfer-02, 7). */
const kinds: Readonly<Record<number, FileFaultKind>> = {
  2: 'missing',
  3: 'denied',
  6: 'lost',
  7: 'lost',
  8: 'unsupported',
};

function faultOf(error: unknown, path: string): FileFault {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  if (code === undefined) return new FileFault('lost', `the connection ended at ${path}`, error);
  return new FileFault(kinds[code] ?? 'failed', `SFTP status ${code} at ${path}`, error);
}
