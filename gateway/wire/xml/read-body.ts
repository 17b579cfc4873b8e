/** Joins the content of a valid message to the decoder that understands it. */

import type { BodyDecoder } from '../../model/message-body.ts';
import type { ValidMessage } from '../../model/message.ts';
import { textBody, jsonBody, xmlBody } from './parsed-body.ts';

/** The message in our own words; reads only what the signature covers. */
export function readBody<T>(message: ValidMessage, decoder: BodyDecoder<T>): T {
  switch (decoder.format) {
    case 'json':
      return decoder.read(jsonBody(message));
    case 'text':
      return decoder.read(textBody(message));
    case 'xml':
      return decoder.read(xmlBody(message).tokens());
  }
}
