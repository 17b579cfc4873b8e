/** Sealed messages, checked by programs that share no code with ours: xmlsec1 for XML, node:crypto by hand for JWS. */

import { execFileSync } from 'node:child_process';
import { createHash, verify as verifyWithNode } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { written } from '../../gateway/model/byte-writer.ts';
import type { SealedMessage, SignatureAlgorithm } from '../../gateway/model/message.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { loadSchema, validate, type Schema } from '../../gateway/wire/xsd/schema.ts';
import { checkUnsigned, seal } from '../../gateway/wire/signature/seal.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusal, refusalCode } from '../support/expect-code.ts';
import { messageText, messageXsd } from '../support/forged-xml.ts';
import { temporaryFolder, testKeyring, testNow, trustIn } from '../support/pki.ts';

const xmlFormat = { format: 'xml', type: '{urn:test:msg}Msg', contentType: 'application/xml' } as const;
const jsonFormat = { format: 'json', type: 'test-list', contentType: 'application/jose' } as const;
const meta = { id: 'm1', partner: 'XB', kind: 'list', at: testNow.toISOString() } as const;
const algorithms: readonly SignatureAlgorithm[] = ['rsa-sha256', 'ecdsa-p256-sha256'];
// Nothing in it is canonical: declaration, quotes, order of attributes, empty tags, references, space between.
const untidy =
  `<?xml version="1.0" encoding="UTF-8"?>\n<m:Msg Id='m1'  xmlns:x="urn:unused" xmlns:m="urn:test:msg">\n` +
  `  <m:Record><m:Name>A &amp; B &#20013; "C"\r\n</m:Name><m:Status>VALID</m:Status></m:Record>\n</m:Msg>\n`;

describe('seal', () => {
  let ours: Keyring;
  let xsd: Schema;
  let jsonSchema: Schema;
  const folder = temporaryFolder();
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  before(async () => {
    ours = await testKeyring('XA');
    xsd = loadSchema(file('message.xsd', messageXsd));
    const list = {
      type: 'object',
      required: ['n'],
      properties: { n: { type: 'integer' } },
      additionalProperties: false,
    };
    jsonSchema = loadSchema(file('message.schema.json', JSON.stringify(list)));
  });

  const sealXml = async (text: string, algorithm: SignatureAlgorithm): Promise<SealedMessage> => {
    using draft = checkUnsigned([text], xmlFormat, xsd);
    return await seal(draft, ours.signer(algorithm), meta);
  };
  const sealJson = async (text: string, algorithm: SignatureAlgorithm): Promise<SealedMessage> => {
    using draft = checkUnsigned([text], jsonFormat, jsonSchema);
    return await seal(draft, ours.signer(algorithm), meta);
  };
  const raw = (bytes: Uint8Array) =>
    ({ partner: 'XA', via: 'file', bytes, receivedAt: testNow.toISOString() }) as const;

  for (const algorithm of algorithms) {
    it(`xmlsec1 verifies what is sealed with ${algorithm}, and refuses it changed`, async () => {
      const { bytes } = await sealXml(untidy, algorithm);
      const key = file(`${algorithm}.pem`, ours.signer(algorithm).certificate.toString());
      const xmlsec = (name: string, content: string | Uint8Array): void => {
        const options = ['--verify', '--pubkey-cert-pem', key, '--id-attr:Id', 'urn:test:msg:Msg'];
        execFileSync('xmlsec1', [...options, file(name, content)], { stdio: 'pipe' });
      };
      xmlsec('sealed.xml', bytes);
      expect(() => xmlsec('changed.xml', Buffer.from(bytes).toString().replace('A &amp;', 'B &amp;'))).to.throw();
    });

    it(`a message signed by xmlsec1 with ${algorithm} verifies here`, async () => {
      const { key, certificate } = ours.signer(algorithm);
      const keyFile = file('key.pem', key.export({ type: 'pkcs8', format: 'pem' }));
      const certificateFile = file('certificate.pem', certificate.toString());
      const ours1 = Buffer.from((await sealXml(untidy, algorithm)).bytes).toString();
      const emptied = ours1
        .replace(/<ds:DigestValue>[^<]*/u, '<ds:DigestValue>')
        .replace(/<ds:SignatureValue>[^<]*/u, '<ds:SignatureValue>')
        .replace(/<ds:X509Certificate>[^<]*<\/ds:X509Certificate>/u, '<ds:X509Certificate/>')
        .replaceAll('><ds:', '>\n  <ds:');
      const options = ['--sign', '--privkey-pem', `${keyFile},${certificateFile}`, '--id-attr:Id', 'urn:test:msg:Msg'];
      const signed = execFileSync('xmlsec1', [...options, file('template.xml', emptied)], { stdio: 'pipe' });
      using message = await verify(raw(signed), trustIn(ours, algorithm), testNow);
      expect(Buffer.from(message.content).toString()).to.contain('A &amp; B 中 "C"');
    });

    it(`a JWS sealed with ${algorithm} holds by RFC 7515 alone`, async () => {
      const { bytes } = await sealJson('{"n": 1}', algorithm);
      const [header = '', payload = '', signature = ''] = Buffer.from(bytes).toString().split('.');
      const { certificate } = ours.signer(algorithm);
      const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const;
      const value = Buffer.from(signature, 'base64url');
      expect(verifyWithNode('sha256', Buffer.from(`${header}.${payload}`), key, value)).to.equal(true);
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).to.deep.equal({
        alg: algorithm === 'rsa-sha256' ? 'RS256' : 'ES256',
        typ: 'test-list',
        'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
      });
      expect(Buffer.from(payload, 'base64url').toString()).to.equal('{"n": 1}');
    });

    it(`what is sealed with ${algorithm} verifies and validates here, in both forms`, async () => {
      using xml = await verify(raw((await sealXml(untidy, algorithm)).bytes), trustIn(ours, algorithm), testNow);
      expect(validate(xml, xsd).type).to.equal(xmlFormat.type);
      using json = await verify(raw((await sealJson('{"n": 1}', algorithm)).bytes), trustIn(ours, algorithm), testNow);
      expect(validate(json, jsonSchema).type).to.equal(jsonFormat.type);
      expect(Buffer.from(json.content).toString()).to.equal('{"n": 1}');
    });
  }

  it('keeps every byte of the document besides the signature, and has the digest of the sealed bytes', async () => {
    const sealed = await sealXml(untidy, 'rsa-sha256');
    const text = Buffer.from(sealed.bytes).toString();
    expect(text.replace(/<ds:Signature .*<\/ds:Signature>/u, '')).to.equal(untidy);
    expect(sealed.digest).to.equal(createHash('sha256').update(sealed.bytes).digest('hex'));
    expect(sealed).to.include({ id: 'm1', partner: 'XB', kind: 'list', contentType: 'application/xml' });
  });

  it('joins a draft from chunks of any size', () => {
    using draft = checkUnsigned(Array.from(messageText), xmlFormat, xsd);
    expect(written(draft.content).toString()).to.equal(messageText);
  });

  it('refuses a draft that does not follow the schema, naming line and path but no value', async () => {
    const error = await refusal(() => checkUnsigned([untidy.replace('VALID', 'Acme 7 Ltd')], xmlFormat, xsd));
    expect(error.code).to.equal('E_SCHEMA_INVALID');
    expect(error.at).to.equal('line 4, /m:Msg/m:Record/m:Status');
    expect(error.detail).not.to.contain('Acme');
    expect(await refusalCode(() => checkUnsigned(['{"n":"x"}'], jsonFormat, jsonSchema))).to.equal('E_SCHEMA_INVALID');
  });

  it('refuses a draft of another root, one with a comment, one without an Id', async () => {
    const other = { ...xmlFormat, type: '{urn:test:msg}Other' };
    expect(await refusalCode(() => checkUnsigned([messageText], other, xsd))).to.equal('E_SCHEMA_INVALID');
    const commented = messageText.replace('VALID', 'VALID<!-- -->');
    expect(await refusalCode(() => checkUnsigned([commented], xmlFormat, xsd))).to.equal('E_XML_FORBIDDEN');
    const loose = loadSchema(file('loose.xsd', messageXsd.replace(' use="required"', '')));
    using draft = checkUnsigned([messageText.replace(' Id="m1"', '')], xmlFormat, loose);
    expect(await refusalCode(() => seal(draft, ours.signer('rsa-sha256'), meta))).to.equal('E_SIGNATURE_REFERENCE');
  });

  it('reports the first twenty faults of a list with 37,000 faulty records within seconds', async () => {
    const record = messageText.slice(messageText.indexOf('<m:Record>'), messageText.indexOf('</m:Msg>'));
    const text = messageText.replace(record, record.replace('VALID', 'WRONG').repeat(37_000));
    const error = await refusal(() => checkUnsigned([text], xmlFormat, xsd));
    expect(error.code).to.equal('E_SCHEMA_INVALID');
    expect(error.detail.split('; line ')).to.have.length(20);
  });

  it('is the same with or without space for the signature in the buffer, and does not change the bytes of the caller', async () => {
    const bytes = Buffer.from(messageText);
    const texts: string[] = [];
    for (const content of [bytes, [messageText], ['', ...Array.from(messageText)]]) {
      using draft = checkUnsigned(content, xmlFormat, xsd);
      texts.push(Buffer.from((await seal(draft, ours.signer('rsa-sha256'), meta)).bytes).toString());
    }
    expect(new Set(texts).size).to.equal(1);
    expect(bytes.toString()).to.equal(messageText);
  });

  it('a sealed draft, and a disposed draft or message, can no longer be used', async () => {
    const draft = checkUnsigned([messageText], xmlFormat, xsd);
    const { bytes } = await seal(draft, ours.signer('rsa-sha256'), meta);
    expect(await refusalCode(() => seal(draft, ours.signer('rsa-sha256'), meta))).to.equal('E_INTERNAL');
    draft[Symbol.dispose]();
    const other = checkUnsigned([messageText], xmlFormat, xsd);
    other[Symbol.dispose]();
    other[Symbol.dispose]();
    expect(await refusalCode(() => seal(other, ours.signer('rsa-sha256'), meta))).to.equal('E_INTERNAL');
    const message = await verify(raw(bytes), trustIn(ours, 'rsa-sha256'), testNow);
    message[Symbol.dispose]();
    expect(await refusalCode(() => validate(message, xsd))).to.equal('E_INTERNAL');
  });

  it('is refused with a certificate of ours that has expired or is not valid yet, in every kind of signature', async () => {
    for (const years of [10, -10]) {
      const at = new Date(testNow.getTime() + years * 365 * 24 * 3600 * 1000).toISOString();
      for (const algorithm of ['rsa-sha256', 'ecdsa-p256-sha256', 'ecdsa-p384-sha384', 'eddsa-ed25519'] as const) {
        using draft = checkUnsigned([messageText], xmlFormat, xsd);
        expect(await refusalCode(() => seal(draft, ours.signer(algorithm), { ...meta, at }))).to.equal('E_KEY_EXPIRED');
      }
    }
  });
});
