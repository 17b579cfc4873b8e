/**
 * Detached CMS signatures (RFC 5652) in DER: one signer, its certificate, four signed attributes. Every element is checked, and
 * what the profile does not name is refused. node-forge reads and writes the ASN.1; node:crypto signs and verifies.
 */

import { createHash, sign, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from '../../model/message.ts';
import type { Moment } from '../../model/record/record.ts';
import type { Hash } from '../../model/signature-form.ts';
import { bytesWithin, der, derOf, derOid, derSet, hasTag, oidOf, readDer, tags, within, type Der } from './der.ts';
import {
  algorithms,
  hashLengths,
  pssSaltLength,
  requireAlgorithm,
  requireProfile,
  signatureInput,
  verifySignature,
} from './profile.ts';
import type { SignedParts, Signer } from './profile.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificate: '1.2.840.113549.1.9.16.2.47',
  pss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
} as const;

/** RFC 5754, 2. */
const hashOids: Readonly<Record<Hash, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

/** Object identifiers of each signature algorithm; the first is written, all are accepted (RFC 5754, 3; RFC 4056; RFC 8419). */
const signatureOids: Readonly<Record<SignatureAlgorithm, readonly string[]>> = {
  'rsa-sha256': ['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.1'],
  'rsa-sha512': ['1.2.840.113549.1.1.13', '1.2.840.113549.1.1.1'],
  'rsa-pss-sha256': [oids.pss],
  'ecdsa-p256-sha256': ['1.2.840.10045.4.3.2'],
  'ecdsa-p384-sha384': ['1.2.840.10045.4.3.3'],
  'eddsa-ed25519': ['1.3.101.112'],
};

/** Octets. A signature with its certificate has about three kilobytes. */
export const maxCmsBytes = 64 * 1024;

/** A signature that follows the profile and is not verified yet. Its octets are the signed attributes as a SET (RFC 5652, 5.4). */
interface ParsedCms extends SignedParts {
  /** DER of the enclosed certificate: it selects a pinned certificate and is never trusted itself. */
  readonly certificate: Buffer;
}

const one = Buffer.of(1);
const nothing = der(tags.nothing, Buffer.alloc(0));
const sequence = (...elements: readonly Der[]): Der => der(tags.sequence, elements);

/** DER of a detached signature over the content; it states a signing time if `at` is given. */
export function signCms(content: Uint8Array, signer: Signer, at?: Moment): Buffer {
  const { hash } = algorithms[signer.algorithm];
  const certificate = readDer(signer.certificate.raw);
  requireProfile(certificate !== undefined, 'the certificate is not DER');
  const { issuer, serial } = issuerAndSerial(certificate);
  const attribute = (name: string, value: Der): Der => sequence(derOid(name), derSet([value]));
  const attributes = derSet([
    attribute(oids.contentType, derOid(oids.data)),
    attribute(oids.messageDigest, der(tags.octets, digestOf(content, hash))),
    attribute(
      oids.signingCertificate,
      sequence(sequence(sequence(der(tags.octets, digestOf(signer.certificate.raw, 'sha256'))))),
    ),
    ...(at === undefined ? [] : [attribute(oids.signingTime, derTime(at))]),
  ]);
  const [hashName, key] = signatureInput(signer.algorithm, signer.key, 'der');
  const value = sign(hashName, derOf(attributes), key);
  const digestAlgorithm = sequence(derOid(hashOids[hash]));
  const signerInfo = sequence(
    der(tags.integer, one),
    sequence(issuer, serial),
    digestAlgorithm,
    der(tags.context0, within(attributes, tags.set) ?? []),
    methodOf(signer.algorithm),
    der(tags.octets, value),
  );
  const signedData = sequence(
    der(tags.integer, one),
    derSet([digestAlgorithm]),
    sequence(derOid(oids.data)),
    der(tags.context0, [certificate]),
    derSet([signerInfo]),
  );
  return derOf(sequence(derOid(oids.signedData), der(tags.context0, [signedData])));
}

/** Parses a signature and checks every element. Throws E_SIGNATURE_PROFILE, or E_SIGNATURE_ALGORITHM for another algorithm than agreed. */
export function readCms(bytes: Uint8Array, algorithm: SignatureAlgorithm): ParsedCms {
  const element = readDer(bytes);
  requireProfile(element !== undefined, 'the signature is not DER');
  const [type, wrapped] = fields(element, 2, 'ContentInfo');
  requireProfile(oidOf(type) === oids.signedData, 'the content type is not SignedData');
  const inner = single(wrapped, tags.context0, 'SignedData');
  const [version, digests, content, certificates, signers] = fields(inner, 5, 'SignedData');
  requireProfile(isOne(version), 'SignedData has another version than 1');
  requireHash(single(digests, tags.set, 'the digest algorithm'), algorithm);
  const [contentType] = fields(content, 1, 'the encapsulated content, which must be detached,');
  requireProfile(oidOf(contentType) === oids.data, 'the encapsulated content type is not data');
  const certificate = single(certificates, tags.context0, 'the certificate');
  const signer = readSignerInfo(single(signers, tags.set, 'SignerInfo'), certificate, algorithm);
  return { certificate: derOf(certificate), ...signer };
}

/** Throws E_SIGNATURE_INVALID unless the key signed the attributes and they state the digest of the content. */
export function verifyCms(
  cms: ParsedCms,
  content: Uint8Array,
  { algorithm, key }: { readonly algorithm: SignatureAlgorithm; readonly key: KeyObject },
): void {
  const { hash } = algorithms[algorithm];
  verifySignature(cms, () => digestOf(content, hash), { algorithm, key, encoding: 'der' });
}

function readSignerInfo(signer: Der, certificate: Der, algorithm: SignatureAlgorithm): SignedParts {
  const [version, name, digestAlgorithm, attributes, method, octets] = fields(signer, 6, 'SignerInfo');
  requireProfile(isOne(version), 'SignerInfo has another version than 1');
  const { issuer, serial } = issuerAndSerial(certificate);
  requireProfile(isEqual(name, sequence(issuer, serial)), 'SignerInfo does not name the enclosed certificate');
  requireHash(digestAlgorithm, algorithm);
  const isAgreed =
    algorithm === 'rsa-pss-sha256' ? isPss(method, algorithm) : isAlgorithm(method, signatureOids[algorithm]);
  requireAlgorithm(isAgreed, 'the signature algorithm is not the agreed one');
  const listed = within(attributes, tags.context0) ?? [];
  const signed = der(tags.set, listed);
  requireProfile(isEqual(signed, derSet(listed)), 'the signed attributes are missing or not in DER order');
  const values = readAttributes(listed);
  requireProfile(oidOf(values.get(oids.contentType)) === oids.data, 'the signed content type is not data');
  const time = values.get(oids.signingTime);
  const isTime = time === undefined || hasTag(time, tags.utcTime) || hasTag(time, tags.generalizedTime);
  requireProfile(isTime, 'the signing time is not a time');
  requireSigningCertificate(values.get(oids.signingCertificate), certificate);
  const digest = bytesWithin(values.get(oids.messageDigest), tags.octets);
  const value = bytesWithin(octets, tags.octets);
  const length = hashLengths[algorithms[algorithm].hash];
  requireProfile(digest?.length === length, `the signed digest does not have ${length} octets`);
  requireProfile(value !== undefined, 'the signature value is not an octet string');
  return { digest, signedOctets: derOf(signed), value };
}

const attributeOids: readonly string[] = [
  ...[oids.contentType, oids.messageDigest],
  ...[oids.signingTime, oids.signingCertificate],
];

/** The single value of each attribute. Others are refused: an unknown attribute may change the meaning of the known ones. */
function readAttributes(attributes: readonly Der[]): ReadonlyMap<string, Der> {
  const values = new Map<string, Der>();
  for (const attribute of attributes) {
    const [type, several] = fields(attribute, 2, 'a signed attribute');
    const name = oidOf(type) ?? '';
    const isAgreed = attributeOids.includes(name) && !values.has(name);
    requireProfile(isAgreed, 'a signed attribute was not agreed, or is repeated');
    values.set(name, single(several, tags.set, 'the value of a signed attribute'));
  }
  return values;
}

/** SigningCertificateV2 (RFC 5035, 3) with the SHA-256 of the certificate, with or without its issuer and serial number. */
function requireSigningCertificate(stated: Der | undefined, certificate: Der): void {
  const { issuer, serial } = issuerAndSerial(certificate);
  const hash = der(tags.octets, digestOf(derOf(certificate), 'sha256'));
  const issuerSerial = sequence(sequence(der(tags.context4, [issuer])), serial);
  const forms = [sequence(hash), sequence(hash, issuerSerial)].map((id) => sequence(sequence(id)));
  const isNamed = forms.some((form) => isEqual(stated, form));
  requireProfile(isNamed, 'the signed attributes do not name the certificate');
}

function requireHash(element: Der | undefined, algorithm: SignatureAlgorithm): void {
  const isAgreed = isAlgorithm(element, [hashOids[algorithms[algorithm].hash]]);
  requireAlgorithm(isAgreed, 'the digest algorithm is not the agreed one');
}

/** The AlgorithmIdentifier of a signature. RSA has parameters (RFC 5754, 3.2; RFC 4055, 3.1). */
function methodOf(algorithm: SignatureAlgorithm): Der {
  const [method = ''] = signatureOids[algorithm];
  const { hash, key } = algorithms[algorithm];
  if (algorithm === 'rsa-pss-sha256') return sequence(derOid(method), pssParameters(sequence(derOid(hashOids[hash]))));
  return sequence(derOid(method), ...(key === 'rsa' ? [nothing] : []));
}

function pssParameters(hash: Der): Der {
  return sequence(
    der(tags.context0, [hash]),
    der(tags.context1, [sequence(derOid(oids.mgf1), hash)]),
    der(tags.context2, [der(tags.integer, Buffer.of(pssSaltLength))]),
  );
}

/** The hash with or without NULL. */
function isPss(element: Der | undefined, algorithm: SignatureAlgorithm): boolean {
  const hash = derOid(hashOids[algorithms[algorithm].hash]);
  const forms = [sequence(hash), sequence(hash, nothing)].map(pssParameters);
  return forms.some((parameters) => isEqual(element, sequence(derOid(oids.pss), parameters)));
}

/** Whether an AlgorithmIdentifier has one of the identifiers, and no parameters or NULL (RFC 5754, 2). */
function isAlgorithm(element: Der | undefined, identifiers: readonly string[]): boolean {
  const [name, parameters, ...more] = within(element, tags.sequence) ?? [];
  const isPlain = parameters === undefined || bytesWithin(parameters, tags.nothing)?.length === 0;
  return identifiers.includes(oidOf(name) ?? '') && isPlain && more.length === 0;
}

/** The two fields that name a certificate. The optional version comes before the serial number (RFC 5280, 4.1). */
function issuerAndSerial(certificate: Der): { readonly issuer: Der; readonly serial: Der } {
  const content = within(within(certificate, tags.sequence)?.[0], tags.sequence) ?? [];
  const [serial, , issuer] = hasTag(content[0], tags.context0) ? content.slice(1) : content;
  requireProfile(issuer !== undefined && serial !== undefined, 'the certificate does not follow X.509');
  return { issuer, serial };
}

/** UTCTime through 2049, GeneralizedTime from then on (RFC 5652, 11.3). */
function derTime(moment: Moment): Der {
  const compact = `${moment.slice(0, 19).replace(/[-:T]/gu, '')}Z`;
  const isUtcTime = Number(compact.slice(0, 4)) < 2050;
  return der(isUtcTime ? tags.utcTime : tags.generalizedTime, Buffer.from(isUtcTime ? compact.slice(2) : compact));
}

function fields(element: Der | undefined, count: number, what: string): readonly (Der | undefined)[] {
  const found = within(element, tags.sequence);
  requireProfile(found?.length === count, `${what} does not have the agreed structure`);
  return found;
}

function single(element: Der | undefined, tag: typeof tags.set | typeof tags.context0, what: string): Der {
  const [first, ...others] = within(element, tag) ?? [];
  requireProfile(first !== undefined && others.length === 0, `${what} is missing or not the only one`);
  return first;
}

function isOne(element: Der | undefined): boolean {
  return bytesWithin(element, tags.integer)?.equals(one) === true;
}

function isEqual(element: Der | undefined, other: Der): boolean {
  return element !== undefined && derOf(element).equals(derOf(other));
}

function digestOf(bytes: Uint8Array, hash: string): Buffer {
  return createHash(hash).update(bytes).digest();
}
