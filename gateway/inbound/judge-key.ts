/**
 * Judges a partner's announcement of a new key. If the current key signed it, the new certificate is trusted beside the current one. If the
 * new key signed it, the partner has proven that it holds the private key, and the previous certificate expires on the announced day.
 */

import type { X509Certificate } from 'node:crypto';
import type { DecodedMessage } from '../model/message.ts';
import { GatewayError } from '../model/errors.ts';
import { momentOf } from '../model/day.ts';
import { present } from '../model/present.ts';
import { changePartners, partnerKeys, saveTheirKey } from '../store/partner-keys.ts';
import { fingerprint } from '../wire/signature/certificates.ts';
import { announcedCertificate } from '../wire/signature/key-announcement.ts';
import { checkSigner, signerTrust } from '../wire/signature/trust.ts';
import type { Decision, InboundMessage } from './verdicts.ts';

/** Throws E_VALUE_INVALID, and what checkSigner throws for a certificate that may not sign. */
export async function judgeKey(
  inbound: InboundMessage,
  { announcement, signer }: DecodedMessage & { readonly kind: 'key' },
): Promise<Decision> {
  const { gateway, partner } = inbound;
  const { id, use, validFrom, oldUntil, replaces, name } = announcement;
  const certificate = announcedCertificate(announcement);
  const digest = fingerprint(certificate);
  const known = (await partnerKeys(gateway.db.sql, partner.code)).find((key) => key.fingerprint === digest);
  if (known?.state === 'revoked')
    throw new GatewayError('E_CERTIFICATE_REVOKED', 'the announced certificate was revoked before', { at: digest });
  if (oldUntil < validFrom)
    throw new GatewayError('E_VALUE_INVALID', 'the key before ends before the new one begins', { at: 'Key/@OldUntil' });
  await requireUsable(inbound, certificate, use);
  const applied = { id, kind: 'key', verdict: 'applied' } as const;
  const at = momentOf(gateway.now());
  if (signer === digest) return { ...applied, apply: (tx) => endBefore(inbound, tx, { replaces, oldUntil, at }) };
  if (use === 'signing' && replaces !== signer)
    throw new GatewayError('E_VALUE_INVALID', 'a key is announced under the key that it replaces', {
      at: 'Key/@Replaces',
    });
  if (partner.holdsKeys === true && inbound.decidedByPeople !== true && known === undefined) {
    const detail = `a new key with the certificate ${digest}`;
    return { ...applied, verdict: 'held', reason: { code: 'key_announced', detail } };
  }
  return {
    ...applied,
    async apply(tx) {
      await changePartners(tx);
      const key = { partner: partner.code, use, fingerprint: digest, certificate: certificate.toString() };
      await saveTheirKey(tx, { ...key, ...present({ name }), replaces, at });
    },
  };
}

/** Checked at the current time: an expired certificate, or one for another purpose, cannot become the partner's key. */
async function requireUsable(
  { gateway, partner }: InboundMessage,
  certificate: X509Certificate,
  use: 'signing' | 'tls',
): Promise<void> {
  const now = gateway.now();
  const { periods: _, ...terms } = signerTrust(partner.trust);
  if (use === 'signing') return await checkSigner(certificate, terms, now);
  if (now > certificate.validToDate)
    throw new GatewayError('E_CERTIFICATE_TIME', 'the announced certificate has expired', { at: 'Certificate' });
  // There is no proof here that the partner holds the TLS key: with the certificate of another partner, that partner's connections would
  // pass as its own.
  const owner = gateway.doorTrust?.().partnerOf(fingerprint(certificate), now) ?? partner.code;
  if (owner !== partner.code)
    throw new GatewayError('E_VALUE_INVALID', 'the announced certificate is that of another', { at: 'Certificate' });
}

/** The replaced certificate expires at that time. */
async function endBefore(
  { partner }: InboundMessage,
  tx: Parameters<NonNullable<Decision['apply']>>[0],
  { replaces, oldUntil, at }: { readonly replaces: string; readonly oldUntil: string; readonly at: string },
): Promise<void> {
  await changePartners(tx);
  const before = signerTrust(partner.trust).certificates.find((one) => fingerprint(one) === replaces);
  const stored = (await partnerKeys(tx, partner.code)).find((key) => key.fingerprint === replaces);
  if (before === undefined || stored?.state === 'revoked') return;
  const key = { partner: partner.code, use: 'signing', fingerprint: replaces, certificate: before.toString() } as const;
  const { name, fromAt: from, replaces: earlier } = stored ?? {};
  await saveTheirKey(tx, { ...key, name, from, replaces: earlier, until: oldUntil, at });
}
