/** Builds signed XML by hand, right or wrong in one place, without any of the code it tries. */

import { createHash, sign, type KeyObject, type X509Certificate } from 'node:crypto';

export const dsig = 'http://www.w3.org/2000/09/xmldsig#';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';

/** In canonical form already, so that its own text is what is digested. */
export const messageText =
  '<m:Msg xmlns:m="urn:test:msg" Id="m1"><m:Record><m:Name>not-an-admin</m:Name>' +
  '<m:Status>VALID</m:Status></m:Record></m:Msg>';

export const messageXsd = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:msg"
  elementFormDefault="qualified"><xs:element name="Msg"><xs:complexType><xs:sequence>
  <xs:element name="Record" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="Name" type="xs:string"/>
  <xs:element name="Status"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="VALID"/>
  </xs:restriction></xs:simpleType></xs:element></xs:sequence></xs:complexType></xs:element></xs:sequence>
  <xs:attribute name="Id" type="xs:NCName" use="required"/></xs:complexType></xs:element></xs:schema>`;

export interface Forgery {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
  /** What is digested: the canonical form of the document without its signature. */
  readonly body: string;
  readonly c14n: string;
  readonly method: string;
  readonly hash: string;
  readonly uri: string;
  readonly transforms: string;
  readonly digestMethod: string;
  readonly digest: string;
  /** Changes the reference, the signed SignedInfo, the value, the KeyInfo or the whole Signature element. */
  readonly reference: (reference: string) => string;
  readonly signedInfo: (signedInfo: string) => string;
  readonly value: (value: string) => string;
  readonly keyInfo: (keyInfo: string) => string;
  readonly signature: (signature: string) => string;
  /** Where the signature stands in the document. */
  readonly place: (body: string, signature: string) => string;
}

export const transform = (algorithm: string): string => `<ds:Transform Algorithm="${algorithm}"></ds:Transform>`;
export const agreedTransforms = transform(`${dsig}enveloped-signature`) + transform(exclusive);
export const asLastChild = (body: string, signature: string): string => {
  const end = body.lastIndexOf('</');
  return body.slice(0, end) + signature + body.slice(end);
};

/** A right message, but for the given changes. */
export function forged(
  signer: { readonly key: KeyObject; readonly certificate: X509Certificate },
  changes: Partial<Forgery> = {},
): Buffer {
  const body = changes.body ?? messageText;
  const same = (text: string): string => text;
  const parts: Forgery = {
    ...signer,
    body,
    c14n: exclusive,
    method: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    hash: 'sha256',
    uri: '#m1',
    transforms: agreedTransforms,
    digestMethod: 'http://www.w3.org/2001/04/xmlenc#sha256',
    digest: createHash('sha256').update(body).digest('base64'),
    reference: same,
    signedInfo: same,
    value: same,
    keyInfo: same,
    signature: same,
    place: asLastChild,
    ...changes,
  };
  return Buffer.from(parts.place(body, parts.signature(signatureOf(parts))));
}

function signatureOf(parts: Forgery): string {
  const reference = parts.reference(
    `<ds:Reference URI="${parts.uri}"><ds:Transforms>${parts.transforms}</ds:Transforms>` +
      `<ds:DigestMethod Algorithm="${parts.digestMethod}"></ds:DigestMethod>` +
      `<ds:DigestValue>${parts.digest}</ds:DigestValue></ds:Reference>`,
  );
  const signedInfo = parts.signedInfo(
    `<ds:SignedInfo xmlns:ds="${dsig}">` +
      `<ds:CanonicalizationMethod Algorithm="${parts.c14n}"></ds:CanonicalizationMethod>` +
      `<ds:SignatureMethod Algorithm="${parts.method}"></ds:SignatureMethod>${reference}</ds:SignedInfo>`,
  );
  const value = sign(parts.hash, Buffer.from(signedInfo), parts.key).toString('base64');
  const certificate = `<ds:X509Certificate>${parts.certificate.raw.toString('base64')}</ds:X509Certificate>`;
  const keyInfo = `<ds:KeyInfo><ds:X509Data>${certificate}</ds:X509Data></ds:KeyInfo>`;
  return (
    `<ds:Signature xmlns:ds="${dsig}">${signedInfo}<ds:SignatureValue>${parts.value(value)}</ds:SignatureValue>` +
    `${parts.keyInfo(keyInfo)}</ds:Signature>`
  );
}
