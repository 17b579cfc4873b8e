/** A whole entry: which parties are asked about, and what follows from the answers. */

import { expect } from 'chai';
import type { Outcome, ProvenAnswer } from '../../gateway/model/clearance/answer.ts';
import {
  benefitsOf,
  choosePartner,
  decideEntry,
  validUntil,
  type Finding,
} from '../../gateway/model/clearance/assessment.ts';
import type { EntryParty } from '../../gateway/model/clearance/entry.ts';
import { noon, northland, union } from '../support/clearance-fixture.ts';
import { federation, longland } from '../support/clearance-partners.ts';

const all = [northland, union];
const party = (changes: Partial<EntryParty>): EntryParty => ({ pointer: '/p', role: 'consignor', ...changes });
const choose = (changes: Partial<EntryParty>, direction: 'import' | 'export' = 'import', terms = all) =>
  choosePartner(party(changes), { direction, parties: [] }, terms);

function finding(
  outcome: Outcome,
  action: ProvenAnswer['advice']['action'],
  changes: Partial<ProvenAnswer['subject']> = {},
): Finding {
  const answer: ProvenAnswer = {
    outcome,
    subject: { partner: 'NN', identifier: 'NN1234567', identifier_as_sent: 'NN1234567', ...changes },
    at: noon,
    known_at: noon,
    answered_at: noon,
    freshness: { state: 'fresh', list_as_of: '2026-11-23T11:00:00.000Z', max_age_s: 172_800, source: 'register' },
    advice: { action, benefits: action === 'apply' ? ['E'] : [], policy: 'p' },
    explanation: [],
    proof: { consultation_number: 'n', issued_at: noon, requester: 'r', answer_digest: 'd', log_index: 1 },
  };
  return { party: party({}), choice: { partner: 'NN' }, answer };
}

describe('assessment', () => {
  it('a party is asked about at the partner whose grammar its identifier follows, in any role', () => {
    expect(choose({ identifier: 'ＮＮ1234567' }, 'import', [northland])).to.deep.equal({ partner: 'NN' });
    expect(choose({ identifier: 'NN1234567', role: 'importer' }, 'import', [northland])).to.deep.equal({
      partner: 'NN',
    });
  });

  it('where several grammars fit, the country letters or the country of the party decide', () => {
    expect(choose({ identifier: 'NN1234567' })).to.deep.equal({ partner: 'NN' });
    expect(choose({ identifier: 'UU1234567' })).to.deep.equal({ partner: 'UU' });
    const twin = { ...union, partner: 'VV' };
    expect(choose({ identifier: 'XX12' }, 'import', [union, twin])).to.deep.equal({ not_checked: 'several_partners' });
    expect(choose({ identifier: 'XX12', country: 'VV' }, 'import', [union, twin])).to.deep.equal({ partner: 'VV' });
  });

  it('a mistyped identifier of a party abroad is asked about, so that it is reported', () => {
    expect(choose({ identifier: 'NN12' }, 'import', [northland])).to.deep.equal({ partner: 'NN' });
    expect(choose({ identifier: '1234567', country: 'NN' }, 'import', [northland])).to.deep.equal({ partner: 'NN' });
    expect(choose({ identifier: '1234567' }, 'import', [northland])).to.deep.equal({ not_checked: 'no_partner' });
  });

  it('an identifier of a member state goes to the partner that speaks for it', () => {
    expect(choose({ identifier: 'XA1234567' }, 'import', [northland, federation])).to.deep.equal({ partner: 'FF' });
    expect(choose({ identifier: 'XB-12', role: 'FW' }, 'import', [northland, federation])).to.deep.equal({
      partner: 'FF',
    });
    expect(choose({ identifier: '1234567', country: 'XB' }, 'import', [northland, federation])).to.deep.equal({
      partner: 'FF',
    });
    expect(choose({ identifier: 'ZZ1234567' }, 'import', [northland, federation])).to.deep.equal({
      not_checked: 'no_partner',
    });
  });

  it('letters left out are no evidence of whose identifier it is', () => {
    expect(choose({ identifier: '1234567', role: 'importer' }, 'import', [northland])).to.deep.equal({
      not_checked: 'domestic_side',
    });
    expect(choose({ identifier: 'AEONN1234567', role: 'importer' }, 'import', [northland])).to.deep.equal({
      partner: 'NN',
    });
  });

  it('an identifier cut by its box is asked about at the partner its letters name', () => {
    const cut = { identifier: 'LL123456789012345' };
    expect(choose(cut, 'import', [northland, longland])).to.deep.equal({ partner: 'LL' });
  });

  it('the domestic side and empty boxes are listed and not asked about', () => {
    expect(choose({ identifier: '4403131697', role: 'importer' })).to.deep.equal({ not_checked: 'domestic_side' });
    expect(choose({ identifier: '4403131697', role: 'consignor' }, 'export')).to.deep.equal({
      not_checked: 'domestic_side',
    });
    expect(choose({})).to.deep.equal({ not_checked: 'no_identifier' });
    expect(choose({ identifier: '  ' })).to.deep.equal({ not_checked: 'no_identifier' });
  });

  it('one recognised party earns the benefits, though another is not on a list', () => {
    expect(decideEntry([finding('recognised', 'apply'), finding('not_on_list', 'do_not_apply')])).to.equal('apply');
  });

  it('a suspended or revoked party beside a recognised one is for a person to decide', () => {
    expect(decideEntry([finding('recognised', 'apply'), finding('revoked', 'do_not_apply')])).to.equal('refer');
    expect(decideEntry([finding('suspended', 'do_not_apply')])).to.equal('do_not_apply');
  });

  it('what could not be determined is referred, and nothing known is not', () => {
    expect(decideEntry([finding('undetermined', 'refer'), finding('not_on_list', 'do_not_apply')])).to.equal('refer');
    expect(decideEntry([finding('recognised_with_limits', 'apply_with_limits')])).to.equal('do_not_apply');
    expect(decideEntry([])).to.equal('do_not_apply');
  });

  it('a benefit is named once with every party it rests on', () => {
    const findings = [
      finding('recognised', 'apply'),
      finding('not_on_list', 'do_not_apply'),
      finding('recognised', 'apply'),
    ];
    expect(benefitsOf(findings, all)).to.deep.equal([
      { code: 'E', name: 'lower examination rate', because: ['party:0', 'party:2'] },
    ]);
  });

  it('the decision holds until the list is too old or the validity ends, whichever is first', () => {
    expect(validUntil([finding('recognised', 'apply')], all)).to.equal('2026-11-25T11:00:00.000Z');
    // The day ends nine hours earlier where the partner keeps its calendar.
    expect(validUntil([finding('recognised', 'apply', { valid_to: '2026-11-24' })], all)).to.equal(
      '2026-11-24T15:00:00.000Z',
    );
    expect(validUntil([finding('not_on_list', 'do_not_apply')], all)).to.equal(undefined);
  });
});
