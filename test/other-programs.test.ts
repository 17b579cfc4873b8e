/** What every partner gets, read by programs of other people: sealed lists by xmlsec1, jose and openssl, XML schemas by xmllint. */

import { execFileSync } from 'node:child_process';
import type { SealKind } from '../gateway/model/message.ts';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { compactVerify, importX509 } from 'jose';
import type { Adapter } from '../gateway/adapter/adapter.ts';
import { loadAdapter } from '../gateway/adapter/load.ts';
import type { Keyring } from '../gateway/wire/signature/keys.ts';
import { loadSchema } from '../gateway/wire/xsd/schema.ts';
import { checkUnsigned, seal } from '../gateway/wire/signature/seal.ts';
import { adapterFolders } from './support/adapter-pages.ts';
import { adaptersFolder, adapterTools } from './support/adapter-tools.ts';
import { temporaryFolder, testKeyring, testNow, signedTerms } from './support/pki.ts';

interface Sealed {
  readonly adapter: Adapter;
  /** What the message is: `{namespace}root`, or the `typ` of a JWS. */
  readonly type: string;
  readonly keyring: Keyring;
  readonly bytes: Uint8Array;
}

const folder = temporaryFolder();

function file(name: string, content: string | Uint8Array): string {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return place;
}

const certificateOf = ({ adapter, keyring }: Sealed): string =>
  keyring.signer(signedTerms(adapter.seal).algorithm).certificate.toString();

/** Each throws, or fails, for a signature that does not hold. */
const verifiers: Readonly<Record<SealKind, (sealed: Sealed) => Promise<void> | void>> = {
  'xml-signature': (sealed) => {
    const { namespace = '', root = '' } = /^\{(?<namespace>.*)\}(?<root>.*)$/u.exec(sealed.type)?.groups ?? {};
    const options = [
      '--pubkey-cert-pem',
      file('xml.pem', certificateOf(sealed)),
      '--id-attr:Id',
      `${namespace}:${root}`,
    ];
    execFileSync('xmlsec1', ['--verify', ...options, file('list.xml', sealed.bytes)], { stdio: 'pipe' });
  },
  jws: async (sealed) => {
    const algorithm = signedTerms(sealed.adapter.seal).algorithm === 'rsa-sha256' ? 'RS256' : 'ES256';
    const key = await importX509(certificateOf(sealed), algorithm);
    const { protectedHeader } = await compactVerify(sealed.bytes, key, { algorithms: [algorithm] });
    expect(protectedHeader.typ).to.equal(sealed.type);
  },
  'cms-detached': (sealed) => {
    const anchors = ['-CAfile', file('ca.pem', sealed.keyring.tls.ca), '-attime', String(testNow.getTime() / 1000)];
    const options = ['cms', '-verify', '-inform', 'SMIME', '-cades', ...anchors];
    execFileSync('openssl', [...options, '-in', file('list.eml', sealed.bytes)], { stdio: 'pipe' });
  },
};

/** The year in which the first operator of the sample became an AEO is another one. */
function altered({ adapter, bytes }: Sealed): Uint8Array {
  const change = (text: string): string => text.replace('2024', '2023');
  const text = Buffer.from(bytes).toString();
  if (adapter.seal.kind !== 'jws') return Buffer.from(change(text));
  const [header, payload = '', signature] = text.split('.');
  const other = Buffer.from(change(Buffer.from(payload, 'base64url').toString())).toString('base64url');
  return Buffer.from([header, other, signature].join('.'));
}

describe('the sealed list of', () => {
  for (const cc of adapterFolders) {
    it(`${cc} is verified by a program of other people, and refused when a date in it is changed`, async () => {
      const adapter = await loadAdapter(path.join(adaptersFolder, cc), adapterTools);
      const samples = path.join(adapter.folder, 'samples', 'list-full');
      const sample = readdirSync(samples).find((name) => name.startsWith('2-list.')) ?? '';
      const { list } = adapter.formatsOn('2026-04-02');
      using draft = checkUnsigned(readFileSync(path.join(samples, sample)), list, loadSchema(list.schema));
      const keyring = await testKeyring('XA');
      const meta = { id: 'm1', partner: adapter.partner, kind: 'list', at: testNow.toISOString() } as const;
      const { bytes } = await seal(draft, keyring.signer(signedTerms(adapter.seal).algorithm), meta);
      const sealed = { adapter, type: list.type, keyring, bytes };
      const verify = verifiers[signedTerms(adapter.seal).kind];
      await verify(sealed);
      const other = altered(sealed);
      expect(Buffer.from(other).equals(bytes)).to.equal(false);
      let refused = false;
      try {
        await verify({ ...sealed, bytes: other });
      } catch {
        refused = true;
      }
      expect(refused).to.equal(true);
    });
  }
});

describe('the schemas of the XML adapters, read by another implementation', () => {
  for (const cc of adapterFolders.filter((each) => existsSync(path.join(adaptersFolder, each, 'list.xsd')))) {
    it(`${cc}: xmllint takes the samples, with and without a signature, and refuses what the schema does not show`, () => {
      const schema = path.join(adaptersFolder, cc, 'list.xsd');
      const sample = readFileSync(path.join(adaptersFolder, cc, 'samples', 'list-full', '2-list.xml'), 'utf8');
      const signature = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/></ds:Signature>';
      const signed = sample.replace(/(<\/[^<]*>\s*)$/u, `${signature}$1`);
      expect(valid(schema, sample)).to.equal(true);
      expect(valid(schema, signed)).to.equal(true);
      expect(valid(schema, signed.replace(signature, signature + signature))).to.equal(false);
      expect(valid(schema, sample.replace(/ Id="[^"]*"/u, ''))).to.equal(false);
      expect(
        valid(
          schema,
          readFileSync(path.join(adaptersFolder, cc, 'samples', 'refuse-unknown-element', '1-list.xml'), 'utf8'),
        ),
      ).to.equal(false);
    });
  }

  function valid(schema: string, document: string): boolean {
    try {
      execFileSync('xmllint', ['--noout', '--nonet', '--schema', schema, '-'], {
        input: document,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      return true;
    } catch (error) {
      // 3 and 4: the document does not follow the schema. Everything else is trouble of another kind.
      if (error instanceof Error && 'status' in error && (error.status === 3 || error.status === 4)) return false;
      throw error;
    }
  }
});
