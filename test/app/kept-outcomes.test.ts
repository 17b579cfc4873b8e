/** Outcomes that are kept for some minutes. */

import { expect } from 'chai';
import { keepOutcomes } from '../../gateway/app/kept-outcomes.ts';
import type { LongWork } from '../../gateway/app/long-work.ts';

const months = { from: '2026-09', to: '2026-09' };

describe('kept outcomes', () => {
  let computed: string[];
  let clock: Date;
  let fails: boolean;
  let work: LongWork;
  beforeEach(() => {
    [computed, clock, fails] = [[], new Date('2026-10-01T00:00:00.000Z'), false];
    const outcomeForStaff = async (partner: string): Promise<object> => {
      computed.push(partner);
      await Promise.resolve();
      if (fails) throw new Error('the store is away');
      return { partner, figures: computed.length };
    };
    work = keepOutcomes({ outcomeForStaff } as unknown as LongWork, () => clock);
  });

  it('are computed once for all who ask within five minutes, and say as of when they are', async () => {
    const both = await Promise.all([work.outcomeForStaff('CN', months), work.outcomeForStaff('CN', months)]);
    clock = new Date('2026-10-01T00:04:59.000Z');
    const all = [...both, await work.outcomeForStaff('CN', months)];
    const first = { partner: 'CN', figures: 1, as_of: '2026-10-01T00:00:00.000Z' };
    expect(all).to.deep.equal([first, first, first]);
    clock = new Date('2026-10-01T00:05:00.000Z');
    expect(await work.outcomeForStaff('CN', months)).to.include({ figures: 2, as_of: '2026-10-01T00:05:00.000Z' });
  });

  it('are those of the partner and the months that are asked for', async () => {
    await work.outcomeForStaff('CN', months);
    await work.outcomeForStaff('KR', months);
    await work.outcomeForStaff('CN', { from: '2026-08', to: '2026-09' });
    expect(computed).to.deep.equal(['CN', 'KR', 'CN']);
  });

  it('are computed again after a failure', async () => {
    fails = true;
    const failed = await work.outcomeForStaff('CN', months).catch((error: unknown) => error);
    expect(failed).to.be.an('error');
    fails = false;
    expect(await work.outcomeForStaff('CN', months)).to.include({ figures: 2 });
  });
});
