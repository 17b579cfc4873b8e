/** Joins the bytes of a valid message to the decoder that understands them. */

import type { BodyDecoder } from '../../model/message-body.ts';
import type { ValidMessage } from '../../model/message.ts';
import { tellEvents } from './canonical-events.ts';
import { linesOf, payloadOf, xmlOf } from './parsed-body.ts';
import { readXml } from './xml-events.ts';

/** The message in our own words; reads only what the signature covers. */
export function readBody<T>(message: ValidMessage, decoder: BodyDecoder<T>): T {
  if (decoder.format === 'json') return decoder.read(payloadOf(message));
  if (decoder.format === 'text') return decoder.read(linesOf(message));
  const { canonical } = xmlOf(message);
  if (canonical === undefined) readXml(message.content, decoder.events);
  else tellEvents(canonical, decoder.events, decoder.take);
  return decoder.result();
}
