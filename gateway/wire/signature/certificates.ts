/** X.509 certificates: builds them, for our own keys and for trials, and reads what Node does not tell about them. */

import { X509Certificate, createHash, sign, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { GatewayError } from '../../model/errors.ts';
import type { Digest } from '../../model/message.ts';

const { asn1, pki } = forge;
// The package offers this function; its types leave it out.
const framePki = pki as unknown as { getTBSCertificate(certificate: forge.pki.Certificate): forge.asn1.Asn1 };

export interface DistinguishedName {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly organization: string;
  readonly commonName: string;
}

/** What a certificate is for; decides its constraints and usages. */
export type CertificateUse = 'authority' | 'signing' | 'tls';

export interface CertificatePlan {
  readonly use: CertificateUse;
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: DistinguishedName; readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** At least eight random bytes. */
  readonly serial: Uint8Array;
  /** DNS names and IPv4 addresses, of `tls` certificates. */
  readonly hosts?: readonly string[];
}

/** The facts about a certificate on which its use is judged. */
export interface CertificateFacts {
  readonly isAuthority: boolean;
  readonly signsContent: boolean;
  /** Extended key usages, as OIDs; undefined when it names none and so allows all. */
  readonly purposes: readonly string[] | undefined;
}

const oid = { ecdsaSha256: '1.2.840.10045.4.3.2', rsaSha256: '1.2.840.113549.1.1.11', keyUsage: '2.5.29.15' };

/** The certificate, signed with SHA-256 by the issuer's RSA or EC key. */
export function makeCertificate(plan: CertificatePlan): X509Certificate {
  const draft = pki.createCertificate();
  draft.serialNumber = positiveHex(plan.serial);
  draft.validity.notBefore = plan.notBefore;
  draft.validity.notAfter = plan.notAfter;
  draft.setSubject(nameFields(plan.subject));
  draft.setIssuer(nameFields(plan.issuer.name));
  draft.setExtensions(extensionsOf(plan));
  // The package builds the frame for RSA keys only: a placeholder key goes in, and the real key and algorithm replace it.
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

/** All certificates of a PEM text, in order; E_KEY_MISSING when there is none or one cannot be read. */
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
  return createHash('sha256').update(certificate.raw).digest('hex');
}

/** What the certificate may be used for (RFC 5280, 4.2.1.3 and 4.2.1.12). Absent key usage counts as no right to sign. */
export function certificateFacts(certificate: X509Certificate): CertificateFacts {
  const bits = keyUsageBits(certificate);
  return {
    isAuthority: certificate.ca,
    // digitalSignature or nonRepudiation.
    signsContent: (bits & 0xc0) !== 0,
    purposes: (certificate as { readonly keyUsage: readonly string[] | undefined }).keyUsage,
  };
}

function keyUsageBits(certificate: X509Certificate): number {
  // Extensions are the context-specific element 3 of the certificate's content.
  const content = sequenceOf(sequenceOf(decode(certificate.raw))[0]);
  const wrapper = content.find((part) => part.tagClass === asn1.Class.CONTEXT_SPECIFIC && (part.type as number) === 3);
  if (wrapper === undefined) return 0;
  for (const extension of sequenceOf(sequenceOf(wrapper)[0])) {
    const [id, ...rest] = sequenceOf(extension);
    if (typeof id?.value !== 'string' || asn1.derToOid(id.value) !== oid.keyUsage) continue;
    const octets = rest.at(-1)?.value;
    if (typeof octets !== 'string') return 0;
    // DER of a BIT STRING: tag, length, unused bits, bits.
    return octets.charCodeAt(3);
  }
  return 0;
}

function decode(der: Buffer): forge.asn1.Asn1 {
  return asn1.fromDer(der.toString('binary'), { strict: true, decodeBitStrings: false } as never);
}

function sequenceOf(node: forge.asn1.Asn1 | undefined): forge.asn1.Asn1[] {
  if (node === undefined || typeof node.value === 'string') {
    throw new GatewayError('E_KEY_MISSING', 'a certificate is not built as X.509 says');
  }
  return node.value;
}

function positiveHex(serial: Uint8Array): string {
  // The first bit clear keeps the number positive, the second set keeps the first byte from being zero.
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
  const octets = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OCTETSTRING, false, own);
  const common = [
    { name: 'subjectKeyIdentifier', value: octets },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(plan.issuer.publicKey) },
  ];
  switch (plan.use) {
    case 'authority':
      return [
        { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
        { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
        ...common,
      ];
    case 'signing':
      return [
        { name: 'basicConstraints', critical: true, cA: false },
        { name: 'keyUsage', critical: true, digitalSignature: true, nonRepudiation: true },
        ...common,
      ];
    case 'tls':
      return [
        { name: 'basicConstraints', critical: true, cA: false },
        { name: 'keyUsage', critical: true, digitalSignature: true },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: (plan.hosts ?? []).map(altName) },
        ...common,
      ];
  }
}

function altName(host: string): object {
  return /^\d+\.\d+\.\d+\.\d+$/u.test(host) ? { type: 7, ip: host } : { type: 2, value: host };
}

/** RFC 5280, 4.2.1.2: any unique digest of the public key serves. */
function keyIdentifier(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest().subarray(0, 20).toString('binary');
}
