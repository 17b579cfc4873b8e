/** Decodes the parsed body of a valid message. */

import type { BodyDecoder } from '../../model/message-body.ts';
import type { ValidMessage } from '../../model/message.ts';
import { bodyIn } from './parsed-body.ts';

/** The decoded message; reads only content that the signature covers. */
export function readBody<T>(message: ValidMessage, decoder: BodyDecoder<T>): T {
  switch (decoder.format) {
    case 'json':
      return decoder.read(bodyIn(message, 'json').value);
    case 'text':
      return decoder.read(bodyIn(message, 'text').lines);
    case 'xml':
      return decoder.read(bodyIn(message, 'xml').tokens());
  }
}
