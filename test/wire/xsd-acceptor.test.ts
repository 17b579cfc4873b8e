/** Acceptors beside libxml2: what an acceptor says yes to is valid there; and it says yes to plain things, or it would be of no use. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { chanceOf } from '../../gateway/adapter/generate.ts';
import { readCanonical } from '../../gateway/wire/canonical-xml.ts';
import { compileXsd, parseXml, xsdFaults, type XsdValidator } from '../../gateway/wire/libxml.ts';
import { acceptorOf, type Acceptor } from '../../gateway/wire/xsd-acceptor.ts';
import { accepts } from '../../gateway/wire/xsd-accepts.ts';
import { temporaryFolder } from '../support/pki.ts';

const folder = temporaryFolder();
let written = 0;

interface Judge {
  readonly acceptor: Acceptor | undefined;
  readonly validator: XsdValidator;
}

/** Both judges of an XSD with these components. */
function judgeOf(components: string, attributes = 'elementFormDefault="qualified"'): Judge {
  const text = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" ${attributes}>${components}</xs:schema>`;
  const file = path.join(folder, `${(written += 1)}.xsd`);
  writeFileSync(file, text);
  return { acceptor: acceptorOf(text), validator: compileXsd(file) };
}

/** Whether the acceptor says yes; then libxml2 must say so too. */
function isAccepted({ acceptor, validator }: Judge, document: string): boolean {
  const taken = readCanonical(Buffer.from(document));
  if (taken === undefined) throw new Error(`not canonical: ${document}`);
  const accepted = acceptor !== undefined && accepts(acceptor, taken);
  if (accepted) expect(isValid(validator, document), document).to.equal(true);
  return accepted;
}

function isValid(validator: XsdValidator, document: string): boolean {
  const parsed = parseXml(Buffer.from(document));
  try {
    return xsdFaults(validator, parsed).length === 0;
  } finally {
    parsed.dispose();
  }
}

const root = (content: string, attributes = ''): string => `<t:r xmlns:t="urn:t"${attributes}>${content}</t:r>`;
const complex = (inner: string): string =>
  `<xs:element name="r"><xs:complexType>${inner}</xs:complexType></xs:element>`;
const abc = ['a', 'b', 'c'].map((name) => `<xs:element name="${name}" type="xs:string"/>`);
const [a = '', b = '', c = ''] = abc;
const tags = (names: string): string => [...names].map((name) => `<t:${name}></t:${name}>`).join('');

/** Schemas of one element `r`, with documents that are accepted and documents that must not be. */
const contents: readonly (readonly [
  title: string,
  schema: string,
  accepted: readonly string[],
  not: readonly string[],
])[] = [
  [
    'a sequence, in its order and complete',
    complex(`<xs:sequence>${a}${b}</xs:sequence>`),
    [root(tags('ab')), root(`\n${tags('a')}\n\t ${tags('b')}\n`)],
    ['', 'a', 'ba', 'aab', 'abb', 'abc', 'b']
      .map((names) => root(tags(names)))
      .concat(root(`${tags('a')}x${tags('b')}`)),
  ],
  [
    'a choice that may be repeated',
    complex(`<xs:choice minOccurs="1" maxOccurs="3">${a}${b}</xs:choice>`),
    ['a', 'ba', 'aab'].map((names) => root(tags(names))),
    ['', 'aaaa', 'c', 'ac'].map((names) => root(tags(names))),
  ],
  [
    'occurrences within a sequence',
    complex(
      `<xs:sequence><xs:element name="a" type="xs:string" minOccurs="0"/><xs:sequence minOccurs="0" maxOccurs="unbounded">${b}${c}</xs:sequence></xs:sequence>`,
    ),
    ['', 'a', 'bc', 'abcbcbc'].map((names) => root(tags(names))),
    ['aa', 'b', 'cb', 'abcb', 'bca'].map((names) => root(tags(names))),
  ],
  [
    'a bound that is too high to be followed by states',
    complex('<xs:sequence><xs:element name="a" type="xs:string" minOccurs="0" maxOccurs="150"/></xs:sequence>'),
    [root(''), root(tags('a'.repeat(150)))],
    [root(tags('a'.repeat(151)))],
  ],
  [
    'attributes, required, optional and fixed',
    complex(
      '<xs:attribute name="x" use="required"/><xs:attribute name="y" type="xs:boolean"/><xs:attribute name="z" type="xs:string" fixed="1.0"/>',
    ),
    [root('', ' x=""'), root('', ' x="&quot;" y="true"'), root('', ' x="é" z="1.0"')],
    [
      root(''),
      root('', ' y="true"'),
      root('', ' x="" y="yes"'),
      root('', ' w="" x=""'),
      root('', ' x="" z="1"'),
    ].concat(root(' ', ' x=""'), root(tags('a'), ' x=""')),
  ],
  [
    'text with attributes',
    `<xs:simpleType name="Short"><xs:restriction base="xs:string"><xs:minLength value="1"/><xs:maxLength value="3"/></xs:restriction></xs:simpleType>${complex('<xs:simpleContent><xs:extension base="t:Short"><xs:attribute name="x" type="t:Short"/></xs:extension></xs:simpleContent>')}`,
    [root('é示\u{1f6a2}'), root('a&amp;b', ' x="&lt;&lt;&lt;"')],
    [root(''), root('abcd'), root('a&amp;bc'), root('a', ' x=""'), root(tags('a'))],
  ],
  [
    'named types, groups and elements that refer to each other',
    `<xs:complexType name="Tree"><xs:sequence><xs:element ref="t:leaf" minOccurs="0"/><xs:element name="in" type="t:Tree" minOccurs="0"/></xs:sequence><xs:attributeGroup ref="t:marks"/></xs:complexType>
     <xs:attributeGroup name="marks"><xs:attribute name="m" type="xs:int"/></xs:attributeGroup><xs:element name="leaf" type="xs:date"/><xs:group name="g"><xs:sequence>${a}</xs:sequence></xs:group>
     ${complex('<xs:sequence><xs:group ref="t:g"/><xs:element name="tree" type="t:Tree"/></xs:sequence>')}`,
    [root(`${tags('a')}<t:tree m="7"><t:leaf>2024-02-29</t:leaf><t:in><t:in></t:in></t:in></t:tree>`)],
    [
      root(`${tags('a')}<t:tree m="x"></t:tree>`),
      root(`${tags('a')}<t:tree><t:leaf>2023-02-29</t:leaf></t:tree>`),
      root(tags('a')),
    ],
  ],
  [
    'ids, each once',
    complex(
      '<xs:sequence><xs:element name="a" maxOccurs="9"><xs:complexType><xs:attribute name="id" type="xs:ID"/></xs:complexType></xs:element></xs:sequence><xs:attribute name="id" type="xs:ID"/>',
    ),
    [root('<t:a id="b"></t:a><t:a id="c"></t:a>', ' id="a"')],
    [
      root('<t:a id="b"></t:a><t:a id="b"></t:a>', ' id="a"'),
      root('<t:a></t:a>', ' id="1"'),
      root('<t:a></t:a>', ' id=" a"'),
    ],
  ],
  [
    'elements of another schema, which may be absent',
    complex(
      `<xs:sequence>${a}<xs:any namespace="##other" processContents="skip" minOccurs="0"/></xs:sequence><xs:anyAttribute/>`,
    ),
    [root(tags('a'))],
    [root(`${tags('a')}<o:x xmlns:o="urn:o"></o:x>`), root(tags('a'), ' x="1"')],
  ],
  [
    'words',
    `<xs:element name="r"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="on"/><xs:enumeration value="öffentlich"/></xs:restriction></xs:simpleType></xs:element>`,
    [root('on'), root('öffentlich')],
    [root('o'), root('onn'), root(''), root('ö')],
  ],
];

/** What makes a schema one without an acceptor. */
const beyond: readonly (readonly [title: string, schema: string])[] = [
  [
    'a union',
    '<xs:element name="r"><xs:simpleType><xs:union memberTypes="xs:int xs:date"/></xs:simpleType></xs:element>',
  ],
  ['a list type', '<xs:element name="r"><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element>'],
  [
    'mixed content',
    `<xs:element name="r"><xs:complexType mixed="true"><xs:sequence>${a}</xs:sequence></xs:complexType></xs:element>`,
  ],
  ['any order', complex(`<xs:all>${a}${b}</xs:all>`)],
  ['a default', '<xs:element name="r" type="xs:string" default="x"/>'],
  ['an abstract element', '<xs:element name="r" type="xs:string" abstract="true"/>'],
  [
    'a key',
    `<xs:element name="r"><xs:complexType><xs:sequence>${a}</xs:sequence></xs:complexType><xs:unique name="u"><xs:selector xpath="t:a"/><xs:field xpath="."/></xs:unique></xs:element>`,
  ],
  [
    'a derived complex type',
    `<xs:complexType name="B"><xs:sequence>${a}</xs:sequence></xs:complexType>${complex('<xs:complexContent><xs:extension base="t:B"/></xs:complexContent>')}`,
  ],
  ['an id in an element', '<xs:element name="r" type="xs:ID"/>'],
  [
    'a pattern beyond plain characters',
    '<xs:element name="r"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="\\p{Lu}+"/></xs:restriction></xs:simpleType></xs:element>',
  ],
];

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

describe('an acceptor of documents', () => {
  for (const [title, schema, accepted, not] of contents) {
    it(`knows ${title}`, () => {
      const judge = judgeOf(schema);
      for (const document of accepted) expect(isAccepted(judge, document), document).to.equal(true);
      for (const document of not) expect(isAccepted(judge, document), document).to.equal(false);
    });
  }

  it('knows local elements without a namespace', () => {
    const judge = judgeOf(complex(`<xs:sequence>${a}</xs:sequence>`), '');
    expect(isAccepted(judge, root('<a></a>'))).to.equal(true);
    expect(isAccepted(judge, root('<t:a></t:a>'))).to.equal(false);
  });

  for (const [title, schema] of beyond) {
    it(`is not made of a schema with ${title}`, () => {
      expect(judgeOf(schema).acceptor).to.equal(undefined);
    });
  }

  it('reads patterns as libxml2 does, or not at all', () => {
    const chance = chanceOf(11);
    let yes = 0;
    for (const [pattern, fitting] of Object.entries(patterns)) {
      const judge = judgeOf(
        `<xs:element name="r"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="${pattern}"/></xs:restriction></xs:simpleType></xs:element>`,
      );
      expect(judge.acceptor, pattern).to.not.equal(undefined);
      for (let run = 0; run < 120; run += 1) {
        const text = run === 0 ? fitting : changed(fitting, pattern, chance);
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

  it('says yes to no value of a built-in type that libxml2 refuses', () => {
    for (const type of types) {
      const judge = judgeOf(`<xs:element name="r" type="xs:${type}"/>`);
      expect(judge.acceptor, type).to.not.equal(undefined);
      const accepted = values.filter((value) => isAccepted(judge, root(value)));
      expect(accepted.length, type).to.be.greaterThan(1);
    }
  });

  it('says yes to no value outside the bounds of a number', () => {
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
function changed(text: string, pattern: string, chance: () => number): string {
  const letters = [...pattern.replaceAll(/[<>&"]/gu, ''), '0', '9', 'a', 'z', 'A', '-', '', '\u0660', 'é'];
  let result = text;
  for (let i = Math.floor(chance() * 2); i >= 0; i -= 1) {
    const at = Math.floor(chance() * (result.length + 1));
    const letter = letters[Math.floor(chance() * letters.length)] ?? '';
    result = result.slice(0, at) + letter + result.slice(at + Math.floor(chance() * 2));
  }
  return result;
}
