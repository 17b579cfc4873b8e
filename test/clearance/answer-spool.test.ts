/** Answers kept on disk, while those before them are being recorded. */

import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openAnswerLog } from '../../gateway/clearance/answer-log.ts';
import { openAnswerSpool } from '../../gateway/clearance/answer-spool.ts';
import { check, lookUpConsultation } from '../../gateway/clearance/requests.ts';
import type { ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import { fillRegister, openClearance } from '../support/clearance-fixture.ts';
import { temporaryFolder } from '../support/pki.ts';

describe('the file of answers', () => {
  it('keeps those that come at the moment at which the others begin to be recorded', async () => {
    const base = await openClearance();
    const folder = join(temporaryFolder(), 'spool');
    try {
      await fillRegister(base.db);
      const request = { partner: 'NN', identifier: 'NN0000001' };
      const { proof: _, ...answer } = await check(base, request, 'post-7');
      const answers = openAnswerLog(base.db, base.home, openAnswerSpool(base.db, folder, base.now));
      await answers.recordSpooled();
      const given: ProvenAnswer[] = [];
      for (let round = 0; round < 5; round++) {
        const recording = answers.recordSpooled();
        const [kept] = await answers.record([{ request, answer, isStoreAway: true }], 'post-7');
        await recording;
        if (kept !== undefined) given.push(kept.answer);
      }
      await answers.recordSpooled();
      expect(given).to.have.lengthOf(5);
      for (const each of given)
        expect(await lookUpConsultation({ ...base, answers }, each.proof.consultation_number)).to.deep.equal(each);
      expect(readdirSync(folder)).to.deep.equal([]);
    } finally {
      await base.close();
    }
  });
});
