/** Texts that other programs damaged, and texts that only look so. */

import { expect } from 'chai';
import { damageIn } from '../../gateway/model/record/damaged-text.ts';

const ruleOf = (text: string): string | undefined => damageIn(text)?.rule;
const readAs = (text: string, encoding: string): string => new TextDecoder(encoding).decode(Buffer.from(text));

describe('a damaged text', () => {
  it('is one whose letters were replaced', () => {
    for (const text of [
      '深圳\ufffd\ufffd公司',
      '????有限公司',
      'M??LLER',
      '锟斤拷公司',
      'Mï¿½ller',
      'A\ufffe',
      '?',
      '烫烫烫',
    ])
      expect(ruleOf(text), text).to.equal('letters_lost');
  });

  it('is one that only says that there is no value', () => {
    for (const text of [
      'NULL',
      'null',
      '(null)',
      'nan',
      'NaN',
      'N/A',
      'n/a',
      'n.a.',
      'undefined',
      'None',
      '\\N',
      '<NA>',
      '-',
      '---',
      '.',
      '—',
    ])
      expect(ruleOf(text), text).to.equal('text_stands_for_nothing');
    for (const text of ['NULL LIMITED', 'NA', 'NAN YA PLASTICS', 'NILE', '-1', '.NET'])
      expect(ruleOf(text), text).to.equal(undefined);
  });

  it('is UTF-8 that was read in another encoding, and what it should be is shown', () => {
    const encodings = {
      'windows-1252': ['Müller GmbH', 'MÜLLER', 'Łódź', '臺北有限公司'],
      'windows-1250': ['Łódź Sp. z o.o.'],
      'windows-1251': ['Москва'],
      macintosh: ['Müller'],
      gb18030: ['深圳有限公司', '深圳市达瑞新材料有限公司', 'A公司有限 B'],
      shift_jis: ['株式会社山田'],
    };
    for (const [encoding, texts] of Object.entries(encodings)) {
      for (const text of texts) {
        const damage = damageIn(readAs(text, encoding));
        expect(damage?.rule, `${text} as ${encoding}`).to.equal('text_decoded_wrongly');
        expect(damage?.detail).to.include(text);
      }
    }
    // The private-use character, which the wrong encoding had, was lost on the way.
    expect(damageIn('娣卞湷鏈夐檺鍏徃')).to.deep.equal({ rule: 'text_decoded_wrongly' });
  });

  it('is an East Asian or Cyrillic text that was read as Latin letters', () => {
    for (const text of ['ÊÐ³¡', 'ÉîÛÚÓÐÏÞ¹«Ë¾', '»ï¼ºÀüÀÚ', 'Ìîñêâà LTD'])
      expect(damageIn(text), text).to.deep.equal({ rule: 'text_decoded_wrongly' });
  });

  it('is one with escapes, with private characters, with signs for a lost letter, or the error of a formula', () => {
    for (const text of [
      'A &amp; B LTD',
      '深圳&#24066;公司',
      '&#x5e02;',
      'caf&eacute;',
      '%E5%B8%82',
      'A%20B%20LTD',
      '\\u5e02',
      '=E5=B8=82',
    ])
      expect(ruleOf(text), text).to.equal('text_escaped');
    expect(ruleOf('深圳\ue863公司')).to.equal('letter_private');
    for (const text of ['M?LLER', '深圳〓公司', '深□公司']) expect(ruleOf(text), text).to.equal('letter_doubtful');
    for (const text of ['#N/A', '#REF!', '#NAME?', '########', 'Err:502', 'Error 2042'])
      expect(ruleOf(text), text).to.equal('formula_failed');
  });

  it('is none of the names that only look damaged', () => {
    const names = [
      ...["O'BRIEN & SONS <LTD>", 'AT&T', 'R&D; SALES', 'WHO?', '50% OFF', 'C#', 'A=B', '#1 BRAND', 'A\\B', '100%25'],
      ...['CAFÉ®', 'BLÅ®', 'SÃO PAULO', '„MENÜ“ GMBH', 'NAÏVE—™', 'ÇELİK', 'ŁÓDŹ', 'CAFE\u0301', 'EMOJI 🚢 LTD'],
      ...[
        'ａｂｃ（深圳）有限公司',
        '联通',
        '深圳市达瑞新材料有限公司',
        '株式会社山田',
        '주식회사',
        'شركة',
        'РОССИЯ',
        'Търговия ООД',
      ],
    ];
    for (const name of names) expect(damageIn(name), name).to.equal(undefined);
  });
});
