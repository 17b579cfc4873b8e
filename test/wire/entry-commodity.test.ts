/** The code of the goods, by which entries are compared: of the first item that has one, in each format. */

import { join } from 'node:path';
import { expect } from 'chai';
import { loadEntryFormats, readEntry } from '../../gateway/wire/files/entry-formats.ts';

const formats = loadEntryFormats(join(import.meta.dirname, '../../schemas'));

function commodity(text: string, contentType = 'application/xml'): string | undefined {
  return readEntry(Buffer.from(text), contentType, formats, { profile: undefined, timeZone: 'UTC' }).entry.commodity;
}
const classification = (...codes: readonly string[]): string =>
  `<GovernmentAgencyGoodsItem><Commodity>${codes.map((code) => `<Classification><ID>${code}</ID></Classification>`).join('')}</Commodity></GovernmentAgencyGoodsItem>`;
const declaration = (items: string): string =>
  `<Declaration xmlns="urn:wco:datamodel:WCO:DEC-DMS:2"><TypeCode>IM</TypeCode><GoodsShipment>${items}</GoodsShipment></Declaration>`;

describe('the code of the goods', () => {
  for (const [what, text, code] of [
    ['beside additional codes', declaration(classification('VATZ', '00', '16042040', '84713000')), '16042040'],
    [
      'of the second item where the first has none',
      declaration(classification('') + classification('8471.30 00')),
      '84713000',
    ],
    ['absent where no item has one', declaration(classification('TRC')), undefined],
    [
      'of a single-window declaration',
      '<DecMessage xmlns="http://www.chinaport.gov.cn/dec"><DecHead><IEFlag>I</IEFlag></DecHead><DecLists><DecList><CodeTS>8517130000</CodeTS></DecList></DecLists></DecMessage>',
      '8517130000',
    ],
    [
      'of a declaration whose values are in elements of their own',
      '<Declaration xmlns="urn:WCOLibraryE7TAXUDEUCDM52public"><procedureCategory><Identifier.Content>H1</Identifier.Content></procedureCategory><GoodsShipment><GovernmentAgencyGoodsItem><Commodity><Classification><identification><Identifier.Content>85171300</Identifier.Content></identification></Classification></Commodity></GovernmentAgencyGoodsItem></GoodsShipment></Declaration>',
      '85171300',
    ],
  ] as const)
    it(`is read ${what}`, () => {
      expect(commodity(text)).to.equal(code);
    });

  it('is read from JSON, where it has at least the digits of the chapter', () => {
    const json = (code: string): string => JSON.stringify({ entry: { type: 'import', commodity: code, parties: [] } });
    expect(commodity(json('85'), 'application/json')).to.equal('85');
    expect(() => commodity(json('8x'), 'application/json')).to.throw();
  });
});
