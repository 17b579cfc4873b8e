/** Unsigned XML: what is read, what is repaired with a warning, and what is refused. */

import { expect } from 'chai';
import { elementsAt, elementsOf, readPlainXml } from '../../gateway/wire/xml/plain-xml.ts';
import { refusalCode } from '../support/expect-code.ts';

const read = (text: string) => readPlainXml(Buffer.from(text));

describe('plain XML', () => {
  it('text remains text: leading zeros, CDATA, predefined entities', () => {
    const { root } = read('<a><b>00123</b><b>A &amp;amp; B</b><c><![CDATA[<x> &amp;]]></c><d>&#x5317;&#20140;</d></a>');
    expect(root.children.map(({ text }) => text)).to.deep.equal(['00123', 'A &amp; B', '<x> &amp;', '北京']);
  });

  it('prefixes are ignored, and every element has its path', () => {
    const { root } = read('<m:a xmlns:m="urn:x"><m:b/><b z:k="v"><c>1</c></b></m:a>');
    expect([...elementsOf(root)].map(({ path }) => path)).to.deep.equal(['/a', '/a/b', '/a/b[2]', '/a/b[2]/c']);
    expect(elementsAt(root, 'b/c').map(({ text }) => text)).to.deep.equal(['1']);
  });

  it('a byte order mark and a declared encoding are accepted', () => {
    expect(read('\uFEFF<?xml version="1.0" encoding="UTF-8"?><a>é</a>').root.text).to.equal('é');
    const gbk = Buffer.concat([
      Buffer.from('<?xml version="1.0" encoding="GB18030"?><a>'),
      Buffer.from('b1b1bea9', 'hex'),
      Buffer.from('</a>'),
    ]);
    expect(readPlainXml(gbk).root.text).to.equal('北京');
  });

  it('bytes that are not UTF-8 as declared are read as windows-1252, with a warning', () => {
    const bytes = Buffer.concat([
      Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a>M'),
      Buffer.from([0xfc]),
      Buffer.from('ller</a>'),
    ]);
    const { root, warnings } = readPlainXml(bytes);
    expect(root.text).to.equal('Müller');
    expect(warnings).to.have.length(1);
    expect(read('<a/>').warnings).to.deep.equal([]);
  });

  it('an unterminated comment hides no element', () => {
    const { root, warnings } = read('<a><!-- first >\n<b>1</b><!-- second --><c>2</c></a>');
    expect(root.children.map(({ name }) => name)).to.deep.equal(['b', 'c']);
    expect(warnings).to.have.length(1);
    expect(read('<a><!-- <b>1</b> --><c/></a>').root.children.map(({ name }) => name)).to.deep.equal(['c']);
  });

  it('a document type, foreign entities and control characters are refused', async () => {
    expect(await refusalCode(() => read('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'))).to.equal('E_XML_FORBIDDEN');
    expect(await refusalCode(() => read('<a>&x;</a>'))).to.equal('E_XML_MALFORMED');
    expect(await refusalCode(() => read('<a k="&x;"/>'))).to.equal('E_XML_MALFORMED');
    expect(await refusalCode(() => read('<a>&#0;</a>'))).to.equal('E_XML_MALFORMED');
    expect(await refusalCode(() => read('<a>\u0001</a>'))).to.equal('E_XML_MALFORMED');
    expect(await refusalCode(() => read('<?xml version="1.0" encoding="utf-7"?><a/>'))).to.equal('E_XML_MALFORMED');
  });

  it('what is not one well-formed document is refused', async () => {
    for (const text of [
      '',
      'text',
      '<a>',
      '<a></b>',
      '<a/><b/>',
      '<a x="1" x="2"/>',
      '<a/>rest',
      '<a>1 & 2</a>',
      '<__proto__/>',
    ]) {
      expect(await refusalCode(() => read(text)), text).to.equal('E_XML_MALFORMED');
    }
  });

  it('a document too deep, too large or of too many elements is refused', async () => {
    const deep = `<a>${'<b>'.repeat(80)}${'</b>'.repeat(80)}</a>`;
    expect(await refusalCode(() => read(deep))).to.equal('E_LIMIT_EXCEEDED');
    expect(await refusalCode(() => read(`<a>${'<b/>'.repeat(200_001)}</a>`))).to.equal('E_LIMIT_EXCEEDED');
    expect(await refusalCode(() => readPlainXml(new Uint8Array(8 * 1024 * 1024 + 1)))).to.equal('E_SIZE_EXCEEDED');
  });
});
