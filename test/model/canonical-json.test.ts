/** One text for each value that JSON can express. */

import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson } from '../../gateway/model/canonical-json.ts';
import { refusalCode } from '../support/expect-code.ts';

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

  it('leaves out absent members and refuses what JSON cannot express', async () => {
    expect(canonicalJson({ b: undefined, a: -0 })).to.equal('{"a":0}');
    for (const value of [NaN, Infinity, '\ud800', { '\ud800': 1 }, { value: 10n }, [undefined], () => 1]) {
      expect(await refusalCode(() => canonicalJson(value))).to.equal('E_INTERNAL');
    }
  });

  it('writes members within members the same way', () => {
    const text = canonicalJson({ b: [1, 'é', null, true], a: { z: 1.5, y: undefined } });
    expect(text).to.equal('{"a":{"z":1.5},"b":[1,"é",null,true]}');
  });
});
