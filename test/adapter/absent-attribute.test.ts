import { expect } from 'chai';
import { decodedMessage, encodeText } from '../../gateway/adapter/check/message-text.ts';
import { refusesChanges } from '../support/refused-changes.ts';
import { thrownBy } from '../support/thrown.ts';
import { compileWords, list, operator, read } from '../support/word-templates.ts';

const compile = (names: string) =>
  compileWords(
    'list.xml',
    `<L xmlns:t="urn:mra:template" Id="x"><R t:each="records"><I>{identifier}</I>${names}<S>{status}</S><D>{statusSince}</D></R></L>`,
  );

describe('siblings of one name, one of which is without the attribute of the others', () => {
  const message = { ...list, records: [operator('AEOXB1', '가나', { name: { local: '가나', latin: 'Gana' } })] };
  const local = '<N lang="ko">{name.local}</N>';
  const latin = '<N t:without="lang">{name.latin?}</N>';

  for (const [order, names, written, onNeither] of [
    ['behind', local + latin, '<N lang="ko">가나</N><N>Gana</N>', 'E_ELEMENT_MISSING'],
    ['before', latin + local, '<N>Gana</N><N lang="ko">가나</N>', 'E_ELEMENT_UNKNOWN'],
  ] as const) {
    const format = compile(names);
    const text = encodeText(format, message);

    it(`is written and read back ${order} them, and where it is absent`, () => {
      expect(text).to.include(written);
      const absent = { ...message, records: [operator('AEOXB1', '가나')] };
      for (const each of [message, absent])
        expect(read(format, encodeText(format, each))).to.deep.equal(decodedMessage(format, each));
    });

    refusesChanges(format, text, [
      ['the attribute on neither', ' lang="ko"', '', onNeither, '/L/R[1]/N'],
      ['another value of it', 'lang="ko"', 'lang="en"', 'E_ELEMENT_UNKNOWN', '/L/R[1]/N'],
      ['another attribute', '<N>Gana', '<N x="1">Gana', 'E_ELEMENT_UNKNOWN', '/L/R[1]/N/@x'],
    ]);
  }

  it('the attribute may have a prefix, and three siblings may be told apart', () => {
    const format = compile(
      '<N xml:lang="ko">{name.local}</N><N xml:lang="en">{name.latin?}</N><N t:without="xml:lang">{address.city?}</N>',
    );
    const city = { ...message, records: message.records.map((record) => ({ ...record, address: { city: 'Busan' } })) };
    expect(encodeText(format, city)).to.include('<N xml:lang="en">Gana</N><N>Busan</N>');
    expect(read(format, encodeText(format, city))).to.deep.equal(decodedMessage(format, city));
  });

  for (const [what, names] of [
    ['without a sibling that has it', '<N t:without="lang">{name.local}</N>'],
    ['beside a sibling that lacks it too', '<N t:without="lang">{name.local}</N><N>{name.latin?}</N>'],
    ['twice', '<N t:without="lang">{name.local}</N><N t:without="lang">{name.latin?}</N>'],
    ['on an element that has it', '<N t:without="lang" lang="ko">{name.local}</N><N lang="en">{name.latin?}</N>'],
    ['beside a sibling whose attribute is a value', '<N t:without="lang">{name.local}</N><N lang="{name.latin}"/>'],
  ] as const)
    it(`t:without ${what}: E_ADAPTER_INVALID`, () => {
      expect(thrownBy(() => compile(names)).code).to.equal('E_ADAPTER_INVALID');
    });
});
