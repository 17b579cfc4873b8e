/** Keys of ours that end soon are replaced without a person, where the partner reads announcements and our own authority certifies. */

import type { OpenGateway } from './composition.ts';
import { beginRollover } from './key-rollover.ts';
import type { Partner } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { isGatewayError } from '../model/errors.ts';
import { openOwnKeys } from '../store/partner-keys.ts';
import { faultFields } from '../wire/log.ts';
import { readCertificates } from '../wire/signature/certificates.ts';
import { signerAt, signerOf } from '../wire/signature/profile.ts';

const daySeconds = 24 * 3600;

/** Begins what is due. An expired key cannot announce the next one: a person does. Never rejects for one partner. */
export async function renewKeys(gateway: OpenGateway): Promise<void> {
  const open = new Set((await openOwnKeys(gateway.db.sql)).map(({ partner }) => partner));
  for (const partner of gateway.partners.values()) {
    const end = open.has(partner.code) ? undefined : endOfKey(gateway, partner);
    if (end === undefined) continue;
    const now = momentOf(gateway.now());
    const [usual, latest] = [later(now, partner.adapter.keys.noticeDays * daySeconds), later(end, -daySeconds)];
    const from = usual < latest ? usual : latest;
    await beginRollover(gateway, partner.code, { from, person: 'mra serve' }).catch((error: unknown) => {
      if (isGatewayError(error) && error.code === 'E_KEY_ROLLOVER') return; // another gateway was first
      gateway.log.error('key not renewed', { partner: partner.code, ...faultFields(error) });
    });
  }
}

/** When the key that signs for the partner ends, if it is to be replaced now. */
function endOfKey({ config, keyring, now }: OpenGateway, partner: Partner): string | undefined {
  const isReached = partner.transport !== undefined && partner.adapter.keys.announce === 'message';
  if (config.renewKeysDays === 0 || !isReached) return undefined;
  const at = momentOf(now());
  const { certificate } = signerAt(signerOf(partner.signer), at);
  const [authority] = readCertificates(keyring.tls.ca);
  if (authority === undefined || !certificate.checkIssued(authority)) return undefined;
  const end = certificate.validToDate.toISOString();
  return at < end && end < later(at, config.renewKeysDays * daySeconds) ? end : undefined;
}
