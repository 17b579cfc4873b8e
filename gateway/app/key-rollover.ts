/**
 * A key of ours is replaced for one partner: announced under the present key, then proven by a message under the new one, and used from
 * its day on. What signs at a moment follows from the stored state and the time, so that several gateways on one store agree; each step
 * is taken by the gateway that is first. A partner of another make gets a file, and a person says when it has registered the key.
 */

import type { KeyObject, X509Certificate } from 'node:crypto';
import type { OpenGateway } from './composition.ts';
import { certificatesIn } from './certificate-files.ts';
import { announcement } from './key-announcing.ts';
import { getPartner, type Partner } from '../gateway.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import type { SealedMessage } from '../model/message.ts';
import type { OwnKeyState } from '../model/partner-key.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import type { Tx } from '../store/database.ts';
import { appendEvents } from '../store/events.ts';
import { addMessage, findMessage } from '../store/outbox.ts';
import {
  addOwnKey,
  changePartners,
  moveOwnKey,
  openOwnKeys,
  partnerKeys,
  type PartnerKey,
} from '../store/partner-keys.ts';
import { faultFields } from '../wire/log.ts';
import { fingerprint } from '../wire/signature/certificates.ts';
import { certifyNext, generateFor, keepNextKey } from '../wire/signature/next-keys.ts';
import { signerAt, signerOf, type Signer } from '../wire/signature/profile.ts';
import { repeatUntil } from './repeat.ts';

const daySeconds = 24 * 3600;
/** After the announcement was taken, all gateways of the partner have the new certificate within this time. */
const probeDelaySeconds = 5;
/** Until what the partner refused is tried again: an announcement, which its program may not read yet, and a proof. */
const retrySeconds = { announced: 6 * 3600, probed: 600 } as const;
const pauseMs = 2_000;

export interface Rollover {
  /** The new key signs from then on; absent: after the notice that was agreed. */
  readonly from?: Moment | undefined;
  /** For so many days more the partner accepts the key before; absent: as agreed. */
  readonly graceDays?: number | undefined;
  /** By which messages call the new key, with partners whose messages name keys otherwise than by thumbprint. */
  readonly name?: string | undefined;
  readonly person: string;
  /** A key with its certificate by another authority; absent: one is made, and certified by our own. */
  readonly given?: { readonly key: KeyObject; readonly certificate: X509Certificate } | undefined;
  /** In the transaction that stores the key: records who decides, and throws where that does not suffice. */
  readonly approve?: ((tx: Tx) => Promise<void>) | undefined;
}

export interface BegunRollover {
  readonly fingerprint: string;
  readonly certificate: X509Certificate;
  readonly from: Moment;
  readonly oldUntil: Moment;
  /** Absent where a person announces it. */
  readonly message?: string;
}

/** Makes and announces a new signing key for a partner. Throws E_PARTNER_UNKNOWN, E_SIGNATURE_PROFILE, E_KEY_ROLLOVER, E_REQUEST_INVALID. */
export async function beginRollover(gateway: OpenGateway, code: string, rollover: Rollover): Promise<BegunRollover> {
  const partner = getPartner(gateway, code);
  const { keys } = partner.adapter;
  const { graceDays = keys.graceDays, name, person, given } = rollover;
  const at = momentOf(gateway.now());
  const before = signerAt(signerOf(partner.signer), at);
  const from = rollover.from ?? later(at, keys.noticeDays * daySeconds);
  const oldUntil = later(from, graceDays * daySeconds);
  await requireNoneOpen(gateway, partner.code);
  const { key, certificate } = given ?? (await makeKey(gateway, before.algorithm));
  if (certificate.validToDate.toISOString() <= from)
    throw new GatewayError('E_REQUEST_INVALID', 'the new certificate ends before its first day', {
      at: '--from',
      fix: 'Name an earlier day.',
    });
  await keepNextKey(gateway.config.keys, key);
  const days = { from, until: oldUntil, at, name: name ?? null };
  const row = rowOf(partner.code, certificate, fingerprint(before.certificate), days);
  const announced =
    partner.adapter.keys.announce === 'message' ? await announcement(gateway, partner, row, before) : undefined;
  await gateway.db.transaction(async (tx) => {
    await changePartners(tx);
    await requireNoneOpen({ db: { ...gateway.db, sql: tx } }, partner.code);
    await rollover.approve?.(tx);
    await addOwnKey(tx, { ...row, message_id: announced?.id ?? null });
    if (announced !== undefined) await addMessage(tx, announced, { at });
    const { fingerprint: digest, replaces } = row;
    const detail = { partner: partner.code, person, digest, from, until: oldUntil, replaces };
    await appendEvents(tx, [{ kind: 'key_announced', ref: partner.code, at, detail }]);
  });
  return { fingerprint: row.fingerprint, certificate, from, oldUntil, ...present({ message: announced?.id }) };
}

function rowOf(
  partner: string,
  certificate: X509Certificate,
  replaces: string,
  days: { readonly from: Moment; readonly until: Moment; readonly at: Moment; readonly name: string | null },
) {
  const { from, until, at, name } = days;
  return {
    ...({ partner, use: 'signing', state: 'announced' } as const),
    ...{ fingerprint: fingerprint(certificate), certificate: certificate.toString(), replaces },
    ...{ name, from_at: from, until_at: until, at },
  };
}

/** Throws E_KEY_ROLLOVER. */
export async function requireNoneOpen(
  { db }: { readonly db: Pick<OpenGateway['db'], 'sql'> },
  partner: string,
): Promise<void> {
  const open = (await openOwnKeys(db.sql)).find((key) => key.partner === partner);
  if (open !== undefined)
    throw new GatewayError('E_KEY_ROLLOVER', `a new key for this partner is ${open.state} already`, { at: partner });
}

async function makeKey(
  { home, config, now }: OpenGateway,
  algorithm: Signer['algorithm'],
): Promise<{ readonly key: KeyObject; readonly certificate: X509Certificate }> {
  const pair = await generateFor(algorithm);
  const owner = { country: home.country, name: home.name, now: now() };
  return { key: pair.privateKey, certificate: await certifyNext(config.keys, algorithm, pair, owner) };
}

/** Takes the steps that are due until `stop`, and renews keys that end soon. */
export async function runRollovers(gateway: OpenGateway, stop: AbortSignal): Promise<void> {
  await repeatUntil(stop, () => advanceRollovers(gateway), {
    everyMs: pauseMs,
    report: (error) => gateway.log.error('new keys: trying again', faultFields(error)),
  });
}

export async function advanceRollovers(gateway: OpenGateway): Promise<void> {
  for (const key of await openOwnKeys(gateway.db.sql)) {
    const partner = gateway.partners.get(key.partner);
    if (partner !== undefined) await advance(gateway, partner, key);
  }
}

async function advance(gateway: OpenGateway, partner: Partner, key: PartnerKey): Promise<void> {
  const now = momentOf(gateway.now());
  if (key.state === 'confirmed') {
    if ((key.fromAt ?? '') <= now) await recordSwitch(gateway, key, now);
    return;
  }
  const message = key.messageId === undefined ? undefined : await findMessage(gateway.db.sql, key.messageId);
  if (message?.settledAt === undefined) return;
  const accepted = message.state === 'ACCEPTED';
  const due =
    later(
      message.settledAt,
      accepted ? probeDelaySeconds : retrySeconds[key.state === 'probed' ? 'probed' : 'announced'],
    ) <= now;
  if (accepted && key.state === 'probed') return await move(gateway, key, 'confirmed', { event: 'key_confirmed' });
  if (!due) return;
  const next = accepted || key.state === 'probed' ? 'probed' : 'announced';
  const sealed = await sealedUnder(gateway, partner, key, next);
  if (sealed === undefined) return;
  await move(gateway, key, next, { event: `key_${next}`, sealed });
}

/** Under the new key for the proof, else under the present one; undefined where its private key is on another machine. */
async function sealedUnder(
  gateway: OpenGateway,
  partner: Partner,
  { certificate: pem, fromAt = '', untilAt = '', replaces = '', name }: PartnerKey,
  state: 'announced' | 'probed',
): Promise<SealedMessage | undefined> {
  const stated = { certificate: pem, from_at: fromAt, until_at: untilAt, replaces, name: name ?? null };
  if (state === 'announced') {
    const present = signerAt(signerOf(partner.signer), momentOf(gateway.now()));
    return await announcement(gateway, partner, stated, present);
  }
  const [certificate] = certificatesIn([pem]);
  const key = certificate && gateway.keyring.keyOf(certificate);
  if (certificate === undefined || key === undefined) return undefined;
  return await announcement(gateway, partner, stated, { key, certificate, name });
}

interface Move extends Pick<Rollover, 'approve'> {
  readonly event: string;
  readonly sealed?: SealedMessage;
  readonly person?: string;
  readonly reason?: string;
}

async function move(
  gateway: OpenGateway,
  key: PartnerKey,
  state: OwnKeyState,
  { event, sealed, approve, ...why }: Move,
): Promise<void> {
  const at = momentOf(gateway.now());
  const { partner, fingerprint: digest } = key;
  const moved = await gateway.db.transaction(async (tx: Tx) => {
    await changePartners(tx);
    const to = { state, at: key.at, ...present({ message_id: sealed?.id, reason: why.reason }) };
    if (!(await moveOwnKey(tx, key, to))) return false;
    await approve?.(tx);
    if (sealed !== undefined) await addMessage(tx, sealed, { at });
    await appendEvents(tx, [{ kind: event, ref: partner, at, detail: { partner, digest, ...present(why) } }]);
    return true;
  });
  if (moved) gateway.log.info('new key', { partner, state, digest });
}

/** The key signs since its day; the one before is history. */
async function recordSwitch(gateway: OpenGateway, key: PartnerKey, at: Moment): Promise<void> {
  const earlier = (await partnerKeys(gateway.db.sql, key.partner)).filter(
    ({ side, use, state }) => side === 'ours' && use === key.use && state === 'in_use',
  );
  await move(gateway, key, 'in_use', { event: 'key_switched' });
  for (const each of earlier) await gateway.db.transaction((tx) => moveOwnKey(tx, each, { state: 'replaced', at }));
}

/** Throws E_KEY_ROLLOVER where no new key waits for a person to confirm it. */
export async function keyToConfirm(gateway: OpenGateway, code: string): Promise<PartnerKey> {
  const key = await openKeyFor(gateway, code, ['announced']);
  if (key.messageId === undefined) return key;
  throw new GatewayError('E_KEY_ROLLOVER', 'this partner confirms the key itself', { at: key.partner });
}

/** A person says that a partner of another make has registered the key. Throws E_KEY_ROLLOVER. */
export async function confirmKey(
  gateway: OpenGateway,
  code: string,
  person: string,
  approve?: Rollover['approve'],
): Promise<Moment> {
  const key = await keyToConfirm(gateway, code);
  await move(gateway, key, 'confirmed', { event: 'key_confirmed', person, approve });
  return key.fromAt ?? '';
}

/**
 * The key will never sign: the one before goes on. Throws E_KEY_ROLLOVER where no key waits, and where the partner has seen its proof: it
 * then ends the key before on the day that was announced.
 */
export async function cancelKey(
  gateway: OpenGateway,
  code: string,
  by: { readonly person: string; readonly reason: string },
): Promise<void> {
  const key = await openKeyFor(gateway, code, ['announced', 'probed', 'confirmed']);
  if (key.state === 'probed' || (key.state === 'confirmed' && key.messageId !== undefined))
    throw new GatewayError('E_KEY_ROLLOVER', 'the partner has the proof of this key, and ends the one before', {
      at: key.partner,
      fix: 'Let it come into use, then rotate again.',
    });
  await move(gateway, key, 'cancelled', { event: 'key_cancelled', ...by });
}

async function openKeyFor(gateway: OpenGateway, code: string, states: readonly string[]): Promise<PartnerKey> {
  const { code: partner } = getPartner(gateway, code);
  const open = await openOwnKeys(gateway.db.sql);
  const key = open.find((each) => each.partner === partner && states.includes(each.state));
  if (key !== undefined) return key;
  throw new GatewayError('E_KEY_ROLLOVER', 'no new key waits for this partner', {
    at: partner,
    fix: `mra key rotate ${partner} makes one.`,
  });
}
