/** Days and moments at the ends of the years that four digits can write. */

import { expect } from 'chai';
import { dayAt, readMoment } from '../../gateway/model/day.ts';

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
});
