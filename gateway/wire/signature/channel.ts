/** Messages without a signature, whose sender an authenticated channel shows. The only place that creates a ChannelVerified. */

import { GatewayError } from '../../model/errors.ts';
import type { AuthenticatedChannel, ChannelVerified, RawMessage, UnsignedTerms } from '../../model/message.ts';
import { dropBody, keepBody, type ParsedBody } from '../xml/parsed-body.ts';
import { parseUnsigned } from '../xml/read-body.ts';
import { xmlLimits } from '../xml/xml-guard.ts';

/** A partner whose messages carry no signature, and the formats of its layouts. */
export interface ChannelTrust extends UnsignedTerms {
  readonly formats: readonly ParsedBody['format'][];
}

/**
 * For the code that receives, once it knows whose connection, queue or folder it is: a TLS certificate registered for the partner, a
 * queue that only the partner's account may write, or a file server with a pinned host key and an account of the partner.
 */
export function authenticatedChannel(by: AuthenticatedChannel['by'], identity: string): AuthenticatedChannel {
  // The brand exists in types only.
  return { by, identity } as unknown as AuthenticatedChannel;
}

/** Dispose of the result. Throws E_CHANNEL_OPEN without an authenticated channel, E_SIZE_EXCEEDED, and what the parsers throw. */
export function verifyChannel({ bytes, channel }: RawMessage, { formats }: ChannelTrust): ChannelVerified {
  if (channel === undefined) {
    const fix =
      'Send it over the connection that was agreed, bring the file at the office, where two people release it, or agree signatures with the partner.';
    throw new GatewayError('E_CHANNEL_OPEN', 'the message is not signed, and anybody could have sent it', { fix });
  }
  if (bytes.length > xmlLimits.bytes) {
    throw new GatewayError('E_SIZE_EXCEEDED', `more than ${xmlLimits.bytes} bytes`);
  }
  const body = parseUnsigned(bytes, formatOf(bytes, formats));
  const message = {
    format: body.format,
    ...(body.format === 'xml' ? { type: body.type } : {}),
    channel,
    get content() {
      return body.format === 'xml' ? body.content() : bytes;
    },
    [Symbol.dispose]() {
      dropBody(message);
    },
  };
  keepBody(message, body);
  return message as unknown as ChannelVerified;
}

/** By how the bytes begin, among the formats of the partner. */
function formatOf(bytes: Uint8Array, formats: ChannelTrust['formats']): ParsedBody['format'] {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 80)).toString('latin1');
  const looks = /^(?:\xef\xbb\xbf)?\s*</u.test(start) ? 'xml' : /^\s*[[{]/u.test(start) ? 'json' : 'text';
  return formats.find((format) => format === looks) ?? formats[0] ?? looks;
}
