/** Trust in signers: selects the pinned certificate that a message names, and checks it as of the time of receipt. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isUnsigned, type Digest, type KeyUsage, type SealKind, type SignatureAlgorithm } from '../../model/message.ts';
import { isAccepted, requireAccepted, type AcceptancePeriod } from '../../model/partner-key.ts';
import type { SignatureForm } from '../../model/signature-form.ts';
import type { KeyObject, X509Certificate } from 'node:crypto';
import { GatewayError, type ErrorCode } from '../../model/errors.ts';
import { certificateUsage, fingerprint, isPem, isWellBuilt, thumbprint } from './certificates.ts';
import type { CertificateUsage } from './certificates.ts';
import type { ChannelTrust } from './channel.ts';
import { algorithms, profileError } from './profile.ts';
import { requireStanding, type RevocationTerms } from './revocation.ts';

export interface SignerTrust extends SignatureForm {
  /** How this partner seals its lists. Receipts of all partners are XML. */
  readonly seals: readonly SealKind[];
  /** Agreed with the partner; a message cannot choose another. */
  readonly algorithm: SignatureAlgorithm;
  /** Key usages that the certificate must have, all of them; absent: one by which content is signed. */
  readonly keyUsages?: readonly KeyUsage[];
  /** Purposes (object identifiers) of which it must have one; absent: if it states purposes, one of `messagePurposes`. */
  readonly extendedKeyUsages?: readonly string[];
  /** The pinned signing certificates of the partner; more than one during a key rollover. */
  readonly certificates: readonly X509Certificate[];
  /** Pinned certificates by the names that the partner's messages give its keys. A thumbprint names its certificate always. */
  readonly names?: Readonly<Record<string, X509Certificate>>;
  /** When pinned certificates count, by fingerprint; absent: always. */
  readonly periods?: Readonly<Record<Digest, AcceptancePeriod>>;
  /** Lists of revoked certificates that are asked; absent: none. */
  readonly revocation?: RevocationTerms;
  /** PEM files of trust anchors, or texts of PEM. When given, a certification path to one of them must validate too (RFC 5280, 6). */
  readonly anchors?: readonly string[];
  /** The openssl program; `openssl` on the PATH by default. */
  readonly openssl?: string;
}

/** By what a partner's messages are known to be its own. */
export type PartnerTrust = SignerTrust | ChannelTrust;

/** For messages that are always signed. Throws E_SIGNATURE_PROFILE where no signatures were agreed. */
export function signerTrust(trust: PartnerTrust): SignerTrust {
  if (isUnsigned(trust)) throw profileError('signatures were not agreed with this partner');
  return trust;
}

const isInTime = ({ validFromDate, validToDate }: X509Certificate, at: Date): boolean =>
  at >= validFromDate && at <= validToDate;

/**
 * The pinned certificate that a message names, or the only one that counts at the time of receipt where it names none. Throws E_SIGNER_UNKNOWN, as a key in a
 * message is never trusted; E_SIGNATURE_PROFILE where none is named and several are pinned.
 */
export function selectSigner(
  trust: SignerTrust,
  named: ((certificate: X509Certificate) => boolean) | undefined,
  at: Date,
): X509Certificate {
  const counts = (each: X509Certificate): boolean => isAccepted(trust.periods?.[fingerprint(each)], at);
  const found = trust.certificates.filter(named ?? counts);
  // A key that was certified anew is named by both certificates.
  const current = named === undefined ? [] : found.filter((each) => counts(each) && isInTime(each, at));
  const [only, ...others] = current.length === 1 ? current : found;
  if (named === undefined && others.length > 0) {
    const fix = 'Name the certificate: KeyInfo with X509Certificate in XML, x5t#S256 in the header of a JWS.';
    throw new GatewayError('E_SIGNATURE_PROFILE', 'several certificates are pinned, and the message names none', {
      fix,
    });
  }
  if (only === undefined || others.length > 0) {
    const fix = 'Compare fingerprints with the partner over another channel, then register its certificate.';
    throw new GatewayError('E_SIGNER_UNKNOWN', 'the signing certificate is not pinned for this partner', { fix });
  }
  return only;
}

/**
 * Checks a pinned certificate as of `at`, the time of receipt; the signing time that a message states is not used. Throws what
 * requireAccepted and requireStanding throw, E_CERTIFICATE_TIME, E_CERTIFICATE_FORM, E_CERTIFICATE_USAGE, E_KEY_WEAK, E_SIGNATURE_ALGORITHM (a key of another type than agreed),
 * E_CERTIFICATE_PATH, E_TRUST_UNCHECKED.
 */
export async function checkSigner(certificate: X509Certificate, trust: SignerTrust, at: Date): Promise<void> {
  const check = (holds: boolean, code: ErrorCode, detail: string, fix?: string): void => {
    if (!holds) throw new GatewayError(code, detail, { at: fingerprint(certificate), ...(fix && { fix }) });
  };
  check(isInTime(certificate, at), 'E_CERTIFICATE_TIME', 'the signing certificate is not valid at the time of receipt');
  if (trust.periods !== undefined) {
    const print = fingerprint(certificate);
    requireAccepted(trust.periods[print], print, at);
  }
  requireStanding(certificate, trust.revocation, at);
  const formFix = 'Ask for a certificate in DER with a positive serial number of at most 20 octets.';
  check(isWellBuilt(certificate), 'E_CERTIFICATE_FORM', 'the certificate is not built as RFC 5280 requires', formFix);
  const usageFix =
    'Use an end-entity certificate with the usages that the adapter names, or for signing documents or mail.';
  const maySign = isForMessages(certificate, trust);
  check(maySign, 'E_CERTIFICATE_USAGE', 'the certificate is not for signing messages', usageFix);
  const key = publicKeyOf(certificate);
  const agreed = algorithms[trust.algorithm];
  const isAgreed = key?.asymmetricKeyType === agreed.key;
  check(isAgreed, 'E_SIGNATURE_ALGORITHM', 'the pinned key is not of the agreed type');
  const isStrong = key !== undefined && isStrongKey(key, agreed.curve);
  check(isStrong, 'E_KEY_WEAK', 'RSA needs 2048 bits and a public exponent from 65537, EC the curve that was agreed');
  if (trust.anchors === undefined) return;
  const path = await pathResult(certificate, trust.anchors, trust.openssl ?? 'openssl', at);
  check(path !== 'outdated', 'E_CERTIFICATE_TIME', 'a certificate of the path is not valid at the time of receipt');
  check(path !== 'invalid', 'E_CERTIFICATE_PATH', 'no certification path leads to the trust anchor');
  if (path === 'anchors unreadable') {
    const fix = `Check the files ${trust.anchors.join(', ')}.`;
    throw new GatewayError('E_TRUST_UNCHECKED', 'the trust anchors could not be read', { fix });
  }
  if (path !== 'valid') {
    throw new GatewayError('E_TRUST_UNCHECKED', 'the openssl program could not be run', { fix: 'Install openssl.' });
  }
}

/** Purposes of certificates that sign messages: mail and document signing (RFC 5280, 4.2.1.12, and RFC 9336), and any. */
const messagePurposes: readonly string[] = ['1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.36', '2.5.29.37.0'];

/** Cached, because it takes a walk through the DER of the certificate. */
const usages = new WeakMap<X509Certificate, CertificateUsage>();

/** Certificates for TLS or for signing programs must not sign messages: their keys are on exposed machines. */
function isForMessages(certificate: X509Certificate, { keyUsages, extendedKeyUsages }: SignerTrust): boolean {
  const usage = usages.get(certificate) ?? certificateUsage(certificate);
  usages.set(certificate, usage);
  const has = keyUsages?.every((wanted) => usage.keyUsages.includes(wanted)) ?? usage.keyUsages.length > 0;
  const purposes = usage.extendedKeyUsages ?? (extendedKeyUsages === undefined ? messagePurposes : []);
  return !usage.isAuthority && has && purposes.some((one) => (extendedKeyUsages ?? messagePurposes).includes(one));
}

/** Undefined for a key that OpenSSL cannot read, such as one on a curve without a name. */
function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}

function isStrongKey(
  { asymmetricKeyType, asymmetricKeyDetails: details = {} }: KeyObject,
  curve: string | undefined,
): boolean {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = details;
  return asymmetricKeyType === 'rsa'
    ? modulusLength >= 2048 && publicExponent >= 65537n && publicExponent % 2n === 1n
    : namedCurve === curve;
}

/** Tells the pinned certificate that the partner calls by a name: its thumbprint, or a name of the settings. */
export function hasKeyName(
  { names = {} }: Pick<SignerTrust, 'names'>,
  name: string,
): (certificate: X509Certificate) => boolean {
  const named = Object.hasOwn(names, name) ? names[name] : undefined;
  return (certificate) => thumbprint(certificate) === name || named?.raw.equals(certificate.raw) === true;
}

type PathResult = 'valid' | 'outdated' | 'invalid' | 'anchors unreadable' | 'openssl missing';
const pathResults = new Map<string, Promise<PathResult>>();

/** Cached for a minute: a path costs a process of about ten milliseconds, and lists arrive in bursts. */
async function pathResult(
  certificate: X509Certificate,
  anchors: readonly string[],
  program: string,
  at: Date,
): Promise<PathResult> {
  const minute = Math.floor(at.getTime() / 60_000);
  const key = JSON.stringify([fingerprint(certificate), anchors, program, minute]);
  if (pathResults.size > 1000) pathResults.clear();
  const pending = pathResults.get(key) ?? validatePath(certificate, anchors, program, at);
  pathResults.set(key, pending);
  const result = await pending;
  if (result === 'anchors unreadable' || result === 'openssl missing') pathResults.delete(key);
  return result;
}

/**
 * Validates the path with `openssl verify`, because Node has no function for it: checkIssued() and verify() accept an issuer
 * that is no authority. Without -partial_chain, so that only roots are anchors; anchors of the system are not trusted.
 */
async function validatePath(
  certificate: X509Certificate,
  anchors: readonly string[],
  program: string,
  at: Date,
): Promise<PathResult> {
  const time = String(Math.floor(at.getTime() / 1000));
  const onlyGiven = ['-no-CAfile', '-no-CApath', '-no-CAstore'];
  const rules = ['-x509_strict', '-verify_depth', '3', '-auth_level', '2', '-attime', time, ...onlyGiven];
  await using files = await anchorFiles(anchors);
  const trusted = files.names.flatMap((file) => ['-trusted', file]);
  const { promise, resolve } = Promise.withResolvers<PathResult>();
  const child = execFile(program, ['verify', ...rules, ...trusted], { timeout: 10_000 }, (error, _out, messages) => {
    if (error === null) return resolve('valid');
    if (typeof error.code !== 'number') return resolve('openssl missing');
    const number = /error (\d+) at \d+ depth/u.exec(messages)?.[1];
    if (number === undefined) return resolve('anchors unreadable');
    // X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
    resolve(['9', '10'].includes(number) ? 'outdated' : 'invalid');
  });
  // A process that did not start closes its input; the callback above reports it.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(certificate.toString());
  return await promise;
}

/** Texts of PEM become files of a folder that is removed again. */
async function anchorFiles(
  anchors: readonly string[],
): Promise<AsyncDisposable & { readonly names: readonly string[] }> {
  const texts = anchors.filter(isPem);
  const named = anchors.filter((anchor) => !isPem(anchor));
  if (texts.length === 0) return { names: named, [Symbol.asyncDispose]: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'mra-anchors-'));
  const file = join(folder, 'anchors.pem');
  await writeFile(file, texts.join('\n'));
  return { names: [...named, file], [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
