/** Entries older than agreed are gone, and everything after them is still proven against the checkpoints on file. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { headSizes, thinCheckpoints } from '../../gateway/audit/checkpoint-file.ts';
import { evidenceFor } from '../../gateway/audit/evidence.ts';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { assess } from '../../gateway/clearance/requests.ts';
import type { Database } from '../../gateway/store/database.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { foldLog } from '../../gateway/store/log-folding.ts';
import { retire, type RetentionLimits } from '../../gateway/store/retention.ts';
import { alterStore, answerMany as answers, reportOf } from '../support/audited-log.ts';
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

async function retireRecorded(db: Database, limits: RetentionLimits): Promise<void> {
  await db.transaction((tx) =>
    appendEvents(tx, [{ kind: 'retention', ref: 'retention', detail: { limits }, at: clearance.clock }]),
  );
  await retire(db, { limits, dryRun: false, pause: () => Promise.resolve() });
}

describe('the log after retention', () => {
  it('is whole after retention, and what came later can still be proven', async () => {
    await answerMany(300);
    await assess(
      clearance,
      { entry: { id: 'E', direction: 'import', parties: [] }, profile: 'p', warnings: [] },
      'desk',
    );
    await clearance.sealer.seal();
    clearance.clock = '2026-11-24T12:00:00.000Z';
    const [place = 0] = await answerMany(5);
    const limits = { answers: '2026-11-24T00:00:00.000Z' };
    await retireRecorded(clearance.db, limits);
    await clearance.sealer.seal();
    expect(await report()).to.deep.equal({
      size: 307,
      checkpoints: 2,
      coveredTo: 307,
      retired: 301,
      uncompared: 0,
      faults: [],
    });
    const text = await evidenceFor(clearance.db.sql, clearance.sealer, place);
    expect(verifyEvidence(text, await clearance.sealer.verifierKey()).answeredAt).to.equal(clearance.clock);
    alter('delete from log_retired where n = 7');
    expect((await report()).faults.map((each) => each.fault)).to.include('entry_missing');
  });

  it('has one hash in place of 256 retired leaves, but where a checkpoint on file ends between them; all else is still proven', async () => {
    const { db, sealer } = clearance;
    await answerMany(300);
    await sealer.seal();
    await answerMany(900);
    const between = await sealer.seal();
    await answerMany(100);
    await sealer.seal();
    clearance.clock = '2026-11-24T12:00:00.000Z';
    const [place = 0] = await answerMany(300);
    await sealer.seal();
    const pause = (): Promise<void> => Promise.resolve();
    await retireRecorded(db, { answers: '2026-11-24T00:00:00.000Z' });
    expect(await foldLog(db, await sealer.heads(), pause)).to.equal(3 * 255);
    expect(await report()).to.deep.equal({
      ...{ size: 1601, checkpoints: 4, coveredTo: 1600, retired: 1300, uncompared: 0, faults: [] },
    });
    const text = await evidenceFor(db.sql, sealer, place);
    expect(verifyEvidence(text, await sealer.verifierKey()).answeredAt).to.equal(clearance.clock);
    const others = (await sealer.heads()).filter((size) => size !== between.size);
    expect(await foldLog(db, others, pause), 'without the checkpoint').to.equal(255);
    expect(await report()).to.include({ coveredTo: 1601, uncompared: 1 });
    alter('delete from log_retired where n = 1');
    expect((await report()).faults.map((each) => each.fault)).to.include('entry_missing');
    alter("update log_node set hash = 'ff' || substr(hash, 3) where level = 8 and i = 0");
    expect(await refusalCode(() => sealer.seal())).to.equal('E_LOG_ALTERED');
  });

  it('is at fault where the last checkpoint cannot be compared: who rewrote all that it covers could hide so', async () => {
    await answerMany(400);
    await clearance.sealer.seal();
    await answerMany(200);
    alter(
      'delete from border_answer where n <= 512',
      "insert into log_retired (n, leaf_hash) values (1, '00'), (257, '00')",
      'delete from log_node where level = 8',
      `insert into log_node (level, i, hash) values (8, 0, '${'ab'.repeat(32)}'), (8, 1, '${'cd'.repeat(32)}')`,
    );
    const { faults, coveredTo, uncompared } = await report();
    expect([coveredTo, uncompared]).to.deep.equal([0, 1]);
    expect(faults).to.deep.include.members([{ ...faults[0], fault: 'not_compared', from: 1, to: 400 }]);
  });

  it('keeps the newest checkpoints, and few of those before them', async () => {
    const file = join(clearance.folder, 'checkpoints');
    for (let i = 0; i < 12; i += 1) {
      await answerMany(1);
      await clearance.sealer.seal();
    }
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    await thinCheckpoints(file, 5);
    expect(readFileSync(file, 'utf8').trim().split('\n')).to.deep.equal(lines.slice(-5));
    await answerMany(1);
    await clearance.sealer.seal();
    expect(await report()).to.include({ coveredTo: 13, checkpoints: 6 });
    const later = lines.map((line) =>
      line.replace(/\\n(\d+)\\n/u, (_, size) => `\\n${String(Number(size) * 4_000)}\\n`),
    );
    writeFileSync(file, `${later.join('\n')}\n`);
    await thinCheckpoints(file, 5);
    expect(await headSizes(file), 'the last of each 16,384 entries').to.deep.equal(
      [4, 8, 9, 10, 11, 12].map((size) => size * 4_000),
    );
  });
});
