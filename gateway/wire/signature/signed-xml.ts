/** Enveloped XML signatures: makes them without re-serialising the document, and checks them to the canonical bytes they cover. */

import {
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
  type SignKeyObjectInput,
  type X509Certificate,
} from 'node:crypto';
import { promisify } from 'node:util';
import { insertBytes, written, type ByteWriter } from '../../model/byte-writer.ts';
import { GatewayError } from '../../model/errors.ts';
import { takeCanonical } from '../xml/libxml.ts';
import {
  dsig,
  envelopedTransform,
  exclusiveC14n,
  sha256Digest,
  signatureMethods,
  type StatedSignature,
} from './signature-profile.ts';
import type { SignatureAlgorithm } from './trust.ts';
import type { XmlTree } from '../xml/xml-tree.ts';

const signBeside = promisify(sign);

interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/**
 * The bytes with a signature put in as the last child of the root, whose `Id` it refers to. `tree` is those bytes read, and of no
 * use afterwards: the signature is written where they stand, for a copy of a whole list would take as long as the rest of this.
 */
export async function signXml(content: ByteWriter, tree: XmlTree, signer: SigningKey): Promise<Uint8Array> {
  const id = tree.rootId();
  const end = written(content).lastIndexOf('</');
  if (id === undefined || !/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/u.test(id) || end < 0) {
    throw new GatewayError('E_SIGNATURE_REFERENCE', 'the root carries no Id that a signature can refer to', {
      fix: 'Give the root of the template an Id attribute that is the id of the message.',
    });
  }
  const digest = tree.digest().toString('base64');
  // Written in canonical form at once: sorted attributes, no empty-element tags, the namespace on the apex only.
  const parts =
    `<ds:CanonicalizationMethod Algorithm="${exclusiveC14n}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${signatureMethods[signer.algorithm]}"></ds:SignatureMethod>` +
    `<ds:Reference URI="#${id}"><ds:Transforms>` +
    `<ds:Transform Algorithm="${envelopedTransform}"></ds:Transform>` +
    `<ds:Transform Algorithm="${exclusiveC14n}"></ds:Transform></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${sha256Digest}"></ds:DigestMethod>` +
    `<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`;
  const signedInfo = Buffer.from(`<ds:SignedInfo xmlns:ds="${dsig}">${parts}</ds:SignedInfo>`);
  // Made on a thread of the engine's pool: many messages are signed side by side.
  const value = await signBeside('sha256', signedInfo, keyInput(signer.key));
  const signature =
    `<ds:Signature xmlns:ds="${dsig}"><ds:SignedInfo>${parts}</ds:SignedInfo>` +
    `<ds:SignatureValue>${value.toString('base64')}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>` +
    `<ds:X509Certificate>${base64Of(signer.certificate)}</ds:X509Certificate>` +
    `</ds:X509Data></ds:KeyInfo></ds:Signature>`;
  insertBytes(content, end, Buffer.from(signature));
  return written(content);
}

const certificates = new WeakMap<X509Certificate, string>();

/** Written once: the engine would encode the certificate for every message. */
function base64Of(certificate: X509Certificate): string {
  const known = certificates.get(certificate) ?? certificate.raw.toString('base64');
  certificates.set(certificate, known);
  return known;
}

/**
 * Checks that the key signed the whole document but the signature, which is taken out of the tree; what is left is what it covers.
 * E_SIGNATURE_INVALID when it did not; E_XML_FORBIDDEN when there is no canonical form.
 */
export function verifyXmlSignature(tree: XmlTree, stated: StatedSignature, key: KeyObject): void {
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  const length = modulusLength === undefined ? 64 : Math.ceil(modulusLength / 8);
  const signedInfo = takeCanonical(stated.signedInfo);
  const holds = stated.value.length === length && verify('sha256', signedInfo, keyInput(key), stated.value);
  if (!holds) throw new GatewayError('E_SIGNATURE_INVALID', 'the signature value is not of the registered key');
  stated.element.remove();
  if (!timingSafeEqual(tree.digest(), stated.digest)) {
    throw new GatewayError('E_SIGNATURE_INVALID', 'the content is not what was signed');
  }
}

/**
 * PKCS#1 v1.5 of an RSA key; r and s side by side of an EC key, as XML signatures have them. An RSA key goes bare: whether
 * something around a key is one itself, the engine finds out by catching exceptions, and every message pays for three.
 */
function keyInput(key: KeyObject): KeyObject | SignKeyObjectInput {
  return key.asymmetricKeyType === 'rsa' ? key : { key, dsaEncoding: 'ieee-p1363' };
}
