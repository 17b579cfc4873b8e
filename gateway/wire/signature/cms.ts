/**
 * CMS signatures (RFC 5652) in DER: one signer, signed attributes. Every element is checked, and what was not agreed is refused.
 * node-forge reads and writes the ASN.1; node:crypto signs and verifies.
 */

import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { GatewayError } from '../../model/errors.ts';
import type { SignatureAlgorithm } from '../../model/message.ts';
import type { Moment } from '../../model/record/record.ts';
import { holdsText, type CmsForm } from '../../model/signature-form.ts';
import { hashMethodOf, methodOf, requireHash, requireSignatureMethod } from './cms-algorithms.ts';
import { namesOf, signerIdentifier, signingCertificateOf, versionOf, type CmsTerms } from './cms-signer.ts';
import { bytesWithin, der, derOf, derOid, derSet, hasTag, isEqual, oidOf, readDer, sequence } from './der.ts';
import { tags, within, type Der } from './der.ts';
import { algorithms, hashLengths, requireProfile, signOctets, verifySignature } from './profile.ts';
import type { SignedParts, Signer } from './profile.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificate: '1.2.840.113549.1.9.16.2.47',
  smimeCapabilities: '1.2.840.113549.1.9.15',
  algorithmProtection: '1.2.840.113549.1.9.52',
} as const;

/** Octets. A signature with its certificate has about three kilobytes. */
export const maxCmsBytes = 64 * 1024;

/** A signature that follows the profile and is not verified yet. Its octets are the signed attributes as a SET (RFC 5652, 5.4). */
interface ParsedCms extends SignedParts {
  /** Tells the certificate that the signature names. */
  readonly names: (certificate: X509Certificate) => boolean;
}

/** DER of a signature over the content, which is in it if the envelope is `opaque`; it states a signing time if `at` is given. */
export async function signCms(content: Uint8Array, signer: Signer, at?: Moment): Promise<Buffer> {
  const { octets, complete } = draftCms(content, signer, at);
  return complete(await signOctets(signer, octets, 'der'));
}

/** The octets that are signed, and what makes the signature of their signature value. */
export function draftCms(
  content: Uint8Array,
  signer: Signer,
  at?: Moment,
): { readonly octets: Buffer; readonly complete: (value: Uint8Array) => Buffer } {
  const { algorithm, form = {} } = signer;
  const certificate = readDer(signer.certificate.raw);
  requireProfile(certificate !== undefined, 'the certificate is not DER');
  const attributes = derSet(attributesOf(content, signer, at));
  const signerInfo = (value: Uint8Array): Der =>
    sequence(
      versionOf(form),
      signerIdentifier(certificate, form),
      hashMethodOf(algorithm),
      der(tags.context0, within(attributes, tags.set) ?? []),
      methodOf(algorithm),
      der(tags.octets, value),
    );
  const inside = holdsText(form) ? [der(tags.context0, [der(tags.octets, content)])] : [];
  const signedData = (value: Uint8Array): Der =>
    sequence(
      versionOf(form),
      derSet([hashMethodOf(algorithm)]),
      sequence(derOid(oids.data), ...inside),
      ...enclosedBy(signer, certificate),
      derSet([signerInfo(value)]),
    );
  return {
    octets: derOf(attributes),
    complete: (value) => derOf(sequence(derOid(oids.signedData), der(tags.context0, [signedData(value)]))),
  };
}

function attributesOf(content: Uint8Array, { algorithm, certificate, form = {} }: Signer, at?: Moment): Der[] {
  const attribute = (name: string, value: Der): Der => sequence(derOid(name), derSet([value]));
  const named = attribute(oids.signingCertificate, signingCertificateOf(certificate.raw));
  return [
    attribute(oids.contentType, derOid(oids.data)),
    attribute(oids.messageDigest, der(tags.octets, digestOf(content, algorithm))),
    ...(form.attributes === 'plain' ? [] : [named]),
    ...(at === undefined ? [] : [attribute(oids.signingTime, derTime(at))]),
  ];
}

/** The field of certificates, if there is one. */
function enclosedBy({ authorities = [], form = {} }: Signer, own: Der): Der[] {
  if (form.keyInfo === 'none') return [];
  const others = form.keyInfo === 'chain' ? authorities : [];
  const all = derSet([own, ...others.map(({ raw }) => readDer(raw) ?? sequence())]);
  return [der(tags.context0, within(all, tags.set) ?? [])];
}

/** The content of a signature in whose envelope it is. Throws E_SIGNATURE_MISSING, E_SIGNATURE_PROFILE. */
export function opaqueContent(bytes: Uint8Array): Buffer {
  if (bytes[0] !== tags.sequence) throw new GatewayError('E_SIGNATURE_MISSING', 'the message is not a CMS signature');
  const [, wrapped] = within(signedDataIn(bytes)[2], tags.sequence) ?? [];
  const content = bytesWithin(single(wrapped, tags.context0, 'the encapsulated content'), tags.octets);
  requireProfile(content !== undefined, 'the encapsulated content is not an octet string');
  return content;
}

/** A signature with the text in it, of one beside its text. Throws E_SIGNATURE_PROFILE. */
export function putContent(signature: Uint8Array, text: Uint8Array): Buffer {
  return withContent(signature, [der(tags.context0, [der(tags.octets, text)])]);
}

/** The signature without its text. */
export function takeContent(bytes: Uint8Array): Buffer {
  return withContent(bytes, []);
}

function withContent(bytes: Uint8Array, content: readonly Der[]): Buffer {
  const [version, digests, encapsulated, ...rest] = signedDataIn(bytes).map((field) => field ?? sequence());
  const [type] = within(encapsulated, tags.sequence) ?? [];
  requireProfile(
    type !== undefined && version !== undefined && digests !== undefined,
    'SignedData has no content type',
  );
  const signedData = sequence(version, digests, sequence(type, ...content), ...rest);
  return derOf(sequence(derOid(oids.signedData), der(tags.context0, [signedData])));
}

/** The fields of SignedData. */
function signedDataIn(bytes: Uint8Array): readonly (Der | undefined)[] {
  const element = readDer(bytes);
  requireProfile(element !== undefined, 'the signature is not DER');
  const [type, wrapped] = fields(element, [2], 'ContentInfo');
  requireProfile(oidOf(type) === oids.signedData, 'the content type is not SignedData');
  return fields(single(wrapped, tags.context0, 'SignedData'), [4, 5], 'SignedData');
}

/** Parses a signature and checks every element. Throws E_SIGNATURE_PROFILE, or E_SIGNATURE_ALGORITHM for another algorithm than agreed. */
export function readCms(bytes: Uint8Array, terms: CmsTerms): ParsedCms {
  const [version, digests, content, ...rest] = signedDataIn(bytes);
  requireProfile(isEqual(version, versionOf(terms)), 'SignedData has another version than agreed');
  requireHash(single(digests, tags.set, 'the digest algorithm'), terms.algorithm);
  const [contentType] = fields(content, holdsText(terms) ? [2] : [1], 'the encapsulated content');
  requireProfile(oidOf(contentType) === oids.data, 'the encapsulated content type is not data');
  const [certificates, signers] = rest.length === 1 ? [undefined, ...rest] : rest;
  const enclosed = within(certificates, tags.context0);
  requireProfile(rest.length === 1 || (enclosed?.length ?? 0) > 0, 'the certificates are missing');
  const { identifier, values, ...parts } = readSignerInfo(single(signers, tags.set, 'SignerInfo'), terms);
  const signingCertificate = values.get(oids.signingCertificate);
  return { ...parts, names: namesOf({ identifier, enclosed, signingCertificate }, terms) };
}

/** Throws E_SIGNATURE_INVALID unless the key signed the attributes and they state the digest of the content. */
export async function verifyCms(
  cms: ParsedCms,
  content: Uint8Array,
  { algorithm, key }: { readonly algorithm: SignatureAlgorithm; readonly key: KeyObject },
): Promise<void> {
  await verifySignature(cms, () => digestOf(content, algorithm), { algorithm, key, encoding: 'der' });
}

interface SignerInfo extends SignedParts {
  readonly identifier: Der | undefined;
  /** The signed attributes by object identifier. */
  readonly values: ReadonlyMap<string, Der>;
}

function readSignerInfo(signer: Der, terms: CmsTerms): SignerInfo {
  const { algorithm } = terms;
  const [version, identifier, digestAlgorithm, attributes, method, octets] = fields(signer, [6], 'SignerInfo');
  requireProfile(isEqual(version, versionOf(terms)), 'SignerInfo has another version than agreed');
  requireHash(digestAlgorithm, algorithm);
  requireSignatureMethod(method, algorithm);
  const listed = within(attributes, tags.context0) ?? [];
  const signed = der(tags.set, listed);
  requireProfile(isEqual(signed, derSet(listed)), 'the signed attributes are missing or not in DER order');
  const values = readAttributes(listed, terms);
  requireProfile(oidOf(values.get(oids.contentType)) === oids.data, 'the signed content type is not data');
  requireProtected(values.get(oids.algorithmProtection), algorithm);
  const time = values.get(oids.signingTime);
  const isTime = time === undefined || hasTag(time, tags.utcTime) || hasTag(time, tags.generalizedTime);
  requireProfile(isTime, 'the signing time is not a time');
  const digest = bytesWithin(values.get(oids.messageDigest), tags.octets);
  const value = bytesWithin(octets, tags.octets);
  const length = hashLengths[algorithms[algorithm].hash];
  requireProfile(digest?.length === length, `the signed digest does not have ${length} octets`);
  requireProfile(value !== undefined, 'the signature value is not an octet string');
  return { identifier, values, digest, signedOctets: derOf(signed), value };
}

/** RFC 6211: where the algorithms are signed too, they are those of the signature. */
function requireProtected(attribute: Der | undefined, algorithm: CmsTerms['algorithm']): void {
  if (attribute === undefined) return;
  const [hash, method] = fields(attribute, [2], 'the attribute with the algorithms');
  requireHash(hash, algorithm);
  requireSignatureMethod(sequence(...(within(method, tags.context1) ?? [])), algorithm);
}

const attributeOids: readonly string[] = [
  ...[oids.contentType, oids.messageDigest],
  ...[oids.signingTime, oids.signingCertificate],
];

/** The single value of each attribute. Others are refused: an unknown attribute may change the meaning of the known ones. */
function readAttributes(attributes: readonly Der[], form: CmsForm): ReadonlyMap<string, Der> {
  const optional = (['smimeCapabilities', 'algorithmProtection'] as const).filter((name) => form[name] === true);
  const agreed = [...attributeOids, ...optional.map((name) => oids[name])];
  const values = new Map<string, Der>();
  for (const attribute of attributes) {
    const [type, several] = fields(attribute, [2], 'a signed attribute');
    const name = oidOf(type) ?? '';
    const isAgreed = agreed.includes(name) && !values.has(name);
    requireProfile(isAgreed, 'a signed attribute was not agreed, or is repeated');
    values.set(name, single(several, tags.set, 'the value of a signed attribute'));
  }
  return values;
}

/** UTCTime through 2049, GeneralizedTime from then on (RFC 5652, 11.3). */
function derTime(moment: Moment): Der {
  const compact = `${moment.slice(0, 19).replace(/[-:T]/gu, '')}Z`;
  const isUtcTime = Number(compact.slice(0, 4)) < 2050;
  return der(isUtcTime ? tags.utcTime : tags.generalizedTime, Buffer.from(isUtcTime ? compact.slice(2) : compact));
}

/** `counts`: how many there may be. */
function fields(element: Der | undefined, counts: readonly number[], what: string): readonly (Der | undefined)[] {
  const found = within(element, tags.sequence);
  requireProfile(found !== undefined && counts.includes(found.length), `${what} does not have the agreed structure`);
  return found;
}

function single(element: Der | undefined, tag: typeof tags.set | typeof tags.context0, what: string): Der {
  const [first, ...others] = within(element, tag) ?? [];
  requireProfile(first !== undefined && others.length === 0, `${what} is missing or not the only one`);
  return first;
}

function digestOf(bytes: Uint8Array, algorithm: SignatureAlgorithm): Buffer {
  return createHash(algorithms[algorithm].hash).update(bytes).digest();
}
