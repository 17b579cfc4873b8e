import { expect } from 'chai';
import fc from 'fast-check';
import { dayNotation, isDay, isMoment, momentNotation } from '../../gateway/adapter/template/dates.ts';

describe('dates of a partner', () => {
  it('a day exists or it does not', () => {
    for (const day of ['2024-02-29', '2000-02-29', '1999-12-31', '2026-04-30']) expect(isDay(day), day).to.equal(true);
    for (const day of [
      '2023-02-29',
      '1900-02-29',
      '2026-04-31',
      '2026-13-01',
      '2026-00-10',
      '2026-1-01',
      '0000-01-01',
      '2026-01-0x',
      ' 2026-01-1',
    ]) {
      expect(isDay(day), day).to.equal(false);
    }
  });

  it('a moment is UTC with milliseconds', () => {
    expect(isMoment('2026-04-02T02:00:00.123Z')).to.equal(true);
    for (const text of [
      '2026-04-02T02:00:00Z',
      '2026-02-30T02:00:00.000Z',
      '2026-04-02T24:00:00.000Z',
      '2026-04-02 02:00:00.123Z',
      'x',
    ]) {
      expect(isMoment(text), text).to.equal(false);
    }
  });

  it('a day notation reads back every day it wrote', () => {
    const days = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    for (const pattern of ['yyyyMMdd', 'dd.MM.yyyy', 'MM/dd/yyyy', 'yyyy年MM月dd日']) {
      const notation = dayNotation(pattern);
      fc.assert(
        fc.property(days, (date) => {
          const day = date.toISOString().slice(0, 10);
          expect(notation?.read(notation.write(day))).to.equal(day);
        }),
      );
    }
  });

  it('a day notation refuses what it cannot have written', () => {
    const notation = dayNotation('dd/MM/yyyy');
    for (const text of ['30/02/2026', '1/1/2026', '01-01-2026', '01/01/2026 ', '', '０1/01/2026']) {
      expect(notation?.read(text), text).to.equal(undefined);
    }
  });

  it('a pattern with unfinished or repeated letters is none', () => {
    for (const pattern of ['yyMMdd', 'yyyyMM', 'yyyyMMddd', 'yyyyMMddMM', '', 'yyyy-mm-dd', 'yyyyMMddHH']) {
      expect(dayNotation(pattern), pattern).to.equal(undefined);
    }
    expect(momentNotation('yyyyMMdd')).to.equal(undefined);
  });

  it('a moment on the clock of a zone reads back as the moment it was', () => {
    const notation = momentNotation('yyyyMMddHHmmssSSS', 'Asia/Seoul');
    expect(notation?.write('2026-12-31T15:30:00.007Z')).to.equal('20270101003000007');
    expect(notation?.read('20270101003000007')).to.equal('2026-12-31T15:30:00.007Z');
  });

  it('a notation without milliseconds cuts them', () => {
    const notation = momentNotation('yyyy-MM-ddTHH:mm:ssZ');
    expect(notation?.write('2026-04-02T02:00:00.999Z')).to.equal('2026-04-02T02:00:00Z');
    expect(notation?.read('2026-04-02T02:00:00Z')).to.equal('2026-04-02T02:00:00.000Z');
    expect(notation?.read('2026-04-02T25:00:00Z')).to.equal(undefined);
  });

  it('a zone that changes its clock is not used without the distance from UTC: one hour a year would be read back wrongly', () => {
    expect(momentNotation('yyyyMMddHHmmss', 'Europe/Berlin')).to.equal(undefined);
    expect(momentNotation('yyyyMMddHHmmssXXX', 'Europe/Berlin')).to.not.equal(undefined);
  });

  it('the hour that a clock shows twice is told by the distance from UTC', () => {
    const notation = momentNotation('dd/MM/yyyy HH:mm:ssXXX', 'Europe/Berlin');
    const twice = ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'];
    const written = twice.map((moment) => notation?.write(moment) ?? '');
    expect(written).to.deep.equal(['25/10/2026 02:30:00+02:00', '25/10/2026 02:30:00+01:00']);
    expect(written.map((text) => notation?.read(text))).to.deep.equal(twice);
  });

  it('with the distance from UTC every moment is read back, in every zone', () => {
    const moments = fc.date({ min: new Date('1975-01-01'), max: new Date('2059-12-31'), noInvalidDate: true });
    const zones = fc.constantFrom(
      'Asia/Jerusalem',
      'Europe/Zurich',
      'Pacific/Auckland',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'America/St_Johns',
    );
    fc.assert(
      fc.property(moments, zones, (date, zone) => {
        const notation = momentNotation('yyyy-MM-ddTHH:mm:ss.SSSXXX', zone);
        const moment = date.toISOString();
        expect(notation?.read(notation.write(moment))).to.equal(moment);
      }),
    );
  });

  it('a distance from UTC is Z or signed hours and minutes', () => {
    const notation = momentNotation('yyyy-MM-ddTHH:mmXXX');
    expect(notation?.write('2026-04-02T02:00:00.000Z')).to.equal('2026-04-02T02:00Z');
    expect(notation?.read('2026-04-02T02:00-03:30')).to.equal('2026-04-02T05:30:00.000Z');
    for (const text of [
      '2026-04-02T02:00',
      '2026-04-02T02:00+2:00',
      '2026-04-02T02:00+15:00',
      '2026-04-02T02:00+02:60',
      '2026-04-02T02:00Z0',
      '2026-04-02T02:00z',
    ]) {
      expect(notation?.read(text), text).to.equal(undefined);
    }
    expect(dayNotation('yyyyMMddXXX')).to.equal(undefined);
  });
});
