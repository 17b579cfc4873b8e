/** What is examined of keys: files that others can read, new keys on their way to partners, and lists of revoked certificates. */

import type { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Partner } from '../../gateway.ts';
import { later, momentOf } from '../../model/day.ts';
import { isAccepted } from '../../model/partner-key.ts';
import { partnerKeys } from '../../store/partner-keys.ts';
import type { Reader } from '../../store/database.ts';
import { revocationLists } from '../../store/revocation-lists.ts';
import { fingerprint } from '../../wire/signature/certificates.ts';
import { standingOf } from '../../wire/signature/revocation.ts';
import { certificatesIn } from '../certificate-files.ts';
import type { OpenGateway } from '../composition.ts';
import type { PartnerConfig, RevocationConfig } from '../config.ts';
import { foundLists, revocationTerms } from '../revocation.ts';
import { examineEnd, fail, ok, warn, type Finding } from './finding.ts';
import { measure } from './measures.ts';

/** Private keys, and secrets of the settings: no other account of the machine may read them. Of a folder that others can write to, they could replace them. */
export function examineSecrets({ config }: Pick<OpenGateway, 'config'>): readonly Finding[] {
  if (process.platform === 'win32') return []; // it has no such bits
  const keys = existsSync(config.keys)
    ? readdirSync(config.keys)
        .filter((name) => name.endsWith('.key.pem'))
        .map((name) => join(config.keys, name))
    : [];
  const { proxy } = config.exchange;
  const secrets = [
    ...(proxy !== undefined && 'secret' in proxy && 'file' in proxy.secret ? [proxy.secret.file] : []),
    ...Object.values(config.partners).flatMap(secretFiles),
  ];
  const files = [...new Set([...keys, ...secrets])].filter((file) => existsSync(file));
  const open = files.filter((file) => (statSync(file).mode & 0o077) !== 0);
  const writable = [...new Set(files.map((file) => dirname(file)))].filter(
    (folder) => (statSync(folder).mode & 0o022) !== 0,
  );
  const exposed = (what: string, fix: string): Finding =>
    fail('secrets', `other accounts can ${what}`, fix, 'files_exposed');
  if (open.length > 0)
    return [exposed(`read ${open.join(', ')}`, `Run chmod go-rwx ${open.join(' ')}, and consider replacing them.`)];
  if (writable.length > 0) return [exposed(`write to ${writable.join(', ')}`, `Run chmod go-w ${writable.join(' ')}`)];
  return [ok('secrets', `${files.length} files of keys and secrets, for this account alone`)];
}

function secretFiles({ credentials, sftp }: PartnerConfig): readonly string[] {
  const { secret } = credentials ?? {};
  return [
    ...(secret !== undefined && 'file' in secret ? [secret.file] : []),
    ...(sftp === undefined ? [] : [sftp.key]),
  ];
}

/** How long before its day a new key must be confirmed. */
const confirmedBeforeSeconds = 3 * 24 * 3600;

export async function examineNewKeys(
  { db, now, keyring }: OpenGateway,
  { code }: Partner,
): Promise<readonly Finding[]> {
  const check = `partner ${code}, new key`;
  const own = (await partnerKeys(db.sql, code)).filter(({ side }) => side === 'ours');
  return own.flatMap(({ state, certificate: pem, fromAt = '', fingerprint: print }): readonly Finding[] => {
    if (!['announced', 'probed', 'confirmed', 'in_use'].includes(state)) return [];
    const [certificate] = certificatesIn([pem]);
    if (certificate !== undefined && keyring.keyOf(certificate) === undefined)
      return [
        fail(
          check,
          `the private key of ${print.slice(0, 16)} is not in the folder of keys, so the key before signs on`,
          'Copy its file next-….key.pem from the machine where mra key rotate ran: gateways on one store share the folder.',
          'settings_faulty',
        ),
      ];
    if (certificate !== undefined && (state === 'confirmed' || state === 'in_use'))
      return [examineOwnEnd(check, code, certificate, now())];
    const detail = `${state}, for ${fromAt}, and not confirmed by the partner`;
    if (momentOf(now()) <= later(fromAt, -confirmedBeforeSeconds)) return [ok(check, detail)];
    const fix = `Ask the partner, or mra key cancel ${code}. Until then the key before signs.`;
    return [warn(check, detail, fix, 'not_registered')];
  });
}

/** Of a certificate that signs for one partner alone: the keyring does not have it. */
function examineOwnEnd(check: string, partner: string, certificate: X509Certificate, now: Date): Finding {
  const terms = {
    ...{ check, fix: `mra key rotate ${partner}, or mra key csr ${partner} for another authority.` },
    causes: ['key_expiring', 'key_expired'] as const,
    measure: (at: number) =>
      measure('mra_key_expiry_timestamp_seconds', { key: fingerprint(certificate).slice(0, 16) }, at),
  };
  return examineEnd(terms, certificate.validToDate, now);
}

/** Why lists of the partner cannot be used, or were not fetched. */
async function faultsOf(
  reader: Reader,
  certificates: PartnerConfig['certificates'],
  { urls }: RevocationConfig,
): Promise<readonly string[]> {
  const asked = new Set(urls);
  return [
    ...foundLists(certificates).flatMap((found) => ('fault' in found ? [`${found.source}: ${found.fault}`] : [])),
    ...(await revocationLists(reader)).flatMap(({ source, fault }) =>
      asked.has(source) && fault !== undefined ? [`${source}: ${fault}`] : [],
    ),
  ];
}

/** Each certificate of the partner by the lists of its authority, and lists that cannot be used. */
export async function examineRevocation(
  { config, db, now }: OpenGateway,
  { code }: Partner,
): Promise<readonly Finding[]> {
  const { certificates } = config.partners[code] ?? {};
  const terms = certificates && revocationTerms(certificates);
  if (terms === undefined || certificates?.revocation === undefined) return [];
  const check = `partner ${code}, revocation lists`;
  const fix = 'Get the current list of its authority: certificates.revocation in the settings.';
  const faults = await faultsOf(db.sql, certificates, certificates.revocation);
  const inUse = certificatesIn([...certificates.signing, ...certificates.tls]).filter((each) =>
    isAccepted(certificates.periods?.[fingerprint(each)], now()),
  );
  const named = (standing: string): readonly string[] =>
    inUse.filter((each) => standingOf(each, terms, now()) === standing).map((each) => fingerprint(each).slice(0, 16));
  const [revoked, unknown] = [named('revoked'), named('unknown')];
  const problem = (found: readonly string[], what: string): string => `${what}: ${found.join(', ')}`;
  const judge = terms.unknown === 'refuse' ? fail : warn;
  const asks = 'Ask the partner for a new certificate.';
  const findings = [
    ...(revoked.length === 0 ? [] : [fail(check, problem(revoked, 'revoked'), asks, 'partner_certificate')]),
    ...(unknown.length === 0 ? [] : [judge(check, problem(unknown, 'no current list about'), fix, 'path_rejected')]),
    ...faults.map((fault) => warn(check, fault, fix, 'path_rejected')),
  ];
  return findings.length > 0 ? findings : [ok(check, `${terms.lists.length} lists, all current`)];
}
