/** Declarations of each format: every party is found, with its role and its place. */

import { expect } from 'chai';
import { bystanderRoles } from '../../gateway/model/clearance/entry.ts';
import { entryRoles } from '../../gateway/model/arrangement.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEntryFormats, readEntry } from '../../gateway/wire/files/entry-formats.ts';
import { refusal, refusalCode } from '../support/expect-code.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const formats = loadEntryFormats(schemas);
const xml = (text: string, profile?: string) => readEntry(Buffer.from(text), 'application/xml', formats, { profile });
const json = (value: unknown) => readEntry(Buffer.from(JSON.stringify(value)), 'application/json', formats);

/** A declaration of the WCO Data Model with a party in every place where the model has one. */
const wcoDeclaration = (type = 'IMA') => `<?xml version="1.0" encoding="UTF-8"?>
<md:MetaData xmlns:md="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2" xmlns="urn:wco:datamodel:WCO:DEC-DMS:2">
  <md:WCOTypeName>DEC</md:WCOTypeName>
  <Declaration>
    <AcceptanceDateTime><ds:DateTimeString xmlns:ds="urn:x" formatCode="304">20261123200511+0800</ds:DateTimeString></AcceptanceDateTime>
    <FunctionCode>9</FunctionCode><FunctionalReferenceID>SAMPLE-1</FunctionalReferenceID><TypeCode>${type}</TypeCode>
    <DeclarationOfficeID>5316</DeclarationOfficeID>
    <Submitter><ID>S1</ID></Submitter>
    <AdditionalDocument><Submitter><Name>Ministry of Samples</Name></Submitter></AdditionalDocument>
    <Agent><FunctionCode>2</FunctionCode></Agent>
    <AuthorisationHolder><ID>H1</ID><CategoryCode>CSE</CategoryCode></AuthorisationHolder>
    <BorderTransportMeans><ModeCode>4</ModeCode></BorderTransportMeans>
    <Consignment><Carrier><ID>C1</ID></Carrier><Consignor><Name>Sender</Name></Consignor></Consignment>
    <Declarant><ID>4403131697</ID></Declarant>
    <Exporter><Name>Example &amp; Sons</Name><ID>NN1234567</ID><Address><CityName>Northtown</CityName><CountryCode>NN</CountryCode><Line>1 Example Road</Line></Address></Exporter>
    <ExitOffice><ID>5316X</ID></ExitOffice>
    <GoodsShipment>
      <AEOMutualRecognitionParty><ID>NN0000001</ID><RoleCode>MF</RoleCode></AEOMutualRecognitionParty>
      <AEOMutualRecognitionParty><ID>NN0000002</ID><RoleCode>CZ</RoleCode></AEOMutualRecognitionParty>
      <Buyer><ID>B1</ID></Buyer><Consignee><ID>E1</ID></Consignee>
      <Consignment><GoodsLocation><ID>HHAAA</ID></GoodsLocation><LoadingLocation><ID>NNCCC</ID></LoadingLocation></Consignment>
      <DomesticDutyTaxParty><ID>D1</ID></DomesticDutyTaxParty>
      <GovernmentAgencyGoodsItem><SequenceNumeric>1</SequenceNumeric>
        <AEOMutualRecognitionParty><ID>NN0000003</ID><RoleCode>FW</RoleCode></AEOMutualRecognitionParty>
        <Seller><ID>L1</ID></Seller>
      </GovernmentAgencyGoodsItem>
      <GovernmentAgencyGoodsItem><SequenceNumeric>2</SequenceNumeric>
        <AEOMutualRecognitionParty><ID>NN0000004</ID><RoleCode>WH</RoleCode></AEOMutualRecognitionParty>
      </GovernmentAgencyGoodsItem>
      <Importer><ID>91440000617653845</ID></Importer>
    </GoodsShipment>
  </Declaration>
</md:MetaData>`;

const windowDeclaration = (head: string) =>
  `<DecMessage xmlns="http://www.chinaport.gov.cn/dec" version="4.8"><DecHead>${head}</DecHead><DecLists><DecList><GNo>1</GNo></DecList></DecLists></DecMessage>`;

describe('entry reader: WCO declaration', () => {
  it('every party is found at any depth, with role and WCO class', () => {
    const { entry, profile, warnings } = xml(wcoDeclaration());
    expect([profile, warnings]).to.deep.equal(['wco-dec', []]);
    expect(entry.parties.map(({ role, identifier = '-' }) => `${role} ${identifier}`)).to.deep.equal([
      'submitter S1',
      'agent -',
      'authorisation_holder H1',
      'carrier C1',
      'consignor -',
      'declarant 4403131697',
      'exporter NN1234567',
      'MF NN0000001',
      'other NN0000002',
      'buyer B1',
      'consignee E1',
      'duty_party D1',
      'FW NN0000003',
      'seller L1',
      'WH NN0000004',
      'importer 91440000617653845',
    ]);
    expect(entry.parties.find(({ role }) => role === 'exporter')).to.deep.equal({
      pointer: '/MetaData/Declaration/Exporter',
      role: 'exporter',
      identifier: 'NN1234567',
      name: 'Example & Sons',
      address: '1 Example Road, Northtown',
      country: 'NN',
      wco: '57A/R032',
    });
    expect(entry.parties.find(({ role }) => role === 'WH')?.pointer).to.equal(
      '/MetaData/Declaration/GoodsShipment/GovernmentAgencyGoodsItem[2]/AEOMutualRecognitionParty',
    );
  });

  it('reference, office, direction, mode and time of acceptance are read', () => {
    const { id, direction, office, mode, acceptedAt } = xml(wcoDeclaration()).entry;
    expect({ id, direction, office, mode, acceptedAt }).to.deep.equal({
      id: 'SAMPLE-1',
      direction: 'import',
      office: '5316',
      mode: 'air',
      acceptedAt: '2026-11-23T12:05:11.000Z',
    });
    expect(xml(wcoDeclaration('EXD')).entry.direction).to.equal('export');
  });

  it('ports depend on the direction, and the maximum length of identifiers on the format', () => {
    const ports = (type: string) => {
      const { port, portOfDeparture, boxLength } = xml(wcoDeclaration(type)).entry;
      return [port, portOfDeparture, boxLength];
    };
    expect(ports('IMA')).to.deep.equal(['HHAAA', 'NNCCC', 17]);
    expect(ports('EXD')).to.deep.equal(['5316X', undefined, 17]);
    expect(ports('COR')).to.deep.equal([undefined, undefined, 17]);
  });

  it('an amendment that does not state its direction is read, with a warning', () => {
    const { entry, warnings } = xml(wcoDeclaration('COR'));
    expect(entry).to.not.have.property('direction');
    expect(warnings).to.have.length(1);
  });

  it('the declaration is found in any envelope and any namespace', () => {
    const inner = wcoDeclaration().replace(/^<\?xml.*\?>/u, '');
    expect(xml(`<request><detail>${inner}</detail></request>`).entry.parties).to.have.length(16);
    const mangled = inner.replaceAll('md:', 'md').replace(/ xmlns(?::md)?="[^"]*"/gu, '');
    expect(xml(mangled).entry.parties).to.have.length(16);
  });

  it('two declarations in one document are refused, and a document without one', async () => {
    expect(await refusalCode(() => xml('<a><Declaration/><Declaration/></a>'))).to.equal('E_ENTRY_UNREADABLE');
    expect(await refusalCode(() => xml('<Invoice/>'))).to.equal('E_ENTRY_UNREADABLE');
    expect(await refusalCode(() => xml(wcoDeclaration(), 'single-window-dec'))).to.equal('E_ENTRY_UNREADABLE');
    expect(await refusalCode(() => xml(wcoDeclaration(), 'no-such-profile'))).to.equal('E_ENTRY_UNREADABLE');
  });

  it('an invalid time of acceptance is refused with its place, not ignored', async () => {
    for (const time of ['20261123200511', '20260231120000Z', '20261123250000Z', '20261123', 'soon']) {
      const error = await refusal(() => xml(wcoDeclaration().replace('20261123200511+0800', time)));
      expect([error.code, error.at], time).to.deep.equal([
        'E_ENTRY_UNREADABLE',
        '/MetaData/Declaration/AcceptanceDateTime/DateTimeString',
      ]);
    }
  });

  it('a code such as constructor is not found on the prototype', () => {
    const { parties } = xml(wcoDeclaration().replace('<RoleCode>MF<', '<RoleCode>constructor<')).entry;
    expect(parties[7]?.role).to.equal('other');
  });
});

describe('entry reader: single-window declaration', () => {
  const importHead = `<IEFlag>I</IEFlag><EntryId>531620261012345678</EntryId><CustomMaster>5316</CustomMaster><TrafMode>2</TrafMode>
    <TradeCoScc>91440000617653845D</TradeCoScc><TradeCode>4403131697</TradeCode><TradeName>示例贸易</TradeName>
    <OverseasConsignorCode>NN1234567</OverseasConsignorCode><OverseasConsignorEname>EXAMPLE LTD</OverseasConsignorEname>
    <IEPort>5301</IEPort><DespPortCode>NNC001</DespPortCode><OwnerCode>4403131698</OwnerCode><AgentCode>4403131699</AgentCode><NoteS>货物 ＡＥＯ＜NN0000001＞ 备注</NoteS>`;

  it('an import names the consignor abroad, the code in the remarks and the domestic parties', () => {
    const { entry, profile } = xml(windowDeclaration(importHead));
    expect(profile).to.equal('single-window-dec');
    expect({ ...entry, parties: undefined }).to.deep.equal({
      id: '531620261012345678',
      direction: 'import',
      office: '5316',
      mode: 'sea',
      port: '5301',
      portOfDeparture: 'NNC001',
      parties: undefined,
    });
    expect(entry.parties.map(({ role, identifier }) => [role, identifier])).to.deep.equal([
      ['consignor', 'NN1234567'],
      ['consignor', 'AEO<NN0000001>'],
      ['consignee', '91440000617653845D'],
      ['buyer', '4403131698'],
      ['declarant', '4403131699'],
    ]);
    expect(entry.parties[0]).to.include({ name: 'EXAMPLE LTD', pointer: '/DecMessage/DecHead/OverseasConsignorCode' });
  });

  it('an export names the consignee abroad; domestic roles are exchanged', () => {
    const { entry } = xml(
      windowDeclaration(
        '<IEFlag>E</IEFlag><OverseasConsigneeCode>NN1234567</OverseasConsigneeCode><TradeCode>4403131697</TradeCode><OwnerCode>1</OwnerCode>',
      ),
    );
    expect(entry.direction).to.equal('export');
    expect(entry.parties.map(({ role }) => role)).to.deep.equal(['consignee', 'consignor', 'manufacturer']);
  });

  it('NO means that there is no party abroad', () => {
    const { entry } = xml(
      windowDeclaration(
        '<IEFlag>I</IEFlag><OverseasConsignorCode>NO</OverseasConsignorCode><OverseasConsignorEname>NO</OverseasConsignorEname>',
      ),
    );
    expect(entry.parties).to.deep.equal([]);
  });
});

describe('entry reader: JSON', () => {
  const entry = {
    id: 'E1',
    type: 'import',
    accepted_at: '2026-11-23T14:05:11+08:00',
    parties: [
      { role: 'consignor', identifier: 'NN1234567' },
      { pointer: '/x', role: 'FW' },
    ],
  };

  it('the time becomes UTC, and a party without a pointer gets its place', () => {
    const read = json({ entry }).entry;
    expect(read).to.include({ id: 'E1', direction: 'import', acceptedAt: '2026-11-23T06:05:11.000Z' });
    const ported = json({ entry: { ...entry, port: 'HHAAA', port_of_departure: 'NNCCC' } }).entry;
    expect(ported).to.include({ port: 'HHAAA', portOfDeparture: 'NNCCC' });
    expect(ported).to.not.have.property('port_of_departure');
    expect(read.parties.map(({ pointer }) => pointer)).to.deep.equal(['/entry/parties/0', '/x']);
  });

  it('all faults are reported at once', async () => {
    const error = await refusal(() =>
      json({
        entry: {
          type: 'in',
          accepted_at: '2026-11-23T14:05:11',
          parties: [{ role: 'consignor', identifier: 1234567 }],
        },
      }),
    );
    expect(error).to.have.property('faults');
    const { faults } = error as unknown as { faults: readonly { pointer: string; code: string }[] };
    expect(faults.map(({ pointer, code }) => [pointer, code])).to.have.deep.members([
      ['/entry/type', 'ENUM'],
      ['/entry/accepted_at', 'TIME_ZONE'],
      ['/entry/parties/0/identifier', 'NUMBER_AS_IDENTIFIER'],
    ]);
  });

  it('another media type is refused', async () => {
    expect(await refusalCode(() => readEntry(Buffer.from('a,b'), 'text/csv', formats))).to.equal('E_REQUEST_TYPE');
  });

  it('the schema has exactly the roles of the model', () => {
    const schema = JSON.parse(readFileSync(join(schemas, 'check-request.schema.json'), 'utf8')) as {
      properties: { role: { enum: string[] } };
    };
    expect(schema.properties.role.enum).to.have.members([...entryRoles, ...bystanderRoles]);
  });
});
