import { expect } from 'chai';
import { decodedMessage, decodeText, encodeText } from '../../gateway/adapter/check/message-text.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { refusesChanges } from '../support/refused-changes.ts';
import { thrownBy } from '../support/thrown.ts';
import { compileWords, examples, first, lines, list, operator, read, second } from '../support/word-templates.ts';

describe('a list that is a workbook, as docs/templates.md shows it', () => {
  const [template = '', message = ''] = examples('Workbooks');
  const format = compileWords('list.xlsx.csv', template);

  it('is written as lines that show texts, numbers and days, and read back', () => {
    expect(encodeText(format, list)).to.equal(message.replaceAll('\n', '\r\n'));
    expect(read(format, encodeText(format, list))).to.deep.equal(decodedMessage(format, list));
    expect(format.lines).to.deep.equal({ ends: '\r\n', sheet: 'AEO' });
  });

  it('is read with its columns in another order, blank rows, and cells missing at the end of a row', () => {
    const turned = ['"Code","No","Status","Since","Name"', '"AEOXB1",1,"A",2024-05-20', '', '"TOTAL",1', ''].join(
      '\r\n',
    );
    const trailer = turned.replace('"TOTAL",1', '"TOTAL",1,,');
    for (const text of [turned, trailer]) expect(read(format, text).records).to.deep.equal([{ ...first, name: {} }]);
  });

  it('keeps texts that look like numbers, formulas or quotation marks', () => {
    const records = ['0012', '9,1', '=1+1', '"A" & "B"', "'x", ' a '].map((name, i) => operator(`00${i}`, name));
    expect(read(format, encodeText(format, { ...list, records })).records).to.deep.equal(records);
  });

  refusesChanges(format, message.replaceAll('\n', '\r\n'), [
    ['an identifier in a number cell', '"AEOXB1"', '4403131697', 'E_VALUE_INVALID', 'B2'],
    ['a code that became a day', '"A"', '2024-05-20', 'E_VALUE_INVALID', 'D2'],
    ['a day in a text cell', '2024-05-20', '"2024-05-20"', 'E_VALUE_INVALID', 'E2'],
    ['a number in place of a day', '2024-05-20', '45432', 'E_VALUE_INVALID', 'E2'],
    ['a day with a time', '2024-05-20', '2024-05-20T12:00:00', 'E_VALUE_INVALID', 'E2'],
    ['a count in a text cell', '"TOTAL",2', '"TOTAL","2"', 'E_VALUE_INVALID', 'B4'],
    ['another count', '"TOTAL",2', '"TOTAL",3', 'E_VALUE_INVALID', 'B4'],
    ['a cell beyond the columns', '"S",2025-02-01', '"S",2025-02-01,"x"', 'E_VALUE_INVALID', 'row 3'],
    ['a missing identifier', '"AEOXB2"', '', 'E_ELEMENT_MISSING', 'B3'],
    ['an unknown title', '"Since"', '"Since","Fax"', 'E_ELEMENT_UNKNOWN', 'F1'],
  ]);

  it('a list with several faulty rows names each of them, and the first one as its error', () => {
    const faulty = message.replace('"A"', '"?"').replace(/(\n2,)"\w+"/u, '$1');
    const { code, at, items } = thrownBy(() => decodeText(format, faulty.replaceAll('\n', '\r\n'), adapterTools));
    expect([code, at]).to.deep.equal(['E_CODE_UNKNOWN', 'D2']);
    expect(items.map(({ item, fault }) => [item, fault.code, fault.at])).to.deep.equal([
      [1, 'E_CODE_UNKNOWN', 'D2'],
      [2, 'E_ELEMENT_MISSING', 'B3'],
    ]);
  });

  it('refuses values that a cell cannot hold, with their place', () => {
    for (const record of [
      operator('AEOXB1', 'x'.repeat(32_768)),
      operator('AEOXB1', 'x', { statusSince: '1899-12-31', validFrom: '1899-12-31' }),
      operator('AEOXB1', 'a\nb'),
    ]) {
      const error = thrownBy(() => encodeText(format, { ...list, records: [second, record] }));
      expect([error.code, error.at?.startsWith('/records/1/')]).to.deep.equal(['E_VALUE_INVALID', true]);
    }
  });

  for (const [what, name, text] of [
    ['no sheet', 'list.xlsx.csv', template.replace('#sheet AEO\n', '')],
    ['a name that no sheet may have', 'list.xlsx.csv', template.replace('#sheet AEO', '#sheet A/B')],
    ['a separator of its own', 'list.xlsx.csv', lines('#separator ;', template)],
    ['cells without quotation marks', 'list.xlsx.csv', lines('#quote none', template)],
    [
      'a day of a spreadsheet where none is',
      'list.xlsx.csv',
      template.replace('{identifier}', '{identifier|date:excel}'),
    ],
    ['a sheet in CSV', 'list.csv', template.replace('{statusSince|date:excel}', '{statusSince}')],
    ['a day of a spreadsheet in CSV', 'list.csv', template.replace('#sheet AEO\n', '')],
  ] as const)
    it(`${what}: E_ADAPTER_INVALID`, () => {
      expect(thrownBy(() => compileWords(name, text)).code).to.equal('E_ADAPTER_INVALID');
    });
});
