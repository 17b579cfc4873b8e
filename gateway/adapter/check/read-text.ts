/** A text of the wire in our own words, outside of any signature: for the author's tools. */

import type { MessageFormat } from '../adapter.ts';
import type { AdapterTools } from '../tools.ts';

/** Checks a message against the partner's schema; throws what is wrong with it. */
export type CheckSchema = (text: string, format: MessageFormat<unknown>) => void;

export type TextReaders = Pick<AdapterTools, 'readXml' | 'readJson' | 'readLines'>;

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
