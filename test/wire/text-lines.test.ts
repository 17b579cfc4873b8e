import { expect } from 'chai';
import { readLines } from '../../gateway/wire/files/text-lines.ts';
import { thrownBy } from '../support/thrown.ts';

describe('the lines of a text message', () => {
  const read = (text: string, ends: '\r\n' | '\n' = '\r\n'): readonly string[] =>
    readLines(Buffer.from(text), { ends });

  it('end with CR LF, and may hold tabs', () => {
    expect(read('a\tb\r\nc\r\n')).to.deep.equal(['a\tb', 'c']);
  });

  it('end with LF where that was agreed, and then not with CR LF', () => {
    expect(read('a\nb\n', '\n')).to.deep.equal(['a', 'b']);
    const error = thrownBy(() => read('a\nb\r\n', '\n'));
    expect([error.code, error.at]).to.deep.equal(['E_TEXT_MALFORMED', '2:2']);
  });

  for (const [what, text, at] of [
    ['a line end without CR', 'a\nb\r\n', '1:2'],
    ['another control character', 'a\r\nb\u0001\r\n', '2:2'],
    ['a byte order mark', '\ufeffa\r\n', '1:1'],
    ['a last line without its end', 'a\r\nb', '2:2'],
  ] as const) {
    it(`${what} is refused with its place`, () => {
      const error = thrownBy(() => read(text));
      expect([error.code, error.at]).to.deep.equal(['E_TEXT_MALFORMED', at]);
    });
  }
});
