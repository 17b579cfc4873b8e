/** What declarations of other systems are for, which parties they name, and the codes in their remarks. */

import { expect } from 'chai';
import { join } from 'node:path';
import { loadEntryFormats, readEntry } from '../../gateway/wire/files/entry-formats.ts';
import { refusal } from '../support/expect-code.ts';

const formats = loadEntryFormats(join(import.meta.dirname, '../../schemas'));
const read = (text: string) => readEntry(Buffer.from(text), 'application/xml', formats);
const dec = 'urn:wco:datamodel:WCO:DEC-DMS:2';
const declaration = (content: string) => `<Declaration xmlns="${dec}"><TypeCode>IMA</TypeCode>${content}</Declaration>`;
const identifiers = (text: string) => read(text).entry.parties.map(({ identifier }) => identifier);

describe('the purpose of a declaration', () => {
  const functions = (code: string) =>
    declaration(`<FunctionCode>${code}</FunctionCode><Exporter><ID>NN1</ID></Exporter>`);

  it('a cancellation and an answer about a declaration are refused at the code that says so', async () => {
    for (const code of ['1', '01', '3', '17', '8', '11', '27', '44']) {
      const error = await refusal(() => read(functions(code)));
      expect([error.code, error.at], code).to.deep.equal(['E_ENTRY_UNREADABLE', '/Declaration/FunctionCode']);
    }
    const invalidation = functions('13').replace('<TypeCode>IMA', '<TypeCode>INV');
    expect((await refusal(() => read(invalidation))).at).to.equal('/Declaration/TypeCode');
    const model = functions('1').replace(dec, 'urn:wco:datamodel:WCO:DeclarationModel:1');
    expect((await refusal(() => read(model))).at).to.equal('/Declaration/FunctionCode');
    const eucdm = `<Declaration xmlns="urn:WCOLibraryE7TAXUDEUCDM52public"><function><Code.Content>1</Code.Content></function></Declaration>`;
    expect((await refusal(() => read(eucdm))).at).to.equal('/Declaration/function/Code.Content');
  });

  it('an amendment, a request and an unknown function are asked about with a warning, and a person decides', () => {
    for (const code of ['4', '04', '2', '13', '33', '99', 'X']) {
      const { entry, warnings, isUncertain } = read(functions(code));
      expect([entry.parties.length, isUncertain, warnings.length], code).to.deep.equal([1, true, 1]);
      expect(warnings[0]).to.include('/Declaration/FunctionCode');
    }
    const ofType = read(functions('9').replace('<TypeCode>IMA', '<TypeCode>COR'));
    expect([ofType.isUncertain, ofType.warnings[0]?.startsWith('/Declaration/TypeCode')]).to.deep.equal([true, true]);
  });

  it('an original, a replacement and a copy are entries', () => {
    for (const code of ['9', '09', '5', '7', '31', '']) {
      const found = read(functions(code));
      expect([found.warnings, found.isUncertain], code).to.deep.equal([[], undefined]);
    }
  });
});

describe('parties of a declaration', () => {
  it('a broker, a principal and others have a role of their own, and one that no rule names is listed', () => {
    const parties = [
      ['Broker', 'agent'],
      ['CustomsBroker', 'agent'],
      ['Representative', 'agent'],
      ['Principal', 'declarant'],
      ['TransitPrincipal', 'declarant'],
      ['Supplier', 'seller'],
      ['Producer', 'manufacturer'],
      ['WarehouseKeeper', 'WH'],
      ['ContractCarrier', 'carrier'],
      ['ShipToParty', 'other'],
      ['GoodsOwner', 'other'],
      ['TerminalOperator', 'other'],
    ] as const;
    const text = parties.map(([name], n) => `<${name}><ID>NN${n}</ID></${name}>`).join('');
    for (const holder of ['GoodsShipment', 'Consignment']) {
      const { entry } = read(declaration(`<${holder}>${text}<Container><ID>X</ID></Container></${holder}>`));
      expect(entry.parties.map(({ identifier, role }) => [identifier, role])).to.deep.equal(
        parties.map(([, role], n) => [`NN${n}`, role]),
      );
    }
  });
});

describe('codes in the remarks', () => {
  const remarks = (text: string) =>
    `<DecMessage><DecHead><IEFlag>I</IEFlag><NoteS>${text}</NoteS></DecHead></DecMessage>`;

  it('each is found: a second one, and one in small letters', () => {
    expect(identifiers(remarks('x AEO&lt;NN0000001&gt;,aeo&lt;nn0000002&gt; AEO &lt;NN3&gt;'))).to.deep.equal([
      'AEO<NN0000001>',
      'aeo<nn0000002>',
      'AEO <NN3>',
    ]);
  });

  it('one in another form is named in a warning', () => {
    const { entry, warnings } = read(remarks('AEO&lt;NN0000001&gt; AEO:NN0000002'));
    expect([entry.parties.length, warnings.length]).to.deep.equal([1, 1]);
    expect(warnings[0]).to.include('/DecMessage/DecHead/NoteS');
    for (const text of [
      'A E O&lt;NN0000002&gt;',
      'AEO&lt;NN1&gt;&lt;NN0000002&gt;',
      'AEO&lt;NN1,NN2&gt;',
      'AEO&lt;NN1；NN2&gt;',
    ])
      expect(read(remarks(text)).warnings, text).to.have.length(1);
    expect(identifiers(remarks('AEO&lt;NN1&gt;</NoteS><NoteS>AEO&lt;NN2&gt;'))).to.deep.equal(['AEO<NN1>', 'AEO<NN2>']);
  });
});

describe('codes in the remarks of a WCO declaration', () => {
  const remarks = (text: string) =>
    declaration(
      `<GoodsShipment><AdditionalInformation><StatementDescription>${text}</StatementDescription></AdditionalInformation></GoodsShipment>`,
    );
  const place = '/Declaration/GoodsShipment/AdditionalInformation/StatementDescription';

  it('each is a party abroad', () => {
    const { entry, warnings } = read(remarks('AEO&lt;NN0000001&gt; aeo &lt;nn2&gt;'));
    expect(entry.parties.map(({ role, identifier, pointer }) => [role, identifier, pointer])).to.deep.equal([
      ['consignor', 'AEO<NN0000001>', place],
      ['consignor', 'aeo <nn2>', place],
    ]);
    expect(warnings).to.deep.equal([]);
    const leaving = read(remarks('AEO&lt;NN0000001&gt;').replace('IMA', 'EXA')).entry;
    expect(leaving.parties.map(({ role }) => role)).to.deep.equal(['consignee']);
  });

  it('a code without brackets is named in a warning, there and in the notes of a single window', () => {
    const notes = (text: string) =>
      `<DecMessage><DecHead><IEFlag>I</IEFlag><NoteS>${text}</NoteS></DecHead></DecMessage>`;
    for (const text of ['NN0000001', 'x nn0000001.', 'AEO:NN1', 'AEO&lt;NN1&gt; NN0000002', '企业NN0000001']) {
      expect(read(remarks(text)).warnings, text).to.have.length(1);
      expect(read(remarks(text)).warnings[0]).to.include(place);
      expect(read(notes(text)).warnings, text).to.have.length(1);
    }
    for (const text of ['IMPORTER', '28 days from 30112021', 'container ABCU1234567', 'invoice 123456', ''])
      for (const { entry, warnings } of [read(remarks(text)), read(notes(text))])
        expect([entry.parties, warnings], text).to.deep.equal([[], []]);
  });
});
