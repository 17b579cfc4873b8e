/** CMS signatures in the forms of openssl: taken where they were agreed, refused where they were not, and written so that openssl reads them. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { SignatureAlgorithm, VerifiedMessage } from '../../gateway/model/message.ts';
import type { CmsForm } from '../../gateway/model/signature-form.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import { joinSigned } from '../../gateway/wire/signature/signed-text.ts';
import type { SignerTrust } from '../../gateway/wire/signature/trust.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusalCode } from '../support/expect-code.ts';
import { entity, listText, textFormat } from '../support/forged-text.ts';
import { temporaryFolder, testKeyring, testNow, trustIn } from '../support/pki.ts';

type Terms = CmsForm & { readonly algorithm: SignatureAlgorithm };
interface Case {
  readonly title: string;
  readonly terms: Terms;
  /** Of openssl. */
  readonly options: readonly string[];
  /** Why it is refused where nothing was agreed about the form. */
  readonly refused: string;
  /** What is signed: header and text, or the text. */
  readonly content?: string;
  /** As openssl writes it; else DER that is put into a MIME entity. */
  readonly whole?: 'DER' | 'SMIME';
}

const rsa = 'rsa-sha256';
const agreed = ['-cades', '-nosmimecap'];
const profile = 'E_SIGNATURE_PROFILE';
const withLineFeeds = entity.toString().replaceAll('\r\n', '\n');
const folder = temporaryFolder();

function file(name: string, content: string | Uint8Array): string {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return place;
}

const cases: readonly Case[] = [
  {
    title: 'its own attributes',
    terms: { algorithm: rsa, attributes: 'plain', smimeCapabilities: true },
    options: ['-md', 'sha256'],
    refused: profile,
  },
  {
    title: 'attributes that do not name the certificate',
    terms: { algorithm: rsa, attributes: 'plain' },
    options: ['-md', 'sha256', '-nosmimecap'],
    refused: profile,
  },
  {
    title: 'a chain of certificates',
    terms: { algorithm: rsa, keyInfo: 'chain' },
    options: ['-md', 'sha256', ...agreed, '-certfile', path.join(folder, 'ca.pem')],
    refused: profile,
  },
  {
    title: 'no certificate',
    terms: { algorithm: rsa, keyInfo: 'none' },
    options: ['-md', 'sha256', ...agreed, '-nocerts'],
    refused: profile,
  },
  {
    title: 'a key identifier',
    terms: { algorithm: rsa, signerId: 'keyId' },
    options: ['-md', 'sha256', ...agreed, '-keyid'],
    refused: profile,
  },
  {
    title: 'a key identifier and no certificate',
    terms: { algorithm: rsa, signerId: 'keyId', keyInfo: 'none', attributes: 'plain' },
    options: ['-md', 'sha256', '-nosmimecap', '-keyid', '-nocerts'],
    refused: profile,
  },
  {
    title: 'RSA with SHA-512',
    terms: { algorithm: 'rsa-sha512' },
    options: ['-md', 'sha512', ...agreed],
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  {
    title: 'RSASSA-PSS',
    terms: { algorithm: 'rsa-pss-sha256' },
    options: ['-md', 'sha256', ...agreed, '-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:32'],
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  {
    title: 'ECDSA on P-384',
    terms: { algorithm: 'ecdsa-p384-sha384' },
    options: ['-md', 'sha384', ...agreed],
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  {
    title: 'the text in it',
    terms: { algorithm: rsa, envelope: 'opaque' },
    options: ['-md', 'sha256', ...agreed, '-nodetach'],
    content: listText,
    refused: 'E_SIGNATURE_MISSING',
    whole: 'DER',
  },
  {
    title: 'its own form for mail',
    terms: { algorithm: rsa, envelope: 'smime', attributes: 'plain', smimeCapabilities: true },
    options: ['-md', 'sha256'],
    content: withLineFeeds,
    refused: 'E_SIGNATURE_MISSING',
    whole: 'SMIME',
  },
];

describe('a CMS signature', () => {
  let theirs: Keyring;
  before(async () => {
    theirs = await testKeyring('XA');
    file('ca.pem', theirs.tls.ca);
  });

  /** Lines are signed with CR LF (RFC 8551), unless the content is given as it is. */
  function byOpenssl(keyring: Keyring, { terms, options, content, whole }: Omit<Case, 'title' | 'refused'>): Buffer {
    const { key, certificate } = keyring.signer(terms.algorithm);
    const keyFile = file('signer.key', key.export({ type: 'pkcs8', format: 'pem' }));
    const names = ['-signer', file('signer.pem', certificate.toString()), '-inkey', keyFile];
    const form = whole === 'SMIME' ? ['-outform', 'SMIME'] : ['-binary', '-outform', 'DER'];
    const input = ['-in', file('content', content ?? entity)];
    const printed = execFileSync('openssl', ['cms', '-sign', ...form, ...input, ...names, ...options], {
      stdio: 'pipe',
    });
    return whole === undefined ? joinSigned(entity, printed, terms.algorithm).bytes : printed;
  }

  const trusted = (terms: Terms): SignerTrust => ({ ...trustIn(theirs, terms.algorithm, ['cms-detached']), ...terms });
  const read = (bytes: Uint8Array, trust: SignerTrust): Promise<VerifiedMessage> => {
    const raw = { partner: 'XA', via: 'https', bytes, receivedAt: testNow.toISOString() } as const;
    return verify(raw, trust, testNow);
  };
  const altered = (bytes: Uint8Array): Buffer =>
    Buffer.from(Buffer.from(bytes).toString('latin1').replace('AEOXB1', 'AEOXB2'), 'latin1');

  async function isTaken(bytes: Uint8Array, { terms, refused }: Pick<Case, 'terms' | 'refused'>): Promise<void> {
    using message = await read(bytes, trusted(terms));
    expect(Buffer.from(message.content).toString()).to.equal(listText);
    expect(message.type).to.equal(terms.envelope === 'opaque' ? undefined : textFormat.type);
    expect(await refusalCode(() => read(altered(bytes), trusted(terms)))).to.equal('E_SIGNATURE_INVALID');
    if (refused !== '') expect(await refusalCode(() => read(bytes, trusted({ algorithm: rsa })))).to.equal(refused);
  }

  for (const one of cases)
    it(`by openssl with ${one.title} is taken where that was agreed, and only there`, async () => {
      await isTaken(byOpenssl(theirs, one), one);
    });

  for (const { title, terms } of cases)
    it(`of ours with ${title} is read again, and by openssl`, async () => {
      const signer = { ...theirs.signer(terms.algorithm), form: terms };
      const { bytes } = await signUnchecked(Buffer.from(listText), textFormat, signer, testNow.toISOString());
      await isTaken(bytes, { terms, refused: '' });
      const moment = ['-attime', String(testNow.getTime() / 1000), '-CAfile', file('ca.pem', theirs.tls.ca)];
      const form = terms.envelope === 'opaque' ? ['-binary', '-inform', 'DER'] : ['-inform', 'SMIME'];
      const options = [...form, '-certfile', file('signer.pem', signer.certificate.toString())];
      const verified = (sealed: Uint8Array): Buffer =>
        execFileSync('openssl', ['cms', '-verify', ...options, ...moment, '-in', file('sealed', sealed)], {
          stdio: 'pipe',
        });
      expect(verified(bytes).toString()).to.include(listText);
      expect(() => verified(altered(bytes))).to.throw();
    });

  const forgeries: readonly (readonly [
    title: string,
    one: Omit<Case, 'title' | 'refused'>,
    code: string,
    by?: 'rogue',
  ])[] = [
    [
      'by another with its certificate in a chain',
      { terms: { algorithm: rsa, keyInfo: 'chain' }, options: ['-md', 'sha256', ...agreed] },
      'E_SIGNER_UNKNOWN',
      'rogue',
    ],
    [
      'by another without a certificate',
      { terms: { algorithm: rsa, keyInfo: 'none' }, options: ['-md', 'sha256', ...agreed, '-nocerts'] },
      'E_SIGNER_UNKNOWN',
      'rogue',
    ],
    [
      'with a certificate where none was agreed',
      { terms: { algorithm: rsa, keyInfo: 'none' }, options: ['-md', 'sha256', ...agreed] },
      profile,
    ],
    [
      'without signed attributes',
      { terms: { algorithm: rsa, attributes: 'plain' }, options: ['-md', 'sha256', '-noattr'] },
      profile,
    ],
    [
      'with more salt than agreed',
      {
        terms: { algorithm: 'rsa-pss-sha256' },
        options: ['-md', 'sha256', ...agreed, '-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:64'],
      },
      'E_SIGNATURE_ALGORITHM',
    ],
    [
      'by SHA-1',
      { terms: { algorithm: rsa, attributes: 'plain' }, options: ['-md', 'sha1', '-nosmimecap'] },
      'E_SIGNATURE_ALGORITHM',
    ],
    [
      'with the text beside it where it was to be in it',
      {
        ...{ terms: { algorithm: rsa, envelope: 'opaque' }, options: ['-md', 'sha256', ...agreed] },
        ...{ content: listText, whole: 'DER' },
      },
      profile,
    ],
  ];
  for (const [title, one, code, by] of forgeries)
    it(`${title} is refused, though its value may hold`, async () => {
      const bytes = byOpenssl(by === undefined ? theirs : await testKeyring('XB'), one);
      expect(await refusalCode(() => read(bytes, trusted(one.terms)))).to.equal(code);
    });

  it('in the form for mail covers what stands in it, and not what stands around it', async () => {
    const mail = cases.at(-1);
    if (mail === undefined) throw new Error('there is no case');
    const bytes = byOpenssl(theirs, mail);
    const [begin, end] = ['This is an S/MIME signed message', '--\n'];
    const text = bytes.toString();
    expect(text).to.include(begin);
    using message = await read(Buffer.from(text.replace(begin, 'H;list')), trusted(mail.terms));
    expect(Buffer.from(message.content).toString()).to.equal(listText);
    const last = text.lastIndexOf(end) + end.length;
    const behind = Buffer.from(`${text.slice(0, last)}R;AEOXB9;more;\n`);
    expect(await refusalCode(() => read(behind, trusted(mail.terms)))).to.equal(profile);
  });
});
