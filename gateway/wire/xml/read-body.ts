/** Decodes the parsed body of a valid message. */

import type { BodyDecoder } from '../../model/message-body.ts';
import type { AttributedMessage, ValidMessage } from '../../model/message.ts';
import { GatewayError } from '../../model/errors.ts';
import { parseStrictJson } from '../files/json.ts';
import { bodyOf, textBody, type ParsedBody } from './parsed-body.ts';
import { readXmlTree } from './xml-tree.ts';

/** The decoded message; of a signed one only what the signature covers. */
export function readBody<T>(message: ValidMessage<AttributedMessage>, decoder: BodyDecoder<T>): T {
  return decodeBody(bodyOf(message), decoder);
}

/** A message without a signature, or before it is signed. Throws what the parsers throw; lines are read later. */
export function parseUnsigned(bytes: Uint8Array, format: ParsedBody['format']): ParsedBody {
  switch (format) {
    case 'xml':
      return readXmlTree(bytes);
    case 'json':
      return { format, value: parseStrictJson(bytes, { canonicalNumbers: true }) };
    case 'text':
      return textBody(bytes, 1);
  }
}

/** Throws what the decoder throws; E_MESSAGE_KIND for a body of another format. */
export function decodeBody<T>(body: ParsedBody, decoder: BodyDecoder<T>): T {
  if (decoder.format === 'json' && body.format === 'json') return decoder.read(body.value);
  if (decoder.format === 'text' && body.format === 'text')
    return decoder.read(body.lines(decoder.rules), decoder.rules.sheet === undefined ? body.firstLine : 1);
  if (decoder.format === 'xml' && body.format === 'xml') return decoder.read(body.tokens());
  throw new GatewayError('E_MESSAGE_KIND', `the message is ${body.format}, and its layout is ${decoder.format}`);
}
