/** Operators that left, in rows or elements like those of the others, with a code of their own where those have their state. */

import { expect } from 'chai';
import { encodeText } from '../../gateway/adapter/check/message-text.ts';
import { thrownBy } from '../support/thrown.ts';
import { compileWords, departure, first, lines, list, read, second } from '../support/word-templates.ts';

const xml = (records: string, departures: string): string =>
  `<L xmlns="urn:x" xmlns:t="urn:mra:template" Id="x"><N>{count:records+departures}</N><B>${records}${departures}</B></L>`;

/** Template, and a text in it that stands for the code with which the departed one is shown. */
const formats: readonly (readonly [what: string, name: string, template: string, code: string])[] = [
  [
    'list.csv under titles in any order',
    'list.csv',
    lines(
      '#header any',
      'No,Code,State,Day',
      '#each records plain',
      '{#},{identifier},{status|code:status},{statusSince}',
      '#each departures plain',
      '{#},{identifier},{reason|code:reason},{since}',
      '#last',
      'TOTAL,{count:records+departures}',
    ),
    'L,',
  ],
  [
    'list.csv with a kind',
    'list.csv',
    lines(
      'HDR,{count:lines}',
      '#each records',
      'AEO,{identifier},{status|code:status},{statusSince}',
      '#each departures',
      'AEO,{identifier},{reason|code:reason},{since}',
      'END',
    ),
    'L,',
  ],
  [
    'list.fixed',
    'list.fixed',
    lines(
      '#each records plain',
      '{identifier:10}{status:1|code:status}{statusSince:10}{#:0>3}',
      '#each departures plain',
      '{identifier:10}{reason:1|code:reason}{since:10}{#:0>3}',
    ),
    'L2025',
  ],
  [
    'list.xlsx.csv',
    'list.xlsx.csv',
    lines(
      '#sheet AEO',
      '#each records plain',
      '{#|number},{identifier},{status|code:status},{statusSince|date:excel}',
      '#each departures plain',
      '{#|number},{identifier},{reason|code:reason},{since|date:excel}',
    ),
    '"L"',
  ],
  [
    'list.xml by an element',
    'list.xml',
    xml(
      '<O t:each="records" no="{#}"><I>{identifier}</I><X><S>{status|code:status}</S></X><D>{statusSince}</D></O>',
      '<O t:each="departures" no="{#}"><I>{identifier}</I><X><S>{reason|code:reason}</S></X><D>{since}</D></O>',
    ),
    '>L<',
  ],
  [
    'list.xml by an attribute',
    'list.xml',
    xml(
      '<O t:each="records"><I no="{#}">{identifier}</I><S t="x" c="{status|code:status}">{statusSince}</S></O>',
      '<O t:each="departures"><I no="{#}">{identifier}</I><S c="{reason|code:reason}">{since}</S></O>',
    ),
    '"L"',
  ],
];

describe('operators that left among the others', () => {
  const message = { ...list, departures: [departure, { ...departure, identifier: 'AEOXB4' }] };
  const bare = [first, second].map((record) => ({ ...record, name: {} }));
  for (const [what, name, template, code] of formats) {
    const format = compileWords(name, template);
    const records = bare;

    it(`are written and read back in ${what}, in any order, also alone`, () => {
      const text = encodeText(format, message);
      expect(read(format, text)).to.deep.include({ records, departures: message.departures });
      const rows = name === 'list.xml' ? /<O[ >].*?<\/O>\n?/gsu : /^.*AEOXB.*\r?\n/gmu;
      const found = text.match(rows) ?? [];
      expect(found).to.have.length(4);
      // Numbers of rows stay in their order.
      const numbers = /(?<=no=")\d|^\d(?=,)|\d\d\d(?=\r?\n)/gmu;
      const turned = found
        .toReversed()
        .map((row, i) => row.replace(numbers, (no) => String(i + 1).padStart(no.length, '0')));
      let at = 0;
      const other = text.replaceAll(rows, () => turned[at++] ?? '');
      const backwards = { records: records.toReversed(), departures: message.departures.toReversed() };
      expect(read(format, other)).to.deep.include(backwards);
      const alone = { ...message, records: [] };
      expect(read(format, encodeText(format, alone)).departures).to.deep.equal(message.departures);
      expect(read(format, encodeText(format, { ...message, departures: [] })).departures).to.deep.equal([]);
    });

    it(`with a code that is no reason to leave are refused as a state in ${what}`, () => {
      const text = encodeText(format, { ...message, departures: [departure] }).replace(code, code.replace('L', 'Q'));
      expect(thrownBy(() => read(format, text)).code).to.equal('E_CODE_UNKNOWN');
    });
  }

  it('that no code tells from the others are E_ADAPTER_INVALID', () => {
    const csv = ['#each records plain', '{identifier},{status|code:status},{statusSince}', '#each departures plain'];
    for (const [name, template] of [
      ['list.csv', lines(...csv, '{identifier},{since},{reason|code:reason}')],
      ['list.csv', lines(...csv, '{identifier},{reason|code:reason}')],
      ['list.csv', lines(...csv, '{identifier},{reason|code:same},{since}')],
      [
        'list.xml',
        xml(
          '<O t:each="records"><I>{identifier}</I><S>{status|code:status}</S><D>{statusSince}</D></O>',
          '<O t:each="departures"><I>{identifier}</I><R>{reason|code:reason}</R><D>{since}</D></O>',
        ),
      ],
    ] as const)
      expect(thrownBy(() => compileWords(name, template)).code, template).to.equal('E_ADAPTER_INVALID');
  });
});
