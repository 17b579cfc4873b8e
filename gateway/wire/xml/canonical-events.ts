/** Tells the events of a canonical document from its tokens, as readXml would from its text. */

import type { BodyEvents, TakeElement, XmlAttribute } from '../../model/message-body.ts';
import {
  attributeToken,
  escapedValue,
  kindMask,
  nameShift,
  startTag,
  textToken,
  wideValue,
  type CanonicalXml,
} from '../../model/canonical-tokens.ts';
import { unescaped } from './canonical-values.ts';

const noAttributes: readonly XmlAttribute[] = [];
const noName = { namespace: '', name: '' };

/** Bytes that are made into text at once: values are then cut from it, which costs a fraction of reading each by itself. */
const chunkBytes = 65_536;
/** Longer values are read by themselves: cut from a chunk, they would hold all of it in memory. */
const cutBytes = 12;

/** Cuts values out of the bytes. */
interface Cutter {
  readonly bytes: Buffer;
  chunk: string;
  start: number;
  end: number;
}

/** Tells the events in order, but for elements that `take` takes; an error thrown by the receiver passes through and ends the reading. */
export function tellEvents(document: CanonicalXml, events: BodyEvents, take?: TakeElement): void {
  const { bytes, tokens, names } = document;
  const cutter = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), chunk: '', start: 0, end: 0 };
  const { numbers, used } = tokens;
  for (let at = 0; at < used;) {
    const token = numbers[at] ?? 0;
    const kind = token & kindMask;
    if (kind === textToken) {
      events.text(valueAt(cutter, numbers, at));
      at += 3;
    } else if (kind === startTag) {
      const after = take === undefined ? -1 : take(document, at);
      if (after >= 0) {
        at = after;
        continue;
      }
      const { namespace, name } = names[token >>> nameShift] ?? noName;
      const end = attributesEnd(numbers, at + 1, used);
      const attributes = end === at + 1 ? noAttributes : attributesIn(cutter, names, numbers.subarray(at + 1, end));
      events.open(namespace, name, attributes);
      at = end;
    } else {
      events.close();
      at += 1;
    }
  }
}

function attributesEnd(numbers: Int32Array, from: number, used: number): number {
  let at = from;
  while (at < used && ((numbers[at] ?? 0) & kindMask) === attributeToken) at += 3;
  return at;
}

function attributesIn(cutter: Cutter, names: CanonicalXml['names'], numbers: Int32Array): readonly XmlAttribute[] {
  const attributes: XmlAttribute[] = [];
  for (let at = 0; at < numbers.length; at += 3) {
    const { namespace, name } = names[(numbers[at] ?? 0) >>> nameShift] ?? noName;
    attributes.push({ namespace, name, value: valueAt(cutter, numbers, at) });
  }
  return attributes;
}

function valueAt(cutter: Cutter, numbers: Int32Array, at: number): string {
  const token = numbers[at] ?? 0;
  const start = numbers[at + 1] ?? 0;
  const end = numbers[at + 2] ?? 0;
  // Between elements that are taken stand line ends: no chunk is read for those.
  if (end - start === 1) return String.fromCharCode(cutter.bytes[start] ?? 0);
  if ((token & wideValue) === 0 && end - start <= cutBytes) {
    if (end > cutter.end) nextChunk(cutter, start);
    const text = cutter.chunk.substring(start - cutter.start, end - cutter.start);
    return (token & escapedValue) === 0 ? text : unescaped(text);
  }
  const { bytes } = cutter;
  const text = (token & wideValue) === 0 ? bytes.toString('latin1', start, end) : bytes.toString('utf8', start, end);
  return (token & escapedValue) === 0 ? text : unescaped(text);
}

function nextChunk(cutter: Cutter, start: number): void {
  cutter.start = start;
  cutter.end = Math.min(start + chunkBytes, cutter.bytes.length);
  cutter.chunk = cutter.bytes.toString('latin1', start, cutter.end);
}
