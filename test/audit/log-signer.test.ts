/** One key signs the log of a store, however many gateways serve on it. */

import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { examineLog, openLogSealer } from '../../gateway/audit/seal-log.ts';
import { answerMany } from '../support/audited-log.ts';
import { fillRegister, northland, openClearance, union, type TestClearance } from '../support/clearance-fixture.ts';
import { refusalCode } from '../support/expect-code.ts';
import { temporaryFolder } from '../support/pki.ts';

const newKey = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });

describe('a gateway that joins a store', () => {
  let clearance: TestClearance;
  let folder: string;
  let key: string;
  beforeEach(async () => {
    clearance = await openClearance([northland, union]);
    await fillRegister(clearance.db);
    await answerMany(clearance, 3);
    await clearance.sealer.seal();
    folder = temporaryFolder();
    key = join(folder, 'key.pem');
  });
  afterEach(() => clearance.close());

  const joining = () => openLogSealer(clearance.db, folder, clearance.home.country);
  const refusals = async () => [
    await refusalCode(() => joining().seal()),
    await refusalCode(() => examineLog(clearance.db, folder, clearance.home.country)),
  ];

  it('signs nothing without the key of the log, and makes none', async () => {
    expect(await refusals()).to.deep.equal(['E_KEY_MISSING', 'E_KEY_MISSING']);
    expect(existsSync(key)).to.equal(false);
  });

  it('signs nothing with another key than the one that signed first', async () => {
    writeFileSync(key, newKey());
    expect(await refusals()).to.deep.equal(['E_KEY_MISSING', 'E_KEY_MISSING']);
  });

  it('signs with the key of the one that signed first', async () => {
    copyFileSync(join(clearance.folder, 'key.pem'), key);
    await answerMany(clearance, 1);
    expect((await joining().seal()).size).to.equal(4);
    expect(await joining().verifierKey()).to.equal(await clearance.sealer.verifierKey());
  });

  it('signs with another key once the log was given another name', async () => {
    writeFileSync(key, newKey());
    await joining().restart({ person: 'p', reason: 'lost', at: 't' });
    expect(await refusalCode(() => clearance.sealer.seal())).to.equal('E_KEY_MISSING');
  });
});
