/** How a CMS signature names its signer (RFC 5652, 5.3; RFC 5035): by issuer and serial number, by key identifier, and by the hash of a certificate. */

import { createHash, type X509Certificate } from 'node:crypto';
import type { SignatureAlgorithm } from '../../model/message.ts';
import type { CmsForm, Hash } from '../../model/signature-form.ts';
import { extensionOf } from './certificates.ts';
import { hashMethodOf } from './cms-algorithms.ts';
import { bytesWithin, der, derOf, hasTag, isEqual, readDer, sequence, tags, within, type Der } from './der.ts';
import { algorithms, requireProfile } from './profile.ts';

/** What readers of a signature follow. */
export type CmsTerms = CmsForm & { readonly algorithm: SignatureAlgorithm };

/** The two fields that name a certificate. The optional version comes before the serial number (RFC 5280, 4.1). */
function issuerAndSerial(certificate: Der): { readonly issuer: Der; readonly serial: Der } {
  const content = within(within(certificate, tags.sequence)?.[0], tags.sequence) ?? [];
  const [serial, , issuer] = hasTag(content[0], tags.context0) ? content.slice(1) : content;
  requireProfile(issuer !== undefined && serial !== undefined, 'the certificate does not follow X.509');
  return { issuer, serial };
}

/** The SignerIdentifier of a certificate. Throws E_SIGNATURE_PROFILE where it has no key identifier and is named by it. */
export function signerIdentifier(certificate: Der, { signerId }: CmsForm): Der {
  const { issuer, serial } = issuerAndSerial(certificate);
  if (signerId !== 'keyId') return sequence(issuer, serial);
  const value = extensionOf(certificate, '2.5.29.14');
  const identifier = value === undefined ? undefined : bytesWithin(readDer(value), tags.octets);
  requireProfile(identifier !== undefined, 'the certificate has no key identifier');
  return der(tags.plain0, identifier);
}

/** Structure version of SignerInfo and, as the content is data, of SignedData (RFC 5652, 5.1 and 5.3). */
export function versionOf({ signerId }: CmsForm): Der {
  return der(tags.integer, Buffer.of(signerId === 'keyId' ? 3 : 1));
}

/** SigningCertificateV2 (RFC 5035, 3) with the SHA-256 of the certificate. */
export function signingCertificateOf(certificate: Uint8Array): Der {
  return sequence(sequence(sequence(hashOf(certificate))));
}

/** Whether the attribute names the certificate, by SHA-256 or the hash of the algorithm, with or without its issuer and serial number. */
function isSigningCertificate(stated: Der, certificate: Der, algorithm: SignatureAlgorithm): boolean {
  const { issuer, serial } = issuerAndSerial(certificate);
  const issuerSerial = sequence(sequence(der(tags.context4, [issuer])), serial);
  const bytes = derOf(certificate);
  const hashes = [[hashOf(bytes)], [hashMethodOf(algorithm), hashOf(bytes, algorithms[algorithm].hash)]];
  const forms = hashes.flatMap((hash) => [hash, [...hash, issuerSerial]]);
  return forms.some((form) => isEqual(stated, sequence(sequence(sequence(...form)))));
}

function hashOf(certificate: Uint8Array, hash: Hash = 'sha256'): Der {
  return der(tags.octets, createHash(hash).update(certificate).digest());
}

/** What a signature says of its signer. */
interface StatedSigner {
  readonly identifier: Der | undefined;
  /** The certificates enclosed; undefined where there are none. */
  readonly enclosed: readonly Der[] | undefined;
  /** The attribute SigningCertificateV2. */
  readonly signingCertificate: Der | undefined;
}

/**
 * Tells the certificate that is named, in the agreed form. An enclosed certificate selects a pinned one and is never trusted itself.
 * Throws E_SIGNATURE_PROFILE where the form is another, or identifier, certificate and attribute do not agree.
 */
export function namesOf(stated: StatedSigner, form: CmsTerms): (certificate: X509Certificate) => boolean {
  const { identifier, enclosed, signingCertificate } = stated;
  const isIdentified = (certificate: Der): boolean => isEqual(identifier, signerIdentifier(certificate, form));
  const isStated = (certificate: Der): boolean =>
    signingCertificate === undefined
      ? form.attributes === 'plain'
      : isSigningCertificate(signingCertificate, certificate, form.algorithm);
  requireProfile((enclosed === undefined) === (form.keyInfo === 'none'), 'certificates are not enclosed as agreed');
  if (enclosed === undefined)
    return ({ raw }) => {
      const certificate = readDer(raw);
      return certificate !== undefined && isIdentified(certificate) && isStated(certificate);
    };
  requireProfile(enclosed.length === 1 || form.keyInfo === 'chain', 'the certificate is missing or not the only one');
  const [own, ...others] = enclosed.filter(isIdentified);
  requireProfile(own !== undefined && others.length === 0, 'SignerInfo does not name the enclosed certificate');
  requireProfile(isStated(own), 'the signed attributes do not name the certificate');
  const bytes = derOf(own);
  return ({ raw }) => raw.equals(bytes);
}
