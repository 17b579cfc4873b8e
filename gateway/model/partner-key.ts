/** Keys of two administrations that exchange messages: from when and until when each counts. */

import { GatewayError } from './errors.ts';
import type { Moment } from './record/record.ts';

/** `anchor`: of the authorities that issue the others. */
export const keyUses = ['signing', 'tls', 'anchor'] as const;
export type KeyUse = (typeof keyUses)[number];

/** When a registered certificate counts. Absent ends are open. */
export interface AcceptancePeriod {
  readonly from?: Moment | undefined;
  /** From this moment on it counts no more. */
  readonly until?: Moment | undefined;
  /** Why a person revoked it: then it never counts, whatever the moment. */
  readonly revoked?: string | undefined;
}

/**
 * Throws E_CERTIFICATE_REVOKED, and E_SIGNER_UNKNOWN before and after the period. `at` is the time of receipt; `certificate` its
 * fingerprint.
 */
export function requireAccepted(period: AcceptancePeriod | undefined, certificate: string, at: Date): void {
  const { from, until, revoked } = period ?? {};
  const place = { at: certificate };
  if (revoked !== undefined)
    throw new GatewayError('E_CERTIFICATE_REVOKED', 'the certificate was revoked by staff', {
      ...place,
      fix: 'Sign with a key that is registered; a new one needs two people.',
    });
  const now = at.toISOString();
  if (from !== undefined && now < from)
    throw new GatewayError('E_SIGNER_UNKNOWN', `the certificate is accepted from ${from} on`, place);
  if (until !== undefined && now >= until)
    throw new GatewayError('E_SIGNER_UNKNOWN', `the certificate was accepted until ${until}`, {
      ...place,
      fix: 'Sign with the new key.',
    });
}

/** As requireAccepted, as an answer. */
export function isAccepted(period: AcceptancePeriod | undefined, at: Date): boolean {
  const { from, until, revoked } = period ?? {};
  const now = at.toISOString();
  return revoked === undefined && (from === undefined || now >= from) && (until === undefined || now < until);
}

/**
 * The states of a new key of ours. `announced`: the partner was sent its certificate. `probed`: a message under the new key is on its way.
 * `confirmed`: the partner took it; it signs from its day on. `in_use`: that day has come. `replaced`: a later key signs. `cancelled`: it
 * will never sign.
 */
export type OwnKeyState = 'announced' | 'probed' | 'confirmed' | 'in_use' | 'replaced' | 'cancelled';

/** What one administration announces of its new key, signed by the key that it replaces, and then by the new one as proof. */
export interface KeyAnnouncement {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly issuedAt: Moment;
  readonly use: Exclude<KeyUse, 'anchor'>;
  /** From this moment the new key signs. */
  readonly validFrom: Moment;
  /** Until this moment the key before may still have signed. */
  readonly oldUntil: Moment;
  /** Fingerprint of the certificate that it replaces. */
  readonly replaces: string;
  /** The name by which messages call the new key, where they name keys otherwise than by thumbprint. */
  readonly name?: string | undefined;
  /** DER, in base64. */
  readonly certificate: string;
}

/** How keys change with a partner. */
export interface KeyTerms {
  /** In a message that its gateway reads, or in a file that a person sends. */
  readonly announce: 'message' | 'file';
  /** How long before its first day a new key is announced, and for how long after it the key before counts. */
  readonly noticeDays: number;
  readonly graceDays: number;
}
