/** Reads unsigned acknowledgements in a partner's own format. */

import type { AnswerStage as Stage } from '../adapter/adapter.ts';
import type { Partner } from '../gateway.ts';
import type { Acknowledgement } from '../model/message.ts';
import { decodeBody, parseUnsigned } from '../wire/xml/read-body.ts';
import { checkTree } from '../wire/xsd/schema.ts';

/** Reads an acknowledgement with its template. Throws what is wrong with it. */
export function readAcknowledgement(
  partner: Pick<Partner, 'schemaOf'>,
  format: NonNullable<Stage['format']>,
  bytes: Uint8Array,
): Acknowledgement {
  const body = parseUnsigned(bytes, format.format);
  try {
    checkTree(body, partner.schemaOf(format), format.lines);
    return decodeBody(body, format.decoder());
  } finally {
    if (body.format === 'xml') body.dispose();
  }
}
