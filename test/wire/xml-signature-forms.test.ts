/** XML signatures in the forms of other programs: taken where they were agreed, refused where they were not, and written so that others read them. */

import { expect } from 'chai';
import type { SignatureAlgorithm, VerifiedMessage } from '../../gateway/model/message.ts';
import type { XmlForm } from '../../gateway/model/signature-form.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import type { SignerTrust } from '../../gateway/wire/signature/trust.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusalCode } from '../support/expect-code.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';
import {
  signWithJdk,
  signWithXmlCrypto,
  signWithPython,
  signWithXmlsec1,
  verifyWithXmlsec1,
  type SigningJob,
} from '../support/xml-signers.ts';

/** An unused declaration and xml:lang, so that inclusive and exclusive forms of SignedInfo and of the document differ. */
const text =
  '<m:Msg xmlns:m="urn:test:msg" xmlns:other="urn:test:other" xml:lang="en" Id="m1" Ref="r1">' +
  '<m:Record xmlns:n="urn:test:name"><n:Name>not-an-admin</n:Name><m:Status>VALID</m:Status></m:Record></m:Msg>';

interface Case {
  readonly title: string;
  readonly terms: XmlForm & { readonly algorithm: SignatureAlgorithm };
  /** Why it is refused where nothing was agreed about the form; absent: it is not. */
  readonly refused?: string;
}

const rsa = 'rsa-sha256';
const cases: readonly Case[] = [
  { title: 'the form of this program', terms: { algorithm: rsa } },
  {
    title: 'inclusive canonicalisation',
    terms: { algorithm: rsa, c14n: 'inclusive' },
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  {
    title: 'exclusive canonicalisation with comments',
    terms: { algorithm: rsa, c14n: 'exclusive-with-comments' },
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  {
    title: 'inclusive canonicalisation with comments',
    terms: { algorithm: rsa, c14n: 'inclusive-with-comments' },
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  {
    title: 'the enveloped transform alone, under inclusive canonicalisation',
    terms: { algorithm: rsa, c14n: 'inclusive', transforms: 'enveloped' },
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  {
    title: 'the enveloped transform alone, under exclusive canonicalisation',
    terms: { algorithm: rsa, transforms: 'enveloped' },
    refused: 'E_SIGNATURE_PROFILE',
  },
  {
    title: 'exclusive canonicalisation with prefixes',
    terms: { algorithm: rsa, inclusivePrefixes: ['other'] },
    refused: 'E_SIGNATURE_PROFILE',
  },
  { title: 'a reference to the whole document', terms: { algorithm: rsa, reference: '' } },
  {
    title: 'a reference by an attribute of another name',
    terms: { algorithm: rsa, idAttribute: 'Ref' },
    refused: 'E_SIGNATURE_REFERENCE',
  },
  { title: 'a signature with an Id', terms: { algorithm: rsa, signatureId: true }, refused: 'E_SIGNATURE_PROFILE' },
  { title: 'a chain of certificates', terms: { algorithm: rsa, keyInfo: 'chain' }, refused: 'E_SIGNATURE_PROFILE' },
  { title: 'a name of the key', terms: { algorithm: rsa, keyInfo: 'keyName' }, refused: 'E_SIGNATURE_PROFILE' },
  { title: 'the value of the key', terms: { algorithm: rsa, keyInfo: 'keyValue' }, refused: 'E_SIGNATURE_PROFILE' },
  { title: 'no KeyInfo', terms: { algorithm: rsa, keyInfo: 'none' } },
  { title: 'RSA with SHA-512', terms: { algorithm: 'rsa-sha512' }, refused: 'E_SIGNATURE_ALGORITHM' },
  {
    title: 'RSA with SHA-512 over a SHA-256 digest',
    terms: { algorithm: 'rsa-sha512', digest: 'sha256' },
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  { title: 'ECDSA on P-256', terms: { algorithm: 'ecdsa-p256-sha256' }, refused: 'E_SIGNATURE_ALGORITHM' },
  { title: 'ECDSA on P-384', terms: { algorithm: 'ecdsa-p384-sha384' }, refused: 'E_SIGNATURE_ALGORITHM' },
];

/** xmlsec1 1.2 knows neither. */
const ofJdk: readonly Case[] = [
  { title: 'RSASSA-PSS', terms: { algorithm: 'rsa-pss-sha256' }, refused: 'E_SIGNATURE_ALGORITHM' },
  {
    title: 'the value of a key on P-256',
    terms: { algorithm: 'ecdsa-p256-sha256', keyInfo: 'keyValue' },
    refused: 'E_SIGNATURE_ALGORITHM',
  },
  {
    title: 'the value of a key on P-384',
    terms: { algorithm: 'ecdsa-p384-sha384', keyInfo: 'keyValue' },
    refused: 'E_SIGNATURE_ALGORITHM',
  },
];

const name = 'signer 2026';

function isForXmlCrypto({ algorithm, keyInfo = 'none', c14n = 'exclusive', ...others }: Case['terms']): boolean {
  const isPlain = others.idAttribute === undefined && others.inclusivePrefixes === undefined;
  const isKnown = algorithm.startsWith('rsa') && keyInfo === 'none' && !c14n.endsWith('comments');
  return isPlain && isKnown && others.signatureId === undefined && others.transforms === undefined;
}

describe('an XML signature', () => {
  let theirs: Keyring;
  before(async () => {
    theirs = await testKeyring('XA');
  });

  const trusted = (terms: Partial<SignerTrust> & { readonly algorithm: SignatureAlgorithm }): SignerTrust => {
    const { certificate } = theirs.signer(terms.algorithm);
    return { ...trustIn(theirs, terms.algorithm, ['xml-signature']), names: { [name]: certificate }, ...terms };
  };
  const read = (bytes: Uint8Array, trust: SignerTrust): Promise<VerifiedMessage> =>
    verify({ partner: 'XA', via: 'file', bytes, receivedAt: testNow.toISOString() }, trust, testNow);
  const job = ({ terms }: Case): SigningJob => ({ ...terms, text, ...(terms.keyInfo === 'keyName' ? { name } : {}) });
  const altered = (bytes: Uint8Array): Uint8Array =>
    Buffer.from(Buffer.from(bytes).toString().replace('VALID', 'VALIE'));

  async function isTaken(bytes: Uint8Array, { terms, refused }: Case): Promise<void> {
    using message = await read(bytes, trusted(terms));
    expect(Buffer.from(message.content).toString()).to.include('<m:Status>VALID</m:Status></m:Record></m:Msg>');
    expect(await refusalCode(() => read(altered(bytes), trusted(terms)))).to.equal('E_SIGNATURE_INVALID');
    if (refused === undefined) return;
    expect(await refusalCode(() => read(bytes, trusted({ algorithm: rsa })))).to.equal(refused);
  }

  for (const one of cases)
    it(`by xmlsec1 with ${one.title} is taken where that was agreed, and only there`, async () => {
      await isTaken(signWithXmlsec1(theirs, job(one)), one);
    });

  const ours = async ({ terms }: Case): Promise<Uint8Array> => {
    const format = { format: 'xml', type: '{urn:test:msg}Msg', contentType: 'application/xml' } as const;
    const signer = { ...theirs.signer(terms.algorithm), form: terms, name };
    return (await signUnchecked(Buffer.from(text), format, signer, testNow.toISOString())).bytes;
  };
  const ofEd25519 = {
    title: 'Ed25519',
    terms: { algorithm: 'eddsa-ed25519' },
    refused: 'E_SIGNATURE_ALGORITHM',
  } as const;
  for (const one of [...ofJdk, ofEd25519])
    it(`of ours with ${one.title} is read again`, async () => isTaken(await ours(one), one));

  for (const one of cases)
    it(`of ours with ${one.title} is verified by xmlsec1`, async () => {
      const bytes = await ours(one);
      verifyWithXmlsec1(theirs, bytes, one.terms);
      expect(() => verifyWithXmlsec1(theirs, altered(bytes), one.terms)).to.throw();
      await isTaken(bytes, one);
    });

  const jdkCases = [...cases.filter(({ terms }) => terms.idAttribute === undefined), ...ofJdk, ofEd25519];
  it('by the JDK is taken in every form where that was agreed, and only there', async () => {
    const signed = signWithJdk(theirs, jdkCases.map(job));
    for (const [i, one] of jdkCases.entries()) await isTaken(signed[i] ?? Buffer.of(), one);
  });

  const scriptCases = cases.filter(({ terms }) => isForXmlCrypto(terms));
  for (const one of scriptCases)
    it(`by xml-crypto with ${one.title} is taken where that was agreed, and only there`, async () => {
      // It leaves out xml:lang of elements around SignedInfo, which Canonical XML 1.0 (2.4) takes in.
      const plain = text.replace(' xml:lang="en"', '');
      await isTaken(signWithXmlCrypto(theirs, { ...job(one), text: plain }), one);
    });

  const pythonCases = cases.filter(
    ({ terms: { idAttribute, inclusivePrefixes, c14n } }) =>
      idAttribute === undefined && inclusivePrefixes === undefined && c14n?.endsWith('comments') !== true,
  );
  describe('is refused although its value holds:', () => {
    const forgeries: readonly (readonly [
      title: string,
      terms: Case['terms'],
      bytes: (rogue: Keyring) => Uint8Array,
      code: string,
    ])[] = [
      [
        'the key of another whose value it brings',
        { algorithm: rsa, keyInfo: 'keyValue' },
        (rogue) => by(rogue, {}),
        'E_SIGNER_UNKNOWN',
      ],
      [
        'the key of another under a name of the partner',
        { algorithm: rsa, keyInfo: 'keyName' },
        (rogue) => by(rogue, {}),
        'E_SIGNATURE_INVALID',
      ],
      [
        'a name that no key has',
        { algorithm: rsa, keyInfo: 'keyName' },
        () => by(theirs, { name: 'signer 2027' }),
        'E_SIGNER_UNKNOWN',
      ],
      ['a chain of another', { algorithm: rsa, keyInfo: 'chain' }, (rogue) => by(rogue, {}), 'E_SIGNER_UNKNOWN'],
      [
        'no KeyInfo where a certificate was agreed',
        { algorithm: rsa, keyInfo: 'certificate' },
        () => by(theirs, { keyInfo: 'none' }),
        'E_SIGNATURE_PROFILE',
      ],
      [
        'a certificate where none was agreed',
        { algorithm: rsa, keyInfo: 'none' },
        () => by(theirs, { keyInfo: 'certificate' }),
        'E_SIGNATURE_PROFILE',
      ],
      [
        'a reference to the root where the whole document was agreed',
        { algorithm: rsa, reference: '' },
        () => by(theirs, { reference: '#' }),
        'E_SIGNATURE_REFERENCE',
      ],
      [
        'the whole document where a reference to the root was agreed',
        { algorithm: rsa, reference: '#' },
        () => by(theirs, { reference: '' }),
        'E_SIGNATURE_REFERENCE',
      ],
      [
        'a reference by another attribute than agreed',
        { algorithm: rsa, idAttribute: 'Ref' },
        () => by(theirs, { idAttribute: 'Id' }),
        'E_SIGNATURE_REFERENCE',
      ],
      [
        'an id that another element has too',
        { algorithm: rsa, idAttribute: 'Ref' },
        () => by(theirs, { text: text.replace('<m:Status', '<m:Status Ref="r1"') }),
        'E_SIGNATURE_REFERENCE',
      ],
      [
        'an id that another element of a canonical document has too',
        { algorithm: rsa, idAttribute: 'Ref' },
        () => canonical('<m:Status Ref="r1">'),
        'E_SIGNATURE_REFERENCE',
      ],
      [
        'the id of an element as the Id of the signature',
        { algorithm: rsa, signatureId: true },
        () => by(theirs, { text: text.replace('<m:Status', '<m:Status Id="the-signature"') }),
        'E_SIGNATURE_REFERENCE',
      ],
      [
        'other prefixes than agreed',
        { algorithm: rsa, inclusivePrefixes: ['n', 'other'] },
        () => by(theirs, { inclusivePrefixes: ['other'] }),
        'E_SIGNATURE_PROFILE',
      ],
      [
        'no prefixes where some were agreed',
        { algorithm: rsa, inclusivePrefixes: ['other'] },
        () => signed(theirs, { algorithm: rsa }),
        'E_SIGNATURE_PROFILE',
      ],
      [
        'another digest than agreed',
        { algorithm: 'rsa-sha512' },
        () => by(theirs, { algorithm: 'rsa-sha512', digest: 'sha256' }),
        'E_SIGNATURE_ALGORITHM',
      ],
      [
        'a key on another curve than agreed',
        { algorithm: 'ecdsa-p384-sha384', keyInfo: 'none' },
        () => by(theirs, {}),
        'E_KEY_WEAK',
      ],
    ];
    let terms: Case['terms'];
    const signed = (keyring: Keyring, changes: Partial<SigningJob>): Uint8Array =>
      signWithXmlsec1(keyring, { algorithm: rsa, text, ...changes });
    const by = (keyring: Keyring, changes: Partial<SigningJob>): Uint8Array =>
      signed(keyring, { ...terms, ...(terms.keyInfo === 'keyName' ? { name } : {}), ...changes });
    const canonical = (status: string): Uint8Array =>
      by(theirs, { text: `<m:Msg xmlns:m="urn:test:msg" Id="m1" Ref="r1">${status}VALID</m:Status></m:Msg>` });

    for (const [title, agreed, bytes, code] of forgeries)
      it(title, async () => {
        terms = agreed;
        const weak = code === 'E_KEY_WEAK' ? { certificates: [theirs.signer('ecdsa-p256-sha256').certificate] } : {};
        const message = bytes(await testKeyring('XB'));
        expect(await refusalCode(() => read(message, { ...trusted(agreed), ...weak }))).to.equal(code);
      });
  });

  it('by python3-xmlsec is taken in every form where that was agreed, and only there', async () => {
    const signed = signWithPython(theirs, pythonCases.map(job));
    for (const [i, one] of pythonCases.entries()) await isTaken(signed[i] ?? Buffer.of(), one);
  });
});
