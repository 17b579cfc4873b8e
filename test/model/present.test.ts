/** Objects without absent members. */

import { expect } from 'chai';
import { present } from '../../gateway/model/present.ts';

describe('present members', () => {
  it('are those that are not undefined, in their order', () => {
    const members = present({ b: 1, a: undefined, c: '' });
    expect(Object.entries(members)).to.deep.equal([
      ['b', 1],
      ['c', ''],
    ]);
  });

  it('keep what is false, empty or null', () => {
    expect(present({ no: false, none: null, zero: 0 })).to.deep.equal({ no: false, none: null, zero: 0 });
  });
});
