/** KeyInfo of XML signatures (W3C XML Signature 1.1, 4.5): it tells pinned certificates apart, and is never trusted itself. */

import type { X509Certificate } from 'node:crypto';
import { attributesOf, childElements, qualifiedName, type XmlElement } from '../xml/libxml.ts';
import { thumbprint } from './certificates.ts';
import { profileError, requireProfile, type Signer } from './profile.ts';
import { base64Content, children, textContent } from './signature-elements.ts';
import { hasKeyName, type SignerTrust } from './trust.ts';
import { dsig } from './xml-algorithms.ts';

export type Names = (certificate: X509Certificate) => boolean;

/** In X509Data beside certificates: what describes them decides nothing. */
const descriptions = ['X509IssuerSerial', 'X509SubjectName', 'X509SKI'].map((name) => `{${dsig}}${name}`);

/** Which certificate is named, in the agreed form; undefined where none is. Throws E_SIGNATURE_PROFILE for another form. */
export function readKeyInfo(keyInfo: XmlElement | undefined, trust: SignerTrust): Names | undefined {
  const { keyInfo: form } = trust;
  requireProfile((keyInfo === undefined) === (form === 'none') || form === undefined, 'KeyInfo is not as agreed');
  if (keyInfo === undefined) return undefined;
  switch (form) {
    case undefined:
    case 'certificate':
    case 'none': {
      const [data] = children(keyInfo, ['X509Data']);
      const [certificate] = children(data, ['X509Certificate']);
      const bytes = base64Content(certificate, 'E_SIGNATURE_PROFILE');
      return ({ raw }) => raw.equals(bytes);
    }
    case 'chain':
      return readChain(keyInfo);
    case 'keyName': {
      const [name] = children(keyInfo, ['KeyName']);
      return hasKeyName(trust, textContent(name));
    }
    case 'keyValue':
      return readKeyValue(keyInfo);
  }
}

/** The certificates of one X509Data. */
function readChain(keyInfo: XmlElement): Names {
  const [data] = children(keyInfo, ['X509Data']);
  const certificates = childElements(data).flatMap((element) => {
    if (descriptions.includes(qualifiedName(element))) return [];
    requireProfile(qualifiedName(element) === `{${dsig}}X509Certificate`, 'X509Data does not have the agreed content');
    return [base64Content(element, 'E_SIGNATURE_PROFILE')];
  });
  requireProfile(certificates.length > 0, 'X509Data has no certificate');
  return ({ raw }) => certificates.some((bytes) => raw.equals(bytes));
}

const dsig11 = 'http://www.w3.org/2009/xmldsig11#';
/** Curves as Node names them in a JWK, and their object identifiers (RFC 5480, 2.1.1.1). */
const curves: Readonly<Record<string, string>> = { 'P-256': '1.2.840.10045.3.1.7', 'P-384': '1.3.132.0.34' };

function readKeyValue(keyInfo: XmlElement): Names {
  const [keyValue] = children(keyInfo, ['KeyValue']);
  const [value] = childElements(keyValue);
  if (value !== undefined && qualifiedName(value) === `{${dsig11}}ECKeyValue`) {
    children(keyValue, ['ECKeyValue'], { namespace: dsig11 });
    const [curve, point] = children(value, ['NamedCurve', 'PublicKey'], { namespace: dsig11 });
    const stated = attributesOf(curve).get('URI');
    const octets = base64Content(point, 'E_SIGNATURE_PROFILE');
    return (certificate) => {
      const { crv = '', x = '', y = '' } = publicJwkOf(certificate);
      return stated === `urn:oid:${curves[crv]}` && octets.equals(pointOf(x, y));
    };
  }
  const [rsa] = children(keyValue, ['RSAKeyValue']);
  const [modulus, exponent] = children(rsa, ['Modulus', 'Exponent']).map((element) =>
    withoutZeros(base64Content(element, 'E_SIGNATURE_PROFILE')),
  );
  return (certificate) => {
    const { n = '', e = '' } = publicJwkOf(certificate);
    return (
      modulus === withoutZeros(Buffer.from(n, 'base64url')) && exponent === withoutZeros(Buffer.from(e, 'base64url'))
    );
  };
}

/** An integer as hexadecimal digits; some programs write leading zeros. */
function withoutZeros(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(?:00)+/u, '');
}

/** Uncompressed (SEC 1, 2.3.3). */
function pointOf(x: string, y: string): Buffer {
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

/** Empty for a key that OpenSSL cannot read. */
function publicJwkOf(certificate: X509Certificate) {
  try {
    return certificate.publicKey.export({ format: 'jwk' });
  } catch {
    return {};
  }
}

/** As the partner reads it; an empty text for none. Throws E_SIGNATURE_PROFILE for a key without a KeyValue. */
export function writeKeyInfo({ form = {}, certificate, authorities = [], name }: Signer): string {
  const { keyInfo = 'certificate' } = form;
  const data = (certificates: readonly X509Certificate[]): string =>
    `<ds:X509Data>${certificates.map((each) => `<ds:X509Certificate>${base64Of(each)}</ds:X509Certificate>`).join('')}</ds:X509Data>`;
  switch (keyInfo) {
    case 'certificate':
      return `<ds:KeyInfo>${data([certificate])}</ds:KeyInfo>`;
    case 'chain':
      return `<ds:KeyInfo>${data([certificate, ...authorities])}</ds:KeyInfo>`;
    case 'keyName':
      return `<ds:KeyInfo><ds:KeyName>${name ?? thumbprint(certificate)}</ds:KeyName></ds:KeyInfo>`;
    case 'keyValue':
      return `<ds:KeyInfo><ds:KeyValue>${keyValueOf(certificate)}</ds:KeyValue></ds:KeyInfo>`;
    case 'none':
      return '';
  }
}

function keyValueOf(certificate: X509Certificate): string {
  const { n, e, crv = '', x = '', y } = publicJwkOf(certificate);
  const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  if (n !== undefined && e !== undefined)
    return `<ds:RSAKeyValue><ds:Modulus>${base64(n)}</ds:Modulus><ds:Exponent>${base64(e)}</ds:Exponent></ds:RSAKeyValue>`;
  if (y === undefined) throw profileError('a key of this kind has no KeyValue');
  const curve = `<dsig11:NamedCurve URI="urn:oid:${curves[crv]}"></dsig11:NamedCurve>`;
  const point = `<dsig11:PublicKey>${pointOf(x, y).toString('base64')}</dsig11:PublicKey>`;
  return `<dsig11:ECKeyValue xmlns:dsig11="${dsig11}">${curve}${point}</dsig11:ECKeyValue>`;
}

const certificates = new WeakMap<X509Certificate, string>();

/** Cached: Node encodes the certificate again at each access to `raw`. */
function base64Of(certificate: X509Certificate): string {
  const base64 = certificates.get(certificate) ?? certificate.raw.toString('base64');
  certificates.set(certificate, base64);
  return base64;
}
