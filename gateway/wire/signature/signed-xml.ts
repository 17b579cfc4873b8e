/** Enveloped XML signatures: creates them without re-serialising the document, and verifies them over its canonical form. */

import type { KeyObject } from 'node:crypto';
import { insertBytes, written, type ByteWriter } from '../../model/byte-writer.ts';
import { GatewayError } from '../../model/errors.ts';
import { attributesOf, canonicalWithin, exclusiveForm, takeCanonical } from '../xml/libxml.ts';
import type { XmlTree } from '../xml/xml-tree.ts';
import { writeKeyInfo } from './key-info.ts';
import { signOctets, verifySignature, type Signer } from './profile.ts';
import { idText, rootIdName, type ParsedSignature } from './signature-profile.ts';
import type { SignerTrust } from './trust.ts';
import { dsig, exclusiveC14n, xmlAlgorithms, type XmlAlgorithms } from './xml-algorithms.ts';

/**
 * The document with a signature as the last child of its root. `tree` is the parsed document and cannot be used afterwards: the
 * signature is inserted in place, because copying a whole list would double the time. Throws E_SIGNATURE_REFERENCE without a usable id.
 */
export async function signXml(content: ByteWriter, tree: XmlTree, signer: Signer): Promise<Uint8Array> {
  const { algorithm, form = {} } = signer;
  const agreed = xmlAlgorithms(algorithm, form);
  const id = rootId(tree, signer);
  const end = written(content).lastIndexOf('</');
  const digest = tree.digest(agreed.hash, agreed.content).toString('base64');
  const signedInfo = signedInfoOf(agreed, { uri: form.reference === '' ? '' : `#${id}`, digest });
  const octets = octetsOf(signedInfo, agreed, tree);
  const value = await signOctets(signer, octets, 'ieee-p1363');
  const signatureId = form.signatureId === true ? ` Id="${id}-signature"` : '';
  const signature =
    `<ds:Signature xmlns:ds="${dsig}"${signatureId}>${signedInfo}` +
    `<ds:SignatureValue>${value.toString('base64')}</ds:SignatureValue>${writeKeyInfo(signer)}</ds:Signature>`;
  insertBytes(content, end, Buffer.from(signature));
  return written(content);
}

/** The id by which the reference names the root. */
function rootId(tree: XmlTree, { form = {} }: Signer): string {
  const id =
    form.idAttribute === undefined ? tree.rootId() : attributesOf(tree.signed().root).get(rootIdName(form.idAttribute));
  if (id !== undefined && idText.test(id)) return id;
  if (form.reference === '') return 'message';
  const fix = `Give the root of the template an attribute ${form.idAttribute ?? 'Id'} that is the id of the message.`;
  throw new GatewayError('E_SIGNATURE_REFERENCE', 'the root has no Id that a reference can name', { fix });
}

/** Written in canonical form: sorted attributes, no empty-element tags, the namespace on the element around it only. */
function signedInfoOf(agreed: XmlAlgorithms, { uri, digest }: Readonly<Record<'uri' | 'digest', string>>): string {
  const { canonical } = agreed;
  const prefixes =
    canonical === 'inclusive' || canonical.length === 0
      ? ''
      : `<ec:InclusiveNamespaces xmlns:ec="${exclusiveC14n}" PrefixList="${canonical.join(' ')}"></ec:InclusiveNamespaces>`;
  const method = (name: string, algorithm: string): string =>
    `<ds:${name} Algorithm="${algorithm}">${algorithm.startsWith(exclusiveC14n) ? prefixes : ''}</ds:${name}>`;
  return (
    `<ds:SignedInfo>${method('CanonicalizationMethod', agreed.c14n)}${method('SignatureMethod', agreed.method)}` +
    `<ds:Reference URI="${uri}"><ds:Transforms>` +
    `${agreed.transforms.map((each) => method('Transform', each)).join('')}</ds:Transforms>` +
    `${method('DigestMethod', agreed.digest)}<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`
  );
}

/** The canonical form of SignedInfo, which may depend on the namespaces around it. */
function octetsOf(signedInfo: string, { canonical }: XmlAlgorithms, tree: XmlTree): Uint8Array {
  const text = signedInfo.replace('>', ` xmlns:ds="${dsig}">`);
  return canonical === exclusiveForm ? Buffer.from(text) : canonicalWithin(tree.signed().root, text, canonical);
}

/**
 * Verifies that the key signed the whole document apart from the signature, which is removed from the tree.
 * Throws E_SIGNATURE_INVALID, and E_XML_FORBIDDEN when the document has no canonical form.
 */
export async function verifyXmlSignature(
  tree: XmlTree,
  signature: ParsedSignature,
  trust: SignerTrust,
  key: KeyObject,
): Promise<void> {
  const { element, signedInfo, canonical, digest, value } = signature;
  const { algorithm } = trust;
  const { hash, content } = xmlAlgorithms(algorithm, trust);
  const signedOctets = takeCanonical(signedInfo, canonical);
  element.remove();
  const parts = { signedOctets, value, digest };
  await verifySignature(parts, () => tree.digest(hash, content), { algorithm, key, encoding: 'ieee-p1363' });
}
