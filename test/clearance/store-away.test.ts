/** The store is away: the border is answered from memory, and nothing that was answered is lost. */

import { expect } from 'chai';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addClient } from '../../gateway/app/client-decisions.ts';
import { openLogSealer } from '../../gateway/audit/seal-log.ts';
import { evidenceFor } from '../../gateway/audit/evidence.ts';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { verifyLog } from '../../gateway/audit/verify-log.ts';
import { openAnswerLog } from '../../gateway/clearance/answer-log.ts';
import { openAnswerSpool } from '../../gateway/clearance/answer-spool.ts';
import { assess, check, checkBatch, lookUpConsultation, type Clearance } from '../../gateway/clearance/requests.ts';
import type { ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import { readinessReply } from '../../gateway/doors/border-state.ts';
import { openClientIndex } from '../../gateway/store/clients.ts';
import { openDatabase, probeStore, type Database } from '../../gateway/store/database.ts';
import { openRegisterIndex, type RegisterIndex } from '../../gateway/store/register-index.ts';
import { fillRegister, noon, northland, openClearance, type TestClearance } from '../support/clearance-fixture.ts';
import { eventsSince } from '../support/event-log.ts';
import { refusalCode } from '../support/expect-code.ts';
import { lineTo, type Line } from '../support/line.ts';
import { freshUrl, type FreshStore } from '../store/engines.ts';

const question = (identifier: string) =>
  ({ partner: 'NN', identifier, role: 'consignor', direction: 'import' }) as const;

describe('while the store is away', () => {
  let fresh: FreshStore;
  let line: Line;
  let db: Database;
  let base: TestClearance;
  let folder: string;
  let door: Clearance;
  let index: RegisterIndex;

  const openDoor = (index: Clearance['index']): Clearance => ({
    ...base,
    db,
    ...(index && { index }),
    answers: openAnswerLog(db, base.home, openAnswerSpool(db, join(folder, 'spool'), base.now)),
  });
  const files = (): readonly string[] => readdirSync(join(folder, 'spool'));

  beforeEach(async () => {
    base = await openClearance([northland]);
    base.clock = noon;
    fresh = await freshUrl('postgres');
    line = await lineTo(fresh.url);
    db = await openDatabase(line.url);
    await fillRegister(db);
    folder = mkdtempSync(join(tmpdir(), 'mra-away-'));
    index = openRegisterIndex(db);
    await index.bringUp();
    door = openDoor(index);
    await door.answers.recordSpooled();
  });
  afterEach(async () => {
    await db.close();
    await base.close();
    await line.close();
    await fresh.remove();
    rmSync(folder, { recursive: true });
  });

  it('a status query about now is answered from memory, says so, and is recorded under its number once the store is back', async () => {
    await line.close();
    const away = await check(door, question('NN0000001'), 'post-7');
    expect(away.outcome).to.equal('recognised');
    expect(away.explanation.map(({ code }) => code)).to.include('STORE_AWAY');
    expect(away.freshness.note).to.be.a('string');
    expect(away.proof).not.to.have.property('log_index');

    await line.open();
    expect(await door.answers.recordSpooled()).to.equal(1);
    expect(files()).to.deep.equal([]);
    expect(await lookUpConsultation(door, away.proof.consultation_number)).to.deep.equal(away);
    await index.bringUp();
    const after = await check(door, question('NN0000001'), 'post-7');
    expect(after.proof.log_index).to.be.a('number');
    const spooled = (await eventsSince(db.sql, 0, 100)).filter(({ kind }) => kind === 'answers_spooled');
    expect(spooled.map(({ detail }) => detail)).to.deep.equal([{ count: 1, from: noon, to: noon }]);
  });

  it('many at one time all get numbers, and each is recorded once', async () => {
    await line.close();
    const given = await Promise.all(
      Array.from({ length: 40 }, (_, i) => check(door, question(`NN000000${(i % 6) + 1}`), 'post-7')),
    );
    const batch = await checkBatch(
      door,
      new Map([
        ['a', question('NN0000001')],
        ['b', question('NN0000002')],
      ]),
      'post-7',
    );
    const answers = [...given, ...batch.values()] as ProvenAnswer[];
    const numbers = answers.map(({ proof }) => proof.consultation_number);
    expect(new Set(numbers)).to.have.lengthOf(42);

    await line.open();
    expect(await door.answers.recordSpooled()).to.equal(42);
    for (const [i, number] of numbers.entries())
      expect(await lookUpConsultation(door, number)).to.deep.equal(answers[i]);
  });

  it('what another process left behind is recorded by the next one, and what was recorded already is not recorded again', async () => {
    await line.close();
    const given = await check(door, question('NN0000001'), 'post-7');
    const [name = ''] = files();
    const path = join(folder, 'spool', name);
    // The process ended in the middle of a line.
    appendFileSync(path, '{"place":4503');
    await line.open();
    const next = openDoor(undefined);
    expect(await next.answers.recordSpooled()).to.equal(1);
    expect(files()).to.deep.equal([`${name}.cut`]);
    expect(await lookUpConsultation(next, given.proof.consultation_number)).to.deep.equal(given);

    appendFileSync(path, `${JSON.stringify(await spooledAgain(given))}\n`);
    expect(await next.answers.recordSpooled()).to.equal(0);
  });

  async function spooledAgain(answer: ProvenAnswer): Promise<object> {
    const { place } = await db.sql.selectFrom('spooled_answer').select('place').executeTakeFirstOrThrow();
    const request = JSON.stringify(question('NN0000001'));
    const row = { place, askedAt: answer.answered_at, requester: 'post-7', partner: 'NN', request };
    return { ...row, answer: JSON.stringify(answer) };
  }

  it('two processes never give the same number', async () => {
    const other = openDoor(door.index);
    await other.answers.recordSpooled();
    await line.close();
    const numbers = await Promise.all([door, other].map(async (each) => await check(each, question('NN0000001'), 'p')));
    expect(new Set(numbers.map(({ proof }) => proof.consultation_number))).to.have.lengthOf(2);
    await line.open();
  });

  it('an answer given meanwhile is proven like any other, and the log verifies', async () => {
    await line.close();
    const away = await check(door, question('NN0000001'), 'post-7');
    await line.open();
    await door.answers.recordSpooled();
    const sealer = openLogSealer(db, folder, base.home.country);
    const place = await door.answers.placeOf(away.proof.consultation_number);
    const proven = verifyEvidence(await evidenceFor(db.sql, sealer, place), await sealer.verifierKey());
    expect(proven).to.include({ number: away.proof.consultation_number, outcome: 'recognised' });
    expect((await verifyLog(db.sql, [])).faults).to.deep.equal([]);
  });

  it('the door is ready while an answer can be kept on disk, and not where the disk takes none', async () => {
    const full = openAnswerLog(db, base.home, openAnswerSpool(db, join(folder, 'full'), base.now));
    await full.recordSpooled();
    writeFileSync(join(folder, 'full'), ''); // no folder can be made there
    const ready = (answers: Clearance['answers']) =>
      readinessReply({ ...door, answers, tryWriting: () => probeStore(db) }, false);
    await line.close();
    expect((await ready(door.answers)).body).to.deep.equal({ status: 'degraded' });
    expect(await refusalCode(() => ready(full))).to.equal('E_STORE_UNREACHABLE');
    expect(await refusalCode(() => check({ ...door, answers: full }, question('NN0000001'), 'post-7'))).to.equal(
      'E_STORE_UNREACHABLE',
    );
    await line.open();
    expect([await door.answers.recordSpooled(), files()]).to.deep.equal([0, []]);
  });

  it('clients are known for an hour, and not longer', async () => {
    await addClient({ ...base, db }, 'desk', { person: 'A. Example', reason: 'a desk', scopes: ['check'] });
    let milliseconds = 0;
    const clients = openClientIndex(db, () => milliseconds);
    const names = async (): Promise<readonly string[]> => [...(await clients.current()).clients.keys()];
    expect(await names()).to.deep.equal(['desk']);
    await line.close();
    milliseconds = 3_599_000;
    expect(await names()).to.deep.equal(['desk']);
    milliseconds = 3_601_000;
    expect(await refusalCode(names)).to.equal('E_STORE_UNREACHABLE');
    await line.open();
    expect(await names()).to.deep.equal(['desk']);
  });

  it('the past, entries and operators that memory does not hold wait for the store', async () => {
    await line.close();
    const past = { ...question('NN0000001'), known_at: '2026-11-01T00:00:00Z' };
    expect(await refusalCode(() => check(door, past, 'post-7'))).to.equal('E_STORE_UNREACHABLE');
    const entry = {
      id: 'E-1',
      direction: 'import',
      parties: [{ role: 'consignor', identifier: 'NN0000001', country: 'NN' }],
    };
    const read = { entry, profile: 'json', warnings: [] } as unknown as Parameters<typeof assess>[1];
    expect(await refusalCode(() => assess(door, read, 'post-7'))).to.equal('E_STORE_UNREACHABLE');
    const cold = openDoor(openRegisterIndex(db));
    expect(await refusalCode(() => check(cold, question('NN0000001'), 'post-7'))).to.equal('E_STORE_UNREACHABLE');
    await line.open();
  });
});
