/** One status question, decided: each outcome by its step and code, and what never happens. */

import { expect } from 'chai';
import type { CheckRequest, ListInForce, RegisterFact } from '../../gateway/model/clearance/answer.ts';
import { decide } from '../../gateway/model/clearance/check.ts';
import { readIdentifier } from '../../gateway/model/identifier.ts';
import type { StatusQuery } from '../../gateway/model/clearance/query.ts';
import { noon, northArrangement, northland, union } from '../support/clearance-fixture.ts';
import { eastland, federation, longland, pilot } from '../support/clearance-partners.ts';

const list: ListInForce = {
  number: 'NN/1/00007',
  issuedAt: '2026-11-23T11:00:00.000Z',
  receivedAt: '2026-11-23T11:00:05.000Z',
  ordinal: 1,
  newerHeld: false,
  evidence: 'signed',
};
const active: RegisterFact = {
  identifier: 'NN1234567',
  status: 'active',
  validFrom: '2024-03-01',
  name: 'EXAMPLE TRADING LTD',
  roles: ['exporter'],
};
const asked: CheckRequest = { partner: 'NN', identifier: 'NN1234567', role: 'consignor', direction: 'import' };

function answer(changes: Partial<StatusQuery> = {}, request: Partial<CheckRequest> = {}) {
  const question = { ...asked, ...request };
  return decide({
    home: 'CN',
    terms: northland,
    request: question,
    identifier: readIdentifier(question.identifier ?? '', {
      partner: 'NN',
      form: (changes.terms ?? northland).identifiers.theirs,
    }),
    fact: active,
    list,
    at: noon,
    knownAt: noon,
    now: noon,
    policy: 'sample-policy',
    ...changes,
  });
}

const codes = ({ explanation }: ReturnType<typeof answer>) => explanation.map(({ code }) => code);

describe('check', () => {
  it('an active operator in a covered role is recognised, with the benefits of the arrangement', () => {
    const given = answer();
    expect(given.outcome).to.equal('recognised');
    expect(given.advice).to.deep.equal({ action: 'apply', benefits: ['E', 'P'], policy: 'sample-policy' });
    expect(codes(given)).to.deep.equal(['ID_GRAMMAR', 'MRA_IN_FORCE', 'AGE_OK', 'ACTIVE', 'DIRECTION_ROLE']);
    expect(given.freshness).to.include({ state: 'fresh', age_s: 3600, max_age_s: 172_800, list: 'NN/1/00007' });
    expect(given.subject).to.include({
      identifier: 'NN1234567',
      programme: 'Trusted Northland Trader',
      status: 'active',
    });
  });

  it('an identifier set right is answered with a warning, and one out of form is not looked up', () => {
    const repaired = answer({}, { identifier: 'aeo<nn1234567>' });
    expect(repaired.outcome).to.equal('recognised');
    expect(codes(repaired)[0]).to.equal('ID_NORMALISED');
    expect(repaired.subject).to.include({ identifier: 'NN1234567', identifier_as_sent: 'aeo<nn1234567>' });
    const malformed = answer({}, { identifier: 'NN12' });
    expect(malformed.outcome).to.equal('identifier_malformed');
    expect(malformed.subject).to.deep.equal({ partner: 'NN', identifier: null, identifier_as_sent: 'NN12' });
    expect(codes(malformed)).to.deep.equal(['ID_MALFORMED']);
  });

  it('an arrangement is judged on the day of the entry, and by mode of transport', () => {
    expect(answer({ at: '2014-03-30T12:00:00.000Z' }).outcome).to.equal('agreement_not_in_force');
    expect(answer({ at: '2015-06-01T00:00:00.000Z' }, { mode: 'road' }).outcome).to.equal('agreement_not_in_force');
    expect(codes(answer({ at: '2015-06-01T00:00:00.000Z' }, { mode: 'sea' }))).to.include('MRA_IN_FORCE');
  });

  it('the day is the one where the partner keeps its calendar', () => {
    // 20:00 UTC is the next day nine hours further east.
    const fact = { ...active, validTo: '2026-11-23' };
    expect(answer({ fact, at: '2026-11-23T14:59:59.000Z' }).outcome).to.equal('recognised');
    expect(answer({ fact, at: '2026-11-23T15:00:00.000Z' }).outcome).to.equal('expired');
  });

  it('a list ages at four fifths of its limit and answers up to the limit itself', () => {
    const aged = (seconds: number) =>
      answer({ knownAt: new Date(Date.parse(list.issuedAt) + seconds * 1000).toISOString() });
    expect(aged(138_239).freshness.state).to.equal('fresh');
    expect(codes(aged(138_240))).to.include('AGEING');
    expect(aged(172_800).outcome).to.equal('recognised');
    expect(aged(172_801).outcome).to.equal('undetermined');
  });

  it('a list too old or missing leaves the outcome undetermined and refers it, whatever was known', () => {
    const late = '2026-12-01T12:00:00.000Z';
    const stale = answer({ knownAt: late });
    expect(stale.advice).to.include({ action: 'refer' });
    expect(codes(stale).at(-1)).to.equal('LIST_TOO_OLD');
    expect(stale.subject).to.include({ last_known_status: 'active', last_known_at: list.receivedAt });
    const revoked = answer({ knownAt: late, fact: { ...active, status: 'revoked' } });
    expect(revoked.outcome).to.equal('undetermined');
    const none = answer({ list: undefined });
    expect([none.outcome, codes(none).at(-1), none.advice.action]).to.deep.equal(['undetermined', 'NO_LIST', 'refer']);
    expect(none.subject).to.not.have.property('last_known_status');
  });

  it('a list says nothing about a moment far in the future', () => {
    expect(answer({ at: '2027-01-01T00:00:00.000Z' }).outcome).to.equal('undetermined');
  });

  it('each status other than active ends the decision without benefits', () => {
    const of = (fact: RegisterFact | undefined) => {
      const given = answer({ fact });
      expect(given.advice).to.deep.include({ action: 'do_not_apply', benefits: [] });
      return [given.outcome, codes(given).at(-1)];
    };
    expect(of(undefined)).to.deep.equal(['not_on_list', 'NOT_ON_LIST']);
    expect(of({ ...active, status: 'suspended' })).to.deep.equal(['suspended', 'SUSPENDED']);
    expect(of({ ...active, status: 'revoked' })).to.deep.equal(['revoked', 'REVOKED']);
    expect(of({ ...active, validTo: '2026-11-22' })).to.deep.equal(['expired', 'EXPIRED']);
    expect(of({ ...active, status: 'left' })).to.deep.equal(['not_on_list', 'LEFT_LIST']);
    expect(of({ ...active, status: 'withdrawn' })).to.deep.equal(['not_on_list', 'LEFT_LIST']);
    expect(of({ ...active, validFrom: '2026-12-01' })).to.deep.equal(['not_on_list', 'NOT_ON_LIST']);
  });

  it('of an operator that left, no name is shown', () => {
    const given = answer({ fact: { ...active, status: 'left' } }, { name: 'Example Trading' });
    expect(JSON.stringify(given)).to.not.include('EXAMPLE TRADING');
  });

  it('a direction or role that is not covered is recognised without benefits', () => {
    const outward = answer({}, { direction: 'export' });
    expect([outward.outcome, codes(outward).at(-1)]).to.deep.equal(['recognised_with_limits', 'DIRECTION_NOT_COVERED']);
    const carrier = answer({}, { role: 'carrier' });
    expect([carrier.outcome, codes(carrier).at(-1)]).to.deep.equal(['recognised_with_limits', 'ROLE_NOT_COVERED']);
    expect(carrier.advice).to.deep.include({ action: 'apply_with_limits', benefits: [] });
  });

  it('a query without role and direction states the status and leaves the benefits open', () => {
    const given = decide({
      home: 'CN',
      terms: northland,
      request: { partner: 'NN', identifier: 'NN1234567' },
      identifier: { value: 'NN1234567', changes: [] },
      fact: active,
      list,
      at: noon,
      knownAt: noon,
      now: noon,
      policy: 'p',
    });
    expect([given.outcome, given.advice.action, codes(given).at(-1)]).to.deep.equal([
      'recognised',
      'refer',
      'SCOPE_NOT_STATED',
    ]);
    expect(given.advice.benefits).to.deep.equal([]);
  });

  it('a name warns or confirms and never changes the outcome', () => {
    const same = answer({}, { name: 'Example Trading' });
    expect([same.outcome, same.name_match?.result, codes(same).at(-1)]).to.deep.equal([
      'recognised',
      'match',
      'NAME_MATCHES',
    ]);
    const other = answer({}, { name: 'Somebody Else' });
    expect([other.outcome, other.advice.action, codes(other).at(-1)]).to.deep.equal([
      'recognised',
      'refer',
      'NAME_DIFFERS',
    ]);
    for (const name of [' ', '---']) expect(answer({}, { name }).advice.action, name).to.equal('apply');
    const absent = answer({ fact: undefined }, { name: 'EXAMPLE TRADING LTD' });
    expect(absent.outcome).to.equal('not_on_list');
  });

  it('a list that was not signed says so beside its age', () => {
    expect(answer({ list: { ...list, evidence: 'channel' } }).freshness.evidence).to.equal('channel');
    expect(answer().freshness).to.not.have.property('evidence');
  });

  it('a newer list that waits for two people is noted beside the age', () => {
    expect(answer({ list: { ...list, newerHeld: true } }).freshness.note).to.equal('a newer list is held');
  });

  it('an arrangement that has ended says until when it was in force', () => {
    const arrangement = { ...northArrangement, inForce: { from: '2014-04-01', until: '2026-11-22' } };
    const given = answer({ terms: { ...union, arrangement } });
    expect(given.outcome).to.equal('agreement_not_in_force');
    expect(given.explanation.at(-1)?.text).to.include('until 2026-11-22');
  });

  it('a wrong check digit warns, and the operator is recognised all the same', () => {
    const right = answer({ terms: eastland }, { partner: 'EE', identifier: 'EE51824753556' });
    expect(codes(right)).to.not.include('ID_CHECK_DIGIT');
    const wrong = answer({ terms: eastland }, { partner: 'EE', identifier: 'EE12345678910' });
    expect([wrong.outcome, wrong.advice.action]).to.deep.equal(['recognised', 'apply']);
    expect(wrong.explanation.find(({ code }) => code === 'ID_CHECK_DIGIT')?.result).to.equal('warn');
  });

  it('a question about a member state is answered by the partner that speaks for it, and says so', () => {
    const given = answer({ terms: federation }, { partner: 'xa', identifier: 'XA1234567' });
    expect(given.subject).to.include({ partner: 'FF', issuer: 'XA', identifier: 'XA1234567' });
    expect(codes(given)[0]).to.equal('ID_ISSUER');
    const other = answer({ terms: federation }, { partner: 'XA', identifier: 'XB1234567' });
    expect(other.subject).to.include({ partner: 'FF', issuer: 'XB' });
    expect(other.explanation[0]).to.include({ code: 'ID_OTHER_ISSUER', result: 'warn' });
    const plain = answer({ terms: federation }, { partner: 'FF', identifier: 'XB1234567' });
    expect([plain.subject.issuer, codes(plain)[0]]).to.deep.equal(['XB', 'ID_GRAMMAR']);
    expect(answer().subject).to.not.have.property('issuer');
  });

  it('an identifier cut by its box is malformed, with both lengths', () => {
    const of = (identifier: string, box?: number) =>
      codes(
        answer({ terms: longland }, { partner: 'LL', identifier, ...(box === undefined ? {} : { box_length: box }) }),
      );
    expect(of('LL123456789012345', 17)).to.deep.equal(['ID_MALFORMED', 'ID_CUT']);
    expect(of('LL12345678901234', 17)).to.deep.equal(['ID_MALFORMED']);
    expect(of('LL123456789012345')).to.deep.equal(['ID_MALFORMED']);
    expect(of('LL123456789012345', 30)).to.deep.equal(['ID_MALFORMED']);
    const short = answer({}, { identifier: 'NN-not-of-the-form', box_length: 17 });
    expect(codes(short)).to.deep.equal(['ID_MALFORMED']);
  });

  it('in a pilot, benefits follow only for its modes and ports, and only where those are stated', () => {
    const covered = { mode: 'sea', port: 'HHAAA', port_of_departure: 'NNCCC' } as const;
    const of = (request: Partial<CheckRequest>) => {
      const given = answer({ terms: pilot }, request);
      return [given.outcome, given.advice.action, given.advice.benefits.length, codes(given).at(-1)];
    };
    expect(of(covered)).to.deep.equal(['recognised', 'apply', 2, 'DIRECTION_ROLE']);
    const limited = (code: string) => ['recognised_with_limits', 'apply_with_limits', 0, code];
    expect(of({ ...covered, mode: 'air' })).to.deep.equal(limited('MODE_NOT_COVERED'));
    expect(of({ ...covered, port: 'HHZZZ' })).to.deep.equal(limited('PORT_NOT_COVERED'));
    expect(of({ ...covered, port: 'constructor' })).to.deep.equal(limited('PORT_NOT_COVERED'));
    expect(of({ ...covered, port_of_departure: 'NNZZZ' })).to.deep.equal(limited('PORT_NOT_COVERED'));
    const open = ['recognised', 'refer', 0, 'SCOPE_NOT_STATED'];
    expect(of({})).to.deep.equal(open);
    expect(of({ mode: 'sea', port: 'HHAAA' })).to.deep.equal(open);
    expect(of({ port: 'HHAAA', port_of_departure: 'NNCCC' })).to.deep.equal(open);
    expect(of({ mode: 'sea', port_of_departure: 'NNCCC' })).to.deep.equal(open);
  });

  it('without a pilot, mode and port are not asked for', () => {
    expect(answer({}, { mode: 'air', port: 'HHZZZ' }).advice.action).to.equal('apply');
  });
});
