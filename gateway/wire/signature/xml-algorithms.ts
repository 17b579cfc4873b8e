/** Algorithm identifiers of XML signatures (W3C XML Signature 1.1, RFC 9231), and the agreed form of signatures in terms of them. */

import type { SignatureAlgorithm } from '../../model/message.ts';
import type { Hash, XmlForm } from '../../model/signature-form.ts';
import { exclusiveForm, type CanonicalForm } from '../xml/libxml.ts';
import { algorithms } from './profile.ts';

export const dsig = 'http://www.w3.org/2000/09/xmldsig#';
export const exclusiveC14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const inclusiveC14n = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const envelopedTransform = `${dsig}enveloped-signature`;
const more = 'http://www.w3.org/2001/04/xmldsig-more#';

const signatureMethods: Readonly<Record<SignatureAlgorithm, string>> = {
  'rsa-sha256': `${more}rsa-sha256`,
  'rsa-sha512': `${more}rsa-sha512`,
  'rsa-pss-sha256': 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  'ecdsa-p256-sha256': `${more}ecdsa-sha256`,
  'ecdsa-p384-sha384': `${more}ecdsa-sha384`,
  'eddsa-ed25519': 'http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519',
};
const digestMethods: Readonly<Record<Hash, string>> = {
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sha384: `${more}sha384`,
  sha512: 'http://www.w3.org/2001/04/xmlenc#sha512',
};
const c14nMethods: Readonly<Record<NonNullable<XmlForm['c14n']>, string>> = {
  exclusive: exclusiveC14n,
  inclusive: inclusiveC14n,
  'exclusive-with-comments': `${exclusiveC14n}WithComments`,
  'inclusive-with-comments': `${inclusiveC14n}#WithComments`,
};

/** What is written, and what alone is accepted. */
export interface XmlAlgorithms {
  readonly hash: Hash;
  /** Identifiers. */
  readonly digest: string;
  readonly c14n: string;
  readonly method: string;
  readonly transforms: readonly string[];
  /** Of SignedInfo, and of the document. */
  readonly canonical: CanonicalForm;
  readonly content: CanonicalForm;
}

export function xmlAlgorithms(algorithm: SignatureAlgorithm, form: XmlForm = {}): XmlAlgorithms {
  const { c14n = 'exclusive', digest: hash = algorithms[algorithm].hash, transforms, inclusivePrefixes } = form;
  const canonical: CanonicalForm = c14n.startsWith('inclusive') ? 'inclusive' : (inclusivePrefixes ?? exclusiveForm);
  const enveloped = transforms === 'enveloped';
  return {
    ...{ hash, digest: digestMethods[hash], c14n: c14nMethods[c14n], method: signatureMethods[algorithm], canonical },
    transforms: enveloped ? [envelopedTransform] : [envelopedTransform, c14nMethods[c14n]],
    // Nodes are digested in inclusive form where no transform writes them as octets (XML Signature 1.1, 4.4.3.2).
    content: enveloped ? 'inclusive' : canonical,
  };
}
