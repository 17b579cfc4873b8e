/** When the next list to a partner is due. */

import { expect } from 'chai';
import {
  nextFixedTime,
  nextList,
  patternFault,
  type ListSchedule,
  type SendingState,
} from '../../gateway/model/list/list-schedule.ts';

const nightly: ListSchedule = {
  at: ['30 1 * * MON-FRI'],
  timeZone: 'Asia/Seoul',
  except: [],
  empty: false,
  renewSeconds: 6 * 3600,
};
const quick: ListSchedule = { ...nightly, at: [], onChangeSeconds: 5 };
// 2026-03-02 is a Monday.
const sent: SendingState = {
  last: { issuedAt: '2026-03-02T00:00:00.000Z', nextBy: '2026-03-03T00:00:00.000Z' },
  lastFull: '2026-02-27T00:00:00.000Z',
  restricts: false,
};
const changed: SendingState = { ...sent, changedSince: '2026-03-02T10:00:00.000Z' };

describe('the schedule of lists', () => {
  it('renews a list before the partner regards it as stale', () => {
    expect(nextList(nightly, sent)).to.deep.equal({ cause: 'renewal', at: '2026-03-02T18:00:00.000Z' });
  });

  it('collects changes for some seconds after the first, and a restriction not at all', () => {
    expect(nextList(quick, changed)).to.deep.equal({ cause: 'change', at: '2026-03-02T10:00:05.000Z' });
    const restricted = { ...changed, restricts: true };
    expect(nextList(quick, restricted)).to.deep.equal({ cause: 'restriction', at: changed.changedSince });
  });

  it('lets changes wait for the next fixed time in the zone of the partner', () => {
    const at = '2026-03-02T16:30:00.000Z'; // 01:30 of Tuesday in Seoul
    expect(nextList(nightly, { ...changed, restricts: true })).to.deep.equal({ cause: 'fixed_time', at });
  });

  it('sends at a fixed time without changes only where the partner expects a list then', () => {
    const patient = { ...nightly, renewSeconds: 60 };
    expect(nextList(patient, sent).cause).to.equal('renewal');
    const expected = { cause: 'fixed_time', at: '2026-03-02T16:30:00.000Z' };
    expect(nextList({ ...patient, empty: true }, sent)).to.deep.equal(expected);
  });

  it('sends a full list every so many days', () => {
    const weekly = nextList({ ...quick, fullDays: 3 }, sent);
    expect(weekly).to.deep.equal({ cause: 'full_list', at: '2026-03-02T00:00:00.000Z' });
  });

  it('leaves out weekends by the pattern and holidays by their days', () => {
    const friday = '2026-03-06T10:00:00.000Z';
    expect(nextFixedTime(nightly, friday)).to.equal('2026-03-08T16:30:00.000Z');
    const holidays = { ...nightly, except: ['2026-03-09', '2026-03-10'] };
    expect(nextFixedTime(holidays, friday)).to.equal('2026-03-10T16:30:00.000Z');
  });

  it('keeps to the clocks of the zone when summer time begins and ends', () => {
    const zurich = { at: ['30 2 * * *'], timeZone: 'Europe/Zurich', except: [] };
    const times = ['2026-03-27T12:00:00Z', '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z', '2026-10-24T12:00:00Z'];
    expect(times.map((after) => nextFixedTime(zurich, after))).to.deep.equal([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z', // half past two does not exist that night
      '2026-03-30T00:30:00.000Z',
      '2026-10-25T00:30:00.000Z', // the first of two
    ]);
    expect(nextFixedTime(zurich, '2026-10-25T00:30:00Z')).to.equal('2026-10-26T01:30:00.000Z');
  });

  it('knows no time where every day is left out, or where the pattern names none', () => {
    expect(nextFixedTime({ ...nightly, at: ['0 0 30 2 *'] }, sent.lastFull)).to.equal(undefined);
    expect(patternFault('0 0 30 2 *')).to.equal('no such time ever comes');
    expect(patternFault('61 * * * *')).to.contain('61');
    expect(patternFault('* * * * * *')).to.contain('5');
    expect(patternFault('30 1 * * MON-FRI')).to.equal(undefined);
  });
});
