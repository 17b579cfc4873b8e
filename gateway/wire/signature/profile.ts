/** What the XML, JWS and CMS signature profiles have in common: keys, algorithms, strict base64, and refusals. */

import { constants, sign, timingSafeEqual, verify } from 'node:crypto';
import type { KeyObject, SignKeyObjectInput, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { isUnsigned, type SignatureAlgorithm, type UnsignedTerms } from '../../model/message.ts';
import type { Moment } from '../../model/record/record.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Hash, SignatureForm } from '../../model/signature-form.ts';

/** A private key of this gateway, and the certificate that partners have pinned for it. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
  /** Of the certificate, for partners that want a chain. */
  readonly authorities?: readonly X509Certificate[];
  /** What was agreed about the form of signatures. */
  readonly form?: SignatureForm;
  /** By which the partner knows the key, where messages name keys; else the thumbprint of the certificate. */
  readonly name?: string | undefined;
  /** Keys that sign in place of this one, each from its moment on, the earliest first. */
  readonly successors?: readonly (Pick<Signer, 'key' | 'certificate' | 'name'> & { readonly from: Moment })[];
}

/** The signer with the key that signs at a moment. */
export function signerAt({ successors = [], ...signer }: Signer, at: Moment): Signer {
  const next = successors.findLast(({ from }) => from <= at);
  return next === undefined ? signer : { ...signer, key: next.key, certificate: next.certificate, name: next.name };
}

/** In octets. */
export const hashLengths: Readonly<Record<Hash, number>> = { sha256: 32, sha384: 48, sha512: 64 };

interface AlgorithmFacts {
  /** Of the content, and of what is signed. */
  readonly hash: Hash;
  /** As Node names types and curves of keys. */
  readonly key: 'rsa' | 'ec' | 'ed25519';
  readonly curve?: 'prime256v1' | 'secp384r1';
}

export const algorithms: Readonly<Record<SignatureAlgorithm, AlgorithmFacts>> = {
  'rsa-sha256': { hash: 'sha256', key: 'rsa' },
  'rsa-sha512': { hash: 'sha512', key: 'rsa' },
  'rsa-pss-sha256': { hash: 'sha256', key: 'rsa' },
  'ecdsa-p256-sha256': { hash: 'sha256', key: 'ec', curve: 'prime256v1' },
  'ecdsa-p384-sha384': { hash: 'sha384', key: 'ec', curve: 'secp384r1' },
  'eddsa-ed25519': { hash: 'sha512', key: 'ed25519' },
};

/** The terms, where messages to a partner are not signed. */
export type Sealer = Signer | UnsignedTerms;

/** For messages that are always signed. Throws E_SIGNATURE_PROFILE where no signatures were agreed. */
export function signerOf(sealer: Sealer): Signer {
  if (isUnsigned(sealer)) throw profileError('signatures were not agreed with this partner');
  return sealer;
}

/** ECDSA values are a DER sequence in CMS (RFC 5753), and r and s side by side in XML signatures (RFC 6931, 2.3.6). */
type EcdsaEncoding = 'der' | 'ieee-p1363';

/** Hash and key for sign and verify of node:crypto. Ed25519 has its hash within (RFC 8032, 5.1). */
export function signatureInput(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  dsaEncoding: EcdsaEncoding,
): readonly [hash: Hash | undefined, key: KeyObject | SignKeyObjectInput] {
  const { hash, key: type } = algorithms[algorithm];
  if (algorithm === 'rsa-pss-sha256')
    return [hash, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pssSaltLength }];
  // An RSA key is passed bare: Node finds out whether an object is a key by catching exceptions, three for each message.
  if (type === 'rsa') return [hash, key];
  return [type === 'ed25519' ? undefined : hash, { key, dsaEncoding }];
}

/** Octets: the length of the hash (RFC 4055, 3.1; RFC 7518, 3.5). */
export const pssSaltLength = 32;

const signOnThread = promisify(sign);
const verifyOnThread = promisify(verify);

/** The signature value. On a thread of the pool, for it takes as long as all else of a small message. */
export async function signOctets(
  { algorithm, key }: Pick<Signer, 'algorithm' | 'key'>,
  octets: Uint8Array,
  encoding: EcdsaEncoding,
): Promise<Buffer> {
  const [hash, input] = signatureInput(algorithm, key, encoding);
  return await signOnThread(hash, octets, input);
}

/** The parts of a parsed signature that are verified. */
export interface SignedParts {
  /** The octets that the signature value covers: SignedInfo, or the signed attributes. */
  readonly signedOctets: Uint8Array;
  readonly value: Buffer;
  /** The hash of the content, as the signed octets state it. */
  readonly digest: Buffer;
}

/** A pinned key, of the type that checkSigner found agreed. */
interface VerificationKey {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
  readonly encoding: EcdsaEncoding;
}

/**
 * Throws E_SIGNATURE_INVALID unless the pinned key signed the octets and the content has the digest that they state. The
 * content is digested last, for it may be a list of hundreds of megabytes.
 */
export async function verifySignature(
  { signedOctets, value, digest }: SignedParts,
  contentDigest: () => Buffer,
  { algorithm, key, encoding }: VerificationKey,
): Promise<void> {
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  const { curve } = algorithms[algorithm];
  const ecdsaLength = encoding === 'der' ? value.length : curve === 'secp384r1' ? 96 : 64;
  const length = modulusLength === undefined ? ecdsaLength : Math.ceil(modulusLength / 8);
  const [hash, input] = signatureInput(algorithm, key, encoding);
  // RSA takes some hundredths of a millisecond; the way to a thread of the pool and back takes longer.
  const isSigned = (): boolean | Promise<boolean> =>
    modulusLength === undefined
      ? verifyOnThread(hash, signedOctets, input, value)
      : verify(hash, signedOctets, input, value);
  if (value.length !== length || !(await isSigned())) {
    throw new GatewayError('E_SIGNATURE_INVALID', 'the signature value does not match the pinned key');
  }
  if (!timingSafeEqual(contentDigest(), digest)) {
    throw new GatewayError('E_SIGNATURE_INVALID', 'the content does not match the signed digest');
  }
}

/** The octets of a non-empty base64 text without anything a lenient decoder would skip (RFC 4648, 3.5); else undefined. */
export function strictBase64(text: string, encoding: 'base64' | 'base64url' = 'base64'): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  return text !== '' && bytes.toString(encoding) === text ? bytes : undefined;
}

export function profileError(detail: string): GatewayError {
  return new GatewayError('E_SIGNATURE_PROFILE', detail);
}

export function requireProfile(holds: boolean, detail: string): asserts holds {
  if (!holds) throw profileError(detail);
}

/** Throws E_SIGNATURE_ALGORITHM: a message may only name the algorithms agreed with the partner, never choose them. */
export function requireAlgorithm(holds: boolean, detail: string): asserts holds {
  if (!holds) throw new GatewayError('E_SIGNATURE_ALGORITHM', detail);
}
