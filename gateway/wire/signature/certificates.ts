/** X.509 certificates (RFC 5280): issues them for the gateway's own keys, and reads key usages that Node does not expose. */

import { X509Certificate, createHash, sign, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { sha256 } from '../../model/canonical-json.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Digest, KeyUsage } from '../../model/message.ts';
import { bytesWithin, der, derOf, derOid, hasTag, oidOf, readDer, tags, within, type Der } from './der.ts';

const { asn1, pki } = forge;
// node-forge exports this function; its type declarations omit it.
const tbsPki = pki as unknown as { getTBSCertificate(certificate: forge.pki.Certificate): Der };

export interface DistinguishedName {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly organization: string;
  readonly commonName: string;
}

/** The purpose of a certificate, which determines its basic constraints and key usages. */
export type CertificateUse = 'authority' | 'signing' | 'tls';

export interface CertificatePlan {
  readonly use: CertificateUse;
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: DistinguishedName; readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** At least eight random octets. */
  readonly serial: Uint8Array;
  /** DNS names and IPv4 addresses, of `tls` certificates. */
  readonly hosts?: readonly string[];
}

export interface CertificateUsage {
  readonly isAuthority: boolean;
  /** Those of its key usages by which content is signed. */
  readonly keyUsages: readonly KeyUsage[];
  /** OIDs; undefined when the extension is absent, which allows all. */
  readonly extendedKeyUsages: readonly string[] | undefined;
}

const oid = { ecdsaSha256: '1.2.840.10045.4.3.2', rsaSha256: '1.2.840.113549.1.1.11', keyUsage: '2.5.29.15' };

/** Issues a certificate, signed with SHA-256 by the RSA or EC key of the issuer. */
export function makeCertificate(plan: CertificatePlan): X509Certificate {
  const draft = pki.createCertificate();
  draft.serialNumber = positiveHex(plan.serial);
  draft.validity.notBefore = plan.notBefore;
  draft.validity.notAfter = plan.notAfter;
  draft.setSubject(nameFields(plan.subject));
  draft.setIssuer(nameFields(plan.issuer.name));
  draft.setExtensions(extensionsOf(plan));
  // node-forge encodes RSA certificates only: the real key and algorithm replace a placeholder in its result.
  draft.publicKey = pki.rsa.setPublicKey(new forge.jsbn.BigInteger('3'), new forge.jsbn.BigInteger('3'));
  draft.siginfo.algorithmOid = oid.rsaSha256;
  const content = tbsPki.getTBSCertificate(draft);
  const parts = content.value as Der[];
  const algorithm = algorithmOf(plan.issuer.privateKey);
  parts[2] = algorithm;
  parts[6] = parseDer(plan.publicKey.export({ type: 'spki', format: 'der' }));
  const signature = sign('sha256', derOf(content), plan.issuer.privateKey);
  const value = der(tags.bits, Buffer.concat([Buffer.of(0), signature]));
  return new X509Certificate(derOf(der(tags.sequence, [content, algorithm, value])));
}

/** Whether a text is PEM itself, and not the name of a file. */
export function isPem(text: string): boolean {
  return text.startsWith('-----BEGIN ');
}

/** All certificates of a PEM text, in order. Throws E_KEY_MISSING when there is none, or one cannot be parsed. */
export function readCertificates(pem: string, at = 'certificate'): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  if (blocks.length === 0) {
    throw new GatewayError('E_KEY_MISSING', 'the file holds no certificate', { at, fix: 'Give a PEM file.' });
  }
  return blocks.map((block) => {
    // OpenSSL also reads BER, in which one certificate has many forms and fingerprints (X.690, 10).
    if (readDer(Buffer.from(block.replace(/-----[^-]+-----/gu, ''), 'base64')) === undefined)
      throw new GatewayError('E_KEY_MISSING', 'a certificate is not DER', { at, fix: 'Ask for it in DER, as PEM.' });
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new GatewayError('E_KEY_MISSING', 'a certificate cannot be read', { at, cause: error });
    }
  });
}

/** SHA-256 of the certificate, lower-case hex. */
export function fingerprint(certificate: X509Certificate): Digest {
  return sha256(certificate.raw);
}

/** SHA-256 of a certificate, base64url: the `x5t#S256` of RFC 7515, 4.1.8. */
export function thumbprint(certificate: X509Certificate): string {
  return Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
}

/** The usages of a certificate (RFC 5280, 4.2.1.3 and 4.2.1.12). A certificate without key usage may not sign. */
export function certificateUsage(certificate: X509Certificate): CertificateUsage {
  const bits = keyUsageBits(certificate);
  return {
    isAuthority: certificate.ca,
    keyUsages: [
      ...((bits & 0x80) === 0 ? [] : (['digitalSignature'] as const)),
      ...((bits & 0x40) === 0 ? [] : (['nonRepudiation'] as const)),
    ],
    // Node returns the extended key usage here.
    extendedKeyUsages: (certificate as { readonly keyUsage: readonly string[] | undefined }).keyUsage,
  };
}

function parseDer(bytes: Uint8Array): Der {
  const element = readDer(bytes);
  if (element === undefined) throw new GatewayError('E_KEY_MISSING', 'a certificate or key is not DER');
  return element;
}

/** Whether the certificate is DER, and its serial number positive and of twenty octets at most (RFC 5280, 4.1.2.2). */
export function isWellBuilt(certificate: X509Certificate): boolean {
  const content = within(within(readDer(certificate.raw), tags.sequence)?.[0], tags.sequence) ?? [];
  const serial = bytesWithin(hasTag(content[0], tags.context0) ? content[1] : content[0], tags.integer);
  return serial !== undefined && serial.length <= 20 && (serial[0] ?? 0x80) < 0x80 && serial.some((octet) => octet > 0);
}

/** The first octet of the key usage, 0 without the extension. */
export function keyUsageBits(certificate: X509Certificate): number {
  // The value is a BIT STRING in DER: tag, length, number of unused bits, bits.
  return extensionOf(parseDer(certificate.raw), oid.keyUsage)?.[3] ?? 0;
}

/** The value of an extension, which is DER again (RFC 5280, 4.1). */
export function extensionOf(certificate: Der, identifier: string): Buffer | undefined {
  const content = within(within(certificate, tags.sequence)?.[0], tags.sequence) ?? [];
  const wrapper = content.find((part) => hasTag(part, tags.context3));
  for (const extension of within(within(wrapper, tags.context3)?.[0], tags.sequence) ?? []) {
    const [id, ...rest] = within(extension, tags.sequence) ?? [];
    if (oidOf(id) === identifier) return bytesWithin(rest.at(-1), tags.octets);
  }
  return undefined;
}

function positiveHex(serial: Uint8Array): string {
  // A clear first bit keeps the integer positive; a set second bit keeps the first octet from being zero.
  const bytes = Buffer.from(serial);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function nameFields(name: DistinguishedName): forge.pki.CertificateField[] {
  const utf8 = asn1.Type.UTF8 as unknown as forge.asn1.Class;
  return [
    { name: 'countryName', value: name.country },
    { name: 'organizationName', value: name.organization, valueTagClass: utf8 },
    { name: 'commonName', value: name.commonName, valueTagClass: utf8 },
  ];
}

function algorithmOf(key: KeyObject): Der {
  const isEc = key.asymmetricKeyType === 'ec';
  const parameters = isEc ? [] : [der(tags.nothing, Buffer.alloc(0))];
  return der(tags.sequence, [derOid(isEc ? oid.ecdsaSha256 : oid.rsaSha256), ...parameters]);
}

function extensionsOf(plan: CertificatePlan): object[] {
  const [subject, issuer] = [plan.publicKey, plan.issuer.publicKey].map(keyIdentifier);
  return [
    ...usageExtensions(plan),
    { name: 'subjectKeyIdentifier', value: der(tags.octets, subject ?? Buffer.alloc(0)) },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer?.toString('latin1') },
  ];
}

function usageExtensions({ use, hosts = [] }: CertificatePlan): object[] {
  const endEntity = { name: 'basicConstraints', critical: true, cA: false };
  const keyUsage = { name: 'keyUsage', critical: true };
  switch (use) {
    case 'authority':
      return [
        { ...endEntity, cA: true, pathLenConstraint: 0 },
        { ...keyUsage, keyCertSign: true, cRLSign: true },
      ];
    case 'signing':
      return [endEntity, { ...keyUsage, digitalSignature: true, nonRepudiation: true }];
    case 'tls':
      return [
        endEntity,
        { ...keyUsage, digitalSignature: true },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: hosts.map(altName) },
      ];
  }
}

function altName(host: string): object {
  return /^\d+\.\d+\.\d+\.\d+$/u.test(host) ? { type: 7, ip: host } : { type: 2, value: host };
}

/** Any method that generates unique values is allowed (RFC 5280, 4.2.1.2). */
function keyIdentifier(key: KeyObject): Buffer {
  const spki = key.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}
