/** Acceptors against libxml2 as the oracle: what an acceptor accepts is valid, and it accepts ordinary documents. */

import { expect } from 'chai';
import { isAccepted, judgeOf, root } from '../support/xsd-judges.ts';

const complex = (inner: string): string =>
  `<xs:element name="r"><xs:complexType>${inner}</xs:complexType></xs:element>`;
const abc = ['a', 'b', 'c'].map((name) => `<xs:element name="${name}" type="xs:string"/>`);
const [a = '', b = '', c = ''] = abc;
const tags = (names: string): string => Array.from(names, (name) => `<t:${name}></t:${name}>`).join('');

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
    'texts whose white space does not count',
    `<xs:element name="r"><xs:simpleType><xs:restriction base="xs:token"><xs:minLength value="2"/></xs:restriction></xs:simpleType></xs:element>`,
    [root('ab'), root('a b')],
    [root(' a'), root('a '), root('a'), root('a\n'), root('  ')],
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
  [
    'elements of another schema that must be there',
    complex('<xs:sequence><xs:any processContents="skip"/></xs:sequence>'),
  ],
  ['an id in an element', '<xs:element name="r" type="xs:ID"/>'],
  [
    'a pattern beyond plain characters',
    '<xs:element name="r"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="\\p{Lu}+"/></xs:restriction></xs:simpleType></xs:element>',
  ],
];

describe('an acceptor of documents', () => {
  for (const [title, schema, accepted, not] of contents) {
    it(`accepts ${title}`, () => {
      const judge = judgeOf(schema);
      for (const document of accepted) expect(isAccepted(judge, document), document).to.equal(true);
      for (const document of not) expect(isAccepted(judge, document), document).to.equal(false);
    });
  }

  it('accepts local elements without a namespace', () => {
    const judge = judgeOf(complex(`<xs:sequence>${a}</xs:sequence>`), '');
    expect(isAccepted(judge, root('<a></a>'))).to.equal(true);
    expect(isAccepted(judge, root('<t:a></t:a>'))).to.equal(false);
  });

  for (const [title, schema] of beyond) {
    it(`does not exist for a schema with ${title}`, () => {
      expect(judgeOf(schema).acceptor).to.equal(undefined);
    });
  }
});
