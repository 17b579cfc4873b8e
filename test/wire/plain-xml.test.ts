/** Unsigned XML: what is read, what is repaired with a warning, and what is refused. */

import { expect } from 'chai';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { elementsAt, elementsOf, readPlainXml, type PlainElement } from '../../gateway/wire/xml/plain-xml.ts';
import { refusalCode } from '../support/expect-code.ts';

const read = (text: string) => readPlainXml(Buffer.from(text));

describe('plain XML', () => {
  it('text remains text: leading zeros, CDATA, predefined entities', () => {
    const { root } = read('<a><b>00123</b><b>A &amp;amp; B</b><c><![CDATA[<x> &amp;]]></c><d>&#x5317;&#20140;</d></a>');
    expect(root.children.map(({ text }) => text)).to.deep.equal(['00123', 'A &amp; B', '<x> &amp;', '北京']);
  });

  it('prefixes are ignored, and every element has its path', () => {
    const { root } = read('<m:a xmlns:m="urn:x"><m:b/><b xmlns:z="urn:z" z:k="v"><c>1</c></b></m:a>');
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
    const { root, repairs } = readPlainXml(bytes);
    expect(root.text).to.equal('Müller');
    expect(repairs).to.have.length(1);
    expect(read('<a/>').repairs).to.deep.equal([]);
  });

  it('an unterminated comment hides no element', () => {
    const { root, repairs } = read('<a><!-- first >\n<b>1</b><!-- second --><c>2</c></a>');
    expect(root.children.map(({ name }) => name)).to.deep.equal(['b', 'c']);
    expect(repairs).to.have.length(1);
    expect(read('<a><!-- <b>1</b> --><c/></a>').root.children.map(({ name }) => name)).to.deep.equal(['c']);
  });

  it('a comment with two hyphens is left out whole, also where another follows it at once', () => {
    const { root, repairs } = read('<a><!-- old -- <b>1</b> --><!-- ok --><c>2</c></a>');
    expect(root.children.map(({ name }) => name)).to.deep.equal(['c']);
    expect(repairs).to.have.length(1);
  });

  it('comments in CDATA sections and processing instructions are no comments, and hide nothing', () => {
    const texts = [
      '<a><x><![CDATA[see <!-- draft ]]></x><b>1</b><!-- ok --></a>',
      "<a><?note it's <!-- open ?><b>1</b><!-- ok --></a>",
      '<a><x><![CDATA[-->]]></x><!-- <b>0</b> --><b>1</b></a>',
      '<a><x>]]&gt;</x><?p "?><b>1</b><?q?></a>',
    ];
    for (const text of texts) {
      const { root, repairs } = read(text);
      expect([elementsAt(root, 'b').map((b) => b.text), repairs], text).to.deep.equal([['1'], []]);
    }
    expect(read('<a><![CDATA[<!DOCTYPE x>]]></a>').root.text).to.equal('<!DOCTYPE x>');
  });

  it('each repair is reported with its line and column, and a document with more than twenty is refused', async () => {
    const { repairs } = read('<a>\n<!-- first -> <b/> <!-- second --><!-- a -- b --><c/></a>');
    expect(repairs.map(({ at }) => at)).to.deep.equal(['2:1', '2:35']);
    expect(await refusalCode(() => read(`<a>${'<!-- x >'.repeat(30)}--></a>`))).to.equal('E_XML_MALFORMED');
  });

  it('reads trees as fast-xml-parser, which shares nothing with libxml2, reads them', () => {
    const name = fc.constantFrom('a', 'b-c', 'D.E', 'ü');
    const text = fc.stringMatching(/^[ -%'-;=?-~é北]{1,12}$/u);
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc
        .tuple(
          name,
          fc.oneof(
            { maxDepth: 4 },
            text,
            fc.array(tie('tree'), { maxLength: 4 }).map((list) => list.join('')),
          ),
        )
        .map(([tag, content]) => `<${tag}>${content}</${tag}>`),
    }));
    const other = new XMLParser({ preserveOrder: true, parseTagValue: false, trimValues: true });
    const shape = ({ name: tag, text: content, children }: PlainElement): object => {
      return { [tag]: content === '' ? children.map(shape) : [{ '#text': content }] };
    };
    fc.assert(
      fc.property(tree, (xml) => {
        expect([shape(read(xml).root)]).to.deep.equal(other.parse(xml));
      }),
    );
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
    for (const text of ['', 'text', '<a>', '<a></b>', '<a/><b/>', '<a x="1" x="2"/>', '<a/>rest', '<a>1 & 2</a>']) {
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
