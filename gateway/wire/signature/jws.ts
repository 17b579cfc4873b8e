/** JSON Web Signatures (RFC 7515) in compact serialization: signed and verified with jose, after a stricter parser than its own. */

import { X509Certificate, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from '../../model/message.ts';
import { present } from '../../model/present.ts';
import type { Moment } from '../../model/record/record.ts';
import type { JwsHeader } from '../../model/signature-form.ts';
import { CompactSign, compactVerify, errors } from 'jose';
import { GatewayError, isGatewayError } from '../../model/errors.ts';
import { parseStrictJson } from '../files/json.ts';
import { thumbprint } from './certificates.ts';
import { profileError, requireAlgorithm, requireProfile, strictBase64 } from './profile.ts';
import type { Signer } from './profile.ts';
import { hasKeyName, type SignerTrust } from './trust.ts';

const jwsAlgorithms: Readonly<Record<SignatureAlgorithm, string>> = {
  'rsa-sha256': 'RS256',
  'rsa-sha512': 'RS512',
  'rsa-pss-sha256': 'PS256',
  'ecdsa-p256-sha256': 'ES256',
  'ecdsa-p384-sha384': 'ES384',
  'eddsa-ed25519': 'EdDSA',
};

/** What readers and writers of a JWS follow. */
type JwsTerms = Pick<SignerTrust, 'algorithm' | 'headers' | 'typ' | 'names'>;

/** A JWS that follows the profile and is not verified yet. */
interface ParsedJws {
  readonly text: string;
  /** Absent where the header states none. */
  readonly type?: string;
  /** Tells the certificate that the header names. */
  readonly names?: (certificate: X509Certificate) => boolean;
}

/** Those that two sides agree on come beside them: an unknown header parameter may change the meaning of the known ones. */
const headerNames: readonly string[] = ['alg', 'typ', 'cty'];
const defaultHeaders: readonly JwsHeader[] = ['x5t#S256'];

/** The payload under a protected header (RFC 7515, 7.1). `at`: for `iat`. */
export async function signJws(payload: Uint8Array, type: string, signer: Signer, at?: Moment): Promise<Uint8Array> {
  const { algorithm, certificate, authorities = [], name, form = {} } = signer;
  const parameters: Readonly<Record<JwsHeader, unknown>> = {
    'x5t#S256': thumbprint(certificate),
    kid: name ?? thumbprint(certificate),
    x5c: [certificate, ...authorities].map((each) => each.raw.toString('base64')),
    iat: at === undefined ? undefined : Math.floor(Date.parse(at) / 1000),
  };
  const { headers = defaultHeaders } = form;
  const header = {
    ...{ alg: jwsAlgorithms[algorithm], ...(form.typ === 'route' ? {} : { typ: type }) },
    ...Object.fromEntries(headers.map((each) => [each, parameters[each]])),
  };
  return Buffer.from(await new CompactSign(payload).setProtectedHeader(header).sign(signer.key));
}

/** The public key of a PEM certificate as a JWK (RFC 7517), with what the headers that signJws writes state of it. */
export function publicJwk(pem: string, { algorithm, name }: Partial<Signer> = {}): Readonly<Record<string, unknown>> {
  const certificate = new X509Certificate(pem);
  const { publicKey } = certificate;
  const alg = jwsAlgorithms[algorithm ?? (publicKey.asymmetricKeyType === 'rsa' ? 'rsa-sha256' : 'ecdsa-p256-sha256')];
  const named = present({ kid: name, 'x5t#S256': thumbprint(certificate) });
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg, ...named };
}

/**
 * Parses the header of a compact JWS. Throws E_SIGNATURE_MISSING (plain JSON), E_SIGNATURE_PROFILE, E_SIGNATURE_ALGORITHM.
 * Base64url is checked here because jose accepts padding, white space and non-zero trailing bits.
 */
export function readJws(bytes: Uint8Array, terms: JwsTerms): ParsedJws {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (/^\s*[[{]/u.test(text)) throw new GatewayError('E_SIGNATURE_MISSING', 'the message is JSON without a signature');
  const parts = text.split('.');
  requireProfile(parts.length === 3, 'the message is not a JWS of three parts');
  const [header, ...others] = parts.map((part) => strictBase64(part, 'base64url'));
  if (header === undefined || others.includes(undefined)) throw profileError('a part is empty or not strict base64url');
  const parameters = parseHeader(header);
  requireAlgorithm(parameters['alg'] === jwsAlgorithms[terms.algorithm], 'alg is not the agreed one');
  const { headers: agreed = defaultHeaders } = terms;
  const isAgreed = Object.keys(parameters).every((name) => [...headerNames, ...agreed].includes(name));
  requireProfile(isAgreed, 'the header has parameters that were not agreed');
  const { iat } = parameters;
  requireProfile(iat === undefined || Number.isSafeInteger(iat), 'iat is not a number of seconds');
  const named = namesIn(parameters, terms);
  return {
    ...{ text, ...present({ type: typeIn(parameters['typ'], terms) }) },
    ...(named.length === 0 ? {} : { names: (certificate) => named.every((isNamed) => isNamed(certificate)) }),
  };
}

function typeIn(typ: unknown, terms: JwsTerms): string | undefined {
  if (terms.typ !== 'route') {
    if (typeof typ !== 'string' || typ === '') throw profileError('the header has no typ');
    return typ;
  }
  const isAnyJws = typ === undefined || (typeof typ === 'string' && /^(?:JOSE|JWT)$/iu.test(typ));
  requireProfile(isAnyJws, 'the header has a typ, and none was agreed');
  return undefined;
}

type Names = (certificate: X509Certificate) => boolean;

/** What the header says of its key (RFC 7515, 4.1). A certificate in it is never trusted itself; authorities are not looked at. */
function namesIn({ 'x5t#S256': digest, kid, x5c }: Readonly<Record<string, unknown>>, terms: JwsTerms): Names[] {
  const isText = (value: unknown): value is string => typeof value === 'string';
  requireProfile(digest === undefined || isText(digest), 'x5t#S256 is not a string');
  requireProfile(kid === undefined || isText(kid), 'kid is not a string');
  const [leaf] = Array.isArray(x5c) && x5c.every(isText) ? x5c : [];
  const bytes = leaf === undefined ? undefined : strictBase64(leaf);
  requireProfile((x5c === undefined) === (bytes === undefined), 'x5c is not a list of certificates');
  return [
    ...(digest === undefined ? [] : [(certificate: X509Certificate) => thumbprint(certificate) === digest]),
    ...(kid === undefined ? [] : [hasKeyName(terms, kid)]),
    ...(bytes === undefined ? [] : [(certificate: X509Certificate) => certificate.raw.equals(bytes)]),
  ];
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
