/** The files of a kind of message, as adapter.yaml names them. */

import type { TextEncoding } from '../model/text-encoding.ts';
import type { Day } from '../model/record/record.ts';

export interface MessageData {
  /** The ending says the format: `.xml`, `.json`, `.csv`, `.fixed`. */
  readonly template: string;
  readonly schema: string;
  readonly type?: string;
  readonly contentType?: string;
  /** Of CSV and fixed width; absent: UTF-8. */
  readonly encoding?: TextEncoding;
}

/** A layout and the period in which it applies; two may overlap while partners change over. */
export interface MessageVersion extends MessageData {
  readonly from?: Day;
  /** Last day on which it is accepted. */
  readonly until?: Day;
}
