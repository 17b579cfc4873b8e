/** The message by which a partner that runs this program learns of a new key of ours. */

import type { OpenGateway } from './composition.ts';
import { certificatesIn } from './certificate-files.ts';
import type { Partner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import type { SealedMessage } from '../model/message.ts';
import type { KeyAnnouncement } from '../model/partner-key.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { announcementFormat, writeAnnouncement } from '../wire/signature/key-announcement.ts';
import { signerOf, type Signer } from '../wire/signature/profile.ts';
import { checkUnsigned, seal } from '../wire/signature/seal.ts';

/** What an announcement states of a stored key. */
interface Announced {
  /** Absent: signing. */
  readonly use?: KeyAnnouncement['use'];
  /** PEM. */
  readonly certificate: string;
  readonly from_at: Moment;
  readonly until_at: Moment;
  readonly replaces: string;
  readonly name: string | null;
}

/** Sealed under the key of `signer`. Throws as seal. */
export async function announcement(
  gateway: OpenGateway,
  { code, signer: sealer }: Partner,
  { use = 'signing', certificate: pem, from_at: validFrom, until_at: oldUntil, replaces, name }: Announced,
  signer: Pick<Signer, 'key' | 'certificate' | 'name'>,
): Promise<SealedMessage> {
  const [id, at] = [gateway.newId(), momentOf(gateway.now())];
  const [certificate] = certificatesIn([pem]);
  const content: KeyAnnouncement = {
    ...{ id, from: gateway.home.country, to: code, issuedAt: at, use, validFrom, oldUntil, replaces },
    ...{ certificate: certificate?.raw.toString('base64') ?? '', ...present({ name: name ?? undefined }) },
  };
  using draft = checkUnsigned([await writeAnnouncement(content)], announcementFormat, gateway.receiptSchema);
  const { successors: _, ...terms } = signerOf(sealer);
  return await seal(draft, { ...terms, ...signer }, { id, partner: code, kind: 'key', at });
}
