/** A new TLS key of ours: partners register its certificate beside the present one, and on its day every gateway on the folder changes to it. */

import type { X509Certificate } from 'node:crypto';
import type { OpenGateway } from './composition.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { Moment } from '../model/record/record.ts';
import { appendEvents } from '../store/events.ts';
import { changePartners } from '../store/partner-keys.ts';
import { fingerprint, readCertificates } from '../wire/signature/certificates.ts';
import { makeNextTls } from '../wire/signature/next-tls-key.ts';

const noticeSeconds = 14 * 24 * 3600;

/** `from`: by default in two weeks. Throws E_KEY_ROLLOVER where one waits already, or where another authority certified the present one. */
export async function rotateTls(
  gateway: OpenGateway,
  { from, person }: { readonly from?: Moment | undefined; readonly person: string },
): Promise<{ readonly certificate: X509Certificate; readonly fingerprint: string; readonly from: Moment }> {
  const { config, home, keyring, db, now } = gateway;
  const at = momentOf(now());
  const begins = from ?? later(at, noticeSeconds);
  requireTlsRollover(keyring, begins, at);
  const { country, name } = home;
  const certificate = await makeNextTls(config.keys, { country, name, now: new Date(begins) });
  const digest = fingerprint(certificate);
  await db.transaction(async (tx) => {
    await changePartners(tx);
    await appendEvents(tx, [{ kind: 'tls_key_made', ref: digest, at, detail: { from: begins, person } }]);
  });
  return { certificate, fingerprint: digest, from: begins };
}

function requireTlsRollover({ tls, nextTls }: OpenGateway['keyring'], from: Moment, at: Moment): void {
  if (from < at)
    throw new GatewayError('E_REQUEST_INVALID', 'the day of the new key has passed', {
      at: '--from',
      fix: 'Name a day to come.',
    });
  if (nextTls !== undefined)
    throw new GatewayError('E_KEY_ROLLOVER', `a new TLS key is used from ${nextTls.from} on`, {
      fix: 'Wait for its day; or delete its files tls-….cert.pem and .key.pem from the folder of the keys, and run mra partner reload.',
    });
  const [authority] = readCertificates(tls.ca);
  const [present] = readCertificates(tls.cert);
  if (authority === undefined || present?.checkIssued(authority) === true) return;
  throw new GatewayError('E_KEY_ROLLOVER', 'the TLS certificate is by another authority than ours', {
    fix: 'Put the next key and certificate of that authority in place of tls.key.pem and tls.cert.pem, and run mra partner reload.',
  });
}
