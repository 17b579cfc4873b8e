/** Terms that are not everybody's: many states behind one partner, pilots, identifiers longer than a box. In the model, then with the adapters. */

import { join } from 'node:path';
import { expect } from 'chai';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { swapSides } from '../../gateway/adapter/swap-sides.ts';
import { assess, check, type ClearanceTerms } from '../../gateway/clearance/requests.ts';
import type { Entry } from '../../gateway/model/clearance/entry.ts';
import { loadEntryFormats, readEntry } from '../../gateway/wire/files/entry-formats.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { fillList, fillRegister, northland, openClearance, operator } from '../support/clearance-fixture.ts';
import { federation, longland, pilot } from '../support/clearance-partners.ts';
import { refusalCode } from '../support/expect-code.ts';

const importEntry = (parties: Entry['parties'], changes: Partial<Entry> = {}) =>
  ({ entry: { id: 'E-1', direction: 'import', parties, ...changes }, profile: 'json', warnings: [] }) as const;

describe('clearance under terms of its own', () => {
  it('a member state is asked about at the partner that speaks for it', async () => {
    const states = await openClearance([northland, federation]);
    try {
      await fillRegister(states.db);
      await fillList(states.db, { partner: 'FF', records: [operator('XA1234567')] });
      const answer = await check(states, { partner: 'XA', identifier: 'AEOXA-1234567' }, 'post-7');
      expect([answer.outcome, answer.subject.partner, answer.subject.issuer]).to.deep.equal(['recognised', 'FF', 'XA']);
      expect((await check(states, { partner: 'XB', identifier: '99' }, 'post-7')).subject).to.include({
        partner: 'FF',
        issuer: 'XB',
        identifier: 'XB99',
      });
      const stranger = check(states, { partner: 'XC', identifier: 'XC1' }, 'post-7');
      expect(await refusalCode(() => stranger)).to.equal('E_PARTNER_UNKNOWN');
      const parties = [{ pointer: '/0', role: 'exporter', identifier: 'XA1234567' }] as const;
      const given = await assess(states, importEntry(parties), 'post-7');
      expect(given.parties[0]).to.include({ partner: 'FF', outcome: 'recognised' });
    } finally {
      await states.close();
    }
  });

  it('the pilot’s modes and ports are those of the entry', async () => {
    const small = await openClearance([pilot]);
    try {
      await fillRegister(small.db);
      const parties = [{ pointer: '/0', role: 'exporter', identifier: 'NN0000001' }] as const;
      const decided = async (changes: Partial<Entry>) => {
        const given = await assess(small, importEntry(parties, changes), 'post-7');
        return [given.decision, given.parties[0]?.outcome];
      };
      const covered = { mode: 'sea', port: 'HHBBB', portOfDeparture: 'NNCCC' } as const;
      expect(await decided(covered)).to.deep.equal(['apply', 'recognised']);
      expect(await decided({ ...covered, port: 'HHZZZ' })).to.deep.equal(['do_not_apply', 'recognised_with_limits']);
      expect(await decided({ ...covered, mode: 'air' })).to.deep.equal(['do_not_apply', 'recognised_with_limits']);
      expect(await decided({ mode: 'sea' })).to.deep.equal(['refer', 'recognised']);
    } finally {
      await small.close();
    }
  });

  it('an operator earns benefits only in the roles on an entry that its listed roles fit', async () => {
    const { arrangement } = northland;
    const stated = (otherwise: 'recognised_with_limits' | 'not_on_list') => ({
      ...northland,
      arrangement: { ...arrangement, operatorRoles: { consignor: { value: ['exporter'], otherwise } } } as const,
    });
    const outcomes = async (terms: ClearanceTerms, role: 'consignor' | 'exporter' | 'declarant') => {
      const clearance = await openClearance([terms]);
      try {
        const listed = [['broker'], ['exporter', 'broker'], ['warehouse'], []] as const;
        const records = listed.map((roles, n) => operator(`NN000000${n}`, { roles }));
        await fillList(clearance.db, { partner: 'NN', records });
        const answers = records.map(({ identifier }) =>
          check(clearance, { partner: 'NN', identifier, role, direction: 'import' }, 'post-7'),
        );
        return (await Promise.all(answers)).map(({ outcome, advice }) => `${outcome} ${advice.action}`);
      } finally {
        await clearance.close();
      }
    };
    const [yes, limited, no] = [
      'recognised apply',
      'recognised_with_limits apply_with_limits',
      'not_on_list do_not_apply',
    ];
    expect(await outcomes(northland, 'consignor')).to.deep.equal([limited, yes, yes, yes]);
    expect(await outcomes(stated('recognised_with_limits'), 'consignor')).to.deep.equal([limited, yes, limited, yes]);
    expect(await outcomes(stated('not_on_list'), 'consignor')).to.deep.equal([no, yes, no, yes]);
    expect(await outcomes(stated('not_on_list'), 'exporter')).to.deep.equal([limited, yes, yes, yes]);
    const declarants = { ...northland, arrangement: { ...arrangement, entryRoles: ['declarant'] as const } };
    expect(await outcomes(declarants, 'declarant')).to.deep.equal([yes, yes, limited, yes]);
  });

  it('an identifier cut by its box is answered with both lengths, and a typing error with a suggestion', async () => {
    const both = await openClearance([northland, longland]);
    try {
      await fillRegister(both.db);
      const given = await assess(
        both,
        importEntry(
          [
            { pointer: '/0', role: 'exporter', identifier: 'LL123456789012345' },
            { pointer: '/1', role: 'exporter', identifier: 'NNOOOOOO1' },
            { pointer: '/2', role: 'exporter', identifier: 'NN00000O1' },
          ],
          { boxLength: 17 },
        ),
        'post-7',
      );
      expect(given.decision).to.equal('do_not_apply');
      expect(given.parties.map(({ outcome }) => outcome)).to.deep.equal([
        'identifier_malformed',
        'not_on_list',
        'not_on_list',
      ]);
      expect(given.parties[0]?.note).to.include('17').and.include('19');
      expect(given.parties[1]).to.not.have.property('note');
      expect(given.parties[2]?.note).to.include('NN0000001');
    } finally {
      await both.close();
    }
  });
});

describe('a declaration under the terms of the adapters', () => {
  const formats = loadEntryFormats(join(import.meta.dirname, '../../schemas'));
  const load = (cc: string) => loadAdapter(join(adaptersFolder, cc), adapterTools);
  const declaration = (exporter: string, consignment = '', mode = '1') => {
    const text = `<Declaration><TypeCode>IMA</TypeCode><BorderTransportMeans><ModeCode>${mode}</ModeCode></BorderTransportMeans>
      <Exporter>${exporter}</Exporter><GoodsShipment><Consignment>${consignment}</Consignment></GoodsShipment></Declaration>`;
    return readEntry(Buffer.from(text), 'application/xml', formats);
  };
  const told = async (
    terms: ClearanceTerms,
    record: Parameters<typeof operator>,
    read: ReturnType<typeof readEntry>,
  ) => {
    const clearance = await openClearance([terms]);
    try {
      await fillList(clearance.db, { partner: terms.partner, records: [operator(...record)] });
      const { decision, parties } = await assess(clearance, read, 'post-7');
      return [decision, parties[0]?.outcome ?? parties[0]?.not_checked, parties[0]?.note];
    } finally {
      await clearance.close();
    }
  };

  it('an operator of a member state is recognised on the list of all of them', async () => {
    const read = declaration('<ID>DE123456789012345</ID>');
    expect(await told(await load('eu'), ['DE123456789012345'], read)).to.deep.equal(['apply', 'recognised', undefined]);
  });

  it('a declaration with a comment that was not closed is at most referred: what the comment held may have been withdrawn', async () => {
    const text = (comment: string) =>
      `<Declaration><TypeCode>IMA</TypeCode>${comment}<Exporter><ID>DE1</ID></Exporter><!-- end --></Declaration>`;
    const eu = await load('eu');
    const decided = async (comment: string) =>
      (await told(eu, ['DE1'], readEntry(Buffer.from(text(comment)), 'application/xml', formats))).slice(0, 2);
    expect(await decided('<!-- withdrawn -->')).to.deep.equal(['apply', 'recognised']);
    expect(await decided('<!-- withdrawn ->')).to.deep.equal(['refer', 'recognised']);
  });

  it('the pilot counts through its ports and by sea only', async () => {
    const tw = await load('tw');
    const ports = (here: string) =>
      `<GoodsLocation><ID>${here}</ID></GoodsLocation><LoadingLocation><ID>TWKHH</ID></LoadingLocation>`;
    const of = async (here: string, mode?: string) =>
      (await told(tw, ['TW123456789'], declaration('<ID>TW123456789</ID>', ports(here), mode))).slice(0, 2);
    expect(await of('CNXMN')).to.deep.equal(['apply', 'recognised']);
    expect(await of('CNSHA')).to.deep.equal(['do_not_apply', 'recognised_with_limits']);
    expect(await of('CNXMN', '4')).to.deep.equal(['do_not_apply', 'recognised_with_limits']);
  });

  it('nineteen characters are recognised whole, and cut to seventeen answered with both lengths', async () => {
    const [jp, whole] = [await load('jp'), 'JP58356782562460001'];
    expect((await told(jp, [whole], declaration(`<ID>${whole}</ID>`))).slice(0, 2)).to.deep.equal([
      'apply',
      'recognised',
    ]);
    const cut = await told(jp, [whole], declaration(`<ID>${whole.slice(0, 17)}</ID>`));
    expect(cut.slice(0, 2)).to.deep.equal(['do_not_apply', 'identifier_malformed']);
    expect(cut[2]).to.include('17').and.include('19').and.not.include(whole);
  });

  it('seen from the other side, an operator is found by name and address by air, and by road it is not', async () => {
    const theirs = swapSides(await load('hk'), { country: 'CN', name: 'Home' });
    const record = {
      name: { latin: 'EXAMPLE ELECTRONICS CO., LTD.' },
      address: { latin: '1 Example Road', city: 'Sampletown' },
    };
    const party =
      '<Name>Example Electronics Co., Ltd.</Name><Address><CityName>Sampletown</CityName><CountryCode>CN</CountryCode><Line>1 Example Road</Line></Address>';
    const of = async (mode: string) =>
      (await told(theirs, ['AEOCN4403131697', record], declaration(party, '', mode))).slice(0, 2);
    expect(await of('4')).to.deep.equal(['apply', 'recognised']);
    expect(await of('3')).to.deep.equal(['do_not_apply', 'no_identifier']);
  });
});
