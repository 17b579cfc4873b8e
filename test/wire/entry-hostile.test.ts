/** Entries as an attacker or a broken program sends them: each is read as what it says, or refused under a code. */

import { expect } from 'chai';
import { join } from 'node:path';
import { RequestFaults } from '../../gateway/model/clearance/request-faults.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import { loadEntryFormats, readEntry } from '../../gateway/wire/files/entry-formats.ts';

const formats = loadEntryFormats(join(import.meta.dirname, '../../schemas'));
const namespace = 'urn:wco:datamodel:WCO:DEC-DMS:2';
const parts =
  '<TypeCode>IMA</TypeCode><ID>X1</ID><GoodsShipment><Consignor><ID>SG123456789012</ID></Consignor></GoodsShipment>';
const root = (content: string, uri = namespace): string => `<Declaration xmlns="${uri}">${content}</Declaration>`;
const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
const many = (count: number, item: (n: number) => string, between = ''): string =>
  Array.from({ length: count }, (_, n) => item(n)).join(between);
const json = (members: string): string => `{"entry":{"type":"import","id":"E1","parties":[]${members}}}`;
const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');

/** The number of parties, or the code under which it is refused. */
function outcomeOf(body: string | Buffer, type: string): unknown {
  try {
    return readEntry(Buffer.from(body as string), type, formats, { timeZone: 'Asia/Seoul' }).entry.parties.length;
  } catch (error) {
    if (error instanceof RequestFaults) return 'faults';
    if (isGatewayError(error)) return error.code;
    throw error;
  }
}

const xmlEntries: readonly (readonly [what: string, body: string | Buffer, outcome: unknown])[] = [
  ['a document type', `<!DOCTYPE Declaration>${root(parts)}`, 'E_XML_FORBIDDEN'],
  ['one behind a comment', `<!-- x --><!DOCTYPE a [<!ENTITY b "c">]>${root(parts)}`, 'E_XML_FORBIDDEN'],
  ['a file as an entity', `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${root('&b;')}`, 'E_XML_FORBIDDEN'],
  ['one in UTF-16', utf16(`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${root('&b;')}`), 'E_XML_FORBIDDEN'],
  ['an entity of nobody', root('<ID>&nbsp;</ID>'), 'E_XML_MALFORMED'],
  ['a file to include', root(`${parts}<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>`), 1],
  ['200 levels', root(parts + nested(200)), 'E_LIMIT_EXCEEDED'],
  ['100,000 levels', root(parts + nested(100_000)), 'E_XML_MALFORMED'],
  ['300,000 elements that nobody closes', '<a>'.repeat(300_000), 'E_XML_MALFORMED'],
  ['50,000 attributes', root(`${parts}<a ${many(50_000, (n) => `a${n}="1"`, ' ')}/>`), 1],
  ['20,000 namespaces', root(`${parts}<a ${many(20_000, (n) => `xmlns:p${n}="u${n}"`, ' ')}/>`), 1],
  ['one attribute twice', root(`${parts}<a b="1" b="2"/>`), 'E_XML_MALFORMED'],
  ['a prefix that nothing declares', root(`${parts}<x:a/>`), 'E_XML_MALFORMED'],
  ['another meaning of the prefix xml', root(`${parts}<a xmlns:xml="urn:x"/>`), 'E_XML_MALFORMED'],
  ['a version that does not exist', root(parts, 'urn:wco:datamodel:WCO:DEC-DMS:99'), 'E_ENTRY_UNREADABLE'],
  ['a party of another version', root('<ID>X1</ID><x:Exporter xmlns:x="urn:x"><x:ID>KR1</x:ID></x:Exporter>'), 0],
  ['two declarations', root(parts) + root(parts), 'E_XML_MALFORMED'],
  ['two declarations in one', `<MetaData>${root(parts)}${root(parts)}</MetaData>`, 'E_ENTRY_UNREADABLE'],
  ['10,001 parties', root(many(10_001, (n) => `<Exporter><ID>KR${n}</ID></Exporter>`)), 'faults'],
  ['250,000 elements', root(many(250_000, () => '<a/>')), 'E_LIMIT_EXCEEDED'],
  ['a number of a megabyte', root(`<ID>${'1'.repeat(1_000_000)}</ID>`), 'faults'],
  ['nothing', '', 'E_XML_MALFORMED'],
  ['a byte order mark', '\uFEFF', 'E_XML_MALFORMED'],
  ['half of a character of UTF-16', Buffer.concat([utf16(root(parts)), Buffer.from('A')]), 'E_XML_MALFORMED'],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), 'E_XML_MALFORMED'],
  ['XML 9.0', `<?xml version="9.0"?>${root(parts)}`, 'E_XML_MALFORMED'],
  ['U+0000', root('<ID>X\0</ID>'), 'E_XML_MALFORMED'],
  ['a reference to U+0000', root('<ID>X&#0;</ID>'), 'E_XML_MALFORMED'],
  ['a reference beyond Unicode', root('<ID>&#99999999999999999999;</ID>'), 'E_XML_MALFORMED'],
  ['a reference to half of a character', root('<ID>&#xD800;</ID>'), 'E_XML_MALFORMED'],
  ['a section that is not closed', root('<ID><![CDATA[X1</ID>'), 'E_XML_MALFORMED'],
  ['the end of a section without one', root('<ID>X]]>1</ID>'), 'E_XML_MALFORMED'],
  ['100,000 broken comments', root(parts + '<!-- -- -->'.repeat(100_000)), 'E_XML_MALFORMED'],
  ['500,000 less-than signs', '<'.repeat(500_000), 'E_XML_MALFORMED'],
  ['an attribute that does not end', `<a b="${'x'.repeat(1_000_000)}`, 'E_XML_MALFORMED'],
  ['a name of a megabyte', `<${'a'.repeat(1_000_000)}/>`, 'E_XML_MALFORMED'],
  ['an infinite moment', root(`${parts}<AcceptanceDateTime>1e400</AcceptanceDateTime>`), 'E_ENTRY_UNREADABLE'],
  [
    'a zone of 99 hours',
    root(`<AcceptanceDateTime>2026-01-01T00:00:00+99:99</AcceptanceDateTime>`),
    'E_ENTRY_UNREADABLE',
  ],
  ['a page', '<html><body><ID>x</ID></body></html>', 'E_ENTRY_UNREADABLE'],
  ['a declaration in an envelope', `<s:Envelope xmlns:s="urn:s"><s:Body>${root(parts)}</s:Body></s:Envelope>`, 1],
];

const jsonEntries: readonly (readonly [what: string, body: string | Buffer, outcome: unknown])[] = [
  ['1,000,000 levels', '['.repeat(1_000_000), 'E_LIMIT_EXCEEDED'],
  ['an infinite number', json(',"x":1e400'), 'E_JSON_MALFORMED'],
  ['a number of a megabyte', json(`,"x":${'9'.repeat(1_000_000)}`), 'E_JSON_MALFORMED'],
  ['one member twice', json(',"id":"E2"'), 'E_JSON_MALFORMED'],
  ['one member twice, once in escapes', json(',"\\u0069d":"E2"'), 'E_JSON_MALFORMED'],
  ['a prototype', json(',"__proto__":{"x":1}'), 'E_JSON_MALFORMED'],
  ['a constructor', json(',"constructor":{}'), 'E_JSON_MALFORMED'],
  ['a byte order mark', `\uFEFF${json('')}`, 'E_JSON_MALFORMED'],
  ['UTF-16', utf16(json('')), 'E_BYTES_INVALID'],
  ['half of a character', json(',"office":"\\ud800"'), 'E_JSON_MALFORMED'],
  ['U+0000', json(',"office":"a\\u0000"'), 'E_JSON_MALFORMED'],
  ['no number', '{"entry":NaN}', 'E_JSON_MALFORMED'],
  ['two documents', json('') + json(''), 'E_JSON_MALFORMED'],
  ['100,000 unknown members', `{${many(100_000, (n) => `"k${n}":1`, ',')}}`, 'faults'],
  [
    '100,000 parties that are none',
    `{"entry":{"type":"import","id":"a","parties":[${many(100_000, () => '1', ',')}]}}`,
    'faults',
  ],
  ['a list', '[]', 'faults'],
  ['nothing at all', 'null', 'faults'],
];

describe('a hostile entry', () => {
  for (const [type, entries] of [
    ['application/xml', xmlEntries],
    ['application/json', jsonEntries],
  ] as const)
    for (const [what, body, outcome] of entries)
      it(`in ${type} with ${what}: ${String(outcome)}`, () => expect(outcomeOf(body, type)).to.equal(outcome));

  it('in an encoding or a type that nobody knows is refused', () => {
    for (const type of [
      'application/xml; charset=klingon',
      'application/xml; charset=utf-7',
      'application/xml; charset=iso-2022-kr',
    ])
      expect(outcomeOf(root(parts), type), type).to.equal('E_XML_MALFORMED');
    for (const type of ['text/plain', '', 'application/octet-stream'])
      expect(outcomeOf(root(parts), type), type).to.equal('E_REQUEST_TYPE');
  });
});
