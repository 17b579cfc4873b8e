/** The simulated partner against our gateway: each fault is injected, ends as expected, and the exchange continues. */

import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { getBytes } from '../../gateway/store/bodies.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { sendGoodList } from '../../gateway/rehearsal/sending.ts';
import { sidesAgree, testedOf, type Environment } from '../../gateway/rehearsal/environment.ts';
import { runSchedule, type ScheduleOptions, type Turn } from '../../gateway/rehearsal/schedule.ts';
import { scenarios } from '../../gateway/rehearsal/conformance.ts';
import { complaintAbout, resultOf, type SendingFault } from '../../gateway/rehearsal/fault.ts';
import { faults, faultsNamed, formerNames } from '../../gateway/rehearsal/faults.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { temporaryFolder } from '../support/pki.ts';
import { environmentOptions, openTestEnvironment } from '../support/rehearsal.ts';
import { refusalCode } from '../support/expect-code.ts';

const sendingFaults = faults.filter((fault): fault is SendingFault => fault.acts === 'sends');
const withinMs = 10_000;

describe('a simulated partner', function () {
  let environment: Environment;

  before(async () => {
    environment = await openTestEnvironment('sg');
  });
  after(() => environment.close());

  beforeEach(async () => {
    const { state } = await sendGoodList(environment.simulator, withinMs);
    expect(state).to.equal('ACCEPTED');
  });

  for (const fault of sendingFaults) {
    it(`with the fault ${fault.name} gets a signed receipt as expected, and its next good list is applied`, async () => {
      const sent = await fault.send(environment.simulator, withinMs);
      expect(sent).not.to.deep.equal([]);
      expect(sent.map((one) => complaintAbout(fault, one)).filter((text) => text !== undefined)).to.deep.equal([]);
      const { state } = await sendGoodList(environment.simulator, withinMs);
      expect(state).to.equal('ACCEPTED');
      expect(await sidesAgree(environment)).to.equal(true);
    });
  }

  it('sends what it says: our store holds the very bytes of a refused message', async () => {
    const [gap] = faultsNamed('gap').filter((fault) => fault.acts === 'sends');
    const [sent] = (await gap?.send(environment.simulator, withinMs)) ?? [];
    const { sql } = testedOf(environment).db;
    const digest = sent?.digest ?? '';
    const kept = await findInbox(sql, { partner: 'SG', digest });
    expect(kept).to.include({ state: 'REJECTED', reason: 'E_SEQUENCE_GAP', via: 'https' });
    expect((await getBytes(sql, digest)).length).to.be.greaterThan(500);
  });

  it('complains of a gateway whose result is not as expected', async () => {
    const [gap] = sendingFaults.filter(({ name }) => name === 'gap');
    const [sent] = (await gap?.send(environment.simulator, withinMs)) ?? [];
    if (gap === undefined || sent === undefined) throw new Error('the fault sent nothing');
    expect(resultOf(sent)).to.equal('E_SEQUENCE_GAP');
    expect(complaintAbout(gap, { ...sent, expected: ['applied'] })).to.match(/^ended as E_SEQUENCE_GAP/u);
    expect(complaintAbout(gap, { ...sent, sameReceipt: 'another' })).to.match(/^another receipt/u);
    expect(complaintAbout(gap, { id: sent.id, digest: sent.digest, evidence: 'HTTP 500' })).to.match(/^no receipt/u);
  });
});

describe('faults', () => {
  it('are at least twenty, each under a name of its own with a description', () => {
    expect(faults.length).to.be.at.least(20);
    expect(new Set(faults.map(({ name }) => name)).size).to.equal(faults.length);
    for (const { name, description } of faults) expect(description, name).to.match(/^\S.{10,}/u);
  });

  it('are each used by one scenario of the conformance run', () => {
    const used = scenarios.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
    expect(used).to.have.members(faults.map(({ name }) => name));
  });

  it('are found by their former names too', () => {
    for (const [former, name] of Object.entries(formerNames))
      expect(faultsNamed(former).map((fault) => fault.name)).to.deep.equal([name]);
  });

  it('that do not exist are refused by name', async () => {
    const asked = (): Promise<unknown> => Promise.resolve().then(() => faultsNamed('gap,greed'));
    expect(await refusalCode(asked)).to.equal('E_REQUEST_INVALID');
  });
});

describe('turns of a simulated partner', function () {
  async function played(environment: Environment, changes: Partial<ScheduleOptions>): Promise<readonly Turn[]> {
    return await runSchedule(environment.simulator, {
      faults: faultsNamed('gap,stranger-key,http-500'),
      seed: 1,
      everyMs: 1,
      withinMs,
      maxFaultMs: 500,
      once: true,
      stop: new AbortController().signal,
      report: () => undefined,
      ...changes,
    });
  }

  it('have each fault once, a good list after each, and end', async () => {
    const environment = await openTestEnvironment('hk', { operators: 40 });
    try {
      const turns = await played(environment, {});
      expect(turns.map(({ fault }) => fault ?? 'good').filter((name) => name !== 'good')).to.have.members([
        'gap',
        'unregistered-key',
        'http-500',
      ]);
      expect(turns.filter(({ fault }) => fault === undefined).length).to.equal(4);
      expect(turns.flatMap(({ complaints }) => complaints)).to.deep.equal([]);
      expect(turns.at(-1)?.sent.map(({ ending }) => ending)).to.deep.equal(['applied']);
      expect(turns.filter(({ failed }) => failed !== undefined)).to.deep.equal([]);
      const again = await played(environment, {});
      expect(again.map(({ fault }) => fault)).to.deep.equal(turns.map(({ fault }) => fault));
    } finally {
      await environment.close();
    }
  });

  it('go on while the other side is away, and say so', async () => {
    const environment = await openTestEnvironment('hk', { operators: 10, against: 'https://127.0.0.1:1' });
    try {
      const turns = await played(environment, { faults: [], withinMs: 50 });
      expect(turns.map(({ failed }) => failed)).to.deep.equal(['E_DELIVERY_FAILED', 'E_DELIVERY_FAILED']);
    } finally {
      await environment.close();
    }
  });
});

describe('a partner whose folder has no home.yaml', () => {
  for (const cc of ['hk', 'il']) {
    it(`is simulated all the same: ${cc}`, async () => {
      const adapters = temporaryFolder();
      for (const name of [cc, 'cn']) cpSync(join(adaptersFolder, name), join(adapters, name), { recursive: true });
      rmSync(join(adapters, cc, 'home.yaml'));
      const { base } = environmentOptions(cc);
      const environment = await openTestEnvironment(cc, { base: { ...base, adapters }, operators: 60 });
      try {
        expect((await sendGoodList(environment.simulator, withinMs)).state).to.equal('ACCEPTED');
        expect(await sidesAgree(environment)).to.equal(true);
        expect(existsSync(join(adapters, cc, 'home.yaml'))).to.equal(false);
      } finally {
        await environment.close();
      }
    });
  }
});
