/** Strict JSON and its one canonical text. */

import { expect } from 'chai';
import fc from 'fast-check';
import type { ErrorCode } from '../../gateway/model/errors.ts';
import { canonicalJson, parseStrictJson } from '../../gateway/wire/files/json.ts';
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

  it('refuses bytes that are not UTF-8, half a character, and too many levels', async () => {
    expect(await refusalCode(() => parseStrictJson(Buffer.from([0x22, 0xc0, 0xaf, 0x22])))).to.equal('E_BYTES_INVALID');
    expect(await refusalCode(() => parseStrictJson('"\ud800"'))).to.equal('E_BYTES_INVALID');
    expect(parseStrictJson('['.repeat(64) + ']'.repeat(64))).to.be.an('array');
    expect(await refusalCode(() => parseStrictJson('['.repeat(65) + ']'.repeat(65)))).to.equal('E_LIMIT_EXCEEDED');
    expect(await refusalCode(() => parseStrictJson('['.repeat(100_000)))).to.equal('E_LIMIT_EXCEEDED');
  });

  it('does not repeat the text it refuses', async () => {
    const error = await refusal(() => parseStrictJson('{"name":"Acme 7 Ltd",}'));
    expect(error.message).not.to.contain('Acme');
  });
});

describe('canonical JSON', () => {
  it('is the example of RFC 8785', () => {
    // RFC 8785, 3.2.2 and 3.2.3.
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).to.equal(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('orders names by UTF-16 units, as the RFC shows', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
    const order = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
    expect(Object.keys(JSON.parse(text) as object).sort()).to.deep.equal([...order].sort());
    expect(text).to.equal(`{${order.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
  });

  it('is the same for the same value, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).to.equal(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 200, seed: 12 },
    );
  });

  it('leaves out absent members and refuses what JSON cannot say', async () => {
    expect(canonicalJson({ b: undefined, a: -0 })).to.equal('{"a":0}');
    for (const value of [NaN, Infinity, '\ud800', 1n, [undefined], () => 1]) {
      expect(await refusalCode(() => canonicalJson(value))).to.equal('E_JSON_MALFORMED');
    }
  });
});
