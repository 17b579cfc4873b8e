/** Keys of ours that end soon are replaced without a person, where the partner reads announcements and our own authority certifies. */

import type { X509Certificate } from 'node:crypto';
import type { OpenGateway } from './composition.ts';
import { beginRollover } from './key-rollover.ts';
import { completeTls, rotateTls, tlsNoticeSeconds } from './tls-rollover.ts';
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

/**
 * The key of our connections, where every partner to which we connect reads announcements: one that registers certificates by hand would
 * refuse us from that day on. Never rejects.
 */
export async function renewTls(gateway: OpenGateway): Promise<void> {
  try {
    if (!(await completeTls(gateway))) await beginTls(gateway);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_KEY_ROLLOVER') return; // another gateway was first
    gateway.log.error('key of our connections not renewed', faultFields(error));
  }
}

async function beginTls(gateway: OpenGateway): Promise<void> {
  const { config, keyring, partners, now } = gateway;
  const connected = [...partners.values()].filter(({ code }) => config.partners[code]?.transport !== 'file');
  if (!connected.every(({ adapter }) => adapter.keys.announce === 'message')) return;
  const at = momentOf(now());
  const [present] = readCertificates(keyring.tls.cert);
  const end = present && endSoon(gateway, present);
  if (end === undefined) return;
  const [usual, latest] = [later(at, tlsNoticeSeconds), later(end, -daySeconds)];
  const from = usual < latest ? usual : latest;
  if (from <= at) return;
  await rotateTls(gateway, { from, person: 'mra serve' });
}

/** When the key that signs for the partner ends, if it is to be replaced now. */
function endOfKey(gateway: OpenGateway, { transport, adapter, signer }: Partner): string | undefined {
  if (transport === undefined || adapter.keys.announce !== 'message') return undefined;
  return endSoon(gateway, signerAt(signerOf(signer), momentOf(gateway.now())).certificate);
}

/** Undefined where it ends later, has ended, or is by another authority than ours. */
function endSoon({ config, keyring, now }: OpenGateway, certificate: X509Certificate): string | undefined {
  const at = momentOf(now());
  const [authority] = readCertificates(keyring.tls.ca);
  if (authority === undefined || !certificate.checkIssued(authority)) return undefined;
  const end = certificate.validToDate.toISOString();
  return at < end && end < later(at, config.renewKeysDays * daySeconds) ? end : undefined;
}
