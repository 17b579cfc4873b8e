/** Identifiers of the partners in adapters/, as traders and papers write them, read as each partner writes them. */

import { expect } from 'chai';
import type { Adapter } from '../../gateway/adapter/adapter.ts';
import { choosePartner } from '../../gateway/model/clearance/assessment.ts';
import { checkDigitOf, follows, readIdentifier } from '../../gateway/model/identifier.ts';
import { check, termsOf } from '../../gateway/clearance/requests.ts';
import { fillList, openClearance, operator } from '../support/clearance-fixture.ts';
import { loadAdapters } from '../support/adapter-tools.ts';

/** What is sent to whom, and what it is read as; without one it is malformed. */
const readings: readonly (readonly [string, string, string?])[] = [
  ['SG', 'SG123456789012', 'SG123456789012'],
  ['SG', 'AEOSG123456789012', 'SG123456789012'],
  ['SG', 'SGSG123456789012', 'SG123456789012'],
  ['SG', '123456789012', 'SG123456789012'],
  ['SG', 'ＳＧ１２３４５６７８９０１２', 'SG123456789012'],
  ['SG', 'sg-1234-5678-9012', 'SG123456789012'],
  ['SG', 'SG12345678901'],
  ['NZ', 'AEO<NZ1234>', 'NZ1234'],
  ['NZ', 'ＡＥＯ＜ＮＺ１２３４＞', 'NZ1234'],
  ['NZ', '1234', 'NZ1234'],
  ['NZ', 'SG123456789012'],
  ['CH', 'AEO<CHE12345678P>', 'CHE12345678P'],
  ['CH', 'CHE-123.456.788', 'CHE123456788'],
  ['CH', 'CHE 123 456 788', 'CHE123456788'],
  ['CH', '123.456.788', 'CHE123456788'],
  ['KR', 'АЕОКR1234567', 'KR1234567'],
  ['KR', 'AEO: KR1234567', 'KR1234567'],
  ['KR', 'КR1234567', 'KR1234567'],
  ['HK', 'AEOHK1234567890', 'HK1234567890'],
  ['TW', 'AEO<TW123456789>', 'TW123456789'],
  ['AU', 'AU 51 824 753 556', 'AU51824753556'],
  ['AU', '51 824 753 556', 'AU51824753556'],
  ['IL', '51-617915-7', 'IL516179157'],
  ['JP', 'JP5835678256246/0001', 'JP58356782562460001'],
  ['JP', 'JP583567825624600'],
  ['EU', 'AEODE1234567', 'DE1234567'],
  ['EU', 'EUDE1234567', 'DE1234567'],
  ['EU', 'NZ1234'],
];

describe('identifiers of the adapters', () => {
  let adapters: readonly Adapter[];
  before(async () => {
    adapters = [...(await loadAdapters()).values()];
  });
  const of = (partner: string): Adapter => {
    const found = adapters.find((adapter) => adapter.partner === partner);
    if (found === undefined) throw new Error(`no adapter of ${partner}`);
    return found;
  };

  for (const [partner, sent, expected] of readings) {
    it(`${sent} at ${partner} is ${expected ?? 'malformed'}`, () => {
      const form = of(partner).identifiers.theirs;
      const { value } = readIdentifier(sent, { partner, form });
      expect(follows(form, value) ? value : undefined).to.equal(expected);
    });
  }

  it('each example is asked about at its own partner, among all of them', () => {
    for (const { partner, identifiers } of adapters) {
      const party = { pointer: '/0', role: 'consignor', identifier: identifiers.theirs.example } as const;
      expect(choosePartner(party, { direction: 'import', parties: [party] }, adapters), partner).to.deep.equal({
        partner,
      });
    }
  });

  it('another way of writing a number is malformed, named as the partner writes it, and only suggested', async () => {
    const clearance = await openClearance(adapters);
    try {
      await fillList(clearance.db, { partner: 'EU', records: [operator('GR123456789'), operator('XI123456789000')] });
      await fillList(clearance.db, { partner: 'CH', records: [operator('CHE123456788')] });
      const written = [
        ['el 123456789', 'EU', 'GR123456789'],
        ['EORI EL123456789', 'EU', 'GR123456789'],
        ['EORI GR123456789', 'EU', 'GR123456789'],
        ['EORI No.: gr 123 456 789', 'EU', 'GR123456789'],
        ['AEO EORI-Nr. GR123456789', 'EU', 'GR123456789'],
        ['VAT EL 123456789', 'EU', 'GR123456789'],
        ['CHE-123.456.788 MWST', 'CH', 'CHE123456788'],
        ['che 123 456 788 tva', 'CH', 'CHE123456788'],
        ['GB 123456789000', 'EU', 'XI123456789000'],
        ['uk123456789000', 'EU', 'XI123456789000'],
        ['GBXI123456789000', 'EU', 'XI123456789000'],
      ] as const;
      for (const [identifier, partner, meant] of written) {
        const answer = await check(
          clearance,
          { partner, identifier, role: 'consignor', direction: 'import' },
          'post-7',
        );
        expect([answer.outcome, answer.advice.action], identifier).to.deep.equal([
          'identifier_malformed',
          'do_not_apply',
        ]);
        expect(answer.would_change_answer).to.include({ edit: 'variant', partner, identifier: meant });
        // A part of the identifier; never the pattern of the adapter.
        expect(answer.would_change_answer)
          .to.have.property('to')
          .that.satisfies((to: string) => meant.includes(to));
        expect(answer.explanation.at(-1)).to.include({ code: 'ID_VARIANT' }).and.have.property('text').include(meant);
        const party = { pointer: '/0', role: 'consignor', identifier } as const;
        expect(choosePartner(party, { direction: 'import', parties: [party] }, adapters)).to.deep.equal({ partner });
      }
      // Of Great Britain, not of Northern Ireland: its numbers are no other way of writing an identifier of the Union.
      const british = { pointer: '/0', role: 'consignor', identifier: 'GB1234567' } as const;
      expect(choosePartner(british, { direction: 'import', parties: [british] }, adapters)).to.have.property(
        'not_checked',
      );
      const northern = { partner: 'XI', identifier: 'XI123456789000' };
      const answer = await check(clearance, northern, 'post-7');
      expect([answer.outcome, answer.subject.partner, answer.subject.issuer]).to.deep.equal(['recognised', 'EU', 'XI']);
    } finally {
      await clearance.close();
    }
  });

  it('a customs broker is no consignor, as the arrangements state with their source', async () => {
    const clearance = await openClearance(adapters);
    try {
      const listed = [
        ['AU', ['broker'], 'recognised_with_limits'],
        ['AU', ['broker', 'exporter'], 'recognised'],
        ['JP', ['broker'], 'recognised_with_limits'],
        ['NZ', ['forwarder'], 'recognised_with_limits'],
        ['NZ', ['manufacturer'], 'recognised'],
      ] as const;
      for (const [sequence, [partner, roles, outcome]] of listed.entries()) {
        const identifier = of(partner).identifiers.theirs.example;
        await fillList(clearance.db, { partner, sequence, records: [operator(identifier, { roles })] });
        const stated = of(partner).arrangement.operatorRoles?.consignor;
        expect([stated?.confidence, typeof stated?.source]).to.deep.equal(['general', 'string']);
        const query = { partner, identifier, role: 'consignor', direction: 'import' } as const;
        expect((await check(clearance, query, 'post-7')).outcome, `${partner} ${roles.join()}`).to.equal(outcome);
      }
    } finally {
      await clearance.close();
    }
  });

  it('a domestic code of ten digits is nobody’s, and one written abroad is read by the other side', () => {
    const party = { pointer: '/0', role: 'importer', identifier: '4403131697' } as const;
    // An agency at home writes our operators as we do.
    const terms = termsOf({ partners: new Map(adapters.map((adapter) => [adapter.partner, { adapter }])) });
    expect(choosePartner(party, { direction: 'import', parties: [party] }, terms)).to.deep.equal({
      not_checked: 'domestic_side',
    });
    const form = of('KR').identifiers.ours;
    for (const sent of ['AEOCN4403131697', 'CN4403131697', 'CNCN4403131697', 'AEO<CN4403131697>', '4403131697']) {
      expect(readIdentifier(sent, { partner: 'CN', form }).value, sent).to.equal('AEOCN4403131697');
    }
  });

  it('check digits warn where the announcement’s own samples have none', () => {
    const found = (partner: string, identifier: string) => checkDigitOf(of(partner).identifiers.theirs, identifier);
    expect(found('AU', 'AU12345678910')).to.equal('wrong');
    expect(found('AU', 'AU51824753556')).to.equal('ok');
    expect(found('CH', 'CHE12345678P')).to.equal('wrong');
    expect(found('CH', 'CHE100155212')).to.equal('ok');
    expect(found('IL', 'IL516179157')).to.equal('ok');
    expect(found('JP', 'JP58356782562460001')).to.equal('ok');
    expect(found('NZ', 'NZ1234')).to.equal('none');
  });
});
