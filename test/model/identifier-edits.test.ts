/** What is looked up where an identifier was mistyped is bounded, whatever was sent. */

import { expect } from 'chai';
import { candidatesOf } from '../../gateway/model/clearance/identifier-edits.ts';

/** Counts how often it is asked. */
class CountedPattern extends RegExp {
  asked = 0;

  override test(text: string): boolean {
    this.asked += 1;
    return super.test(text);
  }
}

const sentTexts = [
  ...['0'.repeat(64), '01258OILSZB'.repeat(5), 'AEO'.repeat(21), `${'AEOCN'.repeat(8)}${'0'.repeat(24)}`],
  ...['0-'.repeat(32), '０'.repeat(64), '\uFDFA'.repeat(64)],
];

describe('candidates for an identifier', () => {
  for (const check of [undefined, { kind: 'luhn', digits: /^(\d+)$/u }])
    it(`are made of 2,000 edits at most ${check === undefined ? 'without' : 'with'} a check digit`, () => {
      for (const sent of sentTexts) {
        const grammar = new CountedPattern('^AEOCN\\d{10}$', 'u');
        const written = { form: 'AEOCN{code}', grammar, words: '', example: '' };
        const form = check === undefined ? written : { ...written, check };
        expect(candidatesOf(sent, { partner: 'CN', form })).to.deep.equal([]);
        expect(grammar.asked, sent).to.be.at.most(2_000);
      }
    });

  it('are all made of an identifier as people mistype it', () => {
    const form = { form: 'AEOCN{code}', grammar: /^AEOCN\d{10}$/u, words: '', example: '' };
    const found = candidatesOf('AEOCN44O3I31698', { partner: 'CN', form });
    expect(found.map(({ identifier }) => identifier)).to.deep.equal(['AEOCN4403131698']);
  });
});
