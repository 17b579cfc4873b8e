/** Text encodings: strict both ways, and those of the standards without what vendors added. */

import { expect } from 'chai';
import { canEncode, decodeText, encodeText, fitText, textEncodings } from '../../gateway/model/text-encoding.ts';
import { readLines } from '../../gateway/wire/files/text-lines.ts';

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
      expect(decodeText(encodeText(text, encoding), encoding)).to.deep.equal({ text });
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

  it('refuse bytes without a character at their place, where a reader of the platform would make up letters', () => {
    for (const [encoding, bytes, before] of [
      ['cp949', [0x61, 0x8c, 0x20], 'a'],
      ['euc-kr', [0x61, 0x8c, 0x63], 'a'],
      ['euc-kr', [0xc7, 0xd8, 0x8c, 0x54], '해'],
      ['shift-jis', [0x41, 0x87, 0x40], 'A'],
      ['windows-1252', [0x41, 0x81], 'A'],
      ['gbk', [0x41, 0xff], 'A'],
    ] as const)
      expect(decodeText(Buffer.from(bytes), encoding), encoding).to.deep.equal({ fault: before });
    const lines = Buffer.concat([Buffer.from('a\r\nbc'), Buffer.from([0x8c, 0x63]), Buffer.from('\r\n')]);
    let thrown: unknown;
    try {
      readLines(lines, { ends: '\r\n', encoding: 'euc-kr' });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.include({ code: 'E_BYTES_INVALID', at: '2:3' });
  });

  it('fit a text by a sign in place of each character that they do not have', () => {
    expect(fitText('深圳贸易 Ltd', 'euc-kr', '?')).to.equal('深??易 Ltd');
    expect(fitText('해동', 'euc-kr', '?')).to.equal('해동');
  });
});
