/** Names compared: what is set aside and said, and what is a difference. */

import { expect } from 'chai';
import { compareNames } from '../../gateway/model/clearance/names.ts';

describe('names', () => {
  it('case and punctuation are set aside and named', () => {
    const { result, score, because } = compareNames('Example Electronics Pte Ltd', 'EXAMPLE ELECTRONICS PTE. LTD.');
    expect({ result, score, because }).to.deep.equal({ result: 'match', score: 1, because: ['case', 'punctuation'] });
  });

  it('accents, legal forms and spacing are set aside and named', () => {
    expect(compareNames('Müller Motoren', 'MULLER MOTOREN AG').because).to.deep.equal([
      'case',
      'accents',
      'legal form',
    ]);
    expect(compareNames('Blue Water', 'Bluewater').because).to.deep.equal(['case', 'spacing']);
    expect(compareNames('海通电子有限公司', '海通电子').result).to.equal('match');
  });

  it('equal names differ in nothing', () => {
    const { score, because } = compareNames('Example Dairy', 'Example Dairy');
    expect({ score, because }).to.deep.equal({ score: 1, because: [] });
  });

  it('another company is another name', () => {
    const { result, score } = compareNames('Example Electronics', 'Northern Fisheries');
    expect(result).to.equal('differs');
    expect(score).to.be.lessThan(0.5);
  });

  it('names of nothing but marks do not match', () => {
    expect(compareNames('---', '...').result).to.equal('differs');
  });

  it('one letter in twenty still matches, one in four does not', () => {
    expect(compareNames('Example Electronicsx', 'Example Electronics').result).to.equal('match');
    expect(compareNames('Acme', 'Acne').result).to.equal('differs');
  });
});
