/** Messages as text and back, outside of any signature: the one place where checks encode and decode. */

import type { ListRecord } from '../../model/list/list.ts';
import type { ListFormat, MessageFormat } from '../adapter.ts';
import type { AdapterTools } from '../tools.ts';

/** Compares a message with the partner's schema; throws what is wrong with it. */
export type CheckSchema = (text: string, format: MessageFormat<unknown>) => void;

export type TextReaders = Pick<AdapterTools, 'readXml' | 'readJson' | 'readLines'>;

/** Throws GatewayError with the place of the value that the format cannot carry. */
export function encodeText<T>(format: Pick<MessageFormat<T>, 'encode'>, message: T): string {
  return [...format.encode(message)].join('');
}

/** Throws GatewayError with the place of what the format does not understand. */
export function decodeText<T>(format: MessageFormat<T>, text: string, readers: TextReaders): T {
  const decoder = format.decoder();
  switch (decoder.format) {
    case 'xml':
      readers.readXml(text, decoder.events);
      return decoder.result();
    case 'json':
      return decoder.read(readers.readJson(text));
    case 'text':
      return decoder.read(readers.readLines(Buffer.from(text)));
  }
}

/** The message as the partner reads it: without what the template does not carry. */
export function readBack<T>(format: Pick<MessageFormat<T>, 'asRead'>, message: T): T {
  return format.asRead(message);
}

/** The same for one record. */
export function recordReadBack(format: Pick<ListFormat, 'asSeen'>, record: ListRecord): ListRecord {
  return format.asSeen(record);
}
