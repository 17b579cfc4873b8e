/** Text encodings: strict both ways, and those of the standards without what vendors added. */

import { expect } from 'chai';
import {
  canEncode,
  decodeText,
  encodeText,
  fitText,
  textEncodings,
  unencodable,
} from '../../gateway/model/text-encoding.ts';

const samples: Readonly<Record<string, string>> = {
  'euc-kr': '해동물산',
  cp949: '똠방각하',
  gb18030: '深圳贸易𠮷',
  gbk: '深圳贸易',
  'shift-jis': '港湾商事ｱ',
  'windows-31j': '㈱髙島',
  'windows-1251': 'Торговля',
  'windows-1252': 'Société €',
  'iso-8859-2': 'Łódź',
  'iso-8859-15': 'Société €',
};

describe('text encodings', () => {
  for (const encoding of textEncodings)
    it(`${encoding} reads back what it writes`, () => {
      const text = samples[encoding] ?? 'plain text';
      expect(canEncode(text, encoding)).to.equal(true);
      expect(decodeText(encodeText(text, encoding), encoding)).to.equal(text);
    });

  it('are those of the standards: what only a larger code page has cannot be written', () => {
    for (const [encoding, text] of [
      ['euc-kr', '똠'],
      ['shift-jis', '㈱'],
      ['shift-jis', '髙'],
      ['gbk', '𠮷'],
      ['iso-8859-1', '€'],
      ['windows-1252', 'Ł'],
    ] as const)
      expect(canEncode(text, encoding), `${text} in ${encoding}`).to.equal(false);
  });

  it('show bytes without a character, where a reader of the platform would make up letters', () => {
    for (const [encoding, bytes, text] of [
      ['cp949', [0x61, 0x8c, 0x20], 'a\uFFFD '],
      ['euc-kr', [0x61, 0x8c, 0x63], 'a\uFFFD'],
      ['euc-kr', [0xc7, 0xd8, 0x8c, 0x54, 0xc7, 0xd8], '해\uFFFD해'],
      ['euc-kr', [0x61, 0x8c, 0x0d, 0x0a], 'a\uFFFD\r\n'],
      ['shift-jis', [0x41, 0x87, 0x40], 'A\uFFFD'],
      ['windows-1252', [0x41, 0x81], 'A\uFFFD'],
      ['gbk', [0x41, 0xff], 'A\uFFFD'],
    ] as const)
      expect(decodeText(Buffer.from(bytes), encoding), encoding).to.equal(text);
  });

  it('name the character that they do not have by its number, and no text of it', () => {
    expect(unencodable('해동똠', 'euc-kr')).to.equal('U+B620');
    expect(unencodable('해동', 'euc-kr')).to.equal(undefined);
  });

  it('fit a text by a sign in place of each character that they do not have', () => {
    expect(fitText('深圳贸易 Ltd', 'euc-kr', '?')).to.equal('深??易 Ltd');
    expect(fitText('해동', 'euc-kr', '?')).to.equal('해동');
  });
});
