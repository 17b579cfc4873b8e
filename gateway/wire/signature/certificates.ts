/** X.509 certificates (RFC 5280): issues them for the gateway's own keys, and reads key usages that Node does not expose. */

import { X509Certificate, createHash, sign, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { sha256 } from '../../model/canonical-json.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Digest } from '../../model/message.ts';

const { asn1, pki } = forge;
// node-forge exports this function; its type declarations omit it.
const framePki = pki as unknown as { getTBSCertificate(certificate: forge.pki.Certificate): forge.asn1.Asn1 };

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

/** What a certificate may be used for. */
export interface CertificateUsage {
  readonly isAuthority: boolean;
  /** Whether its key usage has digitalSignature or nonRepudiation. */
  readonly signsContent: boolean;
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
  const content = framePki.getTBSCertificate(draft);
  const parts = sequenceOf(content);
  const algorithm = algorithmOf(plan.issuer.privateKey);
  parts[2] = algorithm;
  parts[6] = decode(plan.publicKey.export({ type: 'spki', format: 'der' }));
  const signed = Buffer.from(asn1.toDer(content).getBytes(), 'binary');
  const signature = sign('sha256', signed, plan.issuer.privateKey);
  const certificate = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    content,
    algorithm,
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, `\0${signature.toString('binary')}`),
  ]);
  return new X509Certificate(Buffer.from(asn1.toDer(certificate).getBytes(), 'binary'));
}

/** All certificates of a PEM text, in order. Throws E_KEY_MISSING when there is none, or one cannot be parsed. */
export function readCertificates(pem: string, at = 'certificate'): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  if (blocks.length === 0) {
    throw new GatewayError('E_KEY_MISSING', 'the file holds no certificate', { at, fix: 'Give a PEM file.' });
  }
  return blocks.map((block) => {
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

/** The usages of a certificate (RFC 5280, 4.2.1.3 and 4.2.1.12). A certificate without key usage may not sign. */
export function certificateUsage(certificate: X509Certificate): CertificateUsage {
  return {
    isAuthority: certificate.ca,
    // Bits 0 and 1: digitalSignature and nonRepudiation.
    signsContent: (keyUsageBits(certificate) & 0xc0) !== 0,
    // Node returns the extended key usage here.
    extendedKeyUsages: (certificate as { readonly keyUsage: readonly string[] | undefined }).keyUsage,
  };
}

/** The first octet of the key usage, 0 without the extension. Extensions are element [3] of the TBSCertificate. */
function keyUsageBits(certificate: X509Certificate): number {
  const content = sequenceOf(sequenceOf(decode(certificate.raw))[0]);
  const wrapper = content.find((part) => part.tagClass === asn1.Class.CONTEXT_SPECIFIC && (part.type as number) === 3);
  if (wrapper === undefined) return 0;
  for (const extension of sequenceOf(sequenceOf(wrapper)[0])) {
    const [id, ...rest] = sequenceOf(extension);
    if (typeof id?.value !== 'string' || asn1.derToOid(id.value) !== oid.keyUsage) continue;
    const octets = rest.at(-1)?.value;
    if (typeof octets !== 'string') return 0;
    // A BIT STRING in DER: tag, length, number of unused bits, bits.
    return octets.charCodeAt(3);
  }
  return 0;
}

function decode(der: Buffer): forge.asn1.Asn1 {
  return asn1.fromDer(der.toString('binary'), { strict: true, decodeBitStrings: false } as never);
}

function sequenceOf(node: forge.asn1.Asn1 | undefined): forge.asn1.Asn1[] {
  if (node === undefined || typeof node.value === 'string') {
    throw new GatewayError('E_KEY_MISSING', 'a certificate does not follow X.509');
  }
  return node.value;
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

function algorithmOf(key: KeyObject): forge.asn1.Asn1 {
  const isEc = key.asymmetricKeyType === 'ec';
  const id = asn1.oidToDer(isEc ? oid.ecdsaSha256 : oid.rsaSha256).getBytes();
  const parts = [asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, id)];
  if (!isEc) parts.push(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.NULL, false, ''));
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, parts);
}

function extensionsOf(plan: CertificatePlan): object[] {
  const own = keyIdentifier(plan.publicKey);
  return [
    ...usageExtensions(plan),
    { name: 'subjectKeyIdentifier', value: asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, own) },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(plan.issuer.publicKey) },
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
function keyIdentifier(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest().subarray(0, 20).toString('binary');
}
