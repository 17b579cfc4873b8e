/** The store is away: the border is answered from memory, and nothing that was answered is lost. */

import { expect } from 'chai';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addClient } from '../../gateway/app/client-decisions.ts';
import { openLogSealer } from '../../gateway/audit/seal-log.ts';
import { evidenceFor } from '../../gateway/audit/evidence.ts';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { verifyLog } from '../../gateway/audit/verify-log.ts';
import { openAnswerLog } from '../../gateway/clearance/answer-log.ts';
import { openAnswerSpool } from '../../gateway/clearance/answer-spool.ts';
import {
  check,
  checkBatch,
  lookUpAssessment,
  lookUpConsultation,
  type Clearance,
} from '../../gateway/clearance/requests.ts';
import { openAnswers } from '../../gateway/doors/border-posts.ts';
import type { PostedReply, PostedRequest } from '../../gateway/model/clearance/posted-request.ts';
import { makeLog } from '../../gateway/wire/log.ts';
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

const schemas = join(import.meta.dirname, '../../schemas');
const log = makeLog({ level: 'silent' });
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

  const entryOf = (id: string, identifier = 'NN0000001') => ({
    entry: { id, type: 'import', parties: [{ role: 'consignor', identifier }] },
  });
  /** As a border system posts it. */
  const posting = (path: PostedRequest['path'], body: unknown, key?: string): PostedRequest => ({
    ...{ path, target: path, profile: undefined, contentType: 'application/json', isMinimal: false },
    ...{ idempotencyKey: key, requester: 'post-7', requestId: 'r', caller: undefined },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });
  const answerOf = (posted: PostedRequest): Promise<PostedReply> =>
    openAnswers({ ...door, schemas, log, answerLarge: () => Promise.reject(new Error('the thread has no register')) })(
      posted,
    );
  const bodyOf = ({ text }: PostedReply): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

  it('an entry is assessed from memory, says so, and is recorded once with its answers, its results and its event', async () => {
    await line.close();
    const reply = await answerOf(posting('/v1/assessments', entryOf('E-1')));
    expect(reply.status).to.equal(201);
    const given = bodyOf(reply);
    expect(given).to.include({ decision: 'apply', entry: 'E-1' });
    expect(given['warnings']).to.deep.equal(['The store could not be reached: newer lists may have been applied.']);
    const number = given['assessment'] as string;
    const keyed = await answerOf(posting('/v1/assessments', entryOf('E-2', 'NN0000002'), 'key-1'));
    expect(keyed.status).to.equal(201);

    await line.open();
    expect(await door.answers.recordSpooled()).to.equal(2);
    expect([await door.answers.recordSpooled(), files()]).to.deep.equal([0, []]);
    const { links: _, ...assessed } = given;
    expect(await lookUpAssessment(door, number)).to.deep.equal(assessed);
    const [party] = given['parties'] as { readonly consultation_number: string }[];
    expect(await lookUpConsultation(door, party?.consultation_number ?? '')).to.have.property('outcome', 'recognised');
    const results = await db.sql.selectFrom('entry_result').select(['entry', 'result']).orderBy('entry').execute();
    expect(results).to.deep.equal([
      { entry: 'E-1', result: 'benefit' },
      { entry: 'E-2', result: 'restricted' },
    ]);
    const events = await db.sql.selectFrom('event').select('ref').where('kind', '=', 'assessment').execute();
    expect(events.length).to.equal(2);
    expect((await verifyLog(db.sql, [])).faults).to.deep.equal([]);
  });

  it('an entry that a process left behind is recorded by the next one, once, also where it was recorded in part', async () => {
    await line.close();
    await answerOf(posting('/v1/assessments', entryOf('E-1')));
    const [name = ''] = files();
    const kept = readFileSync(join(folder, 'spool', name));
    await line.open();
    const next = openDoor(undefined);
    expect(await next.answers.recordSpooled()).to.equal(1);
    writeFileSync(join(folder, 'spool', name), kept);
    expect(await next.answers.recordSpooled()).to.equal(0);
    expect((await db.sql.selectFrom('assessment').select('number').execute()).length).to.equal(1);
  });

  it('a batch is answered from memory, large ones and those with a key too, and each answer is recorded', async () => {
    const checks = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`k${i}`, question('NN0000001')]));
    await line.close();
    await index.current();
    const reply = await answerOf(posting('/v1/checks/batch', { checks }, 'key-2'));
    expect(bodyOf(reply)['counts']).to.deep.equal({ total: 400, recognised: 400 });
    await line.open();
    expect(await door.answers.recordSpooled()).to.equal(400);
    const { results } = bodyOf(reply) as { readonly results: Record<string, { readonly consultation_number: string }> };
    const number = results['k399']?.consultation_number ?? '';
    expect(await lookUpConsultation(door, number)).to.have.property('outcome', 'recognised');
  });

  it('an entry is refused, and nothing is given, where neither the store nor the disk takes it', async () => {
    const spool = openAnswerSpool(db, join(folder, 'full'), base.now);
    const full = openAnswerLog(db, base.home, spool);
    await full.recordSpooled();
    writeFileSync(join(folder, 'full'), ''); // no folder can be made there
    await line.close();
    const reply = await openAnswers({ ...door, answers: full, schemas, log })(
      posting('/v1/assessments', entryOf('E-1')),
    );
    expect([reply.status, bodyOf(reply)['code']]).to.deep.equal([503, 'E_STORE_UNREACHABLE']);
    await line.open();
  });

  it('the past, and operators that memory does not hold, wait for the store', async () => {
    await line.close();
    const past = { ...question('NN0000001'), known_at: '2026-11-01T00:00:00Z' };
    expect(await refusalCode(() => check(door, past, 'post-7'))).to.equal('E_STORE_UNREACHABLE');
    const cold = openDoor(openRegisterIndex(db));
    expect(await refusalCode(() => check(cold, question('NN0000001'), 'post-7'))).to.equal('E_STORE_UNREACHABLE');
    await line.open();
  });
});
