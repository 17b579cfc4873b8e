/**
 * What people decide about partners while gateways serve: it is stored, and every gateway on the store takes it within seconds. Two
 * people add trust; one takes it away, for that must not wait.
 */

import type { OpenGateway } from './composition.ts';
import type { PartnerConfig } from './config.ts';
import { noCertificates } from './partner-config.ts';
import { certificatesIn, readPem } from './certificate-files.ts';
import { connectPartner } from './partners.ts';
import type { AddedPartner } from './stored-partners.ts';
import { getPartner, type Gateway } from '../gateway.ts';
import type { AdapterTools } from '../adapter/tools.ts';
import { canonicalJson, sha256 } from '../model/canonical-json.ts';
import { later, momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { isUnsigned, type Digest } from '../model/message.ts';
import type { KeyUse } from '../model/partner-key.ts';
import { present } from '../model/present.ts';
import type { Moment } from '../model/record/record.ts';
import { appendEvents } from '../store/events.ts';
import { decideTogether, type Decider } from '../store/approvals.ts';
import { changePartners, partnerKeys, savePartner, saveTheirKey, storedPartners } from '../store/partner-keys.ts';
import type { Tx } from '../store/database.ts';
import { fingerprint } from '../wire/signature/certificates.ts';
import { checkSigner } from '../wire/signature/trust.ts';

const daySeconds = 24 * 3600;

interface About {
  readonly partner: string;
  readonly event: string;
  readonly subject: object;
  /** When the present state was stored; undefined if there is none. Once it changes, two people must decide again. */
  readonly since: (tx: Tx) => Promise<Moment | undefined>;
  /** For the log. */
  readonly shown: object;
}

/** Records the decision of one person, and with the second one does the work. False: the second is missing. */
async function decide(
  { db, now }: Pick<Gateway, 'db' | 'now'>,
  { partner, subject, event, since, shown }: About,
  decider: Decider,
  work: (tx: Tx, at: Moment) => Promise<object>,
): Promise<boolean> {
  const at = momentOf(now());
  return await db.transaction(async (tx) => {
    // If several people decide at the same time, each waits here for the one before, and then reads its change.
    await changePartners(tx);
    const digest = sha256(canonicalJson(present({ event, ...subject, since: await since(tx) })));
    const people = await decideTogether(tx, { partner, digest, decision: event, at }, decider, shown);
    if (people === undefined) return false;
    await appendEvents(tx, [{ kind: event, ref: partner, at, detail: { partner, people, ...(await work(tx, at)) } }]);
    return true;
  });
}

export interface CertificateDecision extends Decider {
  readonly use: KeyUse;
  /** One certificate, PEM. */
  readonly certificate: string;
  readonly name?: string | undefined;
  readonly from?: Moment | undefined;
  /** Fingerprint of the certificate before, which counts for so many days more. */
  readonly replaces?: Digest | undefined;
  readonly graceDays: number;
}

/**
 * Registers a certificate of a partner. True: it counts. Throws E_PARTNER_UNKNOWN, E_APPROVAL_REPEATED, E_REQUEST_INVALID (`replaces` is
 * not registered), and for a signing certificate what checkSigner throws.
 */
export async function registerCertificate(
  gateway: OpenGateway,
  code: string,
  { person, reason, counts, graceDays, ...decision }: CertificateDecision,
): Promise<boolean> {
  const { code: partner, trust } = getPartner(gateway, code);
  const { use, certificate: pem, name, from, replaces } = decision;
  const [certificate] = certificatesIn([pem]);
  if (certificate === undefined) throw new GatewayError('E_KEY_MISSING', 'there is no certificate');
  const starts = from ?? momentOf(gateway.now());
  if (use === 'signing' && !isUnsigned(trust)) {
    const { periods: _, ...terms } = trust;
    const begins = certificate.validFromDate.toISOString();
    await checkSigner(certificate, terms, new Date(begins > starts ? begins : starts));
  }
  const before = replaces === undefined ? undefined : registered(gateway, partner, replaces);
  const since = async (tx: Tx): Promise<Moment | undefined> =>
    (await partnerKeys(tx, partner)).find((key) => key.fingerprint === fingerprint(certificate))?.at;
  const shown = present({ use, certificate: fingerprint(certificate), from, replaces });
  const about = { partner, subject: { partner, ...decision, graceDays }, event: 'certificate_added', since, shown };
  return await decide(gateway, about, { person, reason, counts }, async (tx, at) => {
    const added = { partner, use, fingerprint: fingerprint(certificate), certificate: certificate.toString(), at };
    await saveTheirKey(tx, { ...added, name, from, replaces });
    const until = before && later(starts, graceDays * daySeconds);
    if (before !== undefined) await saveTheirKey(tx, { partner, ...before, until, at });
    return present({ use, digest: added.fingerprint, from, replaces, until });
  });
}

/** A certificate that is in use for a partner, by its fingerprint. Throws E_REQUEST_INVALID. */
function registered(
  { config }: Pick<OpenGateway, 'config'>,
  partner: string,
  print: Digest,
): { readonly use: KeyUse; readonly fingerprint: Digest; readonly certificate: string } {
  const { signing, tls, anchors } = config.partners[partner]?.certificates ?? noCertificates;
  for (const [use, files] of Object.entries({ signing, tls, anchor: anchors }) as [KeyUse, readonly string[]][])
    for (const certificate of certificatesIn(files))
      if (fingerprint(certificate) === print.toLowerCase().replaceAll(':', ''))
        return { use, fingerprint: fingerprint(certificate), certificate: certificate.toString() };
  throw new GatewayError('E_REQUEST_INVALID', 'no certificate with this fingerprint is registered for the partner', {
    at: partner,
    fix: `mra key calendar shows the fingerprints; give all 64 digits.`,
  });
}

interface PartnerDecision extends Decider {
  readonly code: string;
  readonly settings: PartnerConfig;
  readonly entered?: object;
}

/** Stores a partner, with its certificates in place of their files. `entered`: for the second person, beside the digest. True: it is served. Throws what connectPartner throws. */
export async function addPartner(
  gateway: OpenGateway,
  tools: AdapterTools,
  { code, settings, entered, ...decider }: PartnerDecision,
): Promise<boolean> {
  const { config, home, keyring, brokers } = gateway;
  const stored = withTexts(settings);
  await connectPartner({ code, settings: stored, config, home, keyring, brokers, tools, reading: true });
  const since = async (tx: Tx): Promise<Moment | undefined> =>
    (await storedPartners(tx)).find(({ partner }) => partner === code)?.at;
  const text = canonicalJson(stored);
  const shown = present({ settings: sha256(text), entered });
  const about = { partner: code, subject: { partner: code, settings: text }, event: 'partner_added', since, shown };
  return await decide(gateway, about, decider, async (tx, at) => {
    const { person } = decider;
    await savePartner(tx, { partner: code, settings: text, state: 'active', reason: null, person, at });
    return { digest: sha256(text) };
  });
}

function withTexts({ ownKeys: _, revoked: __, ...settings }: PartnerConfig): AddedPartner {
  const { names = {}, signing, tls, anchors, checkPath, announced } = settings.certificates;
  const texts = (files: readonly string[]): string[] => files.map(readPem);
  const named = Object.fromEntries(Object.entries(names).map(([name, file]) => [name, readPem(file)]));
  const certificates = { signing: texts(signing), tls: texts(tls), anchors: texts(anchors), names: named, checkPath };
  return { ...settings, certificates: { ...certificates, ...present({ announced }) } };
}

interface Revocation {
  readonly reason: string;
  readonly person: string;
  /** Of one certificate; absent: the partner, with all its connections and secrets. */
  readonly certificate?: Digest | undefined;
}

/** Takes effect at once, by one person. Throws E_PARTNER_UNKNOWN, E_REQUEST_INVALID. */
export async function revoke(
  gateway: OpenGateway,
  code: string,
  { reason, person, ...one }: Revocation,
): Promise<void> {
  const { code: partner } = getPartner(gateway, code);
  const found = one.certificate === undefined ? undefined : registered(gateway, partner, one.certificate);
  const at = momentOf(gateway.now());
  await gateway.db.transaction(async (tx) => {
    await changePartners(tx);
    if (found !== undefined) {
      const key = (await partnerKeys(tx, partner)).find((each) => each.fingerprint === found.fingerprint);
      await saveTheirKey(tx, { ...key, partner, ...found, revoked: reason, at });
    } else {
      const before = (await storedPartners(tx)).find((each) => each.partner === partner);
      const settings = before?.settings ?? '{}';
      await savePartner(tx, { partner, settings, state: 'revoked', reason, person, at });
    }
    const kind = found === undefined ? 'partner_revoked' : 'certificate_revoked';
    const detail = present({ partner, person, reason, digest: found?.fingerprint, use: found?.use });
    await appendEvents(tx, [{ kind, ref: partner, at, detail }]);
  });
}
