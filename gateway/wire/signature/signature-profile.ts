/** The XML signature profile (W3C XML Signature 1.1): a strict parser for the one form that was agreed. */

import { GatewayError } from '../../model/errors.ts';
import { idAttributeOf, type XmlForm } from '../../model/signature-form.ts';
import { countAttributes } from '../xml/canonical-xml.ts';
import { attributesOf, countNodes, exclusiveForm, lastElement, onlyElements, onlyText } from '../xml/libxml.ts';
import { qualifiedName, type CanonicalForm, type XmlElement } from '../xml/libxml.ts';
import type { XmlTree } from '../xml/xml-tree.ts';
import { readKeyInfo, type Names } from './key-info.ts';
import { hashLengths, profileError, requireProfile } from './profile.ts';
import { base64Content, children } from './signature-elements.ts';
import type { SignerTrust } from './trust.ts';
import { dsig, exclusiveC14n, xmlAlgorithms } from './xml-algorithms.ts';

/** A ds:Signature that follows the profile and is not verified yet. */
export interface ParsedSignature {
  readonly element: XmlElement;
  readonly signedInfo: XmlElement;
  /** Of SignedInfo. */
  readonly canonical: CanonicalForm;
  readonly digest: Buffer;
  readonly value: Buffer;
  /** Tells the certificate that KeyInfo names. */
  readonly names: Names | undefined;
}

/** Attribute names that one implementation or another treats as an XML ID. */
const idNames = ['Id', 'ID', 'id'];
/** NCNames of ASCII; the pattern also keeps quotes out of the XPath below. */
export const idText = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/u;

/** The attribute that is the id of the root, as `attributesOf` names it. */
export function rootIdName(idAttribute: string | undefined): string {
  const { namespace, name } = idAttributeOf(idAttribute === undefined ? {} : { idAttribute });
  return namespace === '' ? name : `{${namespace}}${name}`;
}

/**
 * Parses the signature of a document: the only one, the last child of the root, with SignedInfo (one Reference to the root),
 * SignatureValue and KeyInfo in the form that was agreed. Throws E_SIGNATURE_MISSING, _PROFILE, _ALGORITHM, _REFERENCE, _INVALID.
 */
export function parseSignature(tree: XmlTree, trust: SignerTrust): ParsedSignature {
  const document = tree.signed();
  const signatures = countNodes(document, '/descendant::ds:Signature', { ds: dsig });
  if (signatures === 0) throw new GatewayError('E_SIGNATURE_MISSING', 'the document holds no ds:Signature');
  requireProfile(signatures === 1, 'the document holds more than one ds:Signature');
  const element = lastElement(document.root);
  if (element === undefined || qualifiedName(element) !== `{${dsig}}Signature`) {
    throw profileError('the signature is not the last child of the root');
  }
  requireProfile(
    countNodes(document, '/*/ds:Signature/descendant-or-self::ds:*', { ds: dsig }) ===
      countNodes(document, '/descendant::ds:*', { ds: dsig }),
    'there are elements of the signature namespace outside the signature',
  );
  const keyInfoName = onlyElements(element)?.length === 3 ? ['KeyInfo'] : [];
  const attributes = trust.signatureId === true ? 1 : 0;
  const names = ['SignedInfo', 'SignatureValue', ...keyInfoName];
  const [signedInfo, value, keyInfo] = children(element, names, { attributes });
  if (signedInfo === undefined || value === undefined) throw profileError('Signature does not have the agreed content');
  if (attributes === 1) requireUniqueId(tree, attributesOf(element).get('Id'), idNames);
  return {
    ...{ element, signedInfo, ...parseSignedInfo(tree, signedInfo, trust) },
    value: base64Content(value, 'E_SIGNATURE_INVALID'),
    names: readKeyInfo(keyInfo, trust),
  };
}

/** The digest of the reference, after everything else in SignedInfo was found as agreed. */
function parseSignedInfo(
  tree: XmlTree,
  signedInfo: XmlElement,
  trust: SignerTrust,
): Pick<ParsedSignature, 'canonical' | 'digest'> {
  const agreed = xmlAlgorithms(trust.algorithm, trust);
  const [c14n, method, reference] = children(signedInfo, ['CanonicalizationMethod', 'SignatureMethod', 'Reference']);
  const hasPrefixes = readMethod(c14n, agreed.c14n, trust);
  requireMethod(method, agreed.method);
  const attributes = attributesOf(reference);
  const referenceParts = ['Transforms', 'DigestMethod', 'DigestValue'] as const;
  const [transforms, digestMethod, digestValue] = children(reference, referenceParts, { attributes: attributes.size });
  const steps = children(
    transforms,
    agreed.transforms.map(() => 'Transform'),
  );
  const [, canonical] = steps;
  const stated = steps.map((step, i) => readMethod(step, agreed.transforms[i] ?? '', trust, 'E_SIGNATURE_PROFILE'));
  // Where no transform takes the prefixes, SignedInfo alone shows that they are agreed.
  const isStated =
    trust.inclusivePrefixes === undefined || (canonical === undefined ? hasPrefixes : stated[1] === true);
  requireProfile(isStated, 'the prefixes that were agreed are not stated');
  requireMethod(digestMethod, agreed.digest);
  requireProfile(attributes.size <= 1, 'the reference has attributes besides URI');
  requireRootReference(tree, attributes.get('URI'), trust);
  const digest = base64Content(digestValue, 'E_SIGNATURE_INVALID');
  const octets = hashLengths[agreed.hash];
  if (digest.length !== octets)
    throw new GatewayError('E_SIGNATURE_INVALID', `the digest does not have ${octets} octets`);
  const isPlain = agreed.canonical !== 'inclusive' && !hasPrefixes;
  return { digest, canonical: isPlain ? exclusiveForm : agreed.canonical };
}

/**
 * The reference names the root by an ID that no other element carries under any spelling, or the whole document ("same-document", ''):
 * either, or the one that was agreed.
 */
function requireRootReference(tree: XmlTree, uri: string | undefined, { reference, idAttribute }: XmlForm): void {
  const isAgreed = reference === undefined || (uri === '') === (reference === '');
  requireReference(isAgreed, 'the reference is not of the agreed form');
  if (uri === '') return;
  const id = uri?.slice(1) ?? '';
  requireReference(uri?.startsWith('#') === true && idText.test(id), 'the reference is not to an ID');
  const root = attributesOf(tree.signed().root);
  const names = idAttribute === undefined ? [...idNames, 'xml:id', 'wsu:Id'] : [idAttribute];
  requireReference(
    names.some((name) => root.get(rootIdName(name)) === id),
    'the reference is not to the root',
  );
  requireUniqueId(tree, id, [...idNames, ...(idAttribute === undefined ? [] : [idAttribute.replace(/^.*:/u, '')])]);
}

function requireUniqueId(tree: XmlTree, id: string | undefined, locals: readonly string[]): void {
  requireReference(id !== undefined && idText.test(id), 'an ID is missing or malformed');
  const isId = locals.map((name) => `local-name()='${name}'`).join(' or ');
  // A canonical document is reduced to the root and the signature, and its tokens are all but the signature.
  const { canonical } = tree;
  const elements = canonical === undefined ? '/descendant-or-self::*' : '/*/*/descendant-or-self::*';
  const parsed = countNodes(tree.signed(), `${elements}/@*[.='${id}'][${isId}]`);
  const others = canonical === undefined ? 0 : countAttributes(canonical, locals, id);
  requireReference(parsed + others === 1, 'the ID is not unique');
}

function requireReference(holds: boolean, detail: string): asserts holds {
  if (!holds) throw new GatewayError('E_SIGNATURE_REFERENCE', detail);
}

/** Whether exclusive canonicalisation states prefixes, which are then those that were agreed. Throws as requireMethod. */
function readMethod(
  element: XmlElement,
  identifier: string,
  { inclusivePrefixes }: XmlForm,
  code?: 'E_SIGNATURE_PROFILE',
): boolean {
  const takesPrefixes = inclusivePrefixes !== undefined && identifier.startsWith(exclusiveC14n);
  if (!takesPrefixes || onlyElements(element)?.length !== 1) {
    requireMethod(element, identifier, code);
    return false;
  }
  requireIdentifier(element, identifier, code);
  const [prefixes] = children(element, ['InclusiveNamespaces'], { namespace: exclusiveC14n, attributes: 1 });
  const listed = attributesOf(prefixes)
    .get('PrefixList')
    ?.split(/[ \t\r\n]+/u);
  const isAgreed =
    listed
      ?.filter((prefix) => prefix !== '')
      .toSorted()
      .join(' ') === inclusivePrefixes.toSorted().join(' ');
  requireProfile(isAgreed && prefixes.attrs.length === 1, 'the prefixes are not the agreed ones');
  return true;
}

function requireMethod(element: XmlElement, identifier: string, code?: 'E_SIGNATURE_PROFILE'): void {
  requireIdentifier(element, identifier, code);
  requireProfile(element.attrs.length === 1 && onlyText(element)?.trim() === '', `${element.name} has parameters`);
}

function requireIdentifier(
  element: XmlElement,
  identifier: string,
  code: 'E_SIGNATURE_ALGORITHM' | 'E_SIGNATURE_PROFILE' = 'E_SIGNATURE_ALGORITHM',
): void {
  const isAgreed = attributesOf(element).get('Algorithm') === identifier;
  if (!isAgreed) throw new GatewayError(code, `${element.name} is not the agreed one`);
}
