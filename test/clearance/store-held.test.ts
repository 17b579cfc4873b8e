/** Another process or thread writes the embedded store for long, as for a long list: the border does not wait for it. */

import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openAnswerLog } from '../../gateway/clearance/answer-log.ts';
import { openAnswerSpool } from '../../gateway/clearance/answer-spool.ts';
import { check, lookUpConsultation, type Clearance } from '../../gateway/clearance/requests.ts';
import { openDatabase, probeStore, sqliteFile, type Database } from '../../gateway/store/database.ts';
import { fillRegister, northland, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { freshUrl, type FreshStore } from '../store/engines.ts';

const question = { partner: 'NN', identifier: 'NN0000001', role: 'consignor', direction: 'import' } as const;

describe('while another program writes the embedded store', () => {
  let fresh: FreshStore;
  let db: Database;
  let base: TestClearance;
  let folder: string;
  let other: DatabaseSync;
  beforeEach(async () => {
    base = await openClearance([northland]);
    fresh = await freshUrl('sqlite');
    db = await openDatabase(fresh.url);
    await fillRegister(db);
    folder = mkdtempSync(join(tmpdir(), 'mra-held-'));
    other = new DatabaseSync(sqliteFile(fresh.url) ?? '');
  });
  afterEach(async () => {
    other.close();
    await db.close();
    await base.close();
    await fresh.remove();
    rmSync(folder, { recursive: true });
  });

  it('status queries are kept in the file and answered before it has ended; other transactions wait and are stored', async () => {
    const answers = openAnswerLog(db, base.home, openAnswerSpool(db, folder, base.now));
    const door: Clearance = { ...base, db, answers };
    await answers.recordSpooled();
    other.exec('begin immediate');
    let isStored = false;
    const storing = probeStore(db).then(() => (isStored = true));
    const given = await Promise.all(Array.from({ length: 5 }, () => check(door, question, 'post-7')));
    expect(isStored).to.equal(false);
    expect(given.map(({ outcome }) => outcome)).to.deep.equal(given.map(() => 'recognised'));
    for (const { proof } of given) expect(proof).not.to.have.property('log_index');
    other.exec('commit');
    expect(await storing).to.equal(true);
    expect(await answers.recordSpooled()).to.equal(5);
    for (const answer of given)
      expect(await lookUpConsultation(door, answer.proof.consultation_number)).to.deep.equal(answer);
    expect((await check(door, question, 'post-7')).proof.log_index).to.be.a('number');
  });

  it('they wait where there is no such file', async () => {
    const door: Clearance = { ...base, db, answers: openAnswerLog(db, base.home) };
    other.exec('begin immediate');
    const asked = check(door, question, 'post-7');
    setTimeout(() => other.exec('commit'), 30);
    expect((await asked).proof.log_index).to.be.a('number');
  });
});
