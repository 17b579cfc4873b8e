/** Forms of identifiers from data: what they carry on, and which data make none. */

import { expect } from 'chai';
import { identifierForm, type IdentifierData } from '../../gateway/adapter/identifiers.ts';
import { refusal } from '../support/expect-code.ts';

const data: IdentifierData = {
  form: 'EE{code}',
  code: '[0-9]{11}',
  words: 'EE and eleven digits',
  example: 'EE51824753556',
};
const form = (changes: Partial<IdentifierData> = {}) =>
  identifierForm({ ...data, ...changes }, (pointer) => pointer, '/identifiers/theirs');

describe('a form of identifiers', () => {
  it('carries its check digit and the states it stands for', () => {
    const made = form({ check: { kind: 'au.abn', digits: '^EE([0-9]{11})$' }, issuers: ['EE', 'ED'] });
    expect(made.check?.kind).to.equal('au.abn');
    expect(made.check?.digits?.exec(data.example)?.[1]).to.equal('51824753556');
    expect(made.issuers).to.deep.equal(['EE', 'ED']);
    expect(form()).to.not.have.any.keys('check', 'issuers');
  });

  it('is refused, with its place, when a pattern is none or nobody knows the check digit', async () => {
    const faults: readonly (readonly [Partial<IdentifierData>, string])[] = [
      [{ form: 'EE' }, '/form'],
      [{ code: '[0-9' }, '/code'],
      [{ example: 'EE1' }, '/example'],
      [{ check: { kind: 'ee.none' } }, '/check/kind'],
      [{ check: { kind: 'au.abn', digits: '(' } }, '/check/digits'],
    ];
    for (const [changes, place] of faults) {
      const { code, at } = await refusal(() => form(changes));
      expect([code, at], place).to.deep.equal(['E_ADAPTER_INVALID', `/identifiers/theirs${place}`]);
    }
  });

  it('is refused, with its place, when a pattern can take very long by backtracking', async () => {
    const slow = [
      '(?:[0-9]+)+',
      '([0-9]|[0-9])*',
      '(?:A?){40}',
      '[0-9]*[0-9]*[0-9]*[0-9]*',
      '(?:[A-Z]{1,9}[0-9]*){3,}',
    ];
    for (const code of slow) {
      const { code: error, at, fix } = await refusal(() => form({ code }));
      expect([error, at], code).to.deep.equal(['E_ADAPTER_INVALID', '/identifiers/theirs/code']);
      expect(fix).to.include('{1,15}');
    }
    const variants = [{ pattern: '^(?:A+)+$', as: '' }];
    expect((await refusal(() => form({ variants }))).at).to.equal('/identifiers/theirs/variants/0/pattern');
    const digits = '^EE((?:[0-9]+)*)$';
    expect((await refusal(() => form({ check: { kind: 'au.abn', digits } }))).at).to.equal(
      '/identifiers/theirs/check/digits',
    );
  });

  it('may have bounded repetitions, alternatives, sets, escapes and groups', () => {
    const codes = [
      '(?:[0-9]{4}-?){2}[0-9]{3}',
      '(?:51|61|[()+*]{2})[0-9]+',
      '\\d{11}|\\p{Lu}{3,}\\u0041',
      '(?<year>5.)(?=8)[^A-Z]*',
    ];
    for (const code of codes) expect(form({ code }).grammar.test(data.example), code).to.equal(true);
  });
});
