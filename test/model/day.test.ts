/** Days and moments at the ends of the years that four digits can write. */

import { expect } from 'chai';
import { addDays, dayAt, later, momentInZone, readMoment } from '../../gateway/model/day.ts';

describe('days', () => {
  it('sort as text, however early or late the moment is and whatever the zone', () => {
    expect(dayAt('9999-12-31T23:59:59.000Z', 'Asia/Seoul')).to.equal('9999-12-31');
    expect(dayAt('9999-12-31T23:59:59.000Z', 'America/New_York')).to.equal('9999-12-31');
    expect(dayAt('0999-05-05T00:00:00.000Z', 'Asia/Seoul')).to.equal('0999-05-05');
    expect(dayAt('0000-06-01T00:00:00.000Z', 'UTC')).to.equal('0001-01-01');
  });

  it('of a moment stay in the years of four digits in UTC', () => {
    expect(readMoment('9999-12-31T23:59:59-12:00')).to.equal('9999-12-31T23:59:59.999Z');
    expect(readMoment('0000-01-01T00:00:00+12:00')).to.equal('0001-01-01T00:00:00.000Z');
    expect(readMoment('2026-11-23T14:05:11+08:00')).to.equal('2026-11-23T06:05:11.000Z');
    expect(readMoment('2026-12-31T23:59:60Z')).to.equal(undefined);
  });

  it('before and after the first and the last day that four digits can write are that day, and have a begin in each zone', () => {
    expect([addDays('9999-12-31', 1), addDays('0001-01-01', -1)]).to.deep.equal(['9999-12-31', '0001-01-01']);
    expect(later('2026-11-23T06:05:11.000Z', -1e15)).to.equal('0001-01-01T00:00:00.000Z');
    for (const day of ['0001-01-01', '0001-01-02', '0999-03-01', '9998-12-31', '9999-12-31'])
      expect(momentInZone(`${day}T00:00:00`, 'UTC'), day).to.equal(`${day}T00:00:00.000Z`);
    expect(momentInZone('9999-12-31T00:00:00', 'Asia/Seoul')).to.equal('9999-12-30T15:00:00.000Z');
    expect(momentInZone('0001-01-01T00:00:00', 'Asia/Seoul')).to.equal('0001-01-01T00:00:00.000Z');
  });
});
