/** Answers that recognised an operator which, as a later list says, was suspended or gone by then. */

import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { examineExposure } from '../../gateway/app/health/border-checks.ts';
import { changedAnswers, exposureIn } from '../../gateway/clearance/exposure.ts';
import { check } from '../../gateway/clearance/requests.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import type { CheckRequest } from '../../gateway/model/clearance/answer.ts';
import { makeSearchable } from '../../gateway/store/answer-search.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillList, fillRegister, openClearance, operator, type TestClearance } from '../support/clearance-fixture.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const period = { from: '2026-11-20T00:00:00.000Z', to: '2026-12-20T00:00:00.000Z', limit: 50 };

describe('the exposure of the border', () => {
  let clearance: TestClearance;

  beforeEach(async () => {
    clearance = await openClearance();
    await fillRegister(clearance.db);
  });
  afterEach(() => clearance.close());

  async function ask(day: string, changes: Partial<CheckRequest> = {}): Promise<string> {
    clearance.clock = `${day}T12:00:00.000Z`;
    const asked = { partner: 'NN', identifier: 'NN0000001', role: 'consignor', direction: 'import' } as const;
    return (await check(clearance, { ...asked, ...changes }, 'post-7')).proof.consultation_number;
  }
  async function suspend(since: string, known: string, sequence = 8): Promise<void> {
    const records = [operator('NN0000001', { status: 'suspended', statusSince: since })];
    const appliedAt = `${known}T08:00:00.000Z`;
    await fillList(clearance.db, { partner: 'NN', sequence, records, issuedAt: appliedAt, appliedAt });
    clearance.clock = `${known}T12:00:00.000Z`;
    while (!(await makeSearchable(clearance.db))) continue;
  }
  const numbers = async (): Promise<unknown> =>
    (await exposureIn(clearance, period)).exposures.map(({ change, answers }) => [
      change.identifier,
      change.effective_from,
      answers.map(({ answer, outcomeNow }) => [answer.proof.consultation_number, outcomeNow]),
    ]);

  it('is every answer that recognised the operator from the day on which its suspension counts, until it became known', async () => {
    await ask('2026-11-22');
    const second = await ask('2026-11-23');
    const third = await ask('2026-11-24');
    await ask('2026-11-23', { identifier: 'NN0000006' });
    await suspend('2026-11-23', '2026-11-25');
    await ask('2026-11-25');
    expect(await numbers()).to.deep.equal([
      [
        'NN0000001',
        '2026-11-23',
        [
          [third, 'suspended'],
          [second, 'suspended'],
        ],
      ],
    ]);
    const report = await examineExposure(clearance as never);
    expect([report.result, report.cause, report.partners]).to.deep.equal(['warn', 'answers_exposed', ['NN']]);
  });

  it('is nothing where the suspension counts from the day on which it became known, or the question was about an earlier day', async () => {
    await ask('2026-11-24', { at: '2026-11-23T10:00:00Z' });
    await suspend('2026-11-24', '2026-11-25');
    expect(await numbers()).to.deep.equal([]);
    await suspend('2026-11-25', '2026-11-25', 9);
    expect(await numbers()).to.deep.equal([]);
    expect((await examineExposure(clearance as never)).result).to.equal('ok');
  });

  it('ends where a list takes the suspension back from its first day', async () => {
    await ask('2026-11-24');
    await suspend('2026-11-23', '2026-11-25');
    expect(await numbers()).to.have.lengthOf(1);
    const records = [operator('NN0000001', { statusSince: '2026-11-23' })];
    const appliedAt = '2026-11-25T18:00:00.000Z';
    await fillList(clearance.db, { partner: 'NN', sequence: 9, records, issuedAt: appliedAt, appliedAt });
    expect(await numbers()).to.deep.equal([]);
  });

  it('of any period: recorded answers are given again, and those that would be otherwise are named', async () => {
    const listedLater = await ask('2026-11-24', { identifier: 'NN0000008', at: '2026-11-24T10:00:00Z' });
    await ask('2026-11-24');
    await ask('2026-11-24', { known_at: '2026-11-01T00:00:00Z' });
    const appliedAt = '2026-11-26T08:00:00.000Z';
    const records = [operator('NN0000008', { statusSince: '2026-11-01', validFrom: '2026-11-01' })];
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records, issuedAt: appliedAt, appliedAt });
    while (!(await makeSearchable(clearance.db))) continue;
    const found = await changedAnswers(clearance, { kind: 'consultation', values: {}, limit: 10 });
    expect(found.examined).to.equal(2);
    expect(
      found.changed.map(({ answer, outcomeNow }) => [answer.proof.consultation_number, answer.outcome, outcomeNow]),
    ).to.deep.equal([[listedLater, 'not_on_list', 'recognised']]);
  });

  describe('at the border door', () => {
    let server: Server;
    let address: string;
    beforeEach(async () => {
      server = createServer(
        borderDoor({ ...clearance, now: () => new Date(clearance.clock), schemas, log: makeLog({ level: 'error' }) }),
      );
      address = `http://127.0.0.1:${await listen(server)}`;
    });
    afterEach(() => shut(server));
    const get = async (path: string): Promise<{ readonly status: number; readonly body: Record<string, never> }> => {
      const response = await fetch(`${address}${path}`);
      return { status: response.status, body: (await response.json()) as Record<string, never> };
    };

    it('names change, answers and outcome of now, and refuses what is no day', async () => {
      const number = await ask('2026-11-24');
      await suspend('2026-11-23', '2026-11-25');
      const { body } = await get('/v1/exposure?from=2026-11-25&to=2026-11-25');
      const [exposure] = body['exposures'] as unknown as readonly {
        change: object;
        answers: readonly object[];
        complete: boolean;
      }[];
      expect(exposure?.change).to.include({
        change: 'suspended',
        identifier: 'NN0000001',
        effective_from: '2026-11-23',
      });
      expect(exposure?.answers[0]).to.include({
        consultation_number: number,
        outcome: 'recognised',
        outcome_now: 'suspended',
      });
      expect(exposure?.complete).to.equal(true);
      expect((await get('/v1/exposure?from=2026-11-26')).body).to.deep.equal({ exposures: [] });
      expect((await get('/v1/exposure/answers?from=2026-11-24')).body).to.deep.include({ examined: 1 });
      for (const query of ['from=yesterday', 'to=2026-13-01', 'limit=101', 'before=x'])
        expect((await get(`/v1/exposure?${query}`)).status, query).to.equal(422);
    });
  });
});
