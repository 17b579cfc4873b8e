/** The simulated partner against a whole gateway of ours: each vice is really had, ended as it should be, and mended. */

import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { getBytes } from '../../gateway/store/bodies.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { goodList } from '../../gateway/rehearsal/sending.ts';
import { oursOf, sidesAgree, type Stage } from '../../gateway/rehearsal/stage.ts';
import { playTurns, type Play, type Turn } from '../../gateway/rehearsal/schedule.ts';
import { complaint, endingOf, type SendVice } from '../../gateway/rehearsal/fault.ts';
import { vices, vicesNamed } from '../../gateway/rehearsal/faults.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { temporaryFolder } from '../support/pki.ts';
import { aStage, stagePlan } from '../support/rehearsal.ts';
import { refusalCode } from '../support/expect-code.ts';

const sendVices = vices.filter((vice): vice is SendVice => vice.acts === 'sends');
const withinMs = 10_000;

describe('a simulated partner', function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async () => {
    stage = await aStage('sg');
  });
  after(() => stage.close());

  beforeEach(async () => {
    const { state } = await goodList(stage.simulator, withinMs);
    expect(state).to.equal('ACCEPTED');
  });

  for (const vice of sendVices) {
    it(`with the vice ${vice.name} is answered by a signed ending, and its next good list is applied`, async () => {
      const sent = await vice.perform(stage.simulator, withinMs);
      expect(sent).not.to.deep.equal([]);
      expect(sent.map((one) => complaint(vice, one)).filter((text) => text !== undefined)).to.deep.equal([]);
      const { state } = await goodList(stage.simulator, withinMs);
      expect(state).to.equal('ACCEPTED');
      expect(await sidesAgree(stage)).to.equal(true);
    });
  }

  it('sends what it says: our store holds the very bytes of a refused message', async () => {
    const [gap] = vicesNamed('gap').filter((vice) => vice.acts === 'sends');
    const [sent] = (await gap?.perform(stage.simulator, withinMs)) ?? [];
    const { sql } = oursOf(stage).db;
    const digest = sent?.digest ?? '';
    const kept = await findInbox(sql, { partner: 'SG', digest });
    expect(kept).to.include({ state: 'REJECTED', reason: 'E_SEQUENCE_GAP', via: 'https' });
    expect((await getBytes(sql, digest)).length).to.be.greaterThan(500);
  });

  it('complains of a gateway that ends a vice otherwise than it should', async () => {
    const [gap] = sendVices.filter(({ name }) => name === 'gap');
    const [sent] = (await gap?.perform(stage.simulator, withinMs)) ?? [];
    if (gap === undefined || sent === undefined) throw new Error('the vice sent nothing');
    expect(endingOf(sent.answer)).to.equal('E_SEQUENCE_GAP');
    expect(complaint(gap, { ...sent, endings: ['applied'] })).to.match(/^ended as E_SEQUENCE_GAP/u);
    expect(complaint(gap, { ...sent, sameReceipt: 'another' })).to.match(/^another receipt/u);
    expect(complaint(gap, { ...sent, answer: { evidence: 'HTTP 500' } })).to.match(/^no receipt/u);
  });
});

describe('vices', () => {
  it('are at least twenty, each under a name of its own with words', () => {
    expect(vices.length).to.be.at.least(20);
    expect(new Set(vices.map(({ name }) => name)).size).to.equal(vices.length);
    for (const { name, words } of vices) expect(words, name).to.match(/^\S.{10,}/u);
  });

  it('that do not exist are refused by name', async () => {
    const asked = (): Promise<unknown> => Promise.resolve().then(() => vicesNamed('gap,greed'));
    expect(await refusalCode(asked)).to.equal('E_REQUEST_INVALID');
  });
});

describe('turns of a simulated partner', function () {
  this.timeout(60_000);

  async function played(stage: Stage, changes: Partial<Play>): Promise<readonly Turn[]> {
    return await playTurns(stage.simulator, {
      vices: vicesNamed('gap,stranger-key,http-500'),
      seed: 1,
      everyMs: 1,
      withinMs,
      boundMs: 500,
      once: true,
      stop: new AbortController().signal,
      tell: () => undefined,
      ...changes,
    });
  }

  it('have each vice once, a good list after each, and end', async () => {
    const stage = await aStage('hk', { operators: 40 });
    try {
      const turns = await played(stage, {});
      expect(turns.map(({ vice }) => vice ?? 'good').filter((name) => name !== 'good')).to.have.members([
        'gap',
        'stranger-key',
        'http-500',
      ]);
      expect(turns.filter(({ vice }) => vice === undefined).length).to.equal(4);
      expect(turns.flatMap(({ complaints }) => complaints)).to.deep.equal([]);
      expect(turns.at(-1)?.sent.map(({ ending }) => ending)).to.deep.equal(['applied']);
      expect(turns.filter(({ failed }) => failed !== undefined)).to.deep.equal([]);
      const again = await played(stage, {});
      expect(again.map(({ vice }) => vice)).to.deep.equal(turns.map(({ vice }) => vice));
    } finally {
      await stage.close();
    }
  });

  it('go on while the other side is away, and say so', async () => {
    const stage = await aStage('hk', { operators: 10, against: 'https://127.0.0.1:1' });
    try {
      const turns = await played(stage, { vices: [], withinMs: 50 });
      expect(turns.map(({ failed }) => failed)).to.deep.equal(['E_DELIVERY_FAILED', 'E_DELIVERY_FAILED']);
    } finally {
      await stage.close();
    }
  });
});

describe('a partner whose folder has no home.yaml', function () {
  this.timeout(60_000);

  for (const cc of ['hk', 'il']) {
    it(`is played all the same: ${cc}`, async () => {
      const adapters = temporaryFolder();
      for (const name of [cc, 'cn']) cpSync(join(adaptersFolder, name), join(adapters, name), { recursive: true });
      rmSync(join(adapters, cc, 'home.yaml'));
      const { base } = stagePlan(cc);
      const stage = await aStage(cc, { base: { ...base, adapters }, operators: 60 });
      try {
        expect((await goodList(stage.simulator, withinMs)).state).to.equal('ACCEPTED');
        expect(await sidesAgree(stage)).to.equal(true);
        expect(existsSync(join(adapters, cc, 'home.yaml'))).to.equal(false);
      } finally {
        await stage.close();
      }
    });
  }
});
