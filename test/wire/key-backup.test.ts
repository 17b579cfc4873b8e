/** What the encrypted file of keys has, and what it is not put over. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openKeyBackup, sealKeys, type KeyFolders } from '../../gateway/wire/signature/key-backup.ts';
import { refusalCode } from '../support/expect-code.ts';
import { temporaryFolder } from '../support/pki.ts';

const passphrase = 'correct horse battery staple';

function emptyFolders(): KeyFolders {
  const folder = temporaryFolder();
  return { keys: join(folder, 'keys'), log: join(folder, 'log') };
}

describe('the backup of keys', () => {
  const from = emptyFolders();
  let sealed: Buffer;
  before(() => {
    mkdirSync(from.keys);
    mkdirSync(join(from.log, 'partners'), { recursive: true });
    writeFileSync(join(from.keys, 'tls.key.pem'), 'tls');
    for (const name of ['key.pem', 'checkpoints', 'partners/KR']) writeFileSync(join(from.log, name), name);
    sealed = sealKeys(from, passphrase, randomBytes);
  });

  it('has the key of the log, its checkpoints and those of partners', () => {
    const to = emptyFolders();
    openKeyBackup(sealed, passphrase, to);
    expect(readFileSync(join(to.keys, 'tls.key.pem'), 'utf8')).to.equal('tls');
    for (const name of ['key.pem', 'checkpoints', 'partners/KR'])
      expect(readFileSync(join(to.log, name), 'utf8')).to.equal(name);
  });

  it('leaves later checkpoints of the same log where they are, and writes nothing where the log has another key', async () => {
    const to = emptyFolders();
    mkdirSync(to.log);
    writeFileSync(join(to.log, 'checkpoints'), 'later');
    openKeyBackup(sealed, passphrase, to);
    expect(readFileSync(join(to.log, 'checkpoints'), 'utf8')).to.equal('later');
    const other = emptyFolders();
    mkdirSync(other.log);
    writeFileSync(join(other.log, 'key.pem'), 'another');
    expect(await refusalCode(() => openKeyBackup(sealed, passphrase, other))).to.equal('E_STORE_OCCUPIED');
    expect(() => readFileSync(join(other.keys, 'tls.key.pem'))).to.throw('ENOENT');
  });

  it('completes what a first try began, and writes nothing where there is a key that it does not have', async () => {
    const to = emptyFolders();
    mkdirSync(to.keys);
    writeFileSync(join(to.keys, 'tls.key.pem'), 'tl');
    openKeyBackup(sealed, passphrase, to);
    openKeyBackup(sealed, passphrase, to);
    expect(readFileSync(join(to.keys, 'tls.key.pem'), 'utf8')).to.equal('tls');
    for (const [name, bytes] of [
      ['tls.key.pem', 'tlx'],
      ['other.key.pem', 'other'],
    ] as const) {
      const occupied = emptyFolders();
      mkdirSync(occupied.keys);
      writeFileSync(join(occupied.keys, name), bytes);
      expect(await refusalCode(() => openKeyBackup(sealed, passphrase, occupied))).to.equal('E_STORE_OCCUPIED');
      expect(existsSync(join(occupied.log, 'key.pem'))).to.equal(false);
    }
  });
});
