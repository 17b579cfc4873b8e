import { viewOf, writeText } from '../support/format-text.ts';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import { listFormat } from '../../gateway/adapter/format.ts';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { refusesChanges, type Change } from '../support/refused-changes.ts';
import { thrownBy } from '../support/thrown.ts';

const head =
  '1 LIST {message.id:16}{message.kind:5}{message.from:2}{message.to:2}{message.issuedAt:17|datetime:yyyyMMddHHmmssSSS}{message.nextBy:17|datetime:yyyyMMddHHmmssSSS}';
const stream =
  '2{message.position.epoch.no:0>4}{message.position.epoch.id:8}{message.position.sequence:0>6}{message.part.no?:>3}{message.part.of?:>3}{message.position.chain:64}{message.position.root:64}{message.position.count:0>6}{message.previousChain:64}';
const record =
  '3{identifier:16}{name.latin?:10}{name.local?:*>8}{ignored:3}{grade:8}{status:1|code:status}{statusSince:8|date:yyyyMMdd}{validFrom:8|date:yyyyMMdd}{validTo?:8|date:yyyyMMdd}{roles?:20|join:/}';
const departure = '4{identifier:16}{reason:16}{since:8|date:yyyyMMdd}';

function template(line = record): string {
  return [head, stream, '#each records', line, '#each departures', departure, '9'].join('\n');
}

function compile(text: string): ListFormat {
  const tables = codeTables({ status: { active: 'A', suspended: 'S' } }, () => 'adapter.yaml:1:1').tablesOn(
    '2026-01-01',
  );
  const source = { file: 'list.fixed', text, schema: '/none.json', type: 'text/plain; layout=x' };
  return listFormat(source, { tables, timeZone: 'UTC', grades: [] }, adapterTools);
}

function encode(format: ListFormat, message: ListMessage): string {
  return writeText(format, message);
}

const list = aListMessage({
  part: { no: 2, of: 11 },
  records: [
    aListRecord({
      name: { latin: ' A', local: 'b ' },
      address: {},
      roles: ['carrier', 'exporter'],
      validTo: '2028-02-29',
    }),
    aListRecord({ identifier: 'AEOCN2', name: { local: '𠮷野家' }, address: {}, roles: [], status: 'suspended' }),
  ],
  departures: [{ identifier: 'AEOCN3', reason: 'left', since: '2024-02-29' }],
});

describe('a message by a fixed-width template', () => {
  const format = compile(template());
  const text = encode(format, list);
  const lines = text.split('\r\n');

  it('what is written is read back', () => {
    expect(decodeText(format, text, adapterTools)).to.deep.equal(list);
  });

  it('values stand in their columns, filled on the side and with the sign that is shown', () => {
    expect(lines[1]).to.match(/^200015f0c2a9b000007 {2}2 11a{64}b{64}000001c{64}$/u);
    expect(lines[2]).to.equal(
      '3AEOCN4403900001  A        ******b    advancedA202405202024052020280229carrier/exporter    ',
    );
    expect(lines[3]).to.equal(
      `3AEOCN2          ${' '.repeat(10)}*****𠮷野家   advancedS2024052020240520${' '.repeat(28)}`,
    );
  });

  it('columns are counted in characters, of any script', () => {
    expect(Array.from(lines[3] ?? '').length).to.equal(Array.from(lines[2] ?? '').length);
  });

  it('a count of nought that is filled with noughts is read back', () => {
    const none = aListMessage({ position: { ...list.position, sequence: 0, count: 0 } });
    expect(decodeText(format, encode(format, none), adapterTools)).to.deep.equal(none);
  });

  it('any name is read back or refused', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 14 });
    let read = 0;
    fc.assert(
      fc.property(names, names, (latin, local) => {
        const message = aListMessage({ records: [aListRecord({ name: { latin, local }, address: {}, roles: [] })] });
        let written;
        try {
          written = encode(format, message);
        } catch (error) {
          expect(error).to.include({ code: 'E_VALUE_INVALID' });
          return;
        }
        read += 1;
        expect(decodeText(format, written, adapterTools)).to.deep.equal(message);
      }),
      { numRuns: 500, seed: 7 },
    );
    expect(read).to.be.greaterThan(50);
  });

  for (const [what, name, at] of [
    ['too long', { latin: 'ABCDEFGHIJK' }, '/records/1/name/latin'],
    ['too long in characters of two units', { local: '𠮷'.repeat(9) }, '/records/1/name/local'],
    ['that ends like its filling', { latin: 'A ' }, '/records/1/name/latin'],
    ['that begins like its filling', { local: '*b' }, '/records/1/name/local'],
    ['with a line end', { latin: 'a\nb' }, '/records/1/name/latin'],
  ] as const) {
    it(`a value ${what} is refused with the place of the record and field, and never cut`, () => {
      const error = thrownBy(() =>
        encode(format, aListMessage({ records: [aListRecord({ name: {} }), aListRecord({ name })] })),
      );
      expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', at]);
    });
  }

  it('an identifier longer than its columns is refused', () => {
    const error = thrownBy(() =>
      encode(format, aListMessage({ records: [aListRecord({ identifier: 'JP700000000000200' })] })),
    );
    expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', '/records/0/identifier']);
  });

  it('a name is cut where the template says so, and the record is seen so', () => {
    const cutting = compile(template(record.replace('{name.latin?:10}', '{name.latin?:10|trim|max:10}')));
    const long = aListRecord({ name: { latin: ' ABCDEFGHI JKLM ' }, address: {}, roles: [] });
    const message = aListMessage({ records: [long] });
    const read = decodeText(cutting, encode(cutting, message), adapterTools);
    expect(read.records[0]?.name).to.deep.equal({ latin: 'ABCDEFGHI' });
    expect(viewOf(cutting)(long)).to.deep.equal(read.records[0]);
  });

  const changes: readonly Change[] = [
    ['an unknown kind of line', '\r\n9\r\n', '\r\n7\r\n9\r\n', 'E_ELEMENT_UNKNOWN', 'line 6'],
    ['a line that is too short', '4AEOCN3 ', '4AEOCN3', 'E_VALUE_INVALID', 'line 5'],
    ['a line that lost the blanks at its end', / +\r\n4/u, '\r\n4', 'E_VALUE_INVALID', 'line 4'],
    ['a line that is too long', '\r\n9\r\n', '\r\n9 \r\n', 'E_VALUE_INVALID', 'line 6'],
    ['another fixed text', '1 LIST ', '1 LOST ', 'E_ELEMENT_UNKNOWN', 'line 1'],
    ['an unknown code', 'advancedS', 'advancedQ', 'E_CODE_UNKNOWN', 'line 4, column 47'],
    ['an empty value that must be there', '4AEOCN3', '4      ', 'E_ELEMENT_MISSING', 'line 5, column 2'],
    ['a day that does not exist', '20280229', '20280230', 'E_VALUE_INVALID', 'line 3, column 64'],
    ['a count with blanks in it', '000007  2', '00 007  2', 'E_VALUE_INVALID', 'line 2, column 14'],
    ['a missing line', /\r\n2[^\r]*/u, '', 'E_ELEMENT_MISSING', 'line 2'],
  ];
  refusesChanges(format, text, changes);
});

describe('a fixed-width template that cannot work', () => {
  const faults: readonly (readonly [what: string, text: string])[] = [
    ['has a hole without columns', template(record.replace('{grade:8}', '{grade}'))],
    ['has columns that are no number', template(record.replace('{grade:8}', '{grade:8x}'))],
    ['has a fill of two signs', template(record.replace('{grade:8}', '{grade:00>8}'))],
    ['has an open brace', template(record.replace('{grade:8}', '{grade:8'))],
    ['fills with 0 where a count may be absent', template().replace('{message.part.no?:>3}', '{message.part.no?:0>3}')],
    ['begins two kinds of line alike', template().replace('\n9', '\n3x')],
    ['begins a repeated line with a value', template(record.slice(1))],
    ['holds a control character', template(`${record}\t`)],
  ];
  for (const [what, text] of faults) {
    it(`${what}: E_ADAPTER_INVALID with its line`, () => {
      expect(text).to.not.equal(template());
      const error = thrownBy(() => compile(text));
      expect(error.code).to.equal('E_ADAPTER_INVALID');
      expect(error.at).to.match(/^list\.fixed:\d+:1$/u);
    });
  }
});
