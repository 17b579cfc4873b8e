/** Encodes and decodes unsigned messages as text, for checks. The records of a list are objects here. */

import type { ListMessage } from '../../model/list/list.ts';
import { packList, unpackList, type PackedList } from '../../model/record/packed-records.ts';
import type { Adapter, ListFormat, MessageFormat } from '../adapter.ts';
import { joinChunks } from '../format.ts';
import type { AdapterTools } from '../tools.ts';

/** Compares a message with the partner's schema; throws what is wrong with it. */
export type CheckSchema = (
  text: string,
  format: Pick<MessageFormat<never>, 'format' | 'type' | 'contentType' | 'schema' | 'lines'>,
) => void;

/** Seals a message as agreed, verifies it and returns the content that the signature covers. Throws what is wrong with it. */
export type SealAndVerify = (
  text: string,
  format: Pick<MessageFormat<never>, 'format' | 'type' | 'contentType' | 'schema' | 'lines'>,
  seal: Adapter['seal'],
) => Promise<string>;

/** The readers of the gateway, the schemas of partners, and keys made for the check. */
export interface CheckTools extends AdapterTools {
  readonly checkSchema: CheckSchema;
  readonly sealAndVerify: SealAndVerify;
}

export type TextReaders = Pick<AdapterTools, 'readDocument' | 'readJson' | 'readLines'>;

/** A message with its records as objects. */
export type Plain<T> = T extends PackedList ? ListMessage : T;

/** As JSON is kept in an adapter's folder. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Throws GatewayError with the place of the value that the format cannot carry. */
export function encodeText<T>(format: MessageFormat<T>, message: Plain<T>): string {
  return joinChunks(format.encode(packedFor(format, message)));
}

/** Throws GatewayError with the place of what the format does not understand. */
export function decodeText<T>(format: MessageFormat<T>, text: string, readers: TextReaders): Plain<T> {
  const decoder = format.decoder();
  switch (decoder.format) {
    case 'xml':
      return plainOf(format, decoder.read(readers.readDocument(Buffer.from(text))));
    case 'json':
      return plainOf(format, decoder.read(readers.readJson(text)));
    case 'text': {
      // Samples show the rows of a workbook as lines.
      const { ends } = decoder.rules;
      return plainOf(format, decoder.read(readers.readLines(Buffer.from(text), { ends }), 1));
    }
  }
}

/** The message as the partner reads it: without what the template does not carry. */
export function decodedMessage<T>(format: MessageFormat<T>, message: Plain<T>): Plain<T> {
  return plainOf(format, format.asDecoded(packedFor(format, message)));
}

function isList(format: object): format is ListFormat {
  return 'carriesParts' in format;
}

// A list format alone reads and writes packed lists.
function packedFor<T>(format: MessageFormat<T>, message: Plain<T>): T {
  return isList(format) ? (packList(message as ListMessage) as T) : (message as T);
}

function plainOf<T>(format: MessageFormat<T>, message: T): Plain<T> {
  return (isList(format) ? unpackList(message as PackedList) : message) as Plain<T>;
}
