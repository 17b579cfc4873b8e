import { expect } from 'chai';
import { decodeText, decodedMessage, encodeText } from '../../gateway/adapter/check/message-text.ts';
import { messageFormat } from '../../gateway/adapter/format.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import { acknowledgementFields, replyFields } from '../../gateway/adapter/template/message-fields.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { thrownBy } from '../support/thrown.ts';
import { refusesChanges } from '../support/refused-changes.ts';
import {
  compileWords as compile,
  examples,
  first,
  lines,
  list,
  operator,
  read,
  second,
} from '../support/word-templates.ts';

describe('a list of plain rows as docs/templates.md shows it', () => {
  const [, template = '', message = ''] = examples('CSV');
  const format = compile('list.csv', template);

  it('is read with its columns in another order and with blank lines', () => {
    expect(read(format, message).records).to.deep.equal([first, second]);
  });

  it('is written in the order of the template, with LF, and read back', () => {
    const text = encodeText(format, list);
    expect(text.split('\n')).to.deep.equal([
      'No;Code;Name;Status;Since',
      '1;AEOXB1;가나 물산;A;20.05.2024',
      '2;AEOXB2;"Ocean; Sons";S;01.02.2025',
      'TOTAL;2',
      '',
    ]);
    expect(read(format, text)).to.deep.equal(decodedMessage(format, list));
  });

  it('may have no operators', () => {
    expect(read(format, 'No;Code;Name;Status;Since\nTOTAL;0\n').records).to.deep.equal([]);
  });

  it('reads a row that begins like the last line as a row', () => {
    const odd = compile(
      'list.csv',
      template.replace('{#};{identifier}', '{identifier};{#}').replace('No;Code', 'Code;No'),
    );
    const records = [operator('TOTAL', 'x'), first];
    expect(read(odd, encodeText(odd, { ...list, records })).records).to.deep.equal(records);
  });

  refusesChanges(format, message, [
    ['a missing title', ';Since;', ';', 'E_ELEMENT_MISSING', 'line 1'],
    ['another title', ';Since;', ';From;', 'E_ELEMENT_MISSING', 'line 1'],
    ['a title that stands twice', ';Status\n', ';Status;Name\n', 'E_ELEMENT_UNKNOWN', 'line 1, cell 6'],
    ['an unknown column', ';Status\n', ';Status;Fax\n', 'E_ELEMENT_UNKNOWN', 'line 1, cell 6'],
    ['a row without a cell', '1;20.05.2024;A', '1;20.05.2024', 'E_VALUE_INVALID', 'line 2'],
    ['an empty value, at its own cell', 'AEOXB1;가나 물산', ';가나 물산', 'E_ELEMENT_MISSING', 'line 2, cell 1'],
    ['a bad day, at its own cell', '20.05.2024', '31.02.2024', 'E_VALUE_INVALID', 'line 2, cell 4'],
    ['another number of a row', ';1;', ';7;', 'E_VALUE_INVALID', 'line 2, cell 3'],
    ['a count of more rows than there are', 'TOTAL;2', 'TOTAL;3', 'E_VALUE_INVALID', 'line 5, cell 2'],
    ['a missing row', /^AEOXB2.*\n/mu, '', 'E_VALUE_INVALID', 'line 4, cell 2'],
    ['a missing last line', /^TOTAL.*\n/mu, '', 'E_ELEMENT_MISSING', 'line 4'],
    ['a line after the last', 'TOTAL;2\n', 'TOTAL;2\nAEOXB4;x;3;20.05.2024;A\n', 'E_VALUE_INVALID', 'line 5'],
    ['CR LF where LF was agreed', /\n/gu, '\r\n', 'E_TEXT_MALFORMED', '1:26'],
    ['no line at all', /[\s\S]*/u, '\n\n', 'E_ELEMENT_MISSING', 'line 3'],
  ]);
});

describe('directives of lines', () => {
  const row = '{identifier};{name.local?};{status|code:status};{statusSince}';
  const plain = ['#separator ;', '#each records plain', row];

  it('#header is a line of titles that stands just so, in CSV and fixed width', () => {
    const csv = compile('list.csv', lines('#separator ;', '#header', 'Code;Name;Status;Since', ...plain.slice(1)));
    const text = encodeText(csv, list);
    expect(read(csv, text).records).to.deep.equal([first, second]);
    const error = thrownBy(() => read(csv, text.replace('Code;Name', 'Name;Code')));
    expect([error.code, error.at]).to.deep.equal(['E_ELEMENT_UNKNOWN', 'line 1']);
    const columns = '{identifier:10}{name.local?:14}{status:1|code:status}{statusSince:10}';
    const fixed = compile(
      'list.fixed',
      lines('#header', 'Code      Name          SSince     ', '#each records plain', columns),
    );
    expect(read(fixed, encodeText(fixed, list)).records).to.deep.equal([first, second]);
    for (const titles of ['{identifier};Name;Status;Since', ';;;{ignored}'])
      expect(
        thrownBy(() => compile('list.csv', lines('#separator ;', '#header', titles, ...plain.slice(1)))).code,
      ).to.equal('E_ADAPTER_INVALID');
  });

  it('without #blank a blank line is refused', () => {
    const format = compile('list.csv', lines(...plain));
    const error = thrownBy(() => read(format, 'AEOXB1;x;A;2024-05-20\r\n\r\n'));
    expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', 'line 2']);
  });

  describe('#quote none', () => {
    const format = compile('list.csv', lines('#quote none', ...plain));

    it('writes and reads quotes as any other sign', () => {
      const quoted = { ...list, records: [operator('AEOXB1', '"A" & B"')] };
      expect(encodeText(format, quoted)).to.equal('AEOXB1;"A" & B";A;2024-05-20\r\n');
      expect(read(format, encodeText(format, quoted)).records).to.deep.equal(quoted.records);
    });

    it('a value with the separator is refused with its place', () => {
      const error = thrownBy(() => encodeText(format, list));
      expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', '/records/1/name/local']);
    });
  });

  it('a line before plain rows stands as it is agreed, and rows may be of fixed width', () => {
    const format = compile(
      'list.fixed',
      lines(
        'AEO LIST',
        '#each records plain',
        '{#:0>3}{identifier:8}{name.local?:12}{status:1|code:status}{statusSince:10}',
        '#last',
        '{count:records:0>6}{count:lines:0>4}',
      ),
    );
    const text = encodeText(format, { ...list, records: [first] });
    expect(text.split('\r\n')).to.deep.equal(['AEO LIST', '001AEOXB1  가나 물산       A2024-05-20', '0000010003', '']);
    expect(read(format, text).records).to.deep.equal([first]);
    const error = thrownBy(() => read(format, text.replace('0003', '0004')));
    expect([error.code, error.at]).to.deep.equal(['E_VALUE_INVALID', 'line 3, column 7']);
  });

  const faults: readonly (readonly [what: string, text: string])[] = [
    [
      'plain rows beside another repeated line',
      lines(...plain, '#each departures', 'DEL;{identifier};{reason};{since}'),
    ],
    ['plain rows with ignored lines', lines('#ignore', 'NOTE', ...plain)],
    ['a line after plain rows without #last', lines(...plain, 'END')],
    ['two lines after plain rows', lines(...plain, 'END', '#last', 'END2')],
    [
      'a last line that could be a row',
      lines(...plain, '#last', '{count:records};{count:lines};{message.part.no?};{message.part.of?}'),
    ],
    ['#last before another line', lines('#last', 'HDR', ...plain)],
    ['#last before rows', lines('#separator ;', '#last', '#each records plain', row)],
    ['#header any before no rows', lines('#separator ;', '#header any', 'a;b;c;d', 'HDR', '#each records plain', row)],
    ['#header any with a title too few', lines('#separator ;', '#header any', 'a;b;c', '#each records plain', row)],
    ['#header any with a title twice', lines('#separator ;', '#header any', 'a;b;c;a', '#each records plain', row)],
    [
      '#header any with a value for a title',
      lines('#separator ;', '#header any', 'a;b;c;{count:lines}', '#each records plain', row),
    ],
    ['#blank with a line that may be blank', lines('#blank', '{message.part.no?}', '{message.part.of?}', ...plain)],
    ['#ends with another end', lines('#ends cr', ...plain)],
    ['#quote with a sign', lines("#quote '", ...plain)],
  ];
  for (const [what, text] of faults) {
    it(`${what}: E_ADAPTER_INVALID`, () => {
      expect(thrownBy(() => compile('list.csv', text)).code).to.equal('E_ADAPTER_INVALID');
    });
  }

  it('#header any and #quote are for CSV only: E_ADAPTER_INVALID', () => {
    const fixed = '{identifier:8}{status:1|code:status}{statusSince:10}';
    for (const text of [
      lines('#quote none', '#each records plain', fixed),
      lines('#header any', 'TITLE', '#each records plain', fixed),
    ])
      expect(thrownBy(() => compile('list.fixed', text)).code).to.equal('E_ADAPTER_INVALID');
  });
});

describe('results and acknowledgements as rows', () => {
  const tables = codeTables(
    {
      verdict: { applied: 'OK', held: 'WAIT', rejected: 'NO', duplicate: 'DUP', busy: 'BUSY' },
      fault: { text_forbidden: 'T', else: { write: 'X', read: 'identifier_malformed' } },
    },
    () => 'adapter.yaml:1:1',
  ).tablesOn('2026-01-01');
  const context = { tables, timeZone: 'UTC', grades: [] };
  const csv = (text: string) => ({ file: 'x.csv', text, schema: '/none.json', type: 'text/csv; layout=x' });

  it('an acknowledgement is one row under titles', () => {
    const text = lines(
      '#header',
      'List,Verdict,Taken,Why',
      '{ack.subject?},{ack.verdict|code:verdict},{ack.taken?},{ack.detail?}',
    );
    const format = messageFormat(csv(text), acknowledgementFields, context, adapterTools);
    const ack = { subject: 'XB-1', verdict: 'held' as const, detail: 'too many, 9' };
    const written = encodeText(format, ack);
    expect(written).to.equal('List,Verdict,Taken,Why\r\nXB-1,WAIT,,"too many, 9"\r\n');
    expect(decodeText(format, written, adapterTools)).to.deep.equal(ack);
  });

  it('results are rows with their numbers, between the message that they answer and their count', () => {
    const text = lines(
      'LIST,{message.subject},{message.id},{message.from},{message.to},{message.issuedAt}',
      '#header any',
      'No,Operator,Code,Text',
      '#each results plain',
      '{#},{identifier},{code|code:fault},{detail}',
      '#last',
      'END,{message.taken},{message.refused},{count:results}',
    );
    const format = messageFormat(csv(text), replyFields, context, adapterTools);
    const results = [{ identifier: 'AEOXB1', code: 'text_forbidden' as const, detail: 'a "mark"' }];
    const about = {
      from: 'XB',
      to: 'CN',
      issuedAt: '2026-01-01T00:00:00.000Z',
      subject: 'CN-XB-1',
      taken: 4,
      refused: 1,
    };
    const reply = { id: 'R1', ...about, results };
    const written = encodeText(format, reply);
    expect(decodeText(format, written, adapterTools)).to.deep.equal(reply);
    const turned = written.replace('No,Operator', 'Operator,No').replace('1,AEOXB1', 'AEOXB1,1');
    expect(decodeText(format, turned, adapterTools)).to.deep.equal(reply);
    expect(thrownBy(() => decodeText(format, written.replace('4,1,1', '4,1,2'), adapterTools)).at).to.equal(
      'line 4, cell 4',
    );
  });
});
