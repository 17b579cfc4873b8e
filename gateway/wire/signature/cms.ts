/**
 * Detached CMS signatures (RFC 5652): one signer, its certificate, four signed attributes, DER. Made, and checked to the last element:
 * what the profile does not name is refused. The structure comes from DER; all signature arithmetic is node:crypto's.
 */

import { createHash, sign, timingSafeEqual, verify, type KeyObject, type X509Certificate } from 'node:crypto';
import { GatewayError } from '../../model/errors.ts';
import type { Moment } from '../../model/record/domestic-record.ts';
import { bytesWithin, der, derOf, derOid, derSet, hasTag, oidOf, readDer, tags, within, type Der } from './der.ts';
import type { SignatureAlgorithm } from './trust.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificate: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** Names of one and the same algorithm; the first is the one we write (RFC 5754, 3.2 and 3.3). */
const signatureNames: Readonly<Record<SignatureAlgorithm, readonly string[]>> = {
  'rsa-sha256': ['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.1'],
  'ecdsa-p256-sha256': ['1.2.840.10045.4.3.2'],
};

/** A signature with its certificate is some three kilobytes. */
export const cmsLimit = 64 * 1024;

/** What a signature says. Nothing of it is believed yet. */
export interface StatedCms {
  /** DER of the certificate it brings along: names the signer, and is never believed. */
  readonly certificate: Buffer;
  readonly digest: Buffer;
  /** The signed attributes as the signature covers them, as a set of their own (RFC 5652, 5.4). */
  readonly signedAttributes: Buffer;
  readonly value: Buffer;
}

interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

const one = Buffer.of(1);
const sequence = (...elements: readonly Der[]): Der => der(tags.sequence, elements);

/** DER of a detached signature over the content. `at`: when; without it the signature states no time. */
export function signCms(content: Uint8Array, signer: SigningKey, at?: Moment): Buffer {
  const certificate = readDer(signer.certificate.raw);
  const { issuer, serial } = issuerAndSerial(certificate);
  const attribute = (name: string, value: Der): Der => sequence(derOid(name), derSet([value]));
  const attributes = derSet([
    attribute(oids.contentType, derOid(oids.data)),
    attribute(oids.messageDigest, der(tags.octets, sha256(content))),
    attribute(oids.signingCertificate, sequence(sequence(sequence(der(tags.octets, sha256(signer.certificate.raw)))))),
    ...(at === undefined ? [] : [attribute(oids.signingTime, timeOf(at))]),
  ]);
  const value = sign('sha256', derOf(attributes), { key: signer.key, dsaEncoding: 'der' });
  const digestAlgorithm = sequence(derOid(oids.sha256));
  const [name = ''] = signatureNames[signer.algorithm];
  const parameters = signer.algorithm === 'rsa-sha256' ? [der(tags.nothing, Buffer.alloc(0))] : [];
  const signerInfo = sequence(
    der(tags.integer, one),
    sequence(issuer, serial),
    digestAlgorithm,
    der(tags.context0, within(attributes, tags.set) ?? []),
    sequence(derOid(name), ...parameters),
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

/**
 * Reads a signature, and holds every element against the profile. E_SIGNATURE_PROFILE, or E_SIGNATURE_ALGORITHM where it names
 * another algorithm than agreed.
 */
export function readCms(bytes: Uint8Array, algorithm: SignatureAlgorithm): StatedCms {
  const [type, wrapped] = fields(readDer(bytes), 2, 'the content info');
  mustBe(oidOf(type) === oids.signedData, 'it is not signed data');
  const inner = only(wrapped, tags.context0, 'the signed data');
  const [version, digests, content, certificates, signers] = fields(inner, 5, 'the signed data');
  mustBe(bytesWithin(version, tags.integer)?.equals(one) === true, 'the signed data is of another version');
  onlyDigest(only(digests, tags.set, 'the digest algorithm'));
  const [contentType] = fields(content, 1, 'the content, which is detached,');
  mustBe(oidOf(contentType) === oids.data, 'the content is not plain data');
  const certificate = only(certificates, tags.context0, 'the certificate');
  const signer = readSigner(only(signers, tags.set, 'the signer'), certificate, algorithm);
  return { certificate: derOf(certificate), ...signer };
}

/** E_SIGNATURE_INVALID when the key did not sign the stated attributes, or they are of other content. */
export function verifyCms(stated: StatedCms, content: Uint8Array, key: KeyObject): void {
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  const length = modulusLength === undefined ? stated.value.length : Math.ceil(modulusLength / 8);
  const holds =
    stated.value.length === length &&
    verify('sha256', stated.signedAttributes, { key, dsaEncoding: 'der' }, stated.value);
  if (!holds) throw new GatewayError('E_SIGNATURE_INVALID', 'the signature value is not of the registered key');
  if (!timingSafeEqual(sha256(content), stated.digest)) {
    throw new GatewayError('E_SIGNATURE_INVALID', 'the content is not what was signed');
  }
}

function readSigner(
  signer: Der,
  certificate: Der,
  algorithm: SignatureAlgorithm,
): Pick<StatedCms, 'digest' | 'signedAttributes' | 'value'> {
  const [version, name, digestAlgorithm, attributes, method, octets] = fields(signer, 6, 'the signer');
  mustBe(bytesWithin(version, tags.integer)?.equals(one) === true, 'the signer is of another version');
  const { issuer, serial } = issuerAndSerial(certificate);
  mustBe(isEqual(name, sequence(issuer, serial)), 'the signer is not the one of the certificate');
  onlyDigest(digestAlgorithm);
  onlyMethod(method, algorithm);
  const listed = within(attributes, tags.context0) ?? [];
  const signed = der(tags.set, listed);
  mustBe(isEqual(signed, derSet(listed)), 'the signed attributes are missing or not in their order');
  const values = readAttributes(listed);
  mustBe(oidOf(values.get(oids.contentType)) === oids.data, 'the signed content type is not that of the content');
  const time = values.get(oids.signingTime);
  mustBe(
    time === undefined || hasTag(time, tags.utcTime) || hasTag(time, tags.generalizedTime),
    'the signing time is not a time',
  );
  onlyCertificate(values.get(oids.signingCertificate), certificate);
  const digest = bytesWithin(values.get(oids.messageDigest), tags.octets);
  const value = bytesWithin(octets, tags.octets);
  mustBe(digest?.length === 32, 'the signed digest has not 32 bytes');
  mustBe(value !== undefined, 'the signature value is not bytes');
  return { digest, signedAttributes: derOf(signed), value };
}

const attributeNames: ReadonlySet<string> = new Set([
  oids.contentType,
  oids.messageDigest,
  oids.signingTime,
  oids.signingCertificate,
]);

/** One value of each attribute; those that nobody here understands are refused, for they may change the meaning of the others. */
function readAttributes(attributes: readonly Der[]): ReadonlyMap<string, Der> {
  const values = new Map<string, Der>();
  for (const attribute of attributes) {
    const [type, several] = fields(attribute, 2, 'a signed attribute');
    const name = oidOf(type) ?? '';
    mustBe(attributeNames.has(name) && !values.has(name), 'a signed attribute is not agreed, or stands twice');
    values.set(name, only(several, tags.set, 'the value of a signed attribute'));
  }
  return values;
}

/** RFC 5035, 3: the signed name of the certificate, by SHA-256, with or without its issuer and number beside. */
function onlyCertificate(stated: Der | undefined, certificate: Der): void {
  const { issuer, serial } = issuerAndSerial(certificate);
  const hash = der(tags.octets, sha256(derOf(certificate)));
  const beside = sequence(sequence(der(tags.context4, [issuer])), serial);
  const forms = [sequence(hash), sequence(hash, beside)].map((id) => sequence(sequence(id)));
  mustBe(
    forms.some((form) => isEqual(stated, form)),
    'the signed attributes do not name the certificate',
  );
}

/** SHA-256, its parameters left out or nothing (RFC 5754, 2). */
function onlyDigest(element: Der | undefined): void {
  if (!names(element, [oids.sha256])) {
    throw new GatewayError('E_SIGNATURE_ALGORITHM', 'the digest is not SHA-256');
  }
}

function onlyMethod(element: Der | undefined, algorithm: SignatureAlgorithm): void {
  if (!names(element, signatureNames[algorithm])) {
    throw new GatewayError('E_SIGNATURE_ALGORITHM', 'the signature algorithm is not the agreed one');
  }
}

function names(algorithm: Der | undefined, wanted: readonly string[]): boolean {
  const [name, parameters, ...more] = within(algorithm, tags.sequence) ?? [];
  const plain = parameters === undefined || bytesWithin(parameters, tags.nothing)?.length === 0;
  return wanted.includes(oidOf(name) ?? '') && plain && more.length === 0;
}

/** RFC 5280, 4.1: the number stands first, after the version where there is one; the issuer after the algorithm. */
function issuerAndSerial(certificate: Der): { readonly issuer: Der; readonly serial: Der } {
  const content = within(within(certificate, tags.sequence)?.[0], tags.sequence) ?? [];
  const [serial, , issuer] = hasTag(content[0], tags.context0) ? content.slice(1) : content;
  mustBe(issuer !== undefined && serial !== undefined, 'the certificate is not built as X.509 says');
  return { issuer, serial };
}

function timeOf(moment: Moment): Der {
  const compact = `${moment.slice(0, 19).replace(/[-:T]/gu, '')}Z`;
  // RFC 5652, 11.3: two digits of the year through 2049, four from then on.
  const isNear = Number(compact.slice(0, 4)) < 2050;
  return der(isNear ? tags.utcTime : tags.generalizedTime, Buffer.from(isNear ? compact.slice(2) : compact));
}

/** The elements of a sequence, which must have exactly so many. */
function fields(element: Der | undefined, count: number, what: string): readonly (Der | undefined)[] {
  const found = within(element, tags.sequence);
  mustBe(found?.length === count, `${what} is not built as agreed`);
  return found;
}

/** The one element within another. */
function only(element: Der | undefined, tag: typeof tags.set | typeof tags.context0, what: string): Der {
  const [first, ...others] = within(element, tag) ?? [];
  mustBe(first !== undefined && others.length === 0, `${what} does not stand alone`);
  return first;
}

function isEqual(element: Der | undefined, other: Der): boolean {
  return element !== undefined && derOf(element).equals(derOf(other));
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function mustBe(holds: boolean, detail: string): asserts holds {
  if (!holds) throw new GatewayError('E_SIGNATURE_PROFILE', detail);
}
