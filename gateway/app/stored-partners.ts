/** The settings together with what commands and announcements have put into the store: partners, certificates, and new keys of ours. */

import type { Config, PartnerConfig } from './config.ts';
import { certificatesIn, partnerConfigs } from './partners.ts';
import type { AcceptancePeriod } from '../model/partner-key.ts';
import { present } from '../model/present.ts';
import type { Reader } from '../store/database.ts';
import { partnerKeys, storedPartners, type PartnerKey, type StoredPartner } from '../store/partner-keys.ts';
import { fingerprint } from '../wire/signature/certificates.ts';

/** What `mra partner add` stores: as in the settings, with texts of PEM in place of files. */
export type AddedPartner = Omit<PartnerConfig, 'ownKeys' | 'revoked'>;

/** A partner of the store takes the place of one of the settings with the same code. */
export async function withStoredPartners(reader: Reader, config: Config): Promise<Config> {
  const stored = await storedPartners(reader);
  const keys = await partnerKeys(reader);
  if (stored.length === 0 && keys.length === 0) return config;
  const added = stored
    .filter(({ state }) => state === 'active')
    .map(({ partner, settings }): [string, AddedPartner] => {
      return [partner, JSON.parse(settings) as AddedPartner];
    });
  const named = added.length === 0 ? partnerConfigs(config) : { ...config.partners, ...Object.fromEntries(added) };
  const partners = Object.entries(named).map(([code, settings]): [string, PartnerConfig] => {
    const revoked = stored.find(({ partner, state }) => partner === code && state === 'revoked');
    if (revoked !== undefined) return [code, withoutTrust(settings, revoked)];
    return [
      code,
      withKeys(
        settings,
        keys.filter(({ partner }) => partner === code),
      ),
    ];
  });
  return { ...config, partners: Object.fromEntries(partners) };
}

/** Its adapter stays, so that the border is answered from the lists held. */
function withoutTrust({ adapter, mirrored }: PartnerConfig, { reason = '' }: StoredPartner): PartnerConfig {
  const certificates = { signing: [], tls: [], anchors: [], checkPath: false };
  return { adapter, mirrored, transport: 'file', certificates, revoked: reason };
}

function withKeys(settings: PartnerConfig, keys: readonly PartnerKey[]): PartnerConfig {
  const { certificates } = settings;
  const theirs = keys.filter(({ side }) => side === 'theirs');
  const added = (use: PartnerKey['use'], files: readonly string[]): readonly string[] => {
    const known = new Set(knownIn(files));
    const more = theirs.filter((key) => key.use === use && !known.has(key.fingerprint));
    return [...files, ...more.map(({ certificate }) => certificate)];
  };
  const names = theirs.flatMap(({ name, certificate }) => (name === undefined ? [] : [[name, certificate]]));
  const ownKeys = keys
    .filter(
      ({ side, use, state }) => side === 'ours' && use === 'signing' && (state === 'confirmed' || state === 'replaced'),
    )
    .map(({ certificate, name, fromAt: from = '' }) => ({ certificate, name, from }))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
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

/** Of files that can be read; what is wrong with the others is found where they are used. */
function knownIn(files: readonly string[]): readonly string[] {
  return files.flatMap((file) => {
    try {
      return certificatesIn([file]).map(fingerprint);
    } catch {
      return [];
    }
  });
}

function periodOf({ fromAt: from, untilAt: until, state, reason = '' }: PartnerKey): AcceptancePeriod {
  return present({ from, until, revoked: state === 'revoked' ? reason : undefined });
}
