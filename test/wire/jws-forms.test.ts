/** JWS in the forms of other libraries: taken where they were agreed, refused where they were not, and written so that others read them. */

import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import type { SignatureAlgorithm, VerifiedMessage } from '../../gateway/model/message.ts';
import type { JwsForm } from '../../gateway/model/signature-form.ts';
import { thumbprint } from '../../gateway/wire/signature/certificates.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import type { SignerTrust } from '../../gateway/wire/signature/trust.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { refusalCode } from '../support/expect-code.ts';
import { testKeyring, testNow, trustIn } from '../support/pki.ts';
import { debianPython } from '../support/python.ts';

const payload = '{"status":"VALID"}';
const name = 'signer 2026';

type Terms = JwsForm & { readonly algorithm: SignatureAlgorithm };
interface Case {
  readonly title: string;
  readonly terms: Terms;
  readonly header: (keyring: Keyring) => object;
  /** Why it is refused where nothing was agreed about the form; absent: it is not. */
  readonly refused?: string;
}

const ec = 'ecdsa-p256-sha256';
const certificates = (keyring: Keyring): string[] =>
  [keyring.signer(ec).certificate.raw, Buffer.from('the authority')].map((raw) => raw.toString('base64'));
const cases: readonly Case[] = [
  { title: 'a typ alone', terms: { algorithm: ec }, header: () => ({ alg: 'ES256', typ: 'list' }) },
  {
    title: 'a kid',
    terms: { algorithm: ec, headers: ['kid'] },
    header: () => ({ alg: 'ES256', typ: 'list', kid: name }),
    refused: 'E_SIGNATURE_PROFILE',
  },
  {
    title: 'a chain of certificates',
    terms: { algorithm: ec, headers: ['x5c'] },
    header: (keyring) => ({ alg: 'ES256', typ: 'list', x5c: certificates(keyring) }),
    refused: 'E_SIGNATURE_PROFILE',
  },
  {
    title: 'the moment of signing',
    terms: { algorithm: ec, headers: ['kid', 'iat'] },
    header: () => ({ alg: 'ES256', typ: 'list', kid: name, iat: 1_780_000_000 }),
    refused: 'E_SIGNATURE_PROFILE',
  },
  {
    title: 'no typ',
    terms: { algorithm: ec, typ: 'route' },
    header: () => ({ alg: 'ES256' }),
    refused: 'E_SIGNATURE_PROFILE',
  },
  { title: 'the typ JWT', terms: { algorithm: ec, typ: 'route' }, header: () => ({ alg: 'ES256', typ: 'JWT' }) },
  ...(
    [
      ['rsa-sha256', 'RS256'],
      ['rsa-sha512', 'RS512'],
      ['rsa-pss-sha256', 'PS256'],
      ['ecdsa-p384-sha384', 'ES384'],
      ['eddsa-ed25519', 'EdDSA'],
    ] as const
  ).map(([algorithm, alg]): Case => ({
    ...{ title: alg, terms: { algorithm }, header: () => ({ alg, typ: 'list' }) },
    refused: 'E_SIGNATURE_ALGORITHM',
  })),
];

describe('a JWS', () => {
  let theirs: Keyring;
  let rogue: Keyring;
  before(async () => {
    theirs = await testKeyring('XA');
    rogue = await testKeyring('XB');
  });

  const python = (jobs: readonly object[]): string[] => {
    const program = path.join(import.meta.dirname, '..', 'support', 'signers', 'sign_jws.py');
    const printed = execFileSync(debianPython, [program], { input: JSON.stringify(jobs) });
    return JSON.parse(printed.toString()) as string[];
  };
  const job = (by: string, keyring: Keyring, { terms }: Pick<Case, 'terms'>, header: object): object => {
    const key = keyring.signer(terms.algorithm).key.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { by, header, payload, key };
  };
  const trusted = (terms: Terms): SignerTrust => {
    const names = { [name]: theirs.signer(terms.algorithm).certificate };
    return { ...trustIn(theirs, terms.algorithm, ['jws']), names, ...terms };
  };
  const read = (text: string | Uint8Array, trust: SignerTrust): Promise<VerifiedMessage> => {
    const raw = { partner: 'XA', via: 'https', bytes: Buffer.from(text), receivedAt: testNow.toISOString() } as const;
    return verify(raw, trust, testNow);
  };
  const altered = (text: string): string => {
    const [header, , signature] = text.split('.');
    return [header, Buffer.from(payload.replace('VALID', 'VALIE')).toString('base64url'), signature].join('.');
  };

  async function isTaken(text: string, { terms, refused, title }: Omit<Case, 'header'>): Promise<void> {
    using message = await read(text, trusted(terms));
    expect(Buffer.from(message.content).toString()).to.equal(payload);
    expect(message.type, title).to.equal(terms.typ === 'route' ? undefined : 'list');
    expect(await refusalCode(() => read(altered(text), trusted(terms)))).to.equal('E_SIGNATURE_INVALID');
    if (refused !== undefined)
      expect(await refusalCode(() => read(text, trusted({ algorithm: ec }))), title).to.equal(refused);
  }

  for (const by of ['jwcrypto', 'authlib'])
    it(`by ${by} is taken in every form where that was agreed, and only there`, async () => {
      const signed = python(cases.map((one) => job(by, theirs, one, one.header(theirs))));
      for (const [i, one] of cases.entries()) await isTaken(signed[i] ?? '', one);
    });

  it('of ours in every form is verified by jwcrypto', async () => {
    const format = { format: 'json', type: 'list', contentType: 'application/jose' } as const;
    const jobs: object[] = [];
    for (const one of cases) {
      const signer = { ...theirs.signer(one.terms.algorithm), form: one.terms, name };
      const { bytes } = await signUnchecked(Buffer.from(payload), format, signer, testNow.toISOString());
      const text = Buffer.from(bytes).toString();
      const header = JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()) as { alg: string };
      expect(Object.keys(header).filter((each) => !['alg', 'typ'].includes(each))).to.deep.equal(
        one.terms.headers ?? ['x5t#S256'],
      );
      await isTaken(text, { title: one.title, terms: one.terms });
      jobs.push({ by: 'verify', text, alg: header.alg, certificate: signer.certificate.toString() });
    }
    expect(python(jobs)).to.deep.equal(jobs.map(() => payload));
  });

  const kid: Terms = { algorithm: ec, headers: ['kid', 'x5c'] };
  const forgeries: readonly (readonly [
    title: string,
    terms: Terms,
    header: () => object,
    code: string,
    by?: 'rogue',
  ])[] = [
    ['by another under the kid of the partner', kid, () => ({ kid: name }), 'E_SIGNATURE_INVALID', 'rogue'],
    ['with a kid that no key has', kid, () => ({ kid: 'signer 2027' }), 'E_SIGNER_UNKNOWN'],
    ['with a kid that every object has', kid, () => ({ kid: 'toString' }), 'E_SIGNER_UNKNOWN'],
    ['by another with its own certificate', kid, () => ({ x5c: certificates(rogue) }), 'E_SIGNER_UNKNOWN', 'rogue'],
    [
      'whose kid and certificate name two keys',
      kid,
      () => ({ kid: name, x5c: certificates(rogue) }),
      'E_SIGNER_UNKNOWN',
    ],
    [
      'with the pinned certificate behind another',
      kid,
      () => ({ x5c: certificates(rogue).concat(certificates(theirs)) }),
      'E_SIGNER_UNKNOWN',
    ],
    ['with an empty chain', kid, () => ({ x5c: [] }), 'E_SIGNATURE_PROFILE'],
    [
      'with a key in it',
      kid,
      () => ({ jwk: rogue.signer(ec).certificate.publicKey.export({ format: 'jwk' }) }),
      'E_SIGNATURE_PROFILE',
      'rogue',
    ],
    ['with the address of a key', kid, () => ({ jku: 'https://keys.example/set' }), 'E_SIGNATURE_PROFILE'],
    ['with a moment that is a text', { ...kid, headers: ['iat'] }, () => ({ iat: '2026' }), 'E_SIGNATURE_PROFILE'],
    ['with a typ where none was agreed', { ...kid, typ: 'route' }, () => ({ typ: 'reply' }), 'E_SIGNATURE_PROFILE'],
  ];
  it('is refused, though its signature may hold,', async () => {
    const signed = python(
      forgeries.map(([, terms, header, , by]) =>
        job('authlib', by === undefined ? theirs : rogue, { terms }, { alg: 'ES256', typ: 'list', ...header() }),
      ),
    );
    for (const [i, [title, terms, , code]] of forgeries.entries())
      expect(await refusalCode(() => read(signed[i] ?? '', trusted(terms))), title).to.equal(code);
  });

  it('in JSON serialization is refused', async () => {
    const [text = ''] = python([{ ...job('jwcrypto', theirs, { terms: kid }, { alg: 'ES256' }), compact: false }]);
    expect(await refusalCode(() => read(text, trusted(kid)))).to.equal('E_SIGNATURE_MISSING');
  });

  it('without a name in the settings is found by the thumbprint as its kid', async () => {
    const header = { alg: 'ES256', typ: 'list', kid: thumbprint(theirs.signer(ec).certificate) };
    const [text = ''] = python([job('authlib', theirs, { terms: kid }, header)]);
    using message = await read(text, { ...trusted(kid), names: {} });
    expect(message.type).to.equal('list');
  });
});
