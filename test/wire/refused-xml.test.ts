/** Signed XML that is refused: a table of forgeries, each with its own code. */

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { ErrorCode } from '../../gateway/model/errors.ts';
import type { VerifiedMessage } from '../../gateway/model/message.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusalCode } from '../support/expect-code.ts';
import {
  agreedTransforms,
  asLastChild,
  dsig,
  forged,
  messageText,
  transform,
  type Forgery,
} from '../support/forged-xml.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';

const mark = Buffer.from([0xef, 0xbb, 0xbf]);
const evil = messageText.replace('not-an-admin', 'admin');
const rsaMore = 'http://www.w3.org/2001/04/xmldsig-more#';
const c14n = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');

describe('verify, XML that is refused', () => {
  let ours: Keyring;
  let rogue: Keyring;
  before(async () => {
    ours = await testKeyring('XA');
    rogue = await testKeyring('XB');
  });

  const check = (bytes: Uint8Array): Promise<VerifiedMessage> =>
    verify(
      { partner: 'XA', via: 'file', bytes, receivedAt: testNow.toISOString() },
      trustIn(ours, 'rsa-sha256', ['xml-signature']),
      testNow,
    );
  const good = (changes: Partial<Forgery> = {}): Buffer => forged(ours.signer('rsa-sha256'), changes);

  const edit = (from: string, to: string) => (): Buffer => Buffer.from(good().toString().replace(from, to));
  const around =
    (before: string, after = '') =>
    (): Buffer =>
      Buffer.from(before + good().toString() + after);
  const forge = (changes: Partial<Forgery>) => (): Buffer => good(changes);
  const nested = (depth: number): string => '<m:a>'.repeat(depth) + '</m:a>'.repeat(depth);

  const table: readonly (readonly [title: string, make: () => Uint8Array, code: ErrorCode])[] = [
    // Bytes
    ['an empty body', () => Buffer.alloc(0), 'E_XML_MALFORMED'],
    ['white space only', () => Buffer.from('  \n'), 'E_XML_MALFORMED'],
    [
      'UTF-16',
      () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good().toString(), 'utf16le')]),
      'E_BYTES_INVALID',
    ],
    ['overlong UTF-8', () => Buffer.concat([good(), Buffer.from([0xc0, 0xaf])]), 'E_BYTES_INVALID'],
    ['a character cut short', () => Buffer.concat([good(), Buffer.from([0xe5, 0x85])]), 'E_BYTES_INVALID'],
    ['a zero byte', edit('not-an', 'not\0an'), 'E_BYTES_INVALID'],
    ['two byte order marks', () => Buffer.concat([mark, mark, good()]), 'E_BYTES_INVALID'],
    ['another declared encoding', around('<?xml version="1.0" encoding="ISO-8859-1"?>'), 'E_BYTES_INVALID'],
    // Form
    ['XML 1.1', around('<?xml version="1.1"?>'), 'E_XML_FORBIDDEN'],
    ['a DOCTYPE', around('<!DOCTYPE m:Msg>'), 'E_XML_FORBIDDEN'],
    ['an external entity', around('<!DOCTYPE m:Msg [<!ENTITY e SYSTEM "file:///etc/hostname">]>'), 'E_XML_FORBIDDEN'],
    ['a processing instruction before the root', around('<?xml-stylesheet href="x"?>'), 'E_XML_FORBIDDEN'],
    ['a processing instruction in a value', edit('not-an-admin', '<?p not-an-?>admin'), 'E_XML_FORBIDDEN'],
    ['a comment in a value', edit('not-an-admin', 'not-an-<!-- -->admin'), 'E_XML_FORBIDDEN'],
    ['a CDATA section in a value', edit('not-an-admin', '<![CDATA[not-an-admin]]>'), 'E_XML_FORBIDDEN'],
    ['a comment in the signature value', edit('<ds:SignatureValue>', '<ds:SignatureValue><!---->'), 'E_XML_FORBIDDEN'],
    ['two roots', around('', '<x/>'), 'E_XML_MALFORMED'],
    ['text after the root', around('', 'junk'), 'E_XML_MALFORMED'],
    ['an element left open', edit('</m:Name>', ''), 'E_XML_MALFORMED'],
    ['an attribute without quotes', edit('Id="m1"', 'Id=m1'), 'E_XML_MALFORMED'],
    ['an attribute twice', edit('Id="m1"', 'Id="m1" Id="m1"'), 'E_XML_MALFORMED'],
    ['an undefined entity', edit('not-an', '&foo;'), 'E_XML_MALFORMED'],
    ['a reference to a forbidden character', edit('not-an', '&#0;'), 'E_XML_MALFORMED'],
    [
      'a relative namespace',
      forge({ body: messageText.replace('<m:Record>', '<m:Record xmlns:q="1" q:a="">') }),
      'E_XML_FORBIDDEN',
    ],
    ['too many levels', edit('<m:Record>', nested(70) + '<m:Record>'), 'E_LIMIT_EXCEEDED'],
    [
      'too many attributes',
      edit('<m:Record', `<m:Record${Array.from({ length: 50 }, (_, i) => ` a${i}=""`).join('')}`),
      'E_LIMIT_EXCEEDED',
    ],
    ['too long a name', edit('<m:Record>', `<m:${'n'.repeat(200)}/><m:Record>`), 'E_LIMIT_EXCEEDED'],
    ['too long an attribute', edit('<m:Record', `<m:Record a="${'v'.repeat(70_000)}"`), 'E_LIMIT_EXCEEDED'],
    ['too long a text', edit('not-an-admin', 't'.repeat(1_100_000)), 'E_LIMIT_EXCEEDED'],
    // Signature: there, once, in place
    ['no signature', () => Buffer.from(messageText), 'E_SIGNATURE_MISSING'],
    ['a signature of another namespace', edit(`xmlns:ds="${dsig}"`, 'xmlns:ds="urn:other"'), 'E_SIGNATURE_MISSING'],
    ['two signatures', forge({ place: (body, s) => asLastChild(asLastChild(body, s), s) }), 'E_SIGNATURE_PROFILE'],
    [
      'the signature as first child',
      forge({ place: (body, s) => body.replace('<m:Record>', `${s}<m:Record>`) }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'the signature one level down',
      forge({ place: (body, s) => body.replace('</m:Record>', `${s}</m:Record>`) }),
      'E_SIGNATURE_PROFILE',
    ],
    ['text after the signature', forge({ place: (body, s) => asLastChild(body, `${s}x`) }), 'E_SIGNATURE_PROFILE'],
    [
      'an attribute on the signature',
      forge({ signature: (s) => s.replace('<ds:Signature ', '<ds:Signature Id="s" ') }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'two SignedInfo',
      forge({ signature: (s) => s.replace(/<ds:SignedInfo.*<\/ds:SignedInfo>/u, '$&$&') }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'two SignatureValue',
      forge({ signature: (s) => s.replace(/<ds:SignatureValue.*<\/ds:SignatureValue>/u, '$&$&') }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'an Object in the signature',
      forge({ keyInfo: (k) => `${k}<ds:Object>${messageText}</ds:Object>` }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'an element of the signature namespace outside',
      forge({ body: messageText.replace('<m:Record>', `<ds:Manifest xmlns:ds="${dsig}"></ds:Manifest><m:Record>`) }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'text in SignedInfo',
      forge({ signedInfo: (s) => s.replace('<ds:Reference', 'x<ds:Reference') }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'a prefix bound to another namespace within',
      forge({ signedInfo: (s) => s.replace('<ds:Reference', '<ds:Reference xmlns:ds="urn:other"') }),
      'E_SIGNATURE_PROFILE',
    ],
    // Reference
    ['no reference', forge({ reference: () => '' }), 'E_SIGNATURE_PROFILE'],
    ['two references', forge({ reference: (r) => r + r }), 'E_SIGNATURE_PROFILE'],
    ['a reference with a Type', forge({ reference: (r) => r.replace(' URI', ' Type="x" URI') }), 'E_SIGNATURE_PROFILE'],
    ['a reference without URI', forge({ reference: (r) => r.replace(' URI="#m1"', '') }), 'E_SIGNATURE_REFERENCE'],
    ['a reference to a missing id', forge({ uri: '#m2' }), 'E_SIGNATURE_REFERENCE'],
    ['a reference to an empty id', forge({ uri: '#' }), 'E_SIGNATURE_REFERENCE'],
    [
      'a reference to another element',
      forge({
        body: messageText.replace('<m:Name>', '<m:Name Id="n1">'),
        uri: '#n1',
        digest: sha256('<m:Name xmlns:m="urn:test:msg" Id="n1">not-an-admin</m:Name>'),
      }),
      'E_SIGNATURE_REFERENCE',
    ],
    ['quotes in a reference', forge({ uri: "#m1' or '1'='1" }), 'E_SIGNATURE_REFERENCE'],
    ['an XPointer', forge({ uri: '#xpointer(/)' }), 'E_SIGNATURE_REFERENCE'],
    ['an external reference', forge({ uri: 'http://127.0.0.1:9/x' }), 'E_SIGNATURE_REFERENCE'],
    [
      'the signed message wrapped beside a forged one',
      forge({ place: (body, s) => `<m:W xmlns:m="urn:test:msg">${body}${evil}${s}</m:W>` }),
      'E_SIGNATURE_REFERENCE',
    ],
    [
      'the signed message within a forged one',
      forge({
        place: (body, s) => asLastChild(evil.replace('"m1"', '"m2"').replace('</m:Msg>', `${body}</m:Msg>`), s),
      }),
      'E_SIGNATURE_REFERENCE',
    ],
    [
      'the signature kept within the signed part of a forged root',
      forge({
        place: (body, s) => evil.replace('"m1"', '"m2"').replace('</m:Msg>', `${asLastChild(body, s)}</m:Msg>`),
      }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'the same id on a second element',
      forge({ body: messageText.replace('<m:Record>', '<m:Record Id="m1">') }),
      'E_SIGNATURE_REFERENCE',
    ],
    [
      'the same id under another spelling',
      forge({ body: messageText.replace('<m:Record>', '<m:Record ID="m1">') }),
      'E_SIGNATURE_REFERENCE',
    ],
    [
      'the same id as xml:id',
      forge({ body: messageText.replace('<m:Record>', '<m:Record xml:id="m1">') }),
      'E_SIGNATURE_REFERENCE',
    ],
    // Transforms and algorithms
    ['no enveloped transform', forge({ transforms: transform(c14n) }), 'E_SIGNATURE_PROFILE'],
    [
      'the transforms in the other order',
      forge({ transforms: transform(c14n) + transform(`${dsig}enveloped-signature`) }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'an XPath transform',
      forge({ transforms: transform('http://www.w3.org/TR/1999/REC-xpath-19991116') + transform(c14n) }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'an XSLT transform beside the agreed ones',
      forge({ transforms: agreedTransforms + transform('http://www.w3.org/TR/1999/REC-xslt-19991116') }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'a PrefixList',
      forge({
        transforms: agreedTransforms.replace(
          `${c14n}">`,
          `${c14n}"><ec:InclusiveNamespaces xmlns:ec="${c14n}" PrefixList="m"></ec:InclusiveNamespaces>`,
        ),
      }),
      'E_SIGNATURE_PROFILE',
    ],
    ['a canonical form with comments', forge({ c14n: `${c14n}WithComments` }), 'E_SIGNATURE_ALGORITHM'],
    [
      'the inclusive canonical form',
      forge({ c14n: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }),
      'E_SIGNATURE_ALGORITHM',
    ],
    ['RSA with SHA-1', forge({ method: `${dsig}rsa-sha1`, hash: 'sha1' }), 'E_SIGNATURE_ALGORITHM'],
    ['an HMAC', forge({ method: `${rsaMore}hmac-sha256` }), 'E_SIGNATURE_ALGORITHM'],
    [
      'an algorithm that was not agreed with this partner',
      forge({ method: `${rsaMore}ecdsa-sha256` }),
      'E_SIGNATURE_ALGORITHM',
    ],
    ['the name of the algorithm with a space', forge({ method: `${rsaMore}rsa-sha256 ` }), 'E_SIGNATURE_ALGORITHM'],
    ['a SHA-1 digest', forge({ digestMethod: `${dsig}sha1` }), 'E_SIGNATURE_ALGORITHM'],
    [
      'a parameter of the signature method',
      forge({
        signedInfo: (s) => s.replace('rsa-sha256">', 'rsa-sha256"><ds:HMACOutputLength>8</ds:HMACOutputLength>'),
      }),
      'E_SIGNATURE_PROFILE',
    ],
    // Key
    ['the certificate of another administration', () => forged(rogue.signer('rsa-sha256')), 'E_SIGNER_UNKNOWN'],
    [
      'the registered certificate over the signature of another key',
      () => good({ key: rogue.signer('rsa-sha256').key }),
      'E_SIGNATURE_INVALID',
    ],
    [
      'a bare key',
      forge({ keyInfo: () => '<ds:KeyInfo><ds:KeyValue></ds:KeyValue></ds:KeyInfo>' }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'a key to be fetched',
      forge({
        keyInfo: () => '<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1:9/"></ds:RetrievalMethod></ds:KeyInfo>',
      }),
      'E_SIGNATURE_PROFILE',
    ],
    [
      'two certificates',
      forge({ keyInfo: (k) => k.replace(/<ds:X509Certificate>.*<\/ds:X509Certificate>/u, '$&$&') }),
      'E_SIGNATURE_PROFILE',
    ],
    ['two KeyInfo', forge({ keyInfo: (k) => k + k }), 'E_SIGNATURE_PROFILE'],
    // Values
    ['a changed value', edit('not-an-admin', 'admin'), 'E_SIGNATURE_INVALID'],
    ['the digest of nothing', forge({ digest: sha256('') }), 'E_SIGNATURE_INVALID'],
    ['a short digest', forge({ digest: 'AAAA' }), 'E_SIGNATURE_INVALID'],
    ['a digest in lenient base64', forge({ digest: `${sha256(messageText)}==` }), 'E_SIGNATURE_INVALID'],
    ['an empty signature value', forge({ value: () => '' }), 'E_SIGNATURE_INVALID'],
    ['a signature value without padding', forge({ value: (v) => v.replace(/=+$/u, '') }), 'E_SIGNATURE_INVALID'],
    ['a signature value of another length', forge({ value: () => 'AAAA' }), 'E_SIGNATURE_INVALID'],
    ['an element in the signature value', forge({ value: (v) => `${v}<ds:x></ds:x>` }), 'E_SIGNATURE_PROFILE'],
    [
      'the message detached from its signature',
      forge({ place: (body, s) => `<m:W xmlns:m="urn:test:msg" Id="w">${body}${s}</m:W>` }),
      'E_SIGNATURE_REFERENCE',
    ],
  ];

  for (const [title, make, code] of table) {
    it(`${title}: ${code}`, async () => {
      expect(await refusalCode(() => check(make()))).to.equal(code);
      // Behind a byte order mark no message is taken as it stands: libxml2 alone says the same of it.
      expect(await refusalCode(() => check(Buffer.concat([mark, make()])))).to.equal(code);
      // The same message without the fault is accepted, so the fault is what was refused.
      using message = await check(good());
      expect(Buffer.from(message.content).toString()).to.equal(messageText);
    });
  }
});
