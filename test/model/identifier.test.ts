/** Identifiers as people type them: what is set right, and what is left alone. */

import { expect } from 'chai';
import { cleanIdentifier } from '../../gateway/model/identifier.ts';

describe('identifier', () => {
  it('one that is written as agreed is left as it is', () => {
    expect(cleanIdentifier('NN1234567')).to.deep.equal({ value: 'NN1234567', changes: [] });
  });

  it('full width, wrapping, spaces, invisible and small letters are set right and named', () => {
    expect(cleanIdentifier('ＡＥＯ＜nn 12\u200B34567＞')).to.deep.equal({
      value: 'NN1234567',
      changes: ['full_width', 'invisible', 'spaces', 'case', 'wrapping'],
    });
  });

  it('each Cyrillic letter that looks Latin becomes that letter', () => {
    expect(cleanIdentifier('АВСЕНІЈКМОРЅТХУ').value).to.equal('ABCEHIJKMOPSTXY');
    expect(cleanIdentifier('асеіјорѕху')).to.deep.equal({ value: 'ACEIJOPSXY', changes: ['look_alike', 'case'] });
  });

  it('a letter is never made a digit, and a prefix is never added', () => {
    expect(cleanIdentifier('NNO234567').value).to.equal('NNO234567');
    expect(cleanIdentifier('1234567').value).to.equal('1234567');
    expect(cleanIdentifier('AEONN1234567').value).to.equal('AEONN1234567');
  });
});
