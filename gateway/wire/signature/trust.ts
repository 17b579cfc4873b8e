/** Whose signature counts: picks the pinned certificate a message names and judges it at the moment of receipt. */

import { execFile } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import { GatewayError } from '../../model/errors.ts';
import { certificateFacts, fingerprint, type CertificateFacts } from './certificates.ts';

export type SealKind = 'xml-signature' | 'jws' | 'cms-detached';
export type SignatureAlgorithm = 'rsa-sha256' | 'ecdsa-p256-sha256';

export interface SignerTrust {
  /** How this partner seals its lists. Receipts are XML from everybody. */
  readonly seals: readonly SealKind[];
  /** Agreed with the partner; a message may only agree, never choose. */
  readonly algorithm: SignatureAlgorithm;
  /** The signing certificates registered for this partner; more than one while keys change. */
  readonly certificates: readonly X509Certificate[];
  /** PEM files of anchors. When given, the path from the certificate to one of them must hold too. */
  readonly anchors?: readonly string[];
  /** The openssl program; absent: found on the path. */
  readonly openssl?: string;
}

/**
 * The registered certificate the message names. Without a name the only registered one counts. E_SIGNER_UNKNOWN otherwise:
 * a key that a message brings along is never believed.
 */
export function selectSigner(
  trust: SignerTrust,
  named: ((certificate: X509Certificate) => boolean) | undefined,
): X509Certificate {
  const candidates = named === undefined ? trust.certificates : trust.certificates.filter(named);
  const [only, ...others] = candidates;
  if (only === undefined || others.length > 0) {
    throw new GatewayError('E_SIGNER_UNKNOWN', 'the signing certificate is not registered for this partner', {
      fix: 'Compare fingerprints with the partner over another channel, then register its certificate.',
    });
  }
  return only;
}

/**
 * Throws E_CERTIFICATE_TIME, E_CERTIFICATE_USAGE, E_KEY_WEAK, E_SIGNATURE_ALGORITHM (a key of another kind than agreed),
 * E_CERTIFICATE_PATH or E_TRUST_UNCHECKED. `at` is the time of receipt; what a message says about its time is not asked.
 */
export async function judgeSigner(certificate: X509Certificate, trust: SignerTrust, at: Date): Promise<void> {
  judgeTime(certificate, at);
  judgeUsage(certificate);
  judgeKey(certificate, trust.algorithm);
  if (trust.anchors !== undefined) await judgePath(certificate, { ...trust, anchors: trust.anchors }, at);
}

function judgeTime(certificate: X509Certificate, at: Date): void {
  if (at < certificate.validFromDate || at > certificate.validToDate) {
    throw new GatewayError('E_CERTIFICATE_TIME', 'the signing certificate is not valid at the time of receipt', {
      at: fingerprint(certificate),
    });
  }
}

const channelPurposes = new Set(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);

/** What certificates may be used for never changes; reading it again would cost every message a walk through the DER. */
const knownFacts = new WeakMap<X509Certificate, CertificateFacts>();

function judgeUsage(certificate: X509Certificate): void {
  const facts = knownFacts.get(certificate) ?? certificateFacts(certificate);
  knownFacts.set(certificate, facts);
  const { isAuthority, signsContent, purposes } = facts;
  // A certificate for connections only must not sign messages: it lives on exposed machines.
  const forChannels = purposes !== undefined && purposes.every((purpose) => channelPurposes.has(purpose));
  if (isAuthority || !signsContent || forChannels) {
    throw new GatewayError('E_CERTIFICATE_USAGE', 'the certificate is not one for signing messages', {
      at: fingerprint(certificate),
      fix: 'Use an end-entity certificate with digitalSignature or nonRepudiation.',
    });
  }
}

function judgeKey(certificate: X509Certificate, algorithm: SignatureAlgorithm): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = certificate.publicKey;
  if (type !== (algorithm === 'rsa-sha256' ? 'rsa' : 'ec')) {
    throw new GatewayError('E_SIGNATURE_ALGORITHM', 'the registered key is not of the agreed kind', {
      at: fingerprint(certificate),
    });
  }
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = details;
  const strong =
    type === 'rsa'
      ? modulusLength >= 2048 && publicExponent >= 65537n && publicExponent % 2n === 1n
      : namedCurve === 'prime256v1';
  if (!strong)
    throw new GatewayError('E_KEY_WEAK', 'RSA needs 2048 bits and exponent 65537, EC the curve P-256', {
      at: fingerprint(certificate),
    });
}

type PathVerdict = 'holds' | 'time' | 'broken' | 'no anchors' | 'no openssl';
const verdicts = new Map<string, Promise<PathVerdict>>();

async function judgePath(
  certificate: X509Certificate,
  trust: SignerTrust & { readonly anchors: readonly string[] },
  at: Date,
): Promise<void> {
  // A verdict serves for the minute: a path costs a process of about ten milliseconds, and lists come in bursts.
  const minute = Math.floor(at.getTime() / 60_000);
  const key = JSON.stringify([fingerprint(certificate), trust.anchors, trust.openssl, minute]);
  if (verdicts.size > 1000) verdicts.clear();
  const verdict = verdicts.get(key) ?? checkPath(certificate, trust.anchors, trust.openssl ?? 'openssl', at);
  verdicts.set(key, verdict);
  const place = { at: fingerprint(certificate) };
  switch (await verdict) {
    case 'holds':
      return;
    case 'time':
      throw new GatewayError('E_CERTIFICATE_TIME', 'a certificate of the path is not valid at this time', place);
    case 'broken':
      throw new GatewayError('E_CERTIFICATE_PATH', 'the path to the registered anchor does not hold', place);
    case 'no anchors':
      verdicts.delete(key);
      throw new GatewayError('E_TRUST_UNCHECKED', 'the anchors could not be read', {
        fix: `Check the files ${trust.anchors.join(', ')}.`,
      });
    case 'no openssl':
      verdicts.delete(key);
      throw new GatewayError('E_TRUST_UNCHECKED', 'the openssl program could not be run', {
        fix: 'Install openssl, or name its path in the configuration.',
      });
  }
}

/**
 * `openssl verify`, because no function of Node validates a path: checkIssued() and verify() accept an issuer that is no
 * authority. No -partial_chain: an anchor is a root of the partner. Only the given anchors are trusted.
 */
async function checkPath(
  certificate: X509Certificate,
  anchors: readonly string[],
  program: string,
  at: Date,
): Promise<PathVerdict> {
  const time = String(Math.floor(at.getTime() / 1000));
  const noOthers = ['-no-CAfile', '-no-CApath', '-no-CAstore'];
  const rules = ['-x509_strict', '-verify_depth', '3', '-auth_level', '2', '-attime', time, ...noOthers];
  const trusted = anchors.flatMap((file) => ['-trusted', file]);
  const { promise, resolve } = Promise.withResolvers<PathVerdict>();
  const child = execFile(program, ['verify', ...rules, ...trusted], { timeout: 10_000 }, (error, _out, messages) => {
    if (error === null) resolve('holds');
    else if (typeof error.code !== 'number') resolve('no openssl');
    else {
      const number = /error (\d+) at \d+ depth/u.exec(messages)?.[1];
      // X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
      if (number === '9' || number === '10') resolve('time');
      else resolve(number === undefined ? 'no anchors' : 'broken');
    }
  });
  // A program that never started closes its input; the callback above already says so.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(certificate.toString());
  return promise;
}
