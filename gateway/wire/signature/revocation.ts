/** Lists of revoked certificates (CRL, RFC 5280, 5): read strictly, and asked whether a certificate is good, revoked, or unknown. */

import { verify, X509Certificate } from 'node:crypto';
import { GatewayError } from '../../model/errors.ts';
import type { Moment } from '../../model/record/record.ts';
import { keyUsageBits } from './certificates.ts';
import { bytesWithin, derOf, hasTag, oidOf, readDer, tags, within, type Der } from './der.ts';

export interface RevocationList {
  /** DER of the name of the authority, in hex. */
  readonly issuer: string;
  readonly thisUpdate: Moment;
  readonly nextUpdate: Moment;
  /** Serial numbers in hex. */
  readonly revoked: ReadonlySet<string>;
}

/** What is asked about certificates of a partner. */
export interface RevocationTerms {
  readonly lists: readonly RevocationList[];
  readonly authorities: readonly X509Certificate[];
  /** What holds where no list decides. */
  readonly unknown: 'refuse' | 'accept';
  /** For so long a list counts after the day on which the next one was due. */
  readonly graceSeconds: number;
}

export type Standing = 'good' | 'revoked' | 'unknown';

/** Bytes of a list that are read. */
export const mostListBytes = 8 * 1024 * 1024;

/** cRLSign in the first octet of the key usage. */
const signsLists = 0x02;
const version2 = '01';
const extension = { number: '2.5.29.20', authorityKey: '2.5.29.35', distributionPoint: '2.5.29.28' } as const;

/** Hashes by signature algorithm (RFC 5758, RFC 4055, RFC 8410). */
const hashes: Readonly<Record<string, string | undefined>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': undefined,
};

/**
 * A list in DER or PEM that one of the authorities signed. Throws E_TRUST_UNCHECKED for one that is built otherwise, is a delta or covers
 * some certificates only, names no next update, or is signed by somebody else.
 */
export function readRevocationList(bytes: Uint8Array, authorities: readonly X509Certificate[]): RevocationList {
  const { tbs, signers } = signedList(derIn(bytes), authorities);
  const [version, , issuer, thisUpdate, nextUpdate, ...rest] = partsOf(tbs.content) ?? [];
  if (version?.tag !== tags.integer || hexOf(version.content) !== version2 || issuer === undefined) throw notDer();
  const revoked = rest.find(({ tag }) => tag === tags.sequence);
  requireComplete(elementOf(rest.find(({ tag }) => tag === tags.context0)));
  const name = hexOf(issuer.whole);
  if (!signers.some((authority) => namesOf(authority).subject === name)) throw unsigned();
  return {
    ...{ issuer: name, thisUpdate: timeOf(elementOf(thisUpdate)), nextUpdate: timeOf(elementOf(nextUpdate)) },
    revoked: new Set(revoked === undefined ? [] : (partsOf(revoked.content, Infinity) ?? [undefined]).map(serialOf)),
  };
}

const notDer = (): GatewayError => unusable('it is no list of version 2 in DER');

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

function elementOf(part: Part | undefined): Der | undefined {
  return part && readDer(part.whole);
}

/**
 * What is signed, and the authorities whose signature it is. Another computer on the way may answer the fetch of a list: what nobody signed is
 * hashed, and not parsed.
 */
function signedList(
  bytes: Uint8Array,
  authorities: readonly X509Certificate[],
): { readonly tbs: Part; readonly signers: readonly X509Certificate[] } {
  const [list, after] = partsOf(bytes) ?? [];
  const [tbs, algorithm, signature, more] = list === undefined ? [] : (partsOf(list.content) ?? []);
  if (tbs === undefined || algorithm === undefined || signature === undefined || (after ?? more) !== undefined)
    throw notDer();
  const oid = oidOf(within(elementOf(algorithm), tags.sequence)?.[0]) ?? '';
  const value = bytesWithin(elementOf(signature), tags.bits)?.subarray(1) ?? Buffer.alloc(0);
  const signers = authorities.filter(
    (authority) =>
      authority.ca &&
      (keyUsageBits(authority) & signsLists) !== 0 &&
      oid in hashes &&
      (hashes[oid] === undefined) === (authority.publicKey.asymmetricKeyType === 'ed25519') &&
      verify(hashes[oid], tbs.whole, authority.publicKey, value),
  );
  if (signers.length === 0) throw unsigned();
  return { tbs, signers };
}

const unsigned = (): GatewayError => unusable('no authority of the partner that may sign lists has signed it');

interface Part {
  readonly tag: number | undefined;
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

/**
 * The first elements of which the bytes are a row, by their lengths alone (X.690, 8.1.3): a list of 8 MiB names some 200,000 certificates,
 * which node-forge reads in a second. Undefined where one is cut off, or has a length that DER writes shorter (10.1).
 */
function partsOf(bytes: Uint8Array, most = 8): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length && parts.length < most;) {
    const short = bytes[at + 1] ?? 0;
    const octets = short < 0x80 ? 0 : short - 0x80;
    const begin = at + 2 + octets;
    const length = octets === 0 ? short : bytes.subarray(at + 2, begin).reduce((sum, octet) => sum * 256 + octet, 0);
    const isShorter = octets > 0 && (length < 0x80 || bytes[at + 2] === 0);
    if (short === 0x80 || octets > 4 || isShorter || begin + length > bytes.length) return undefined;
    parts.push({
      tag: bytes[at],
      whole: bytes.subarray(at, begin + length),
      content: bytes.subarray(begin, begin + length),
    });
    at = begin + length;
  }
  return parts;
}

function derIn(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 30)).toString('latin1');
  if (!text.startsWith('-----BEGIN X509 CRL-----')) return bytes;
  return Buffer.from(
    Buffer.from(bytes)
      .toString('latin1')
      .replaceAll(/-----[^-]+-----/gu, ''),
    'base64',
  );
}

/** The critical extensions would change what the list says: which certificates it is about, or that it is a delta (RFC 5280, 5.2). */
function requireComplete(wrapper: Der | undefined): void {
  for (const each of within(within(wrapper, tags.context0)?.[0], tags.sequence) ?? []) {
    const [id, ...rest] = within(each, tags.sequence) ?? [];
    const oid = oidOf(id);
    const isCritical = rest.length > 1;
    if (isCritical && !(oid === extension.distributionPoint && isForUsers(bytesWithin(rest.at(-1), tags.octets))))
      throw unusable('it is a delta, or is about some certificates only');
  }
}

/** Nothing but `onlyContainsUserCerts`: true for every certificate that signs or connects. */
function isForUsers(value: Buffer | undefined): boolean {
  return value?.equals(Buffer.of(0x30, 0x03, 0x81, 0x01, 0xff)) === true;
}

/** A number with needless octets in front would equal that of no certificate (X.690, 8.3.2). */
function serialOf(entry: Part | undefined): string {
  const [serial] = (entry?.tag === tags.sequence && partsOf(entry.content, 1)) || [];
  const [first, second] = serial?.content ?? [];
  const isPadded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (serial?.tag !== tags.integer || first === undefined || isPadded) throw notDer();
  return hexOf(serial.content);
}

/** UTCTime until 2049, then GeneralizedTime; both end in Z and have seconds (RFC 5280, 5.1.2.4). */
function timeOf(element: Der | undefined): Moment {
  const short = bytesWithin(element, tags.utcTime)?.toString('latin1');
  const century = Number(short?.slice(0, 2)) < 50 ? '20' : '19';
  const text =
    short === undefined ? bytesWithin(element, tags.generalizedTime)?.toString('latin1') : `${century}${short}`;
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/u.exec(text ?? '') ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time.getTime())) throw unusable('it does not say when it was made and when the next one is due');
  return time.toISOString();
}

function unusable(detail: string): GatewayError {
  const fix = 'Ask the authority of the partner for its complete list, and register the authority as an anchor.';
  return new GatewayError('E_TRUST_UNCHECKED', `the revocation list cannot be used: ${detail}`, { fix });
}

interface Names {
  readonly serial: string;
  readonly issuer: string;
  readonly subject: string;
}

const names = new WeakMap<X509Certificate, Names>();

/** Serial number and names, as DER in hex. Cached, because it takes a walk through the DER. */
function namesOf(certificate: X509Certificate): Names {
  const known = names.get(certificate);
  if (known !== undefined) return known;
  const content = [...(within(within(readDer(certificate.raw), tags.sequence)?.[0], tags.sequence) ?? [])];
  if (hasTag(content[0], tags.context0)) content.shift(); // the version
  const [serial, , issuer, , subject] = content;
  const hex = (element: Der | undefined): string => (element === undefined ? '' : derOf(element).toString('hex'));
  const found = {
    ...{ issuer: hex(issuer), subject: hex(subject) },
    serial: bytesWithin(serial, tags.integer)?.toString('hex') ?? '',
  };
  names.set(certificate, found);
  return found;
}

/** Certificates above one that are looked at: an authority may be revoked by the one above it. */
const deepest = 3;

/** `revoked` by any list, also an outdated one; `good` when each certificate up to a root is on no list that is current at `at`. */
export function standingOf(certificate: X509Certificate, terms: RevocationTerms, at: Date): Standing {
  const { lists, authorities, graceSeconds } = terms;
  let current: X509Certificate | undefined = certificate;
  let standing: Standing = 'good';
  for (let depth = 0; depth < deepest; depth += 1) {
    const { serial, issuer, subject } = namesOf(current);
    if (issuer === subject) return depth === 0 ? 'unknown' : standing;
    const about = lists.filter((list) => list.issuer === issuer);
    if (about.some(({ revoked }) => revoked.has(serial))) return 'revoked';
    const isCurrent = ({ thisUpdate, nextUpdate }: RevocationList): boolean =>
      Date.parse(thisUpdate) <= at.getTime() && at.getTime() < Date.parse(nextUpdate) + graceSeconds * 1000;
    if (!about.some(isCurrent)) standing = 'unknown';
    const above: X509Certificate | undefined = authorities.find((each) => namesOf(each).subject === issuer);
    if (above === undefined) return 'unknown';
    current = above;
  }
  return 'unknown';
}

/** Whether a client with this certificate is admitted. */
export function admits(terms: RevocationTerms, certificate: X509Certificate, at: Date): boolean {
  const standing = standingOf(certificate, terms, at);
  return standing === 'good' || (standing === 'unknown' && terms.unknown === 'accept');
}

/** Throws E_CERTIFICATE_REVOKED, and E_TRUST_UNCHECKED where it is unknown and the terms refuse that. */
export function requireStanding(certificate: X509Certificate, terms: RevocationTerms | undefined, at: Date): void {
  const standing = terms === undefined ? 'good' : standingOf(certificate, terms, at);
  if (standing === 'revoked')
    throw new GatewayError('E_CERTIFICATE_REVOKED', 'the certificate is on the revocation list of its authority');
  if (standing === 'unknown' && terms?.unknown === 'refuse')
    throw new GatewayError('E_TRUST_UNCHECKED', 'no current list says whether the certificate was revoked', {
      fix: 'Get the current revocation list: certificates.revocation of the partner in the settings.',
    });
}
