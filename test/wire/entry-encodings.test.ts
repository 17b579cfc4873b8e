/** The encodings in which declarations arrive, and where they are stated. */

import { expect } from 'chai';
import { join } from 'node:path';
import { loadEntryFormats, readEntry } from '../../gateway/wire/files/entry-formats.ts';
import { refusal } from '../support/expect-code.ts';

const formats = loadEntryFormats(join(import.meta.dirname, '../../schemas'));
const read = (bytes: Uint8Array, contentType: string) => readEntry(bytes, contentType, formats);
const declaration = (content: string) =>
  `<Declaration xmlns="urn:wco:datamodel:WCO:DEC-DMS:2"><TypeCode>IMA</TypeCode>${content}</Declaration>`;

describe('the encoding of a declaration', () => {
  const gbk = Buffer.concat([
    Buffer.from(declaration('<Exporter><Name>@</Name></Exporter>').split('@')[0] ?? ''),
    Buffer.from('b1b1bea9', 'hex'),
    Buffer.from('</Name></Exporter></Declaration>'),
  ]);
  const nameIn = (bytes: Uint8Array, contentType: string) => read(bytes, contentType).entry.parties[0]?.name;

  it('the charset parameter of the content type counts more than what the document says', () => {
    expect(nameIn(gbk, 'application/xml; charset=gbk')).to.equal('北京');
    expect(nameIn(gbk, 'text/xml;charset="GB18030"')).to.equal('北京');
    const declared = Buffer.concat([Buffer.from('<?xml version="1.0" encoding="big5"?>'), gbk]);
    expect(nameIn(declared, 'application/xml; Charset=GBK')).to.equal('北京');
  });

  it('a byte order mark counts more than both', () => {
    const text = declaration('<Exporter><Name>北京</Name></Exporter>');
    expect(nameIn(Buffer.from(`\uFEFF${text}`), 'application/xml; charset=gbk')).to.equal('北京');
    expect(nameIn(Buffer.from(`\uFEFF${text}`, 'utf16le'), 'application/xml')).to.equal('北京');
  });

  it('every encoding of the WHATWG standard is read, and the names of code pages that systems write', () => {
    const of = (encoding: string, hex: string) =>
      nameIn(
        Buffer.concat([
          Buffer.from(
            `<?xml version="1.0" encoding='${encoding}'?>${declaration('<Exporter><Name>').replace('</Declaration>', '')}`,
          ),
          Buffer.from(hex, 'hex'),
          Buffer.from('</Name></Exporter></Declaration>'),
        ]),
        'application/xml',
      );
    const names = [
      ...[of('ISO-8859-2', 'b3f3'), of('iso-8859-15', 'a4'), of('KOI8-R', 'edef'), of('windows-1250', 'b3')],
      ...[
        of('windows-1251', 'cce0'),
        of('EUC-JP', 'c5ec'),
        of('cp936', 'b1b1'),
        of('CP932', '938c'),
        of('cp949', 'b1e8'),
      ],
    ];
    expect(names).to.deep.equal(['łó', '€', 'МО', 'ł', 'Ма', '東', '北', '東', '김']);
  });

  it('a quoted charset parameter is read as a quoted string, whatever stands in another one', () => {
    for (const parameters of [
      'charset="gb\\k"',
      'x="a; charset=big5"; charset=gbk',
      'CHARSET = " gbk " ; x=1',
      'x="\\"";charset=gbk',
    ])
      expect(nameIn(gbk, `application/xml; ${parameters}`), parameters).to.equal('北京');
  });

  it('an encoding that is not supported is refused where it is stated, and bytes that are not of it where they stand', async () => {
    const text = declaration('');
    const refused = async (start: string, contentType = 'application/xml', end = '') => {
      const { code, at } = await refusal(() =>
        read(Buffer.concat([Buffer.from(start + text), Buffer.from(end, 'hex')]), contentType),
      );
      return [code, at];
    };
    const place = 'charset of the Content-Type';
    for (const name of ['utf-7', 'ebcdic-cp-us', 'x-user-defined', 'constructor', "'gbk'"])
      expect(await refused('', `text/xml; charset=${name}`), name).to.deep.equal(['E_XML_MALFORMED', place]);
    expect(await refused('<?xml version="1.0" encoding="x y"?>')).to.deep.equal(['E_XML_MALFORMED', '1:31']);
    expect(await refused('<?xml version="1.0" encoding="euc-jp"?>\n', undefined, 'ff')).to.deep.equal([
      'E_XML_MALFORMED',
      `2:${text.length + 1}`,
    ]);
  });

  it('UTF-16 without a byte order mark is known by its first character', () => {
    const wide = Buffer.from(declaration('<Exporter><Name>北京</Name></Exporter>'), 'utf16le');
    expect(nameIn(wide, 'application/xml')).to.equal('北京');
    expect(nameIn(wide.swap16(), 'application/xml; charset=utf-16')).to.equal('北京');
  });
});
