/** The log shows what was altered, and evidence proves an answer to somebody who has only the public key. */

import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { examineLog, openLogSealer } from '../../gateway/audit/seal-log.ts';
import { evidenceFor } from '../../gateway/audit/evidence.ts';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { assess, check } from '../../gateway/clearance/requests.ts';
import { canonicalJson } from '../../gateway/model/canonical-json.ts';
import { seededRandom } from '../../gateway/model/seeded-random.ts';
import { advanceCounter, readCounter } from '../../gateway/store/counters.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { alterStore, answerMany as answers, ask, reportOf } from '../support/audited-log.ts';
import { fillRegister, openClearance, northland, union, type TestClearance } from '../support/clearance-fixture.ts';
import { refusalCode } from '../support/expect-code.ts';

let clearance: TestClearance;

beforeEach(async () => {
  clearance = await openClearance([northland, union]);
  await fillRegister(clearance.db);
});
afterEach(() => clearance.close());

const answerMany = (count: number) => answers(clearance, count);
const report = () => reportOf(clearance);
const alter = (...statements: readonly string[]) => alterStore(clearance, ...statements);

describe('the log', () => {
  it('is whole as long as nobody alters it', async () => {
    await answerMany(700);
    await clearance.sealer.seal();
    await clearance.db.transaction((tx) =>
      appendEvents(tx, [{ kind: 'other', ref: 'r', detail: { z: 1, a: 'ü' }, at: 't' }]),
    );
    await assess(
      clearance,
      { entry: { id: 'E', direction: 'import', parties: [] }, profile: 'p', warnings: [] },
      'desk',
    );
    const { size } = await clearance.sealer.seal();
    expect(await report()).to.deep.equal({
      size,
      checkpoints: 2,
      coveredTo: size,
      retired: 0,
      uncompared: 0,
      faults: [],
    });
    expect((await clearance.sealer.seal()).size).to.equal(size);
  });

  it('is signed over numbers that were skipped as over entries, whole subtrees of them included', async () => {
    await answerMany(300);
    await clearance.db.transaction(async (tx) => {
      const [from, to] = [(await readCounter(tx, 'event')) + 1, 140_000];
      await advanceCounter(tx, 'event', to + 1 - from);
      await appendEvents(tx, [{ kind: 'other', ref: 'r', detail: { skipped: { from, to } }, at: 't' }]);
    });
    await clearance.sealer.seal();
    expect(await report()).to.deep.include({ coveredTo: 140_001, faults: [] });
  });

  const alterations: readonly (readonly [what: string, fault: string, ...statements: readonly string[]])[] = [
    [
      'an outcome in an answer',
      'answer_changed',
      `update border_answer set answer = replace(answer, '"outcome":"suspended"', '"outcome":"recognised"') where n = 2`,
    ],
    [
      'the requester of an answer',
      'entry_changed',
      `update border_answer set answer = replace(answer, 'desk', 'dusk') where n = 3`,
    ],
    [
      'an answer and its hash',
      'history_changed',
      `update border_answer set answer = (select answer from border_answer where n = 1), leaf_hash = (select leaf_hash from border_answer where n = 1) where n = 4`,
    ],
    ['the kind of an event', 'entry_changed', "update event set kind = 'nothing' where kind = 'other'"],
    ['the detail of an event', 'entry_changed', `update event set detail = '{"a":2}' where kind = 'other'`],
    ['a deleted event', 'entry_missing', "delete from event where kind = 'other'"],
    ['a deleted answer', 'entry_missing', 'delete from border_answer where n = 300'],
    [
      'a tail that is cut off',
      'tail_missing',
      'delete from border_answer where n > 600',
      'delete from event where n > 600',
      "update counter set value = 600 where name = 'event'",
    ],
    [
      'an assessment',
      'answer_changed',
      `update assessment set answer = replace(answer, '"decision":"', '"decision":"x')`,
    ],
    ['an answer that is no JSON', 'answer_changed', "update border_answer set answer = '{' where n = 5"],
    ['an answer without its proof', 'answer_changed', "update border_answer set answer = '{}' where n = 5"],
    ['an answer that is null', 'answer_changed', "update border_answer set answer = 'null' where n = 5"],
    [
      'an answer with half of a character',
      'answer_changed',
      `update border_answer set answer = replace(answer, '"suspended"', '"\\ud800"') where n = 2`,
    ],
    ['the detail of an event that is no JSON', 'entry_changed', "update event set detail = '{' where kind = 'other'"],
    [
      'the detail of an event with half of a character',
      'entry_changed',
      `update event set detail = '{"a":"\\ud800"}' where kind = 'other'`,
    ],
    ['an assessment that is no JSON', 'answer_changed', "update assessment set answer = '{'"],
    [
      'an answer of today that is counted as older than agreed',
      'retired_early',
      'insert into log_retired (n, leaf_hash) select n, leaf_hash from border_answer where n = 640',
      'delete from border_answer where n = 640',
    ],
    ['an assessment that is deleted', 'answer_changed', 'delete from assessment'],
    ['another database in its place', 'other_log', "update store_key set value = 'ffff' where name = 'log_id'"],
    [
      'two entries that change places',
      'history_changed',
      'update border_answer set n = 100000 where n = 10',
      'update border_answer set n = 10 where n = 11',
      'update border_answer set n = 11 where n = 100000',
    ],
  ];
  for (const [what, fault, ...statements] of alterations)
    it(`shows ${what}`, async () => {
      await answerMany(650);
      await clearance.db.transaction((tx) =>
        appendEvents(tx, [{ kind: 'other', ref: 'r', detail: { a: 1 }, at: 't' }]),
      );
      await assess(
        clearance,
        { entry: { id: 'E', direction: 'import', parties: [] }, profile: 'p', warnings: [] },
        'desk',
      );
      await clearance.sealer.seal();
      expect((await report()).faults).to.deep.equal([]);
      alter(...statements);
      expect((await report()).faults.map((each) => each.fault)).to.include(fault);
    });

  it('has no answer to a question with half of a character, which could not be proven', async () => {
    for (const member of ['name', 'identifier', 'reference', 'address', 'port'])
      expect(
        await refusalCode(() => check(clearance, { ...ask(1), [member]: 'A \ud800 Co' }, 'desk')),
        member,
      ).to.equal('E_REQUEST_INVALID');
  });

  it('signs nothing more once what was signed was altered, and after a restart under another name', async () => {
    await answerMany(20);
    const before = await clearance.sealer.seal();
    alter('delete from border_answer where n > 10', "update counter set value = 10 where name = 'event'");
    expect(await refusalCode(() => clearance.sealer.seal())).to.equal('E_LOG_ALTERED');
    const after = await clearance.sealer.restart({ person: 'p', reason: 'restored', at: 't' });
    expect(after.origin).not.to.equal(before.origin);
    await answerMany(5);
    expect((await clearance.sealer.seal()).size).to.equal(16);
    expect((await report()).faults).to.deep.equal([]);
  });

  it('whose key was lost is signed with another one only under another name, and says so', async () => {
    await answerMany(3);
    const before = await clearance.sealer.seal();
    rmSync(join(clearance.folder, 'key.pem'));
    const again = openLogSealer(clearance.db, clearance.folder, clearance.home.country);
    expect(await refusalCode(() => again.seal())).to.equal('E_KEY_MISSING');
    expect(await refusalCode(() => examineLog(clearance.db, clearance.folder, clearance.home.country))).to.equal(
      'E_KEY_MISSING',
    );
    const after = await again.restart({ person: 'p', reason: 'lost', at: 't' });
    expect(after.origin).not.to.equal(before.origin);
    expect(await report()).to.deep.include({ checkpoints: 1, faults: [] });
    const id = before.origin.split('/').at(-1) ?? '';
    const kept = readFileSync(join(clearance.folder, `checkpoints.${id}`), 'utf8');
    expect(kept).to.equal(`${JSON.stringify(before.note)}\n`);
  });

  it('counts a checkpoint that somebody else signed, or a damaged file, as altered', async () => {
    await answerMany(3);
    await clearance.sealer.seal();
    const file = join(clearance.folder, 'checkpoints');
    const whole = readFileSync(file, 'utf8');
    for (const text of [whole.replace('\\n3\\n', '\\n4\\n'), `${whole.slice(0, -9)}\n`, `${whole}{}\n`]) {
      writeFileSync(file, text);
      expect(await refusalCode(report), text).to.equal('E_LOG_ALTERED');
    }
  });

  it('goes on after a crash in the middle of the line of a checkpoint', async () => {
    await answerMany(3);
    await clearance.sealer.seal();
    const file = join(clearance.folder, 'checkpoints');
    appendFileSync(file, readFileSync(file, 'utf8').slice(0, 40));
    await answerMany(1);
    const again = openLogSealer(clearance.db, clearance.folder, clearance.home.country);
    expect((await again.seal()).size).to.equal(4);
    expect(await report()).to.deep.equal({
      size: 4,
      checkpoints: 2,
      coveredTo: 4,
      retired: 0,
      uncompared: 0,
      faults: [],
    });
  });

  it('has checkpoints that OpenSSL verifies', async () => {
    await answerMany(3);
    const { note, size, root } = await clearance.sealer.seal();
    const folder = mkdtempSync(join(tmpdir(), 'mra-note-'));
    const [text = '', signatures = ''] = note.split('\n\n');
    const signature = Buffer.from(signatures.trim().split(' ').at(-1) ?? '', 'base64').subarray(4);
    writeFileSync(join(folder, 'text'), `${text}\n`);
    writeFileSync(join(folder, 'signature'), signature);
    copyFileSync(join(clearance.folder, 'key.pem'), join(folder, 'key.pem'));
    const words = 'pkeyutl -verify -rawin -inkey key.pem -in text -sigfile signature'.split(' ');
    expect(execFileSync('openssl', words, { cwd: folder, encoding: 'utf8' })).to.match(/Successfully/u);
    expect(text.split('\n').slice(1)).to.deep.equal([String(size), root]);
    rmSync(folder, { recursive: true });
  });
});

describe('evidence', () => {
  it('proves every answer, whatever its place in the log', async () => {
    const places = await answerMany(600);
    const key = await clearance.sealer.verifierKey();
    for (const place of places) {
      const text = await evidenceFor(clearance.db.sql, clearance.sealer, place);
      const { answer } = JSON.parse(text) as { answer: { outcome: string } };
      expect(verifyEvidence(text, key).outcome).to.equal(answer.outcome);
    }
  });

  it('shows every change of a single byte', async () => {
    const [place = 0] = (await answerMany(40)).slice(20);
    const key = await clearance.sealer.verifierKey();
    const bytes = Buffer.from(await evidenceFor(clearance.db.sql, clearance.sealer, place));
    const random = seededRandom(3);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = ((changed[at] ?? 0) + 1 + random.below(255)) % 256;
      expect(() => verifyEvidence(changed.toString('utf8'), key), `byte ${at}`).to.throw();
    }
    expect(() => verifyEvidence(`${bytes.toString('utf8')} `, key)).to.throw();
  });

  it('of another log, or with another key, proves nothing', async () => {
    const [place = 0] = await answerMany(2);
    const text = await evidenceFor(clearance.db.sql, clearance.sealer, place);
    const key = await clearance.sealer.verifierKey();
    const other = await openClearance([northland]);
    const otherKey = await other.sealer.verifierKey();
    await other.close();
    expect(() => verifyEvidence(text, otherKey)).to.throw('another log');
    expect(() => verifyEvidence(text, `${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`)).to.throw();
    const renamed = `${key.split('+')[0] ?? ''}+${otherKey.split('+').slice(1).join('+')}`;
    expect(() => verifyEvidence(text, renamed)).to.throw('mistyped');
  });

  it('cannot be made of the answer to another question', async () => {
    const [one = 0, other = 0] = await answerMany(8);
    const key = await clearance.sealer.verifierKey();
    const texts = await Promise.all(
      [one, other].map((place) => evidenceFor(clearance.db.sql, clearance.sealer, place)),
    );
    const [a, b] = texts.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(() => verifyEvidence(`${canonicalJson({ ...a, answer: b?.['answer'] })}\n`, key)).to.throw('another answer');
    expect(() => verifyEvidence(`${canonicalJson({ ...a, more: 1 })}\n`, key)).to.throw('other members');
  });

  it('is verified by the one file alone, from another folder', async () => {
    const answer = await check(clearance, ask(1), 'desk');
    const folder = mkdtempSync(join(tmpdir(), 'mra-evidence-'));
    const program = join(folder, 'verify.mjs');
    copyFileSync(new URL('../../gateway/audit/verify-evidence.js', import.meta.url), program);
    writeFileSync(
      join(folder, 'e.json'),
      await evidenceFor(clearance.db.sql, clearance.sealer, answer.proof.log_index),
    );
    const key = await clearance.sealer.verifierKey();
    const printed = execFileSync(process.execPath, [program, join(folder, 'e.json'), key], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).to.deep.include({ number: answer.proof.consultation_number, outcome: answer.outcome });
    rmSync(folder, { recursive: true });
  });

  it('of an answer that was never given is refused', async () => {
    expect(await refusalCode(() => evidenceFor(clearance.db.sql, clearance.sealer, 999))).to.equal(
      'E_CONSULTATION_UNKNOWN',
    );
  });
});
