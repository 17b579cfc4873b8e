import { decodedMessage, writeText } from '../support/format-text.ts';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ListFormat } from '../../gateway/adapter/adapter.ts';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { listFormat } from '../../gateway/adapter/format.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { aListMessage, aListRecord } from '../support/messages.ts';
import { refusesChanges, type Change } from '../support/refused-changes.ts';
import { thrownBy } from '../support/thrown.ts';

const head = [
  'HDR,"a ""list"", full",{message.id},{message.kind},{message.from},{message.to},{message.issuedAt},{message.nextBy}',
  'STR,{message.position.epoch.no},{message.position.epoch.id},{message.position.sequence},{message.position.chain},{message.position.root},{message.position.count},{message.previousChain}',
];
const record =
  'AEO,{identifier},{name.latin?},{name.local?},{ignored},{grade},{status|code:status},{statusSince},{validFrom|date:dd/MM/yyyy},{validTo?},{roles|join:;}';
const departure = 'DEL,{identifier},{reason},{since}';

interface Parts {
  readonly record?: string;
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

function template({ record: line = record, before = [], after = ['END'] }: Parts = {}): string {
  return [...before, ...head, '#each records', line, '#each departures', departure, ...after, ''].join('\n');
}

function compile(text: string): ListFormat {
  const tables = codeTables({ status: { active: 'A', suspended: 'S' } }, () => 'adapter.yaml:1:1').tablesOn(
    '2026-01-01',
  );
  const source = { file: 'list.csv', text, schema: '/none.json', type: 'text/csv; layout=x' };
  return listFormat(source, { tables, timeZone: 'UTC', grades: [] }, adapterTools);
}

function encode(format: ListFormat, message: ListMessage): string {
  return writeText(format, message);
}

const list = aListMessage({
  records: [
    aListRecord({
      name: { latin: 'A, "B"', local: '"' },
      address: {},
      roles: ['carrier', 'exporter'],
      validTo: '2028-02-29',
    }),
    aListRecord({ identifier: 'AEOCN2', name: {}, address: {}, roles: [], status: 'suspended' }),
  ],
  departures: [{ identifier: 'AEOCN3', reason: 'left', since: '2024-02-29' }],
});

describe('a message by a CSV template', () => {
  const format = compile(template({ before: ['# a comment', '#'] }));
  const text = encode(format, list);
  const lines = text.split('\r\n');

  it('what is written is read back', () => {
    expect(decodeText(format, text, adapterTools)).to.deep.equal(list);
  });

  it('cells stand as RFC 4180 has them, absent values empty, lines ended by CR LF', () => {
    expect(lines[0]).to.match(/^HDR,"a ""list"", full",m-/u);
    expect(lines[2])
      .to.include(',"A, ""B""","""",,advanced,A,')
      .and.to.match(/,20\/05\/2024,2028-02-29,carrier;exporter$/u);
    expect(lines[3])
      .to.include('AEOCN2,,,,advanced,S,')
      .and.to.match(/,20\/05\/2024,,$/u);
    expect(lines.slice(-2)).to.deep.equal(['END', '']);
  });

  it('is a text of the type that names its layout', () => {
    expect([format.format, format.type, format.decoder().format]).to.deep.equal(['text', 'text/csv; layout=x', 'text']);
  });

  it('a cell that is dropped is written empty and read whatever it holds', () => {
    const changed = text.replace('"""",,advanced', '"""",old,advanced');
    expect(changed).to.not.equal(text);
    expect(decodeText(format, changed, adapterTools)).to.deep.equal(list);
  });

  it('a list without operators has no such lines', () => {
    const empty = aListMessage();
    const written = encode(format, empty);
    expect(written).to.not.include('AEO,');
    expect(decodeText(format, written, adapterTools)).to.deep.equal(empty);
  });

  it('any name that a line can carry is read back', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const carried = names.filter((name) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff]/u.test(name));
    fc.assert(
      fc.property(carried, carried, (latin, local) => {
        const message = aListMessage({ records: [aListRecord({ name: { latin, local }, address: {}, roles: [] })] });
        expect(decodeText(format, encode(format, message), adapterTools)).to.deep.equal(message);
      }),
    );
  });

  for (const [what, latin] of [
    ['a line end', 'a\r\nb'],
    ['a tab', 'a\tb'],
    ['a line separator', 'a\u2028b'],
    ['half a character', '\ud800'],
  ] as const) {
    it(`${what} in a value is refused with the place of the record and field`, () => {
      const error = thrownBy(() =>
        encode(format, aListMessage({ records: [aListRecord(), aListRecord({ name: { latin } })] })),
      );
      expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', '/records/1/name/latin']);
    });
  }

  describe('with tabs between its cells', () => {
    const tabbed = compile(
      template({ before: ['#separator \\t'] })
        .replace('list"", full', 'list""')
        .replaceAll(',', '\t'),
    );
    const written = encode(tabbed, list);

    it('is read back, and holds no comma between cells', () => {
      expect(written.split('\r\n')[3]).to.include('AEOCN2\t\t\t\tadvanced\tS\t');
      expect(decodeText(tabbed, written, adapterTools)).to.deep.equal(list);
    });

    it('a tab in a value is refused, written and read', () => {
      const named = aListMessage({ records: [aListRecord({ name: { latin: 'a\tb' } })] });
      expect(thrownBy(() => encode(tabbed, named)).code).to.equal('E_VALUE_INVALID');
      const quoted = written.replace('AEOCN2', '"AEO\tCN2"');
      const error = thrownBy(() => decodeText(tabbed, quoted, adapterTools));
      expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', 'line 4']);
    });
  });

  it('a tab in a line whose cells have another separator is refused', () => {
    const error = thrownBy(() => decodeText(format, text.replace('AEOCN2', 'AEO\tCN2'), adapterTools));
    expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', 'line 4']);
  });

  it('one line of a text is written where the loss is declared, and the record is seen so', () => {
    const lossy = compile(template({ record: record.replace('{name.latin?}', '{name.latin?|oneLine}') }));
    const message = aListMessage({ records: [aListRecord({ name: { latin: ' a\r\n\tb ' }, address: {}, roles: [] })] });
    const read = decodeText(lossy, encode(lossy, message), adapterTools);
    expect(read.records[0]?.name).to.deep.equal({ latin: 'a b' });
    expect(decodedMessage(lossy, message)).to.deep.equal(read);
  });

  const changes: readonly Change[] = [
    ['an unknown kind of line', 'END', 'XXX,1\r\nEND', 'E_ELEMENT_UNKNOWN', 'line 6'],
    ['a line after the last', 'END\r\n', 'END\r\nEND\r\n', 'E_ELEMENT_UNKNOWN', 'line 7'],
    ['a missing line', /STR,[^\r]*\r\n/u, '', 'E_ELEMENT_MISSING', 'line 2'],
    ['a missing last line', 'END\r\n', '', 'E_ELEMENT_MISSING', 'line 6'],
    ['lines in another order', /^(HDR[^\r]*\r\n)(STR[^\r]*\r\n)/u, '$2$1', 'E_ELEMENT_MISSING', 'line 1'],
    ['an operator behind the departures', 'END', 'AEO,X\r\nEND', 'E_ELEMENT_UNKNOWN', 'line 6'],
    ['a cell too many', 'DEL,AEOCN3', 'DEL,AEOCN3,', 'E_VALUE_INVALID', 'line 5'],
    ['a cell too few', ',left,', ',', 'E_VALUE_INVALID', 'line 5'],
    ['an empty value that must be there', 'AEO,AEOCN2,', 'AEO,,', 'E_ELEMENT_MISSING', 'line 4, cell 2'],
    ['an unknown code', ',S,', ',Q,', 'E_CODE_UNKNOWN', 'line 4, cell 7'],
    ['an unknown role', 'carrier;exporter', 'exporter;pilot', 'E_CODE_UNKNOWN', 'line 3, cell 11'],
    ['an empty role', 'carrier;exporter', 'exporter;', 'E_CODE_UNKNOWN', 'line 3, cell 11'],
    ['a day that does not exist', ',20/05/2024,2028', ',30/02/2024,2028', 'E_VALUE_INVALID', 'line 3, cell 9'],
    ['another fixed text', 'a ""list""', 'a ""lost""', 'E_VALUE_INVALID', 'line 1, cell 2'],
    ['a quote that is not closed', 'DEL,AEOCN3', 'DEL,"AEOCN3', 'E_VALUE_INVALID', 'line 5'],
    ['a quote inside a bare cell', 'DEL,AEOCN3', 'DEL,AEO"CN3', 'E_VALUE_INVALID', 'line 5'],
    ['a sign behind a closing quote', 'DEL,AEOCN3,left', 'DEL,"AEOCN3"xleft', 'E_VALUE_INVALID', 'line 5'],
    ['a count that is none', 'STR,1,', 'STR,01,', 'E_VALUE_INVALID', 'line 2, cell 2'],
  ];
  refusesChanges(format, text, changes);

  it('a kind of line that is quoted is the same kind', () => {
    expect(decodeText(format, text.replace('DEL,', '"DEL",'), adapterTools)).to.deep.equal(list);
  });

  it('kinds of line that are to be ignored are dropped wherever they stand', () => {
    const lenient = compile(template({ before: ['#ignore', 'NOTE'] }));
    const noted = `NOTE,"any, thing\r\n${text}NOTE\r\n`.replace('DEL,', 'NOTE\r\nDEL,').replace('"any, thing', 'any');
    expect(decodeText(lenient, noted, adapterTools)).to.deep.equal(list);
  });

  it('another separator stands between cells, and roles may stand between commas', () => {
    const semicolons = `#separator ;\n${template({ record: record.replace('join:;', 'join:,') }).replaceAll(
      /^(?!#).*$/gmu,
      (line) => line.replaceAll(',', ';').replace('join:;', 'join:,'),
    )}`;
    const other = compile(semicolons);
    const written = encode(other, list);
    expect(written).to.include(';carrier,exporter\r\n').and.to.include(';A, "B"'.replace('A, "B"', '"A, ""B"""'));
    expect(decodeText(other, written, adapterTools)).to.deep.equal(list);
  });
});

describe('a CSV template that cannot work', () => {
  const faults: readonly (readonly [what: string, text: string, at: string])[] = [
    ['names a value there is not', template({ record: record.replace('{grade}', '{colour}') }), 'list.csv:4:1'],
    ['names a list there is not', template().replace('#each records', '#each operators'), 'list.csv:4:1'],
    ['shows a list as a value', template({ record: record.replace('{roles|join:;}', '{roles}') }), 'list.csv:4:1'],
    ['joins what is no list', template({ record: record.replace('{grade}', '{grade|join:;}') }), 'list.csv:4:1'],
    ['has a directive there is not', template({ before: ['#if x'] }), 'list.csv:1:1'],
    ['has a separator of two signs', template({ before: ['#separator ;;'] }), 'list.csv:1:1'],
    ['begins a repeated line with a value', template({ record: record.replace('AEO,', '') }), 'list.csv:4:1'],
    ['begins two kinds of line alike', template({ record: record.replace('AEO,', 'DEL,') }), 'list.csv:4:1'],
    [
      'begins a line behind a repeated one with a value',
      template({ after: ['{message.part.no?},{message.part.of?}'] }),
      'list.csv:7:1',
    ],
    ['drops a line that begins with a value', template({ before: ['#ignore', '{ignored},x'] }), 'list.csv:2:1'],
    ['leaves a quote open', template({ before: ['"x'] }), 'list.csv:1:1'],
    ['leaves a brace open', template({ record: record.replace('{grade}', '{grade') }), 'list.csv:4:1'],
    ['shows one half of the part', template({ before: ['P,{message.part.no?}'] }), 'list.csv'],
    [
      'leaves out what is needed to read it',
      template({ record: record.replace('{grade}', '{ignored}') }),
      'list.csv:4:1',
    ],
    ['is empty', '# nothing\n', 'list.csv'],
  ];
  for (const [what, text, at] of faults) {
    it(`${what}: E_ADAPTER_INVALID with its place`, () => {
      const error = thrownBy(() => compile(text));
      expect([error.code, error.at]).to.deep.equal(['E_ADAPTER_INVALID', at]);
    });
  }

  it('without a media type is E_ADAPTER_INVALID', () => {
    const context = { tables: new Map(), timeZone: 'UTC', grades: [] };
    const error = thrownBy(() =>
      listFormat({ file: 'list.csv', text: template(), schema: '/none.json' }, context, adapterTools),
    );
    expect(error.code).to.equal('E_ADAPTER_INVALID');
  });
});
