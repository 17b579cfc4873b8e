/** Enveloped XML signatures: creates them without re-serialising the document, and verifies them over its canonical form. */

import { sign, type KeyObject, type X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { insertBytes, written, type ByteWriter } from '../../model/byte-writer.ts';
import { GatewayError } from '../../model/errors.ts';
import { takeCanonical } from '../xml/libxml.ts';
import type { XmlTree } from '../xml/xml-tree.ts';
import { keyInput, verifySignature, type Signer } from './profile.ts';
import {
  dsig,
  envelopedTransform,
  exclusiveC14n,
  idText,
  sha256Digest,
  signatureMethods,
  type ParsedSignature,
} from './signature-profile.ts';

const signInThreadPool = promisify(sign);

/**
 * The document with a signature as the last child of its root, which the reference names by `Id`. `tree` is the parsed document
 * and cannot be used afterwards: the signature is inserted in place, because copying a whole list would double the time.
 * Throws E_SIGNATURE_REFERENCE without a usable `Id`.
 */
export async function signXml(content: ByteWriter, tree: XmlTree, signer: Signer): Promise<Uint8Array> {
  const id = tree.rootId();
  const end = written(content).lastIndexOf('</');
  if (id === undefined || !idText.test(id) || end < 0) {
    const fix = 'Give the root of the template an Id attribute that is the id of the message.';
    throw new GatewayError('E_SIGNATURE_REFERENCE', 'the root has no Id that a reference can name', { fix });
  }
  const digest = tree.digest().toString('base64');
  // Written in canonical form: sorted attributes, no empty-element tags, the namespace on the apex element only.
  const parts =
    `<ds:CanonicalizationMethod Algorithm="${exclusiveC14n}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${signatureMethods[signer.algorithm]}"></ds:SignatureMethod>` +
    `<ds:Reference URI="#${id}"><ds:Transforms>` +
    `<ds:Transform Algorithm="${envelopedTransform}"></ds:Transform>` +
    `<ds:Transform Algorithm="${exclusiveC14n}"></ds:Transform></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${sha256Digest}"></ds:DigestMethod>` +
    `<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`;
  const signedInfo = Buffer.from(`<ds:SignedInfo xmlns:ds="${dsig}">${parts}</ds:SignedInfo>`);
  const value = await signInThreadPool('sha256', signedInfo, keyInput(signer.key, 'ieee-p1363'));
  const signature =
    `<ds:Signature xmlns:ds="${dsig}"><ds:SignedInfo>${parts}</ds:SignedInfo>` +
    `<ds:SignatureValue>${value.toString('base64')}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>` +
    `<ds:X509Certificate>${base64Of(signer.certificate)}</ds:X509Certificate>` +
    `</ds:X509Data></ds:KeyInfo></ds:Signature>`;
  insertBytes(content, end, Buffer.from(signature));
  return written(content);
}

const certificates = new WeakMap<X509Certificate, string>();

/** Cached: Node encodes the certificate again at each access to `raw`. */
function base64Of(certificate: X509Certificate): string {
  const base64 = certificates.get(certificate) ?? certificate.raw.toString('base64');
  certificates.set(certificate, base64);
  return base64;
}

/**
 * Verifies that the key signed the whole document apart from the signature, which is removed from the tree.
 * Throws E_SIGNATURE_INVALID, and E_XML_FORBIDDEN when the document has no canonical form.
 */
export function verifyXmlSignature(tree: XmlTree, signature: ParsedSignature, key: KeyObject): void {
  const { element, signedInfo, digest, value } = signature;
  const signedOctets = takeCanonical(signedInfo);
  element.remove();
  verifySignature({ signedOctets, value, digest }, () => tree.digest(), key, 'ieee-p1363');
}
