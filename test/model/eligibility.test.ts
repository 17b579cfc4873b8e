/** Who travels under an arrangement, who does not, and what is said of one who leaves. */

import { expect } from 'chai';
import { departureOf, type ListTerms } from '../../gateway/model/record/eligibility.ts';
import { eligibility } from '../../gateway/model/record/partner-view.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { sampleRecord } from './sample-records.ts';

const terms: ListTerms = {
  arrangement: { grades: ['advanced'] },
  requiredPaths: ['name.latin', 'address.city', 'roles'],
  form: { grammar: /^AEOCN\d{10}$/u, toIdentifier: (code) => `AEOCN${code}` },
};

const reasonsFor = (changes: Partial<DomesticRecord>): readonly string[] => {
  const judged = eligibility({ ...sampleRecord, ...changes }, terms);
  return judged.eligible ? [] : judged.reasons;
};

describe('eligibility for a list', () => {
  it('takes an active operator of an accepted grade, with what a partner may know and no more', () => {
    expect(eligibility(sampleRecord, terms)).to.deep.equal({
      eligible: true,
      entry: {
        identifier: 'AEOCN4403131697',
        name: sampleRecord.name,
        address: sampleRecord.address,
        grade: 'advanced',
        status: 'active',
        statusSince: '2016-02-29',
        validFrom: '2016-02-29',
        roles: ['exporter', 'warehouse'],
      },
    });
  });

  it('lets suspension travel', () => {
    expect(reasonsFor({ status: 'suspended' })).to.deep.equal([]);
  });

  it('names each reason that keeps an operator at home', () => {
    expect(reasonsFor({ grade: 'general' })).to.deep.equal(['grade_not_accepted']);
    expect(reasonsFor({ status: 'revoked' })).to.deep.equal(['status_not_listed']);
    expect(reasonsFor({ status: 'withdrawn' })).to.deep.equal(['status_not_listed']);
    expect(reasonsFor({ consent: false })).to.deep.equal(['no_consent']);
    expect(reasonsFor({ code: '44031316AB' })).to.deep.equal(['code_not_writable']);
    expect(reasonsFor({ name: { local: '达瑞' } })).to.deep.equal(['field_missing:name.latin']);
    expect(reasonsFor({ roles: [] })).to.deep.equal(['field_missing:roles']);
  });

  it('names all reasons at once', () => {
    const changes = { grade: 'general', status: 'revoked', consent: false, code: 'x', name: {}, address: {} } as const;
    expect(reasonsFor(changes)).to.deep.equal([
      'grade_not_accepted',
      'status_not_listed',
      'no_consent',
      'code_not_writable',
      'field_missing:name.latin',
      'field_missing:address.city',
    ]);
  });

  it('leaves empty texts out, and counts them as missing', () => {
    const judged = eligibility({ ...sampleRecord, name: { local: '', latin: 'DARUI' } }, terms);
    expect(judged.eligible && judged.entry.name).to.deep.equal({ latin: 'DARUI' });
    expect(reasonsFor({ name: { local: '达瑞', latin: '' } })).to.deep.equal(['field_missing:name.latin']);
  });
});

describe('the departure of an operator', () => {
  const departure = (changes: Partial<DomesticRecord>, grades?: readonly string[]): unknown =>
    departureOf({ ...sampleRecord, ...changes }, 'AEOCN1', '2026-11-23', grades);

  it('says revoked and withdrawn with their day', () => {
    for (const status of ['revoked', 'withdrawn'] as const) {
      const said = departure({ status, statusSince: '2026-05-01' });
      expect(said).to.deep.equal({ identifier: 'AEOCN1', reason: status, since: '2026-05-01' });
    }
  });

  it('says nothing but the end of consent where consent ended', () => {
    const { consentSince, ...silent } = sampleRecord;
    expect(consentSince).to.be.a('string');
    const said = departureOf({ ...silent, consent: false, status: 'revoked' }, 'AEOCN1', '2026-11-23');
    expect(said).to.deep.equal({ identifier: 'AEOCN1', reason: 'consent_withdrawn', since: '2026-11-23' });
    expect(departure({ consent: false, consentSince: '2026-01-01' })).to.have.property('since', '2026-01-01');
  });

  it('says grade lost since the day of the new grade', () => {
    const said = departure({ grade: 'general', gradeSince: '2026-06-01' }, ['advanced']);
    expect(said).to.deep.equal({ identifier: 'AEOCN1', reason: 'grade_lost', since: '2026-06-01' });
  });

  it('says left where the grade is still accepted, and where the operator is not known any more', () => {
    const left = { identifier: 'AEOCN1', reason: 'left', since: '2026-11-23' };
    expect(departure({ name: {} }, ['advanced'])).to.deep.equal(left);
    expect(departureOf(undefined, 'AEOCN1', '2026-11-23')).to.deep.equal(left);
  });
});
