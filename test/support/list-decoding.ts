/** Lists read by the decoder of a format, and what became of them. */

import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import { encodedText } from '../../gateway/adapter/format.ts';
import { asGatewayError, isGatewayError } from '../../gateway/model/errors.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { packList, recordTextAt, type PackedList } from '../../gateway/model/record/packed-records.ts';
import { readLines } from '../../gateway/wire/files/text-lines.ts';
import { adapterTools } from './adapter-tools.ts';
import type { Reference } from './xml-reference.ts';

/** The list, or code, place and detail of the refusal; a code alone where the document itself is refused. */
export type Outcome = unknown;

/** What the decoder of the format makes of bytes. */
export function decoded(format: ListFormat, bytes: Uint8Array): Outcome {
  return outcomeOf(() => shownList(readList(format, bytes)));
}

export function readList(format: ListFormat, bytes: Uint8Array): PackedList {
  const decoder = format.decoder();
  if (decoder.format === 'json') return decoder.read(adapterTools.readJson(Buffer.from(bytes).toString()));
  if (decoder.format === 'text') return decoder.read(readLines(bytes, decoder.rules), 1);
  return decoder.read(adapterTools.readDocument(bytes));
}

/** What the reference makes of them. */
export function referenceOutcome(reference: Reference, bytes: Uint8Array): Outcome {
  return outcomeOf(() => shownList(packList(reference.read(bytes))));
}

// The two parsers word what is wrong with a document differently.
const ofParsers = ['E_XML_MALFORMED', 'E_XML_FORBIDDEN', 'E_BYTES_INVALID', 'E_LIMIT_EXCEEDED'];

function outcomeOf(work: () => unknown): Outcome {
  try {
    return work();
  } catch (error) {
    if (!isGatewayError(error)) return ['document refused'];
    const { code, at, detail } = asGatewayError(error);
    return ofParsers.includes(code) ? ['document refused'] : [code, at, detail];
  }
}

/** The texts of the records, and all else. */
export function shownList(list: PackedList): unknown {
  const { records } = list;
  return { ...list, records: Array.from({ length: records.count }, (_, i) => recordTextAt(records, i)) };
}

export function encoded(format: ListFormat, message: ListMessage): Buffer {
  return Buffer.from(encodedText(format, message));
}

export function isDocumentRefused(outcome: Outcome): boolean {
  return Array.isArray(outcome) && outcome.length === 1;
}

export function isRead(outcome: Outcome): boolean {
  return !Array.isArray(outcome);
}
