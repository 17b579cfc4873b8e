/** Simple types against libxml2 as the oracle: patterns, built-in types and bounds. */

import { expect } from 'chai';
import { seededRandom, type SeededRandom } from '../../gateway/model/seeded-random.ts';
import { acceptorOf } from '../../gateway/wire/xsd/acceptor.ts';
import { isAccepted, isValid, judgeOf, root } from '../support/xsd-judges.ts';

/** Patterns, and a text that fits each. */
const patterns: Readonly<Record<string, string>> = {
  '[0-9]{8}': '20240229',
  '0|[1-9][0-9]{0,14}': '120',
  '[A-Za-z][A-Za-z0-9\\-]{3,63}': 'm-01',
  '[A-Z]{2}': 'KR',
  '[0-9a-f]{4}': '0af9',
  '(AB?)*C+': 'AABACC',
  'a{2,}': 'aaa',
  '(a|b){1,3}c?': 'abac',
  '\\d+\\.\\d{2}': '12.50',
  'x(-x)*': 'x-x-x',
  '[.?*+(){}|]': '|',
  '\\(\\)\\[\\]\\{\\}\\|\\\\': '()[]{}|\\',
  'a{0}b': 'b',
  'T[0-9]{2}:[0-9]{2}': 'T09:30',
  '[a\\-z]+': 'a-z',
  '((a))': 'a',
};
const unclear = [
  '.*',
  '[^a]',
  '\\p{L}',
  '[a-z-[aeiou]]',
  '\\i\\c*',
  '\\s',
  '',
  'a|',
  '^a$',
  'a{3,2}',
  '(',
  '[z-a]',
  '[]',
  'a**',
];

const types = [
  ...[
    'string',
    'normalizedString',
    'token',
    'NMTOKEN',
    'NCName',
    'boolean',
    'integer',
    'nonNegativeInteger',
    'positiveInteger',
  ],
  ...['long', 'unsignedLong', 'int', 'unsignedInt', 'short', 'unsignedShort', 'decimal', 'date', 'dateTime'],
];
const values = [
  ...[
    '',
    ' ',
    'a',
    'a b',
    'a  b',
    ' a',
    'a ',
    'a\nb',
    'é',
    '-a',
    '1a',
    'a.b',
    'a:b',
    '_',
    'true',
    'TRUE',
    '0',
    '1',
    '2',
    '-0',
    '+1',
    '007',
  ],
  ...[
    '-1',
    '1.0',
    '.5',
    '5.',
    '1e3',
    '32767',
    '32768',
    '65535',
    '65536',
    '2147483647',
    '2147483648',
    '4294967295',
    '4294967296',
  ],
  ...[
    '999999999999999',
    '1000000000000000',
    '2024-02-29',
    '2023-02-29',
    '2000-02-29',
    '1900-02-29',
    '2024-02-30',
    '2024-04-31',
  ],
  ...[
    '2024-12-31',
    '2024-13-01',
    '2024-00-10',
    '2024-01-00',
    '0000-01-01',
    '0999-01-01',
    '-2024-01-01',
    '2024-01-01Z',
    '2024-1-1',
  ],
  ...[
    '2024-01-01T00:00:00',
    '2024-01-01T24:00:00',
    '2024-01-01T23:59:60',
    '2024-01-01T23:59:59.123Z',
    '2024-02-29T12:00:00+09:00',
  ],
  ...[
    '2024-01-01T1:00:00',
    '20240101',
    '99999-01-01',
    '2024-06-31',
    '2024-06-30',
    '2024-02-28T00:00:00Z',
    '2023-02-30T00:00:00Z',
  ],
];

describe('an acceptor of values', () => {
  it('matches patterns as libxml2 does, or does not support them', () => {
    const random = seededRandom(11);
    let yes = 0;
    for (const [pattern, fitting] of Object.entries(patterns)) {
      const judge = judgeOf(
        `<xs:element name="r"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="${pattern}"/></xs:restriction></xs:simpleType></xs:element>`,
      );
      expect(judge.acceptor, pattern).to.not.equal(undefined);
      for (let run = 0; run < 120; run += 1) {
        const text = run === 0 ? fitting : changed(fitting, pattern, random);
        const accepted = isAccepted(judge, root(text));
        expect(accepted, `${pattern} ${text}`).to.equal(isValid(judge.validator, root(text)));
        if (accepted) yes += 1;
      }
    }
    expect(yes).to.be.greaterThan(100);
    for (const pattern of unclear) {
      const schema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t"><xs:element name="r"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="${pattern}"/></xs:restriction></xs:simpleType></xs:element></xs:schema>`;
      expect(acceptorOf(schema), pattern).to.equal(undefined);
    }
  });

  it('accepts no value of a built-in type that libxml2 refuses', () => {
    for (const type of types) {
      const judge = judgeOf(`<xs:element name="r" type="xs:${type}"/>`);
      expect(judge.acceptor, type).to.not.equal(undefined);
      const accepted = values.filter((value) => isAccepted(judge, root(value)));
      expect(accepted.length, type).to.be.greaterThan(1);
    }
  });

  it('accepts no value outside the bounds of a number', () => {
    const bounds = { minInclusive: '10', maxInclusive: '20', minExclusive: '10', maxExclusive: '20', totalDigits: '2' };
    for (const [facet, bound] of Object.entries(bounds)) {
      const judge = judgeOf(
        `<xs:element name="r"><xs:simpleType><xs:restriction base="xs:int"><xs:${facet} value="${bound}"/></xs:restriction></xs:simpleType></xs:element>`,
      );
      for (const value of ['9', '10', '11', '19', '20', '21', '099', '100'])
        if (!isAccepted(judge, root(value)) && value.length === 2)
          expect(isValid(judge.validator, root(value)), `${facet} ${value}`).to.equal(false);
    }
  });
});

/** The text with one or two letters changed to ones of the pattern, or to near ones. */
function changed(text: string, pattern: string, random: SeededRandom): string {
  const letters = [...Array.from(pattern.replaceAll(/[<>&"]/gu, '')), '0', '9', 'a', 'z', 'A', '-', '', '\u0660', 'é'];
  let result = text;
  for (let i = random.below(2); i >= 0; i -= 1) {
    const at = random.below(result.length + 1);
    const letter = letters[random.below(letters.length)] ?? '';
    result = result.slice(0, at) + letter + result.slice(at + random.below(2));
  }
  return result;
}
