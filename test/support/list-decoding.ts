/** Lists read by the two decoders of a format, into objects and into packed records, and what became of them. */

import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import type { BodyDecoder } from '../../gateway/model/message-body.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { packedOf, textAt, type PackedList } from '../../gateway/model/record/packed-records.ts';
import { tellEvents } from '../../gateway/wire/xml/canonical-events.ts';
import { readCanonical } from '../../gateway/wire/xml/canonical-xml.ts';
import { readLines } from '../../gateway/wire/files/text-lines.ts';
import { readXml } from '../../gateway/wire/xml/xml-events.ts';
import { adapterTools } from './adapter-tools.ts';

/** What a decoder makes of bytes, as readBody would hand them on, and how many elements it was told of. */
export interface Reading {
  readonly outcome: unknown;
  readonly told: number;
}

function reading<T>(bytes: Buffer, decoder: BodyDecoder<T>, shown: (list: T) => unknown): Reading {
  const count = { told: 0 };
  try {
    return { outcome: shown(read(bytes, counting(decoder, count))), ...count };
  } catch (error) {
    if (isGatewayError(error)) return { outcome: [error.code, error.at, error.detail], ...count };
    throw error;
  }
}

function read<T>(bytes: Buffer, decoder: BodyDecoder<T>): T {
  if (decoder.format === 'json') return decoder.read(adapterTools.readJson(bytes.toString()));
  if (decoder.format === 'text') return decoder.read(readLines(bytes));
  const canonical = readCanonical(bytes);
  if (canonical === undefined) readXml(bytes, decoder.events);
  else tellEvents(canonical, decoder.events, decoder.take);
  return decoder.result();
}

export function counting<T>(decoder: BodyDecoder<T>, count: { told: number }): BodyDecoder<T> {
  if (decoder.format !== 'xml') return decoder;
  const { events } = decoder;
  const open: typeof events.open = (...element) => {
    count.told += 1;
    events.open(...element);
  };
  return { ...decoder, events: { ...events, open } };
}

/** The texts of the records, and all else. */
export function shownList(list: PackedList): unknown {
  const { records } = list;
  return { ...list, records: Array.from({ length: records.count }, (_, i) => textAt(records, i)) };
}

export function byObjects(format: ListFormat, bytes: Buffer): Reading {
  return reading(bytes, format.decoder(), (list) => shownList({ ...list, records: packedOf(list.records) }));
}

export function byBytes(format: ListFormat, bytes: Buffer): Reading {
  return reading(bytes, format.packedDecoder(), shownList);
}

export function encoded(format: ListFormat, message: ListMessage): Buffer {
  return Buffer.from([...format.encode(message)].join(''));
}

export function isRead({ outcome }: Reading): boolean {
  return !Array.isArray(outcome);
}
