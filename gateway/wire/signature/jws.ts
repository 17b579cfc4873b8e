/** JSON Web Signatures (RFC 7515) in compact serialization: signed and verified with jose, after a stricter parser than its own. */

import { X509Certificate, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from '../../model/message.ts';
import { CompactSign, compactVerify, errors } from 'jose';
import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { parseStrictJson } from '../files/json.ts';
import { thumbprint } from './certificates.ts';
import { profileError, requireAlgorithm, requireProfile, strictBase64 } from './profile.ts';
import type { Signer } from './profile.ts';

const jwsAlgorithms: Readonly<Record<SignatureAlgorithm, string>> = {
  'rsa-sha256': 'RS256',
  'rsa-sha512': 'RS512',
  'rsa-pss-sha256': 'PS256',
  'ecdsa-p256-sha256': 'ES256',
  'ecdsa-p384-sha384': 'ES384',
  'eddsa-ed25519': 'EdDSA',
};

/** A JWS that follows the profile and is not verified yet. */
interface ParsedJws {
  readonly text: string;
  readonly type: string;
  /** The `x5t#S256` header: it selects a pinned certificate. */
  readonly thumbprint?: string;
}

/** No others are accepted: an unknown header parameter may change the meaning of the known ones. */
const headerNames = new Set(['alg', 'typ', 'cty', 'x5t#S256']);

/** The payload under a protected header that names algorithm, type and certificate (RFC 7515, 7.1). */
export async function signJws(payload: Uint8Array, type: string, signer: Signer): Promise<Uint8Array> {
  const header = { alg: jwsAlgorithms[signer.algorithm], typ: type, 'x5t#S256': thumbprint(signer.certificate) };
  return Buffer.from(await new CompactSign(payload).setProtectedHeader(header).sign(signer.key));
}

/** The public key of a PEM certificate as a JWK (RFC 7517), with the `alg` and `x5t#S256` of the headers that signJws writes. */
export function publicJwk(pem: string): Readonly<Record<string, unknown>> {
  const certificate = new X509Certificate(pem);
  const { publicKey } = certificate;
  const alg = jwsAlgorithms[publicKey.asymmetricKeyType === 'rsa' ? 'rsa-sha256' : 'ecdsa-p256-sha256'];
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg, 'x5t#S256': thumbprint(certificate) };
}

/**
 * Parses the header of a compact JWS. Throws E_SIGNATURE_MISSING (plain JSON), E_SIGNATURE_PROFILE, E_SIGNATURE_ALGORITHM.
 * Base64url is checked here because jose accepts padding, white space and non-zero trailing bits.
 */
export function readJws(bytes: Uint8Array, algorithm: SignatureAlgorithm): ParsedJws {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (/^\s*[[{]/u.test(text)) throw new GatewayError('E_SIGNATURE_MISSING', 'the message is JSON without a signature');
  const parts = text.split('.');
  requireProfile(parts.length === 3, 'the message is not a JWS of three parts');
  const [header, ...others] = parts.map((part) => strictBase64(part, 'base64url'));
  if (header === undefined || others.includes(undefined)) throw profileError('a part is empty or not strict base64url');
  const parameters = parseHeader(header);
  requireAlgorithm(parameters['alg'] === jwsAlgorithms[algorithm], 'alg is not the agreed one');
  const isAgreed = Object.keys(parameters).every((name) => headerNames.has(name));
  requireProfile(isAgreed, 'the header has parameters that were not agreed');
  const { typ, 'x5t#S256': named } = parameters;
  if (typeof typ !== 'string' || typ === '') throw profileError('the header has no typ');
  if (named === undefined) return { text, type: typ };
  if (typeof named !== 'string') throw profileError('x5t#S256 is not a string');
  return { text, type: typ, thumbprint: named };
}

/** The payload that the signature covers. Throws E_SIGNATURE_INVALID unless the key signed it. */
export async function verifiedPayload(
  jws: ParsedJws,
  key: KeyObject,
  algorithm: SignatureAlgorithm,
): Promise<Uint8Array> {
  try {
    const { payload } = await compactVerify(jws.text, key, { algorithms: [jwsAlgorithms[algorithm]] });
    return payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new GatewayError('E_SIGNATURE_INVALID', 'the signature does not match the pinned key', { cause: error });
  }
}

function parseHeader(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const header = parseStrictJson(bytes, { depth: 4 });
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return { ...header };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
  }
  throw profileError('the header is not a strict JSON object');
}
