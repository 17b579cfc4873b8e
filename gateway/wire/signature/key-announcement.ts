/** Announcements of new keys as XML (schemas/receipt.xsd), the same for all partners that run this program: written, and read from verified content. */

import { X509Certificate } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { GatewayError } from '../../model/errors.ts';
import type { ValidMessage } from '../../model/message.ts';
import type { KeyAnnouncement } from '../../model/partner-key.ts';
import { present } from '../../model/present.ts';
import { receiptNamespace as namespace } from '../transport/transport.ts';
import { readDer } from './der.ts';
import { strictBase64 } from './profile.ts';

export const announcementType = `{${namespace}}KeyAnnouncement`;

export const announcementFormat = {
  format: 'xml',
  type: announcementType,
  contentType: 'application/vnd.mra.key+xml',
} as const;

/** The unsigned announcement. */
export async function writeAnnouncement(announcement: KeyAnnouncement): Promise<string> {
  const { create } = await import('xmlbuilder2'); // of all that a command loads, a twelfth
  const { id, from, to, issuedAt, use, validFrom, oldUntil, replaces, name, certificate } = announcement;
  const root = create({ encoding: 'UTF-8' }).ele(namespace, 'KeyAnnouncement', { Id: id });
  for (const [element, value] of Object.entries({ From: from, To: to, IssuedAt: issuedAt }))
    root.ele(namespace, element).txt(value);
  const days = { OldUntil: oldUntil, Replaces: replaces, Use: use, ValidFrom: validFrom };
  root.ele(namespace, 'Key', present({ Name: name, ...days }));
  root.ele(namespace, 'Certificate').txt(certificate);
  return root.end({ wellFormed: true, allowEmptyTags: true });
}

const parser = new XMLParser({
  ...{ ignoreAttributes: false, attributeNamePrefix: '@', removeNSPrefix: true },
  ...{ parseTagValue: false, parseAttributeValue: false, trimValues: false, htmlEntities: true },
});

interface AnnouncementContent extends Readonly<Record<'@Id' | 'From' | 'To' | 'IssuedAt' | 'Certificate', string>> {
  readonly Key: Readonly<Record<'@OldUntil' | '@Replaces' | '@ValidFrom', string>> & {
    readonly '@Use': KeyAnnouncement['use'];
    readonly '@Name'?: string;
  };
}

/** The announcement in a valid message: the schema was checked, so that every required element and attribute is present. */
export function readAnnouncement(message: ValidMessage): KeyAnnouncement {
  const { KeyAnnouncement: content } = parser.parse(Buffer.from(message.content)) as {
    readonly KeyAnnouncement: AnnouncementContent;
  };
  const {
    '@Use': use,
    '@Name': name,
    '@ValidFrom': validFrom,
    '@OldUntil': oldUntil,
    '@Replaces': replaces,
  } = content.Key;
  return {
    ...{
      id: content['@Id'],
      from: content.From,
      to: content.To,
      issuedAt: content.IssuedAt,
      certificate: content.Certificate,
    },
    ...{ use, validFrom, oldUntil, replaces, ...present({ name }) },
  };
}

/** The certificate that is announced. Throws E_VALUE_INVALID. */
export function announcedCertificate({ certificate }: Pick<KeyAnnouncement, 'certificate'>): X509Certificate {
  const bytes = strictBase64(certificate);
  try {
    if (bytes !== undefined && readDer(bytes) !== undefined) return new X509Certificate(bytes);
  } catch {
    // As of bytes that are not DER.
  }
  throw new GatewayError('E_VALUE_INVALID', 'the announced certificate cannot be read', { at: 'Certificate' });
}
