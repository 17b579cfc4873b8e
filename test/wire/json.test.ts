/** Strict JSON: what is read, and what is refused. */

import { expect } from 'chai';
import fc from 'fast-check';
import type { ErrorCode } from '../../gateway/model/errors.ts';
import { parseStrictJson } from '../../gateway/wire/files/json.ts';
import { refusal, refusalCode } from '../support/expect-code.ts';

/** Whether all numbers of a value are kept: integers beyond 2^53 are refused, whoever wrote them. */
function isKept(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isKept);
}

describe('strict JSON', () => {
  it('reads every JSON value as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, stringUnit: 'grapheme' }), (text) => {
        fc.pre(isKept(JSON.parse(text)));
        expect(parseStrictJson(Buffer.from(text))).to.deep.equal(JSON.parse(text));
        expect(parseStrictJson(text)).to.deep.equal(JSON.parse(text));
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it('reads numbers that keep their value', () => {
    const numbers =
      '[0,-0,1,-1,1.50,9007199254740991,-9007199254740991,1e3,1E+2,0.1,123456.789012345,1.7976931348623157e-300]';
    expect(parseStrictJson(numbers)).to.deep.equal(JSON.parse(numbers));
  });

  it('refuses numbers in another form than RFC 8785 where messages are read, and names their place', async () => {
    const canonical = { canonicalNumbers: true };
    for (const number of [
      '1.0',
      '1E0',
      '1e0',
      '-0',
      '0.0',
      '10e1',
      '1e+2',
      '1.50',
      '0.10',
      '1E+21',
      '100000000000000000000e-20',
    ])
      expect(await refusal(() => parseStrictJson(`{"sequence": ${number}}`, canonical)), number).to.include({
        code: 'E_JSON_MALFORMED',
        at: '1:14',
      });
    const right = '[0,1,-1,10,0.1,-1.5,123456.789012345,1e-7,9007199254740991,["1.0",{"1E0":"-0"}]]';
    expect(parseStrictJson(right, canonical)).to.deep.equal(JSON.parse(right));
  });

  const table: readonly (readonly [text: string, at: string, code?: ErrorCode])[] = [
    ['{"a":1,"a":2}', '1:8'],
    ['{"st\\u0061tus":1,"status":2}', '1:18'],
    ['[{"b":{"a":1,\n"a":2}}]', '2:1'],
    ['{"__proto__":{"x":1}}', '1:2'],
    ['[[{"\\u005f_proto__":1}]]', '1:4'],
    ['{"constructor":1}', '1:2'],
    ['{"prototype":1}', '1:2'],
    ['["\\ud800"]', '1:2'],
    ['{"\\uDC00x":1}', '1:2'],
    ['\uFEFF{}', '1:1'],
    ['[9007199254740993]', '1:2'],
    ['[-9007199254740992]', '1:2'],
    ['[1e400]', '1:2'],
    ['[1e20]', '1:2'],
    ['[1e-400]', '1:2'],
    ['[0.12345678901234567890]', '1:2'],
    ['{} {}', '1:4'],
    ['{}x', '1:3'],
    ['', '1:1'],
    ['[1,]', '1:4'],
    ['{"a":1,}', '1:8'],
    ['{a:1}', '1:2'],
    ["{'a':1}", '1:2'],
    ['[NaN]', '1:2'],
    ['[Infinity]', '1:2'],
    ['[01]', '1:2'],
    ['[+1]', '1:2'],
    ['[1.]', '1:2'],
    ['[truex]', '1:2'],
    ['["a\nb"]', '1:4'],
    ['["\\x"]', '1:2'],
    ['["a', '1:2'],
    ['[1', '1:3'],
    ['[1 2]', '1:4'],
    ['{"a" 1}', '1:6'],
    ['// a\n1', '1:1'],
  ];
  for (const [text, at] of table) {
    it(`refuses ${JSON.stringify(text)} at ${at}`, async () => {
      const error = await refusal(() => parseStrictJson(Buffer.from(text)));
      expect([error.code, error.at]).to.deep.equal(['E_JSON_MALFORMED', at]);
    });
  }

  it('refuses the character U+0000, which PostgreSQL does not store, in names and in values, and nothing that looks like it', async () => {
    for (const [text, at] of [
      ['{"a":"x\\u0000"}', '1:6'],
      ['{"a\\u0000":1}', '1:2'],
      ['["\\\\\\u0000"]', '1:2'],
    ] as const) {
      const { code, at: place } = await refusal(() => parseStrictJson(text));
      expect([text, code, place]).to.deep.equal([text, 'E_JSON_MALFORMED', at]);
    }
    expect(parseStrictJson('["\\\\u0000", "\\u0001"]')).to.deep.equal(['\\u0000', '\u0001']);
    expect(await refusalCode(() => parseStrictJson('"\\u0'))).to.equal('E_JSON_MALFORMED');
  });

  it('refuses bytes that are not UTF-8, lone surrogates, and too many levels', async () => {
    expect(await refusalCode(() => parseStrictJson(Buffer.from([0x22, 0xc0, 0xaf, 0x22])))).to.equal('E_BYTES_INVALID');
    expect(await refusalCode(() => parseStrictJson('"\ud800"'))).to.equal('E_BYTES_INVALID');
    expect(parseStrictJson('['.repeat(64) + ']'.repeat(64))).to.be.an('array');
    expect(await refusalCode(() => parseStrictJson('['.repeat(65) + ']'.repeat(65)))).to.equal('E_LIMIT_EXCEEDED');
    expect(await refusalCode(() => parseStrictJson('['.repeat(100_000)))).to.equal('E_LIMIT_EXCEEDED');
  });

  it('does not quote the text in its error', async () => {
    const error = await refusal(() => parseStrictJson('{"name":"Acme 7 Ltd",}'));
    expect(error.message).not.to.contain('Acme');
  });
});
