/** The XML signature profile (W3C XML Signature 1.1): its algorithm identifiers, and a strict parser for the only form accepted. */

import { GatewayError } from '../../model/errors.ts';
import type { SignatureAlgorithm } from '../../model/message.ts';
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
import { profileError, requireProfile, strictBase64 } from './profile.ts';

export const dsig = 'http://www.w3.org/2000/09/xmldsig#';
export const exclusiveC14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const envelopedTransform = `${dsig}enveloped-signature`;
export const sha256Digest = 'http://www.w3.org/2001/04/xmlenc#sha256';
export const signatureMethods: Readonly<Record<SignatureAlgorithm, string>> = {
  'rsa-sha256': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'ecdsa-p256-sha256': 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
};

/** A ds:Signature that follows the profile and is not verified yet. */
export interface ParsedSignature {
  readonly element: XmlElement;
  readonly signedInfo: XmlElement;
  readonly digest: Buffer;
  readonly value: Buffer;
  /** DER of the certificate in KeyInfo: it selects a pinned certificate and is never trusted itself. */
  readonly certificate?: Buffer;
}

/** Attribute names that one implementation or another treats as an XML ID. */
const idNames = ['Id', 'ID', 'id'];
const wsuId = '{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}Id';
const xmlId = '{http://www.w3.org/XML/1998/namespace}id';
/** NCNames of ASCII; the pattern also keeps quotes out of the XPath below. */
export const idText = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/u;

/**
 * Parses the signature of a document: the only one, the last child of the root, with SignedInfo (one Reference to the root,
 * transforms enveloped-signature and exclusive canonicalisation), SignatureValue, and optionally KeyInfo with one certificate.
 * Throws E_SIGNATURE_MISSING, _PROFILE, _ALGORITHM, _REFERENCE, _INVALID.
 */
export function parseSignature(document: XmlDocument, algorithm: SignatureAlgorithm): ParsedSignature {
  const signatures = countNodes(document, '/descendant::ds:Signature', { ds: dsig });
  if (signatures === 0) throw new GatewayError('E_SIGNATURE_MISSING', 'the document holds no ds:Signature');
  requireProfile(signatures === 1, 'the document holds more than one ds:Signature');
  const element = lastElement(document.root);
  if (element === undefined || qualifiedName(element) !== `{${dsig}}Signature`) {
    throw profileError('the signature is not the last child of the root');
  }
  const hasKeyInfo = onlyElements(element)?.length === 3;
  const keyInfoName = hasKeyInfo ? ['KeyInfo'] : [];
  const [signedInfo, value, keyInfo] = children(element, ['SignedInfo', 'SignatureValue', ...keyInfoName]);
  const digest = parseSignedInfo(document, signedInfo, algorithm);
  const certificate = keyInfo === undefined ? undefined : parseKeyInfo(keyInfo);
  const signatureElements = hasKeyInfo ? 14 : 11;
  requireProfile(
    countNodes(document, '/descendant::ds:*', { ds: dsig }) === signatureElements,
    'there are elements of the signature namespace outside the signature',
  );
  return {
    ...{ element, signedInfo, digest },
    value: base64Content(value, 'E_SIGNATURE_INVALID'),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

/** The digest of the reference, after everything else in SignedInfo was found as agreed. */
function parseSignedInfo(document: XmlDocument, signedInfo: XmlElement, algorithm: SignatureAlgorithm): Buffer {
  const [c14n, method, reference] = children(signedInfo, ['CanonicalizationMethod', 'SignatureMethod', 'Reference']);
  requireMethod(c14n, exclusiveC14n);
  requireMethod(method, signatureMethods[algorithm]);
  const attributes = attributesOf(reference);
  const [transforms, digestMethod, digestValue] = children(reference, referenceParts, attributes.size);
  const [enveloped, exclusive] = children(transforms, ['Transform', 'Transform']);
  requireMethod(enveloped, envelopedTransform, 'E_SIGNATURE_PROFILE');
  requireMethod(exclusive, exclusiveC14n, 'E_SIGNATURE_PROFILE');
  requireMethod(digestMethod, sha256Digest);
  requireProfile(attributes.size <= 1, 'the reference has attributes besides URI');
  requireRootReference(document, attributes.get('URI'));
  const digest = base64Content(digestValue, 'E_SIGNATURE_INVALID');
  if (digest.length !== 32) throw new GatewayError('E_SIGNATURE_INVALID', 'the digest does not have 32 octets');
  return digest;
}

const referenceParts = ['Transforms', 'DigestMethod', 'DigestValue'] as const;

/** The reference names the root by an ID that no other element carries under any spelling, or the whole document ("same-document", ''). */
function requireRootReference(document: XmlDocument, uri: string | undefined): void {
  if (uri === '') return;
  const id = uri?.slice(1) ?? '';
  requireReference(uri?.startsWith('#') === true && idText.test(id), 'the reference is not to an ID');
  const root = attributesOf(document.root);
  const isRoot = [...idNames, xmlId, wsuId].some((name) => root.get(name) === id);
  requireReference(isRoot, 'the reference is not to the root');
  const local = idNames.map((name) => `local-name()='${name}'`).join(' or ');
  const carriers = countNodes(document, `/descendant-or-self::*/@*[.='${id}'][${local}]`);
  requireReference(carriers === 1, 'the ID is not unique');
}

function requireReference(holds: boolean, detail: string): void {
  if (!holds) throw new GatewayError('E_SIGNATURE_REFERENCE', detail);
}

function parseKeyInfo(keyInfo: XmlElement): Buffer {
  const [data] = children(keyInfo, ['X509Data']);
  const [certificate] = children(data, ['X509Certificate']);
  return base64Content(certificate, 'E_SIGNATURE_PROFILE');
}

/** The element children, which have exactly these names of the signature namespace, in order, under so many attributes. */
function children<const Names extends readonly string[]>(
  parent: XmlElement,
  names: Names,
  attributes = 0,
): { readonly [N in keyof Names]: XmlElement } {
  const found = onlyElements(parent);
  const fits =
    found?.length === names.length && found.every((child, i) => qualifiedName(child) === `{${dsig}}${names[i] ?? ''}`);
  requireProfile(fits, `${parent.name} does not have the agreed content`);
  requireProfile(parent.attrs.length === attributes, `${parent.name} has an attribute`);
  return found as unknown as { readonly [N in keyof Names]: XmlElement };
}

function requireMethod(
  element: XmlElement,
  identifier: string,
  code: 'E_SIGNATURE_ALGORITHM' | 'E_SIGNATURE_PROFILE' = 'E_SIGNATURE_ALGORITHM',
): void {
  const attributes = attributesOf(element);
  if (attributes.get('Algorithm') !== identifier) throw new GatewayError(code, `${element.name} is not the agreed one`);
  requireProfile(attributes.size === 1 && onlyText(element)?.trim() === '', `${element.name} has parameters`);
}

/** The octets of an element that holds base64 only; white space between lines is allowed (XML Schema Part 2, 3.2.16). */
function base64Content(element: XmlElement, code: 'E_SIGNATURE_INVALID' | 'E_SIGNATURE_PROFILE'): Buffer {
  requireProfile(element.attrs.length === 0, `${element.name} has an attribute`);
  const text = onlyText(element);
  if (text === undefined) throw profileError(`${element.name} holds elements`);
  const bytes = strictBase64(text.replace(/[ \t\r\n]/gu, ''));
  if (bytes === undefined) throw new GatewayError(code, `${element.name} is not strict base64`);
  return bytes;
}
