/** Decodes the parsed body of a valid message. */

import type { BodyDecoder } from '../../model/message-body.ts';
import type { ValidMessage } from '../../model/message.ts';
import { GatewayError } from '../../model/errors.ts';
import { bodyOf, type ParsedBody } from './parsed-body.ts';

/** The decoded message; reads only content that the signature covers. */
export function readBody<T>(message: ValidMessage, decoder: BodyDecoder<T>): T {
  return decodeBody(bodyOf(message), decoder);
}

/** Throws what the decoder throws; E_MESSAGE_KIND for a body of another format. */
export function decodeBody<T>(body: ParsedBody, decoder: BodyDecoder<T>): T {
  if (decoder.format === 'json' && body.format === 'json') return decoder.read(body.value);
  if (decoder.format === 'text' && body.format === 'text') return decoder.read(body.lines, body.firstLine);
  if (decoder.format === 'xml' && body.format === 'xml') return decoder.read(body.tokens());
  throw new GatewayError('E_MESSAGE_KIND', `the message is ${body.format}, and its layout is ${decoder.format}`);
}
