/** The settings together with what commands and announcements have put into the store: partners, certificates, and new keys of ours. */

import type { X509Certificate } from 'node:crypto';
import type { Config, OwnKey, PartnerConfig } from './config.ts';
import { certificatesIn, readableCertificates } from './certificate-files.ts';
import { withoutTrust } from './partner-config.ts';
import { partnerConfigs } from './partners.ts';
import type { AcceptancePeriod } from '../model/partner-key.ts';
import { isGatewayError } from '../model/errors.ts';
import { present } from '../model/present.ts';
import { readDatabase, type Reader } from '../store/database.ts';
import { partnerKeys, storedPartners, type PartnerKey } from '../store/partner-keys.ts';
import { revocationLists } from '../store/revocation-lists.ts';
import { fingerprint } from '../wire/signature/certificates.ts';

/** What `mra partner add` stores: as in the settings, with texts of PEM in place of files. */
export type AddedPartner = Omit<PartnerConfig, 'ownKeys' | 'revoked'>;

/** A partner of the store takes the place of one of the settings with the same code. */
export async function withStoredPartners(reader: Reader, config: Config): Promise<Config> {
  const stored = await storedPartners(reader);
  const keys = await partnerKeys(reader);
  const lists = await revocationLists(reader);
  if (stored.length + keys.length + lists.length === 0) return config;
  const added = stored.flatMap(({ partner, settings }): [string, AddedPartner][] => {
    const kept = JSON.parse(settings) as Partial<AddedPartner>; // nothing where a partner of the settings file was revoked
    return kept.adapter === undefined ? [] : [[partner, kept as AddedPartner]];
  });
  const named = added.length === 0 ? partnerConfigs(config) : { ...config.partners, ...Object.fromEntries(added) };
  const partners = Object.entries(named).map(([code, settings]): [string, PartnerConfig] => {
    const revoked = stored.find(({ partner, state }) => partner === code && state === 'revoked');
    if (revoked !== undefined) return [code, { ...withoutTrust(settings), revoked: revoked.reason ?? '' }];
    const own = keys.filter(({ partner }) => partner === code);
    return [code, withKeys(withLists(settings, lists), own)];
  });
  return { ...config, partners: Object.fromEntries(partners) };
}

/** Our certificate that signs for a partner in place of the common one, at a moment. Without a store yet there is none. */
export async function ownKeyAt(
  { store }: Pick<Config, 'store'>,
  partner: string,
  at: Date,
): Promise<{ readonly certificate: X509Certificate; readonly name?: string | undefined } | undefined> {
  const db = await readDatabase(store).catch((error: unknown) => {
    if (isGatewayError(error) && error.code === 'E_STORE_SCHEMA') return undefined;
    throw error;
  });
  try {
    const keys = db === undefined ? [] : signingKeys(await partnerKeys(db.sql, partner));
    const key = keys.findLast(({ from }) => from <= at.toISOString());
    const [certificate] = key === undefined ? [] : certificatesIn([key.certificate]);
    return certificate && { certificate, name: key?.name };
  } finally {
    await db?.close();
  }
}

/** Those of ours that sign, each from its moment on, the earliest first. */
function signingKeys(keys: readonly PartnerKey[]): readonly OwnKey[] {
  return keys
    .filter(({ side, use, state }) => side === 'ours' && use === 'signing' && signingStates.includes(state))
    .map(({ certificate, name, fromAt: from = '' }) => ({ certificate, name, from }))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
}

/** With the lists that were fetched for it. */
function withLists(settings: PartnerConfig, lists: Awaited<ReturnType<typeof revocationLists>>): PartnerConfig {
  const { revocation } = settings.certificates;
  if (revocation?.urls === undefined) return settings;
  const { urls } = revocation;
  const fetched = lists.flatMap(({ source, list }) => (list !== undefined && urls.includes(source) ? [list] : []));
  return { ...settings, certificates: { ...settings.certificates, revocation: { ...revocation, fetched } } };
}

/** One that was replaced signs no more while the clock is right. */
const signingStates: readonly string[] = ['confirmed', 'in_use', 'replaced'];

function withKeys(settings: PartnerConfig, keys: readonly PartnerKey[]): PartnerConfig {
  const { certificates } = settings;
  const theirs = keys.filter(({ side }) => side === 'theirs');
  const added = (use: PartnerKey['use'], files: readonly string[]): readonly string[] => {
    const known = new Set(readableCertificates(files).map(fingerprint));
    const more = theirs.filter((key) => key.use === use && !known.has(key.fingerprint));
    return [...files, ...more.map(({ certificate }) => certificate)];
  };
  const names = theirs.flatMap(({ name, certificate }) => (name === undefined ? [] : [[name, certificate]]));
  const ownKeys = signingKeys(keys);
  return {
    ...settings,
    ...(ownKeys.length > 0 && { ownKeys }),
    certificates: {
      ...certificates,
      signing: added('signing', certificates.signing),
      tls: added('tls', certificates.tls),
      anchors: added('anchor', certificates.anchors),
      names: { ...certificates.names, ...(Object.fromEntries(names) as Record<string, string>) },
      periods: Object.fromEntries(theirs.map((key) => [key.fingerprint, periodOf(key)])),
    },
  };
}

function periodOf({ fromAt: from, untilAt: until, state, reason = '' }: PartnerKey): AcceptancePeriod {
  return present({ from, until, revoked: state === 'revoked' ? reason : undefined });
}
