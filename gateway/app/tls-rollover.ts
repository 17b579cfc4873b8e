/**
 * A new TLS key of ours: its certificate goes to the partners that read announcements, in a message under the signing key, and the others register
 * it by hand; both count beside each other, and on its day every gateway on the folder changes to it.
 */

import type { X509Certificate } from 'node:crypto';
import type { OpenGateway } from './composition.ts';
import { announcement } from './key-announcing.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { isUnsigned, type SealedMessage } from '../model/message.ts';
import type { Moment } from '../model/record/record.ts';
import type { Reader } from '../store/database.ts';
import { appendEvents, listEvents } from '../store/events.ts';
import { addMessage } from '../store/outbox.ts';
import { changePartners } from '../store/partner-keys.ts';
import { fingerprint, readCertificates } from '../wire/signature/certificates.ts';
import { readTlsKeys, tlsBegin } from '../wire/signature/key-files.ts';
import { signerAt, signerOf } from '../wire/signature/profile.ts';
import { keepNextTls, makeNextTls } from '../wire/signature/next-tls-key.ts';

const daySeconds = 24 * 3600;
export const tlsNoticeSeconds = 14 * daySeconds;

interface BegunTls {
  readonly certificate: X509Certificate;
  readonly fingerprint: string;
  readonly from: Moment;
  /** Codes of the partners that get it in a message. */
  readonly announced: readonly string[];
}

/** `from`: by default in two weeks. Throws E_KEY_ROLLOVER where one waits already, or where another authority certified the present one. */
export async function rotateTls(
  gateway: OpenGateway,
  { from, person }: { readonly from?: Moment | undefined; readonly person: string },
): Promise<BegunTls> {
  const { config, home, keyring, db, now } = gateway;
  const at = momentOf(now());
  const begins = from ?? later(at, tlsNoticeSeconds);
  requireTlsRollover(keyring, begins, at);
  const { country, name } = home;
  const next = await makeNextTls(config.keys, { country, name, now: new Date(begins) });
  await db.transaction(async (tx) => {
    await changePartners(tx); // until this ends, another gateway on the folder waits here
    if (!(await keepNextTls(config.keys, next, now()))) throw waits('was made by another gateway meanwhile');
  });
  return await announceNext(gateway, next.certificate, { from: begins, person });
}

/**
 * Whether a new TLS key waits for its day. One of which nothing is logged is announced now: who made it ended before, or could not write
 * the store.
 */
export async function completeTls(gateway: OpenGateway): Promise<boolean> {
  const { config, db, now } = gateway;
  const { nextTls } = await readTlsKeys(config.keys, now());
  if (nextTls === undefined) return false;
  const { certificate } = nextTls;
  if (!(await isAnnounced(db.sql, fingerprint(certificate))))
    await announceNext(gateway, certificate, { from: momentOf(tlsBegin(nextTls)), person: 'mra serve' });
  return true;
}

async function isAnnounced(reader: Reader, digest: string): Promise<boolean> {
  return (await listEvents(reader, { ref: digest, kind: 'tls_key_made', limit: 1 })).length > 0;
}

async function announceNext(
  gateway: OpenGateway,
  certificate: X509Certificate,
  { from, person }: { readonly from: Moment; readonly person: string },
): Promise<BegunTls> {
  const at = momentOf(gateway.now());
  const digest = fingerprint(certificate);
  const messages = await announceTo(gateway, certificate, from);
  const announced = messages.map(({ partner }) => partner);
  await gateway.db.transaction(async (tx) => {
    await changePartners(tx);
    if (await isAnnounced(tx, digest)) return; // another gateway on the folder was first
    for (const message of messages) await addMessage(tx, message, { at });
    await appendEvents(tx, [{ kind: 'tls_key_made', ref: digest, at, detail: { from, person, announced } }]);
  });
  return { certificate, fingerprint: digest, from, announced };
}

/** For the partners that are reached and read announcements. A signing key that has ended cannot announce. */
async function announceTo(
  gateway: OpenGateway,
  certificate: X509Certificate,
  from: Moment,
): Promise<readonly SealedMessage[]> {
  const { partners, keyring, now } = gateway;
  const [present] = readCertificates(keyring.tls.cert);
  if (present === undefined) return [];
  const at = momentOf(now());
  const readers = [...partners.values()].flatMap((partner) => {
    const { signer: sealer, transport, adapter } = partner;
    if (isUnsigned(sealer) || transport === undefined || adapter.keys.announce !== 'message') return [];
    const signer = signerAt(signerOf(sealer), at);
    return signer.certificate.validToDate > now() ? [{ partner, signer }] : [];
  });
  return await Promise.all(
    readers.map(({ partner, signer }) => {
      const days = { from_at: from, until_at: later(from, partner.adapter.keys.graceDays * daySeconds), name: null };
      const key = { use: 'tls', certificate: certificate.toString(), replaces: fingerprint(present) } as const;
      return announcement(gateway, partner, { ...key, ...days }, signer);
    }),
  );
}

function waits(state: string): GatewayError {
  return new GatewayError('E_KEY_ROLLOVER', `a new TLS key ${state}`, {
    fix: 'Wait for its day; or delete its files tls-….cert.pem and .key.pem from the folder of the keys, and run mra partner reload.',
  });
}

function requireTlsRollover({ tls, nextTls }: OpenGateway['keyring'], from: Moment, at: Moment): void {
  if (from < at)
    throw new GatewayError('E_REQUEST_INVALID', 'the day of the new key has passed', {
      at: '--from',
      fix: 'Name a day to come.',
    });
  if (nextTls !== undefined) throw waits(`is used from ${nextTls.from} on`);
  const [authority] = readCertificates(tls.ca);
  const [present] = readCertificates(tls.cert);
  if (authority === undefined || present?.checkIssued(authority) === true) return;
  throw new GatewayError('E_KEY_ROLLOVER', 'the TLS certificate is by another authority than ours', {
    fix: 'Put the next key and certificate of that authority in place of tls.key.pem and tls.cert.pem, and run mra partner reload.',
  });
}
