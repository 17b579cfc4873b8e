/** Messages that travel as files: adapter.yaml, conversation/send/file and conversation/receive/file. */

import type { Acknowledgement } from '../../model/message.ts';
import type { NamedValues } from '../template/message-fields.ts';

/** `marker`: an empty file that is written after the message. Names of other files have the holes {file} and {stem}. */
export interface SendFileData {
  readonly name: string;
  /** `rename`: written under another name first. `direct`: only with a marker, which says that the file is whole. */
  readonly put: 'rename' | 'direct';
  readonly marker?: string;
}

export interface ReceiveFileData {
  readonly name: string;
  /** The marker after which a file is whole; `stable`: when its size and date no longer change. */
  readonly ready: string;
  readonly then: 'archive' | 'delete' | 'keep';
}

/** A line that the partner writes to a log once it read our file, with the hole {ack.taken}: the number of records. */
export interface LogAnswerData {
  readonly kind: 'log';
  readonly file: string;
  readonly line: string;
}

export interface FileNames {
  /** Throws E_VALUE_INVALID for a value that cannot stand in a name. */
  nameOf(list: Required<NamedValues>): string;
  /** The values in a name; undefined for a name of another form. */
  read(name: string): NamedValues | undefined;
  /** Paths of the values in the names, as in holes. */
  readonly carries: ReadonlySet<string>;
}

/** The name of a file that belongs to another one. */
export interface Beside {
  of(file: string): string;
  /** Whether a name may be of this form. */
  fits(name: string): boolean;
}

export interface SendFile {
  readonly names: FileNames;
  readonly direct: boolean;
  readonly marker?: Beside;
}

export interface ReceiveFile {
  readonly names: FileNames;
  /** Absent: ready once its size no longer changes. */
  readonly marker?: Beside;
  readonly then: ReceiveFileData['then'];
}

/** An acknowledgement of the last line of a log that has the agreed form; undefined while there is none. */
export type ReadLog = (log: string) => Acknowledgement | undefined;
