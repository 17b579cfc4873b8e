/** JSON Web Signatures in compact form: makes them, and checks them after a stricter reading than the library's. */

import { X509Certificate, type KeyObject } from 'node:crypto';
import { CompactSign, compactVerify, errors } from 'jose';
import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { parseStrictJson } from '../files/json.ts';
import type { SignatureAlgorithm } from './trust.ts';

export const jwsAlgorithms: Readonly<Record<SignatureAlgorithm, string>> = {
  'rsa-sha256': 'RS256',
  'ecdsa-p256-sha256': 'ES256',
};

/** What a JWS says. Nothing of it is believed yet. */
export interface StatedJws {
  readonly text: string;
  readonly type: string;
  /** SHA-256 of the certificate it names, base64url; absent when it names none. */
  readonly thumbprint?: string;
}

/** Closed: a header member that nobody here understands may change the meaning of the others. */
const headerNames = new Set(['alg', 'typ', 'cty', 'x5t#S256']);

/** RFC 7515, 7.1: the payload under a protected header that names algorithm, type and certificate. */
export async function signJws(
  payload: Uint8Array,
  type: string,
  signer: {
    readonly algorithm: SignatureAlgorithm;
    readonly key: KeyObject;
    readonly certificate: X509Certificate;
  },
): Promise<Uint8Array> {
  const header = { alg: jwsAlgorithms[signer.algorithm], typ: type, 'x5t#S256': thumbprint(signer.certificate) };
  return Buffer.from(await new CompactSign(payload).setProtectedHeader(header).sign(signer.key));
}

/** The public key of a PEM certificate as a JWK (RFC 7517), with the algorithm and the thumbprint our headers name. */
export function publicJwk(pem: string): Readonly<Record<string, unknown>> {
  const certificate = new X509Certificate(pem);
  const { publicKey } = certificate;
  const alg = jwsAlgorithms[publicKey.asymmetricKeyType === 'rsa' ? 'rsa-sha256' : 'ecdsa-p256-sha256'];
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg, 'x5t#S256': thumbprint(certificate) };
}

/** SHA-256 of a certificate, base64url: the `x5t#S256` of RFC 7515. */
export function thumbprint(certificate: X509Certificate): string {
  return Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
}

/**
 * Reads the header of a compact JWS. Throws E_SIGNATURE_MISSING (plain JSON), E_SIGNATURE_PROFILE, E_SIGNATURE_ALGORITHM.
 * Base64url is checked here because the library takes padding, white space and spare bits.
 */
export function readJws(bytes: Uint8Array, algorithm: SignatureAlgorithm): StatedJws {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (/^\s*[[{]/u.test(text)) throw new GatewayError('E_SIGNATURE_MISSING', 'the message is JSON without a signature');
  const parts = text.split('.');
  if (parts.length !== 3) throw profile('the message is not a JWS of three parts');
  if (!parts.every(isStrictBase64Url)) throw profile('a part is empty or not strict base64url');
  const header = readHeader(parts[0] ?? '');
  if (header['alg'] !== jwsAlgorithms[algorithm]) {
    throw new GatewayError('E_SIGNATURE_ALGORITHM', 'alg is not the agreed one');
  }
  const unknown = Object.keys(header).filter((name) => !headerNames.has(name));
  if (unknown.length > 0) throw profile('the header holds members that were not agreed');
  const { typ, 'x5t#S256': named } = header;
  if (typeof typ !== 'string' || typ === '') throw profile('the header has no typ');
  if (named === undefined) return { text, type: typ };
  if (typeof named !== 'string') throw profile('x5t#S256 is not a text');
  return { text, type: typ, thumbprint: named };
}

/** The payload the signature covers; E_SIGNATURE_INVALID when the key did not sign it. */
export async function verifiedPayload(
  stated: StatedJws,
  key: KeyObject,
  algorithm: SignatureAlgorithm,
): Promise<Uint8Array> {
  try {
    const { payload } = await compactVerify(stated.text, key, { algorithms: [jwsAlgorithms[algorithm]] });
    return payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new GatewayError('E_SIGNATURE_INVALID', 'the signature is not of the registered key', { cause: error });
  }
}

function readHeader(part: string): Readonly<Record<string, unknown>> {
  try {
    const header = parseStrictJson(Buffer.from(part, 'base64url'), { depth: 4 });
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return { ...header };
  } catch (error) {
    // Whatever is wrong with it, a header that is not strict JSON is not the agreed one.
    if (!isGatewayError(error)) throw error;
  }
  throw profile('the header is not a strict JSON object');
}

function isStrictBase64Url(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;
}

function profile(detail: string): GatewayError {
  return new GatewayError('E_SIGNATURE_PROFILE', detail);
}
