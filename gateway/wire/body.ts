/** Joins the bytes of a valid message to the decoder that understands them. */

import type { BodyDecoder } from '../model/body.ts';
import type { ValidMessage } from '../model/message.ts';
import { payloadOf } from './trees.ts';
import { readXml } from './xml-events.ts';

/** The message in our own words; reads only what the signature covers. */
export function readBody<T>(message: ValidMessage, decoder: BodyDecoder<T>): T {
  if (decoder.format === 'json') return decoder.read(payloadOf(message));
  readXml(message.content, decoder.events);
  return decoder.result();
}
