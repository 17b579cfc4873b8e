/** The gateway's own keys: made once, kept private, read again. */

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect, createServer } from 'node:tls';
import { expect } from 'chai';
import { fingerprint } from '../../gateway/wire/signature/certificates.ts';
import { keepNextTls, makeNextTls } from '../../gateway/wire/signature/next-tls-key.ts';
import { addKeys, openKeyring, type Keyring } from '../../gateway/wire/signature/keys.ts';
import { refusal } from '../support/expect-code.ts';
import { temporaryFolder, testKeyring, testNow } from '../support/pki.ts';

const owner = { country: 'XA', name: 'Customs of XA', now: testNow };

describe('a new TLS key', () => {
  it('takes the place of the present one from its day on, and the certificate begins a day earlier', async () => {
    const folder = path.join(temporaryFolder(), 'keys');
    const { tls } = await openKeyring(folder, owner);
    const day = 24 * 3600 * 1000;
    const from = new Date(owner.now.getTime() + 10 * day);
    const next = await makeNextTls(folder, { ...owner, now: from });
    const { certificate: made } = next;
    expect([await keepNextTls(folder, next, owner.now), await keepNextTls(folder, next, owner.now)]).to.deep.equal([
      true,
      false,
    ]);
    expect(made.validFromDate.getTime()).to.equal(from.getTime() - day);
    const before = await openKeyring(folder, { ...owner, now: new Date(from.getTime() - 1) });
    expect([before.tls.cert, before.nextTls]).to.deep.equal([
      tls.cert,
      { cert: made.toString(), from: from.toISOString() },
    ]);
    const after = await openKeyring(folder, { ...owner, now: from });
    expect([after.tls.cert, after.nextTls]).to.deep.equal([made.toString(), undefined]);
    expect(after.list().map(({ name }) => name)).to.not.include('tls-next');
  });
});

describe('keyring', () => {
  let folder: string;
  let keyring: Keyring;
  before(async () => {
    folder = path.join(temporaryFolder(), 'deep', 'keys');
    keyring = await openKeyring(folder, owner);
  });

  it('is generated on first use, readable by its account only, without temporary files', () => {
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    expect(readdirSync(path.dirname(folder))).to.deep.equal(['keys']);
    for (const file of readdirSync(folder))
      expect(statSync(path.join(folder, file)).mode & 0o777, file).to.equal(0o600);
  });

  it('is the same when opened again, and by two processes at once', async () => {
    expect((await openKeyring(folder, owner)).list()).to.deep.equal(keyring.list());
    const fresh = path.join(temporaryFolder(), 'keys');
    const [one, two] = await Promise.all([openKeyring(fresh, owner), openKeyring(fresh, owner)]);
    expect(one.list()).to.deep.equal(two.list());
  });

  it('lists its keys', () => {
    const keys = keyring.list();
    expect(keys.map(({ name, algorithm }) => [name, algorithm])).to.deep.equal([
      ['ca', 'ec prime256v1'],
      ['signing-rsa', 'rsa 2048'],
      ['signing-ec', 'ec prime256v1'],
      ['signing-p384', 'ec secp384r1'],
      ['signing-ed25519', 'ed25519'],
      ['tls', 'ec prime256v1'],
    ]);
    expect(keys[1]?.subject).to.equal('C=XA, O=Customs of XA, CN=XA gateway signing-rsa');
    expect(keys[1]?.fingerprint).to.equal(fingerprint(keyring.signer('rsa-sha256').certificate));
    expect(keys.every(({ notAfter }) => notAfter > testNow.toISOString())).to.equal(true);
  });

  it('openssl accepts every certificate by the strict rules, for its purpose', () => {
    const ca = path.join(folder, 'ca.cert.pem');
    const time = String(testNow.getTime() / 1000);
    const verifyFor = (name: string, purpose: string): string =>
      execFileSync(
        'openssl',
        [
          'verify',
          '-x509_strict',
          '-trusted',
          ca,
          '-attime',
          time,
          '-purpose',
          purpose,
          path.join(folder, `${name}.cert.pem`),
        ],
        { stdio: 'pipe' },
      ).toString();
    for (const [name, purpose] of [
      ['ca', 'any'],
      ['signing-rsa', 'smimesign'],
      ['signing-ec', 'smimesign'],
      ['tls', 'sslserver'],
      ['tls', 'sslclient'],
    ] as const) {
      expect(verifyFor(name, purpose), name).to.contain('OK');
    }
  });

  it('its TLS certificate serves mutual authentication', async () => {
    // TLS judges by the real clock.
    const { tls } = await openKeyring(path.join(temporaryFolder(), 'keys'), { ...owner, now: new Date() });
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (socket) => {
      resolve(socket.authorized);
      socket.end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const client = connect({ ...tls, host: '127.0.0.1', port: address.port });
    client.on('error', reject);
    expect(await promise).to.equal(true);
    client.destroy();
    server.close();
  });

  it('a key that other accounts can read is refused, with the fix', async () => {
    const shared = copyOf(folder);
    chmodSync(path.join(shared, 'signing-ec.key.pem'), 0o640);
    const error = await refusal(() => openKeyring(shared, owner));
    expect(error.code).to.equal('E_KEY_MISSING');
    expect(error.at).to.equal(path.join(shared, 'signing-ec.key.pem'));
    expect(error.fix).to.contain('chmod 600');
  });

  it('a missing, a damaged and a foreign file are refused; no key is generated in their place', async () => {
    const other = (await testKeyring('XB')).tls;
    const faults: readonly ((at: string) => void)[] = [
      (at) => rmSync(path.join(at, 'tls.key.pem')),
      (at) => rmSync(path.join(at, 'ca.cert.pem')),
      (at) => writeFileSync(path.join(at, 'tls.key.pem'), 'not a key'),
      (at) => writeFileSync(path.join(at, 'tls.cert.pem'), 'not a certificate'),
      (at) => writeFileSync(path.join(at, 'tls.cert.pem'), other.cert),
    ];
    for (const fault of faults) {
      const broken = copyOf(folder);
      fault(broken);
      const before = readdirSync(broken);
      expect((await refusal(() => openKeyring(broken, owner))).code).to.equal('E_KEY_MISSING');
      expect(readdirSync(broken)).to.deep.equal(before);
    }
  });

  it('of an older installation gets the keys it lacks from mra key new alone, under its own authority', async () => {
    const older = path.join(temporaryFolder(), 'keys');
    await openKeyring(older, owner);
    for (const file of ['signing-p384.key.pem', 'signing-ed25519.key.pem']) rmSync(path.join(older, file));
    const before = await openKeyring(older, owner);
    expect((await refusal(() => before.signer('ecdsa-p384-sha384'))).code).to.equal('E_KEY_MISSING');
    await addKeys(older, owner);
    const after = await openKeyring(older, owner);
    expect(after.list().slice(0, 3)).to.deep.equal(before.list().slice(0, 3));
    for (const algorithm of ['ecdsa-p384-sha384', 'eddsa-ed25519'] as const) {
      const { certificate, authorities: [authority] = [] } = after.signer(algorithm);
      expect(authority && certificate.verify(authority.publicKey), algorithm).to.equal(true);
    }
  });

  it('no two certificates share a serial number', () => {
    const serials = readdirSync(folder)
      .filter((name) => name.endsWith('.cert.pem'))
      .map((name) => new X509Certificate(execFileSync('cat', [path.join(folder, name)])).serialNumber);
    expect(new Set(serials).size).to.equal(6);
  });
});

function copyOf(folder: string): string {
  const copy = temporaryFolder();
  for (const name of readdirSync(folder)) {
    copyFileSync(path.join(folder, name), path.join(copy, name));
    chmodSync(path.join(copy, name), 0o600);
  }
  return copy;
}
