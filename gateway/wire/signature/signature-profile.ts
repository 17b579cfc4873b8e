/** The one XML signature that is accepted: its names, and a strict reading of it into plain data. */

import { GatewayError } from '../../model/errors.ts';
import {
  attributesOf,
  countNodes,
  lastElement,
  onlyElements,
  onlyText,
  qualifiedName,
  type XmlDocument,
  type XmlElement,
} from '../xml/libxml.ts';
import type { SignatureAlgorithm } from './trust.ts';

export const dsig = 'http://www.w3.org/2000/09/xmldsig#';
export const exclusiveC14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const envelopedTransform = `${dsig}enveloped-signature`;
export const sha256Digest = 'http://www.w3.org/2001/04/xmlenc#sha256';
export const signatureMethods: Readonly<Record<SignatureAlgorithm, string>> = {
  'rsa-sha256': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'ecdsa-p256-sha256': 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
};

/** What a ds:Signature says. Nothing of it is believed yet. */
export interface StatedSignature {
  readonly element: XmlElement;
  readonly signedInfo: XmlElement;
  readonly digest: Buffer;
  readonly value: Buffer;
  /** DER of the certificate it names; absent when it names none. */
  readonly certificate?: Buffer;
}

/** The attribute names that some reader or other takes for an XML id. */
const idNames = ['Id', 'ID', 'id'];
const wsuId = '{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}Id';
const xmlId = '{http://www.w3.org/XML/1998/namespace}id';
const idText = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/u;

/**
 * Reads the signature of a document. It is the root's last element, stands alone, and is built exactly so: SignedInfo (one
 * Reference to the root, enveloped-signature then exclusive canonical form), SignatureValue, KeyInfo with one certificate.
 * Throws E_SIGNATURE_MISSING, _PROFILE, _ALGORITHM, _REFERENCE, _INVALID.
 */
export function readSignature(document: XmlDocument, algorithm: SignatureAlgorithm): StatedSignature {
  const signatures = countNodes(document, '/descendant::ds:Signature', { ds: dsig });
  if (signatures === 0) throw new GatewayError('E_SIGNATURE_MISSING', 'the document holds no ds:Signature');
  if (signatures > 1) throw profile('the document holds more than one ds:Signature');
  const element = lastElement(document.root);
  if (element === undefined || qualifiedName(element) !== `{${dsig}}Signature`) {
    throw profile('the signature is not the last child of the root');
  }
  const [signedInfo, value] = children(element, ['SignedInfo', 'SignatureValue', 'KeyInfo'], 2);
  const keyInfo = onlyElements(element)?.[2];
  noAttributes(element);
  const digest = readSignedInfo(document, signedInfo, algorithm);
  noAttributes(value);
  const certificate = keyInfo === undefined ? undefined : readKeyInfo(keyInfo);
  const expected = keyInfo === undefined ? 11 : 14;
  if (countNodes(document, '/descendant::ds:*', { ds: dsig }) !== expected) {
    throw profile('elements of the signature namespace stand outside the signature');
  }
  return {
    element,
    signedInfo,
    digest,
    value: strictBase64(value, 'E_SIGNATURE_INVALID'),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/** The digest a SignedInfo states, once everything in it is as agreed. */
function readSignedInfo(document: XmlDocument, signedInfo: XmlElement, algorithm: SignatureAlgorithm): Buffer {
  noAttributes(signedInfo);
  const [c14n, method, reference] = children(signedInfo, ['CanonicalizationMethod', 'SignatureMethod', 'Reference'], 3);
  onlyAlgorithm(c14n, exclusiveC14n, 'E_SIGNATURE_ALGORITHM');
  onlyAlgorithm(method, signatureMethods[algorithm], 'E_SIGNATURE_ALGORITHM');
  const [transforms, digestMethod, digestValue] = children(reference, ['Transforms', 'DigestMethod', 'DigestValue'], 3);
  noAttributes(transforms);
  const [enveloped, exclusive] = children(transforms, ['Transform', 'Transform'], 2);
  onlyAlgorithm(enveloped, envelopedTransform, 'E_SIGNATURE_PROFILE');
  onlyAlgorithm(exclusive, exclusiveC14n, 'E_SIGNATURE_PROFILE');
  onlyAlgorithm(digestMethod, sha256Digest, 'E_SIGNATURE_ALGORITHM');
  noAttributes(digestValue);
  coversRoot(document, reference);
  const digest = strictBase64(digestValue, 'E_SIGNATURE_INVALID');
  if (digest.length !== 32) throw new GatewayError('E_SIGNATURE_INVALID', 'the digest has not 32 bytes');
  return digest;
}

/** A reference to the root by its id, which no other element may carry under any spelling; or to the whole document, ''. */
function coversRoot(document: XmlDocument, reference: XmlElement): void {
  const attributes = attributesOf(reference);
  const uri = attributes.get('URI');
  if (attributes.size > 1) throw profile('the reference has attributes beside URI');
  if (uri === '') return;
  const id = uri?.slice(1) ?? '';
  // The pattern also keeps quotes out of the XPath below.
  if (uri?.startsWith('#') !== true || !idText.test(id)) throw notRoot('the reference is not to an id');
  const root = attributesOf(document.root);
  if (![...idNames, xmlId, wsuId].some((name) => root.get(name) === id))
    throw notRoot('the reference is not to the root');
  const local = idNames.map((name) => `local-name()='${name}'`).join(' or ');
  const carriers = countNodes(document, `/descendant-or-self::*/@*[.='${id}'][${local}]`);
  if (carriers !== 1) throw notRoot('the id stands more than once');
}

function readKeyInfo(keyInfo: XmlElement): Buffer {
  noAttributes(keyInfo);
  const [data] = children(keyInfo, ['X509Data'], 1);
  noAttributes(data);
  const [certificate] = children(data, ['X509Certificate'], 1);
  noAttributes(certificate);
  return strictBase64(certificate, 'E_SIGNATURE_PROFILE');
}

type Children<Names extends readonly string[]> = { readonly [N in keyof Names]: XmlElement };

/** The element children, which must have these names of the signature namespace, in order; the first `required` of them. */
function children<const Names extends readonly string[]>(
  parent: XmlElement,
  names: Names,
  required: number,
): Children<Names> {
  const found = onlyElements(parent);
  const fits =
    found !== undefined &&
    found.length >= required &&
    found.length <= names.length &&
    found.every((child, i) => qualifiedName(child) === `{${dsig}}${names[i] ?? ''}`);
  if (!fits) throw profile(`${parent.name} is not built as agreed`);
  return found as unknown as Children<Names>;
}

function noAttributes(element: XmlElement): void {
  if (element.attrs.length > 0) throw profile(`${element.name} has an attribute`);
}

function onlyAlgorithm(
  element: XmlElement,
  wanted: string,
  code: 'E_SIGNATURE_ALGORITHM' | 'E_SIGNATURE_PROFILE',
): void {
  const attributes = attributesOf(element);
  if (attributes.get('Algorithm') !== wanted) throw new GatewayError(code, `${element.name} is not the agreed one`);
  if (attributes.size > 1 || onlyText(element)?.trim() !== '') throw profile(`${element.name} carries parameters`);
}

/** Base64 with white space between lines, and with nothing else that a lenient reader would skip (RFC 4648, 3.5). */
function strictBase64(element: XmlElement, code: 'E_SIGNATURE_INVALID' | 'E_SIGNATURE_PROFILE'): Buffer {
  const text = onlyText(element)?.replace(/[ \t\r\n]/gu, '');
  if (text === undefined) throw profile(`${element.name} holds elements`);
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || bytes.toString('base64') !== text) {
    throw new GatewayError(code, `${element.name} is not strict base64`);
  }
  return bytes;
}

function profile(detail: string): GatewayError {
  return new GatewayError('E_SIGNATURE_PROFILE', detail);
}

function notRoot(detail: string): GatewayError {
  return new GatewayError('E_SIGNATURE_REFERENCE', detail);
}
