import { expect } from 'chai';
import type { XmlEvents } from '../../gateway/model/message-body.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { readXml } from '../../gateway/wire/xml/xml-events.ts';
import { thrownBy } from '../support/thrown.ts';

/** What the reader told, as a list of short texts. */
function told(source: string): string[] {
  const heard: string[] = [];
  const events: XmlEvents = {
    open: (namespace, name, attributes, { line }) =>
      heard.push(
        [
          `<{${namespace}}${name}`,
          ...attributes.map((each) => `{${each.namespace}}${each.name}=${each.value}`),
          `@${line}`,
        ].join(' '),
      ),
    text: (text) => heard.push(text),
    close: () => heard.push('>'),
  };
  readXml(source, events);
  return heard;
}

describe('XML as events', () => {
  it('names come with their namespaces, and declarations as attributes', () => {
    const xmlns = 'http://www.w3.org/2000/xmlns/';
    const [root, ...rest] = told('<a:r xmlns:a="urn:a" xmlns="urn:b" a:x="1" y="2"><c/></a:r>');
    expect(root).to.equal(`<{urn:a}r {${xmlns}}a=urn:a {${xmlns}}xmlns=urn:b {urn:a}x=1 {}y=2 @1`);
    expect(rest).to.deep.equal(['<{urn:b}c @1', '>', '>']);
  });

  it('text and attributes come unescaped', () => {
    expect(told('<r x="&lt;&#x6DF1;&quot;">&amp;&#10;深</r>')).to.deep.equal(['<{}r {}x=<深" @1', '&\n深', '>']);
  });

  it('a text may begin with a byte order mark', () => {
    expect(told('\ufeff<r>深圳</r>')).to.deep.equal(['<{}r @1', '深圳', '>']);
  });

  it('a template may have comments, and tells its declarations and its lines', () => {
    const source = '<!-- one\n two --><r xmlns="urn:b" xmlns:p="urn:p"><!-- <x> -->\n<c/></r>';
    const xmlns = 'http://www.w3.org/2000/xmlns/';
    expect(told(source).filter((each) => each.trim() !== '')).to.deep.equal([
      `<{urn:b}r {${xmlns}}xmlns=urn:b {${xmlns}}p=urn:p @2`,
      '<{urn:b}c @3',
      '>',
      '>',
    ]);
  });

  const refusals: readonly (readonly [what: string, source: string, code: string, at: string])[] = [
    ['a comment that is not closed', '<r>\n<!-- x </r>', 'E_XML_FORBIDDEN', '2:1'],
    ['a CDATA section', '<r><![CDATA[x]]></r>', 'E_XML_FORBIDDEN', '1:4'],
    ['a document type', '<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>', 'E_XML_FORBIDDEN', '1:1'],
    ['a processing instruction', '<?xml version="1.0"?><?run now?><r/>', 'E_XML_FORBIDDEN', '1:22'],
    ['a stylesheet instruction at the start', '<?xml-stylesheet href="x"?><r/>', 'E_XML_FORBIDDEN', '1:1'],
    ['XML 1.1', '<?xml version="1.1"?><r/>', 'E_XML_FORBIDDEN', '1:1'],
    ['another encoding', '<?xml version="1.0" encoding="GB18030"?><r/>', 'E_XML_FORBIDDEN', '1:1'],
    ['an unknown entity', '<r>&nbsp;</r>', 'E_XML_MALFORMED', ''],
    ['a prefix that is not declared', '<p:r/>', 'E_XML_MALFORMED', ''],
    ['an attribute twice', '<r a="1" a="2"/>', 'E_XML_MALFORMED', ''],
    ['an element that is not closed', '<r><a></r>', 'E_XML_MALFORMED', ''],
    ['a document that ends early', '<r><a>', 'E_XML_MALFORMED', ''],
    ['a second root', '<r/><r/>', 'E_XML_MALFORMED', ''],
    ['a control character', '<r>\u0001</r>', 'E_XML_MALFORMED', ''],
    ['nothing at all', '', 'E_XML_MALFORMED', ''],
  ];
  for (const [what, source, code, at] of refusals) {
    it(`${what} is ${code}`, () => {
      const error = thrownBy(() => told(source));
      expect(error.code).to.equal(code);
      if (at === '') expect(error.at).to.match(/^\d+:\d+$/u);
      else expect(error.at).to.equal(at);
    });
  }

  it('an error of the receiver passes through untouched, and ends the reading', () => {
    const mine = new GatewayError('E_ELEMENT_UNKNOWN', 'stop');
    let opened = 0;
    const events: XmlEvents = {
      open() {
        opened += 1;
        throw mine;
      },
      text: () => undefined,
      close: () => undefined,
    };
    expect(thrownBy(() => readXml('<r><a/></r>', events))).to.equal(mine);
    expect(opened).to.equal(1);
  });
});
