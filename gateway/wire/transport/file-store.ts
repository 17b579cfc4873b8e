/** The contract of a place where two sides put files for each other: a folder, or an account on an SFTP server. */

/** A plain file. `modified`: of its content, in a form that only says whether it changed. */
export interface FileEntry {
  readonly name: string;
  readonly size: number;
  readonly modified: string;
}

/** Paths are those of the settings, with `/` before the name. All methods throw FileFault. */
export interface FileStore {
  list(folder: string): Promise<readonly FileEntry[]>;
  /** Undefined where there is no such file. */
  find(path: string): Promise<FileEntry | undefined>;
  /** The first `most` bytes. */
  read(path: string, most: number): Promise<Uint8Array>;
  /** Replaces a file of this name. Resolves when the bytes are stored, as far as the other side tells. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** At once, in place of a file of that name. */
  rename(from: string, to: string): Promise<void>;
  /** Does nothing where there is no such file. */
  remove(path: string): Promise<void>;
  /** Whether the connection stands, as far as is known. */
  isOpen(): boolean;
  close(): Promise<void>;
}

/**
 * - unreachable: no connection was made; lost: it ended, and what was asked may have happened;
 * - certificate: the host has another key than the settings name; denied: it refuses the account, or access to the file;
 * - missing: there is no such file or folder; unsupported: the other side cannot do it; failed: anything else, such as a full disk.
 */
export type FileFaultKind = 'unreachable' | 'lost' | 'certificate' | 'denied' | 'missing' | 'unsupported' | 'failed';

/** `message` is short, for staff, and holds no content. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
  readonly kind: FileFaultKind;
  constructor(kind: FileFaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
