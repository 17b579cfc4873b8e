/** What the XML, JWS and CMS signature profiles have in common: keys, SHA-256 signatures, strict base64, and refusals. */

import { timingSafeEqual, verify, type KeyObject, type SignKeyObjectInput, type X509Certificate } from 'node:crypto';
import { isUnsigned, type SignatureAlgorithm, type UnsignedTerms } from '../../model/message.ts';
import { GatewayError } from '../../model/errors.ts';

/** A private key of this gateway, and the certificate that partners have pinned for it. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** The terms, where messages to a partner are not signed. */
export type Sealer = Signer | UnsignedTerms;

/** For messages that are always signed. Throws E_SIGNATURE_PROFILE where no signatures were agreed. */
export function signerOf(sealer: Sealer): Signer {
  if (isUnsigned(sealer)) throw profileError('signatures were not agreed with this partner');
  return sealer;
}

/** ECDSA values are a DER sequence in CMS (RFC 5753), and r and s side by side in XML signatures (RFC 6931, 2.3.6). */
type EcdsaEncoding = 'der' | 'ieee-p1363';

/** An RSA key is passed bare: Node finds out whether an object is a key by catching exceptions, three for each message. */
export function keyInput(key: KeyObject, dsaEncoding: EcdsaEncoding): KeyObject | SignKeyObjectInput {
  return key.asymmetricKeyType === 'rsa' ? key : { key, dsaEncoding };
}

/** The parts of a parsed signature that are verified. */
export interface SignedParts {
  /** The octets that the signature value covers: SignedInfo, or the signed attributes. */
  readonly signedOctets: Uint8Array;
  readonly value: Buffer;
  /** SHA-256 of the content, as the signed octets state it. */
  readonly digest: Buffer;
}

/**
 * Throws E_SIGNATURE_INVALID unless the pinned key signed the octets and the content has the digest that they state. The
 * content is digested last, for it may be a list of hundreds of megabytes.
 */
export function verifySignature(
  { signedOctets, value, digest }: SignedParts,
  contentDigest: () => Buffer,
  key: KeyObject,
  encoding: EcdsaEncoding,
): void {
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  const ecdsaLength = encoding === 'der' ? value.length : 64;
  const length = modulusLength === undefined ? ecdsaLength : Math.ceil(modulusLength / 8);
  if (value.length !== length || !verify('sha256', signedOctets, keyInput(key, encoding), value)) {
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
