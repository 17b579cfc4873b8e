/** Fixed-width lines whose columns are bytes of the encoding, as docs/templates.md shows them, and bytes that are no character. */

import { expect } from 'chai';
import fc from 'fast-check';
import { templateMutants } from '../../gateway/adapter/check/template-mutants.ts';
import { encodeText, decodedMessage } from '../../gateway/adapter/check/message-text.ts';
import type { ListMessage } from '../../gateway/model/list/list.ts';
import { encodeText as bytesIn, type TextEncoding } from '../../gateway/model/text-encoding.ts';
import { readList } from '../support/list-decoding.ts';
import { thrownBy } from '../support/thrown.ts';
import { unpackList } from '../../gateway/model/record/packed-records.ts';
import { compileWords, examples, lines, list, operator, read, second } from '../support/word-templates.ts';

const [template = '', message = ''] = examples('Fixed width');
const compile = (text: string, encoding: TextEncoding = 'gb18030') =>
  compileWords('list.fixed', text, 'text/plain; layout=x', encoding);
const listOf = (...args: Parameters<typeof readList>): ListMessage => unpackList(readList(...args));
const rare = operator('AEOXB2', '𠮷野家商贸社', { ...second, identifier: 'AEOXB2', name: { local: '𠮷野家商贸社' } });
const records = [operator('AEOXB1', '外轮海运公司'), rare];

describe('columns in bytes', () => {
  const format = compile(template);
  const shown = message.replaceAll('\n', '\r\n');
  const refusal = (text: string): [string, string | undefined] => {
    const { code, at } = thrownBy(() => read(format, text));
    return [code, at];
  };

  it('are written and read as the page shows them', () => {
    expect(encodeText(format, { ...list, records })).to.equal(shown);
    expect(read(format, shown).records).to.deep.equal(records);
  });

  it('give every line of a kind the same number of bytes, whatever it holds', () => {
    const sizes = shown.split('\r\n').map((line) => bytesIn(line, 'gb18030').length);
    expect(sizes).to.deep.equal([34, 34, 7, 0]);
  });

  it('a longer value is cut between two characters', () => {
    const long = operator('AEOXB1', '深圳A市外轮海运公司');
    const written = encodeText(format, { ...list, records: [long] });
    expect(written).to.include('深圳A市外轮海运 A2024');
    expect(read(format, written).records).to.deep.equal(decodedMessage(format, { ...list, records: [long] }).records);
  });

  it('without max a longer value is refused with its bytes', () => {
    const { code, at, detail } = thrownBy(() =>
      encodeText(compile(template.replace('|max:16b', '')), {
        ...list,
        records: [operator('X', '深圳市外轮海运公司')],
      }),
    );
    expect([code, at]).to.deep.equal(['E_VALUE_INVALID', '/records/0/name/local']);
    expect(detail).to.include('18 bytes');
  });

  it('a line that counts characters, a character across two places, and a short line are refused with the place', () => {
    expect(refusal(shown.replace('公司    ', '公司          '))).to.deep.equal(['E_VALUE_INVALID', 'line 1']);
    expect(refusal(shown.replace('RAEOXB1  外', 'RAEOXB1 外 '))).to.deep.equal(['E_VALUE_INVALID', 'line 1, column 2']);
    expect(refusal(shown.replace('公司    ', '公司   '))).to.deep.equal(['E_VALUE_INVALID', 'line 1']);
  });

  it('places after a long character are named by their bytes', () => {
    expect(refusal(shown.replace('S2025', 'Q2025'))).to.deep.equal(['E_CODE_UNKNOWN', 'line 2, column 26']);
  });

  it('in UTF-8 and in every other encoding any name is read back or refused', () => {
    let written = 0;
    const names = fc.string({ unit: fc.constantFrom('가', '深', 'é', 'A', ' ', 'ｱ', '\u3000', '𠮷'), minLength: 1 });
    const encodings = fc.constantFrom<TextEncoding>('utf-8', 'gb18030', 'euc-kr', 'shift-jis', 'iso-8859-1');
    fc.assert(
      fc.property(encodings, names, fc.constantFrom('', '\u3000<', '*>'), (encoding, local, fill) => {
        if (encoding === 'iso-8859-1' && fill === '\u3000<') return;
        const other = compile(template.replace('16b|max:16b', `${fill}16b`), encoding);
        const one = { ...list, records: [operator('AEOXB1', local)] };
        try {
          const text = encodeText(other, one);
          written += 1;
          expect(listOf(other, bytesIn(text, encoding)).records).to.deep.equal(one.records);
        } catch (error) {
          expect(error).to.include({ code: 'E_VALUE_INVALID', at: '/records/0/name/local' });
        }
      }),
      { numRuns: 400, seed: 3 },
    );
    expect(written).to.be.greaterThan(60);
  });

  it('counted as characters are a change that mutate makes, where a name stands in them', () => {
    const text = lines(
      '#each records',
      'R{identifier:8b}{name.local:16b}{status:1|code:status}',
      'T{count:records:6b}',
    );
    const made = templateMutants({ kind: 'list', file: 'list.fixed', text }, () => false);
    const found = made.filter(({ text: mutant }) => !mutant.includes('8b}') && mutant.includes('{name.local:16}'));
    expect(found.map(({ text: mutant }) => mutant.includes('6b}'))).to.deep.equal([true]);
  });
});

describe('bytes that are no character of the encoding', () => {
  const format = compile(template);
  const [one = '', two = '', end = ''] = message.split('\n').map((line) => `${line}\r\n`);
  const broken = (line: string): Buffer => {
    const bytes = Buffer.from(bytesIn(line, 'gb18030'));
    bytes[10] = 0xff;
    return bytes;
  };

  it('are the fault of each record that has them, with its place', () => {
    const { code, at, items } = thrownBy(() =>
      listOf(format, Buffer.concat([broken(one), bytesIn(two, 'gb18030'), broken(one), bytesIn(end, 'gb18030')])),
    );
    expect([code, at]).to.deep.equal(['E_BYTES_INVALID', 'line 1, character 10']);
    expect(items.map(({ item, fault }) => [item, fault.code, fault.at])).to.deep.equal([
      [1, 'E_BYTES_INVALID', 'line 1, character 10'],
      [3, 'E_BYTES_INVALID', 'line 3, character 10'],
    ]);
  });

  it('are refused in a cell that is ignored too, and in a line that is ignored', () => {
    const ignoring = compile(template.replace('{name.local:16b|max:16b}', '{name.local:8b}{ignored:8b}'), 'euc-kr');
    const bytes = Buffer.from('RAEOXB1  ABCDEFGHxxxxxxxxA20240520\r\nT000001\r\n');
    expect(listOf(ignoring, bytes).records).to.have.length(1);
    bytes[20] = 0x8c;
    expect(thrownBy(() => listOf(ignoring, bytes)).code).to.equal('E_BYTES_INVALID');
    const line = compile(lines('#ignore', 'X {ignored:4b}', ...template.trimEnd().split('\n')), 'euc-kr');
    const text = 'RAEOXB1  ABCDEFGH        A20240520\r\nX abcd\r\nT000001\r\n';
    expect(listOf(line, Buffer.from(text)).records).to.have.length(1);
    const other = Buffer.from(text);
    other[text.indexOf('abcd')] = 0x8c;
    expect(thrownBy(() => listOf(line, other))).to.include({ code: 'E_BYTES_INVALID', at: 'line 2, character 3' });
  });
});
