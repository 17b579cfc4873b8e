/** Declarations as other systems write them: times and places; and documents that are no declarations. */

import { expect } from 'chai';
import { join } from 'node:path';
import { loadEntryFormats, readEntry } from '../../gateway/wire/files/entry-formats.ts';
import { refusal } from '../support/expect-code.ts';

const formats = loadEntryFormats(join(import.meta.dirname, '../../schemas'));
const options = { timeZone: 'Asia/Shanghai' };
const read = (text: string | Uint8Array, contentType = 'application/xml') =>
  readEntry(Buffer.from(text), contentType, formats, options);
const dec = 'urn:wco:datamodel:WCO:DEC-DMS:2';
const declaration = (content: string, namespace = dec) =>
  `<Declaration xmlns="${namespace}"><TypeCode>IMA</TypeCode>${content}</Declaration>`;
const identifiers = (text: string) => read(text).entry.parties.map(({ identifier }) => identifier);

describe('a remark with more codes than a call has arguments', () => {
  it('is refused, because an entry may have 10,000 parties', async () => {
    const codes = 'AEO&lt;KR1&gt; '.repeat(200_000);
    const { code } = await refusal(() =>
      read(declaration(`<AdditionalInformation><Content>${codes}</Content></AdditionalInformation>`)),
    );
    expect(code).to.equal('E_REQUEST_INVALID');
  });
});

describe('the time of acceptance', () => {
  const accepted = (inner: string, code = '') =>
    declaration(`<AcceptanceDateTime${code === '' ? '' : ` formatCode="${code}"`}>${inner}</AcceptanceDateTime>`);

  it('is read as text of its element, of a DateTimeString or of a DateTime, with a zone or with the zone of this country', () => {
    const noon = '2025-03-26T04:00:00.000Z';
    const forms = [
      accepted('20250326120000+08', '304'),
      accepted('20250326120000', '204'),
      accepted('202503261200', '203'),
      accepted('<DateTimeString formatCode="304">20250326040000Z</DateTimeString>'),
      accepted('<DateTime>2025-03-26T12:00:00+08:00</DateTime>'),
      accepted('<p:DateTimeString xmlns:p="urn:x" formatCode="303">202503261200+0800</p:DateTimeString>'),
      accepted('2025-03-26T04:00:00.000Z'),
      accepted('2025-03-26T12:00:00'),
      accepted('2025-03-26t04:00:00z'),
    ];
    for (const form of forms) expect(read(form).entry.acceptedAt, form).to.equal(noon);
    expect(read(accepted('20250326120000', '204')).warnings).to.have.length(1);
    expect(read(accepted('')).entry).to.not.have.property('acceptedAt');
    expect(read(accepted('9999-12-31T23:59:59-12:00')).entry.acceptedAt).to.equal('9999-12-31T23:59:59.999Z');
  });

  it('is refused with its place when it is none: a word, a day, a day that is not in the calendar, another form than its code', async () => {
    const place = '/Declaration/AcceptanceDateTime';
    const faulty = [
      ['yesterday', ''],
      ['20250326', '102'],
      ['20250230120000Z', '304'],
      ['20250326120000', '304'],
      ['20250326120000Z', '204'],
      ['20250326120000Z', '999'],
      ['2025-03-26', ''],
    ] as const;
    for (const [text, code] of faulty) {
      const error = await refusal(() => read(accepted(text, code)));
      expect([error.code, error.at], text).to.deep.equal(['E_ENTRY_UNREADABLE', place]);
    }
    const second = { entry: { type: 'import', accepted_at: '2016-12-31T23:59:60Z', parties: [] } };
    const leap = await refusal(() => read(JSON.stringify(second), 'application/json'));
    expect([leap.code, leap.at]).to.deep.equal(['E_REQUEST_INVALID', '/entry/accepted_at']);
    const two = accepted('<DateTimeString>20250326120000Z</DateTimeString><DateTime>2025-03-27T12:00:00Z</DateTime>');
    expect((await refusal(() => read(two))).at).to.equal(`${place}/DateTime`);
  });

  it('is refused where the format has no such time, and warned of where its element is empty', async () => {
    const stray = [
      ['<acceptanceDateTime>20100101000000Z</acceptanceDateTime>', 'acceptanceDateTime'],
      ['<GoodsShipment><AcceptanceDate>2010-01-01</AcceptanceDate></GoodsShipment>', 'GoodsShipment/AcceptanceDate'],
    ] as const;
    for (const [content, place] of stray) {
      const { code, at } = await refusal(() => read(declaration(content)));
      expect([code, at]).to.deep.equal(['E_ENTRY_UNREADABLE', `/Declaration/${place}`]);
    }
    for (const content of ['<AcceptanceDateTime/>', '<AcceptanceDateTime value="20100101000000Z"/>'])
      expect(read(declaration(content)).warnings[0]).to.include('/Declaration/AcceptanceDateTime');
  });
});

describe('documents that are no declarations', () => {
  it('are refused by namespace, document type and what holds them, although an element has the name of a declaration', async () => {
    const documents = [
      `<MetaData xmlns="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2"><WCOTypeName>RES</WCOTypeName><Response xmlns="urn:wco:datamodel:WCO:RES-DMS:2"><Declaration><ID>1</ID></Declaration></Response></MetaData>`,
      `<Response><Declaration><TypeCode>IMA</TypeCode></Declaration></Response>`,
      `<MetaData xmlns="urn:x"><WCOTypeName>RES</WCOTypeName>${declaration('')}</MetaData>`,
      '<Invoice><Declaration><TypeCode>380</TypeCode></Declaration></Invoice>',
      `<a>${declaration('')}<b><DecMessage xmlns="http://www.chinaport.gov.cn/dec"><DecHead/></DecMessage></b></a>`,
      '<Invoice><Shipper><Code>NN1</Code></Shipper><Declaration>I declare that the goods are as stated</Declaration></Invoice>',
      declaration('', 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'),
      `<DocumentMetadata xmlns="urn:wco:datamodel:WCO:DM:1"><WCODocumentName>CRI</WCODocumentName>${declaration('', 'urn:wco:datamodel:WCO:DeclarationModel:1')}</DocumentMetadata>`,
      '<DecMessage xmlns="urn:x"><DecHead/></DecMessage>',
      declaration('', 'urn:wco:datamodel:WCO:DEC-DMS:99'),
      declaration('', 'urn:wco:datamodel:WCO:DEC:0'),
      declaration('', 'urn:WCOLibraryE7TAXUDEUCDM42public'),
      `<Response xmlns="urn:WCOLibraryE7TAXUDEUCDM52public">${declaration('', 'urn:WCOLibraryE7TAXUDEUCDM52public')}</Response>`,
      `<StatusResponse xmlns="urn:x"><Details>${declaration('')}</Details></StatusResponse>`,
      `<acknowledgement>${declaration('')}</acknowledgement>`,
    ];
    for (const document of documents)
      expect((await refusal(() => read(document))).code, document).to.equal('E_ENTRY_UNREADABLE');
  });

  it('a declaration of the EU Customs Data Model 5.2 is read: each value stands in an element of its own', () => {
    const party = (name: string, id: string) =>
      `<${name}><identification_2><Identifier.Content>${id}</Identifier.Content></identification_2></${name}>`;
    const { entry, profile } = read(
      `<Declaration xmlns="urn:WCOLibraryE7TAXUDEUCDM52public"><functionalReference><Identifier.Content>L1</Identifier.Content></functionalReference>
       <procedureCategory><Identifier.Content>A1</Identifier.Content></procedureCategory>${party('Declarant', 'D1')}
       <Consignment>${party('Consignor', 'NN0000001')}<AEOMutualRecognitionParty><identification_2><Identifier.Content>NN2</Identifier.Content></identification_2>
       <role><Code.Content>FW</Code.Content></role></AEOMutualRecognitionParty></Consignment></Declaration>`,
    );
    expect([profile, entry.id, entry.direction]).to.deep.equal(['eucdm-5', 'L1', 'export']);
    expect(entry.parties.map(({ role, identifier }) => [role, identifier])).to.deep.equal([
      ['declarant', 'D1'],
      ['consignor', 'NN0000001'],
      ['FW', 'NN2'],
    ]);
  });

  it('a declaration of the EU Customs Data Model 6 is read like one of 5.2', () => {
    const exporter =
      '<Exporter><identification_2><Identifier.Content>NN1</Identifier.Content></identification_2></Exporter>';
    for (const version of ['E8TAXUDEUCDM6', 'E7TAXUDEUCDM60public', 'E12TAXUDEUCDM62public']) {
      const { entry, profile } = read(`<Declaration xmlns="urn:WCOLibrary${version}">${exporter}</Declaration>`);
      expect([profile, entry.parties[0]?.identifier]).to.deep.equal(['eucdm-6', 'NN1']);
    }
  });

  it('text beside child elements is refused with its place, and read in no part', async () => {
    const mixed = [
      ['<Exporter>NN0000001<Name>A</Name></Exporter>', '/Exporter'],
      ['<GoodsShipment><Exporter><ID>NN<X/>0000001</ID></Exporter></GoodsShipment>', '/GoodsShipment/Exporter/ID'],
      ['<AcceptanceDateTime>20100101000000Z<Note/></AcceptanceDateTime>', '/AcceptanceDateTime'],
      ['<Exporter/><Exporter><![CDATA[NN0000001]]><Name>A</Name></Exporter>', '/Exporter[2]'],
    ] as const;
    for (const [content, place] of mixed) {
      const { code, at } = await refusal(() => read(declaration(content)));
      expect([code, at], content).to.deep.equal(['E_ENTRY_UNREADABLE', `/Declaration${place}`]);
    }
    expect(identifiers(declaration('<Exporter>\n<ID>NN<!-- x -->1</ID>\n</Exporter>'))).to.deep.equal(['NN1']);
  });

  it('an identifier of a party in another shape is read, or a warning names its place', () => {
    const eucdm = (content: string) =>
      read(`<Declaration xmlns="urn:WCOLibraryE7TAXUDEUCDM52public"><Exporter>${content}</Exporter></Declaration>`);
    const value = '<Identifier.Content>NN1</Identifier.Content>';
    for (const shape of [
      `<identification>${value}</identification>`,
      '<ID>NN1</ID>',
      '<identification_2>NN1</identification_2>',
    ])
      expect(eucdm(shape).entry.parties[0]?.identifier, shape).to.equal('NN1');
    for (const shape of ['<identification_7><Code.Content>NN1</Code.Content></identification_7>', '<EORI>NN1</EORI>']) {
      const { entry, warnings } = eucdm(shape);
      expect([
        entry.parties[0]?.identifier,
        warnings.filter((text) => text.includes('/Exporter/')).length,
      ]).to.deep.equal([undefined, 1]);
    }
    const other = read(declaration('<Exporter><Identification><ID>NN1</ID></Identification></Exporter>')).warnings;
    expect(other.filter((text) => text.startsWith('/Declaration/Exporter/Identification/ID:'))).to.have.length(1);
    expect(read(declaration('<Exporter><Name>A</Name><ID/></Exporter>')).warnings).to.deep.equal([]);
  });
});

describe('places in a declaration', () => {
  it('a second code of a party is named in a warning, unless it is the same', () => {
    const party = (...ids: string[]) =>
      read(declaration(`<Exporter>${ids.map((id) => `<ID>${id}</ID>`).join('')}</Exporter>`));
    expect(party('NN1', 'NN2').warnings[0]).to.include('/Declaration/Exporter/ID[2]');
    expect(party('NN1', 'NN1').warnings).to.deep.equal([]);
  });

  it('a party of another namespace is no party of the declaration, and a warning names its place', () => {
    const other = '<q:Exporter xmlns:q="urn:q"><q:ID>NN1</q:ID></q:Exporter>';
    const { entry, warnings } = read(
      declaration(`${other}<Importer><q:ID xmlns:q="urn:q">NN2</q:ID><ID>NN3</ID></Importer>`),
    );
    expect(entry.parties.map(({ identifier }) => identifier)).to.deep.equal(['NN3']);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('/Declaration/Exporter');
  });

  it('an unknown mode of transport, and two that contradict each other, are no mode, with a warning', () => {
    const modes = (...codes: string[]) =>
      read(
        declaration(
          codes.map((code) => `<BorderTransportMeans><ModeCode>${code}</ModeCode></BorderTransportMeans>`).join(''),
        ),
      );
    for (const [codes, place] of [
      [['99'], 'BorderTransportMeans/ModeCode'],
      [['1', '4'], 'BorderTransportMeans[2]/ModeCode'],
    ] as const) {
      const { entry, warnings } = modes(...codes);
      expect(entry).to.not.have.property('mode');
      expect(warnings[0]).to.include(place);
    }
    expect(modes('1', '1').entry.mode).to.equal('sea');
  });

  it('mode and ports are read at the declaration, the shipment and the consignment', () => {
    const mode = '<BorderTransportMeans><ModeCode>1</ModeCode></BorderTransportMeans>';
    const ports =
      '<LoadingLocation><ID>NNCCC</ID></LoadingLocation><UnloadingLocation><ID>HHAAA</ID></UnloadingLocation>';
    const inside = (...names: string[]) =>
      names.reduceRight((content, name) => `<${name}>${content}</${name}>`, mode + ports);
    for (const names of [[], ['Consignment'], ['GoodsShipment'], ['GoodsShipment', 'Consignment']]) {
      const { mode: found, port, portOfDeparture } = read(declaration(inside(...names))).entry;
      expect([found, port, portOfDeparture], names.join('/')).to.deep.equal(['sea', 'HHAAA', 'NNCCC']);
    }
    const model = declaration(inside('GoodsShipment', 'Consignment'), 'urn:wco:datamodel:WCO:DeclarationModel:1');
    expect(read(model).entry.mode).to.equal('sea');
    const leaving = read(declaration(inside('GoodsShipment', 'Consignment')).replace('IMA', 'EXA')).entry;
    expect([leaving.port, leaving.portOfDeparture]).to.deep.equal(['NNCCC', 'HHAAA']);
    const inland = '<ArrivalTransportMeans><ModeCode>3</ModeCode></ArrivalTransportMeans>';
    expect(
      read(declaration(`<GoodsShipment><Consignment>${inland}</Consignment></GoodsShipment>`)).entry.mode,
    ).to.equal(undefined);
  });

  it('payer, surety and notify party are listed, and nothing is asked about them', () => {
    const text = declaration(
      '<GoodsShipment><Payer><ID>NN1</ID></Payer><Surety><ID>NN2</ID></Surety><NotifyParty/></GoodsShipment>',
    );
    expect(read(text).entry.parties.map(({ asked, identifier }) => [asked, identifier])).to.deep.equal([
      [false, 'NN1'],
      [false, 'NN2'],
      [false, undefined],
    ]);
  });
});

describe('bounds of a declaration', () => {
  it('an identifier of 65 characters is refused in XML as in JSON, at its party', async () => {
    for (const length of [65, 512]) {
      const error = await refusal(() => read(declaration(`<Exporter><ID>NN${'1'.repeat(length - 2)}</ID></Exporter>`)));
      expect([error.code, error.at], String(length)).to.deep.equal(['E_REQUEST_INVALID', '/Declaration/Exporter']);
    }
    expect(identifiers(declaration(`<Exporter><ID>${'1'.repeat(64)}</ID></Exporter>`))).to.have.length(1);
  });

  it('the names, addresses and numbers of parties have the bounds of JSON too', async () => {
    const party = (content: string) => declaration(`<Exporter>${content}</Exporter>`);
    const texts = [
      party(`<Name>${'x'.repeat(513)}</Name>`),
      party(`<Address><Line>${'x'.repeat(513)}</Line></Address>`),
      declaration(`<ID>${'x'.repeat(65)}</ID>`),
      declaration('<Buyer/>'.repeat(10_001)),
    ];
    for (const text of texts) expect((await refusal(() => read(text))).code).to.equal('E_REQUEST_INVALID');
  });
});
