/** Slips of the pen at the border: what would have been recognised is named, and never taken for what was sent. */

import { expect } from 'chai';
import { check, type Clearance } from '../../gateway/clearance/requests.ts';
import type { CheckRequest, ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import { candidatesOf } from '../../gateway/model/clearance/identifier-edits.ts';
import { checkDigitOf } from '../../gateway/model/identifier.ts';
import { eventsSince } from '../support/event-log.ts';
import {
  fillList,
  fillRegister,
  northland,
  openClearance,
  operator,
  type TestClearance,
} from '../support/clearance-fixture.ts';
import { eastland, federation, longland, midland } from '../support/clearance-partners.ts';

const ask = (clearance: Clearance, partner: string, identifier: string, changes: Partial<CheckRequest> = {}) =>
  check(clearance, { partner, identifier, role: 'consignor', direction: 'import', ...changes }, 'post-7');
const missed = ({ would_change_answer: change }: ProvenAnswer) =>
  change === undefined || change.edit === 'ambiguous'
    ? change?.edit
    : `${change.edit} ${change.partner} ${change.identifier}`;

describe('identifier suggestion', () => {
  let clearance: TestClearance;
  beforeEach(async () => {
    clearance = await openClearance([northland, eastland, federation, longland, midland]);
    await fillRegister(clearance.db);
    await fillList(clearance.db, { partner: 'EE', records: [operator('EE51824753556')] });
    await fillList(clearance.db, { partner: 'FF', records: [operator('XA1234567')] });
    await fillList(clearance.db, { partner: 'LL', records: [operator('LL12345678901234567')] });
    await fillList(clearance.db, { partner: 'MM', records: [operator('914400006176538424')] });
  });
  afterEach(() => clearance.close());

  it('each typing error is found where a check digit confirms the suggestion', async () => {
    const slips = {
      EE51824753557: 'substitution',
      EE15824753556: 'transposition',
      EE5182475356: 'missing',
      EE518824753556: 'doubled',
      EES1824753556: 'look_alike',
      EES1BZ4753556: undefined,
      EES1B24753556: 'look_alike',
    };
    for (const [identifier, edit] of Object.entries(slips)) {
      const told = missed(await ask(clearance, 'EE', identifier));
      expect(told, identifier).to.equal(edit === undefined ? undefined : `${edit} EE EE51824753556`);
    }
  });

  it('the edit names what was sent and its replacement, and nothing is granted', async () => {
    const answer = await ask(clearance, 'EE', 'EE51824753557');
    expect(answer.would_change_answer).to.include({ from: '7', to: '6' });
    expect([answer.outcome, answer.advice.action, answer.advice.benefits]).to.deep.equal([
      'not_on_list',
      'do_not_apply',
      [],
    ]);
    expect(answer.subject).to.not.have.property('name');
    expect(JSON.stringify(answer.would_change_answer)).to.not.include('TRADING');
  });

  it('without a check digit, only characters that look alike and prefixes are tried', async () => {
    expect(missed(await ask(clearance, 'NN', 'NN00000O1'))).to.equal('look_alike NN NN0000001');
    expect(missed(await ask(clearance, 'NN', 'NN0000011'))).to.equal(undefined);
    expect(missed(await ask(clearance, 'FF', 'XAXA1234567'))).to.equal('prefix FF XA1234567');
  });

  it('an identifier of another partner is recognised as such', async () => {
    expect(missed(await ask(clearance, 'NN', 'EE51824753556'))).to.equal('other_partner EE EE51824753556');
    expect(missed(await ask(clearance, 'EE', 'aeo<NN-0000001>'))).to.equal('other_partner NN NN0000001');
    expect(missed(await ask(clearance, 'EE', '0000001'))).to.equal(undefined);
  });

  it('of two operators one edit away, neither is suggested', async () => {
    await fillList(clearance.db, {
      partner: 'FF',
      sequence: 8,
      records: [operator('XB1000000L'), operator('XB10000001')],
    });
    const answer = await ask(clearance, 'FF', 'XB1000000I');
    expect(answer.would_change_answer).to.have.all.keys('edit', 'because');
    expect(missed(answer)).to.equal('ambiguous');
    expect(JSON.stringify(answer.would_change_answer)).to.not.include('XB');
  });

  it('an operator that is suspended, expired, revoked or departed is never suggested', async () => {
    for (const n of [2, 3, 4, 5]) {
      const answer = await ask(clearance, 'NN', `NNO00000${n}`);
      expect([answer.outcome, missed(answer)], `${n}`).to.deep.equal(['not_on_list', undefined]);
    }
  });

  it('an operator that left is not answered with another one', async () => {
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [operator('NN000000S')] });
    expect(missed(await ask(clearance, 'NN', 'NN0000005'))).to.equal(undefined);
  });

  it('the same moments, direction and role decide about the candidate', async () => {
    const slip = 'EE51824753557';
    expect(missed(await ask(clearance, 'EE', slip, { at: '2024-02-01T00:00:00Z' }))).to.equal(undefined);
    expect(missed(await ask(clearance, 'EE', slip, { known_at: '2026-11-23T10:00:00Z' }))).to.equal(undefined);
    expect(missed(await ask(clearance, 'EE', slip, { direction: 'export' }))).to.equal(undefined);
    expect(missed(await ask(clearance, 'EE', slip, { role: 'carrier' }))).to.equal(undefined);
    clearance.clock = '2026-12-01T00:00:00.000Z';
    expect(missed(await ask(clearance, 'EE', slip))).to.equal(undefined);
  });

  it('an operator received later is not suggested as of an earlier moment', async () => {
    const learned = { sequence: 8, issuedAt: '2026-11-23T11:30:00.000Z' };
    await fillList(clearance.db, { partner: 'EE', records: [operator('EE83914571673')], ...learned });
    const slip = 'EE83914571637';
    expect(missed(await ask(clearance, 'EE', slip))).to.equal('transposition EE EE83914571673');
    expect(missed(await ask(clearance, 'EE', slip, { known_at: '2026-11-23T11:15:00Z' }))).to.equal(undefined);
  });

  it('what a box has cut off is not guessed, though a check digit would determine it', async () => {
    const cut = await ask(clearance, 'MM', '91440000617653842', { box_length: 17 });
    expect([cut.outcome, missed(cut)]).to.deep.equal(['identifier_malformed', undefined]);
    expect(cut.explanation.map(({ code }) => code)).to.deep.equal(['ID_MALFORMED', 'ID_CUT']);
    expect(missed(await ask(clearance, 'MM', '91440000617653842'))).to.equal('missing MM 914400006176538424');
    const long = await ask(clearance, 'LL', 'LL123456789012345', { box_length: 17 });
    expect(long.explanation.at(-1)?.text).to.include('17').and.include('19');
    expect((await ask(clearance, 'LL', 'LL12345678901234567', { box_length: 17 })).outcome).to.equal('recognised');
  });

  it('the lookups are not recorded as consultations', async () => {
    await ask(clearance, 'EE', 'EE51824753557');
    expect((await eventsSince(clearance.db.sql, 0, 10)).map(({ kind }) => kind)).to.deep.equal(['consultation']);
  });
});

describe('candidates', () => {
  const of = (sent: string, terms = eastland) =>
    candidatesOf(sent, { partner: terms.partner, form: terms.identifiers.theirs });

  it('each follows the form and occurs once, and typing errors have the right check digit', () => {
    const found = of('EE51824753557');
    expect(new Set(found.map(({ identifier }) => identifier)).size).to.equal(found.length);
    for (const { identifier, edit } of found) {
      expect(identifier).to.match(/^EE\d{11}$/u);
      if (edit !== 'look_alike') expect(checkDigitOf(eastland.identifiers.theirs, identifier)).to.equal('ok');
    }
    expect(found).to.deep.include({ identifier: 'EE51824753556', edit: 'substitution', from: '7', to: '6' });
  });

  it('never more than two hundred are looked up', () => {
    expect(of('NN0I1L5S8B2Z', { ...northland, identifiers: federation.identifiers })).to.have.length(0);
    const wide = { ...federation.identifiers.theirs, issuers: ['OI', '0I', 'OL'] };
    const many = of('OI01L5S8B2ZO0I1L', { ...federation, identifiers: { ...federation.identifiers, theirs: wide } });
    expect(many).to.have.length(200);
  });
});
