/** Names compared: what is set aside and said, and what is a difference. */

import { expect } from 'chai';
import { compareNames, compareWithNames, nameKey } from '../../gateway/model/clearance/names.ts';

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

  it('case in full, width, and any run of blanks and punctuation make no difference to the key', () => {
    const same = [
      ['SHENZHEN FUTIAN (TRADING) CO., LTD.', 'Shenzhen Futian (Trading) CO.LTD'],
      ['SHENZHEN FUTIAN (TRADING) CO., LTD.', 'ＳＨＥＮＺＨＥＮ\u3000FUTIAN TRADING CO LTD'],
      ['NO.10, FUTIAN ROAD', 'NO. 10 FUTIAN ROAD'],
      ['NO.10, FUTIAN ROAD', 'No 10,\u00a0Futian Road'],
      ['STRASSE HANDEL GMBH', 'Straße Handel GmbH'],
      ['STRAẞE', 'strasse'],
      ['ΟΔΟΣ Α.Ε.', 'οδος·α·ε'],
      ['O’BRIEN', 'O´Brien'],
      ['EXAMPLE', 'EX\u200bAM\u00adPLE'],
      ['ﬁsh', 'FISH'],
      ['NO.10', '№10'],
    ] as const;
    for (const [one, other] of same) expect(nameKey(one), other).to.equal(nameKey(other));
    const different = [
      ['NO.10, FUTIAN ROAD', 'NO.1, 0 FUTIAN ROAD'],
      ['SHENZHEN FUTIAN CO., LTD.', 'SHENZHEN FUTIAN LIMITED'],
      ['IŞIK', 'ışık'],
      ['CREME', 'Crème'],
      ['O’BRIEN', 'OBRIEN'],
    ] as const;
    for (const [one, other] of different) expect(nameKey(one), other).to.not.equal(nameKey(other));
  });

  it('names share a word that is neither a legal form nor a word of the trade', () => {
    const shares = (one: string, other: string) => compareNames(one, other).shares_word;
    const some = [
      ['Example Electronics', 'EXAMPLE DAIRY LTD'],
      ['Mueller Motoren', 'Müller AG'],
      ['Blue Water', 'Bluewater Shipping Services'],
      ['海通电子有限公司', '海通国际贸易'],
      ['Trading Company', 'TRADING CO LTD'],
    ] as const;
    for (const [one, other] of some) expect(shares(one, other), one).to.equal(true);
    const none = [
      ['Example Electronics', 'Northern Fisheries'],
      ['Good International Trading Co., Ltd.', 'EVIL INTERNATIONAL TRADING CO., LTD.'],
      ['海通国际贸易有限公司', '北城国际贸易有限公司'],
      ['A.B. Ltd', 'C.D. Ltd'],
      ['A B C', 'A D E'],
      ['(주)알파', '(주)베타'],
      ['ООО Мир', 'ООО Дом'],
      ['PT. ALPHA TBK', 'PT. BETA TBK'],
      ['ALPHA SP. Z O.O.', 'BETA Sp. z o.o.'],
      ['ALPHA LIMITED LIABILITY COMPANY', 'BETA LIMITED LIABILITY COMPANY'],
      ['GENERAL TRADING CO', 'INTERNATIONAL TRADING LTD'],
      ['有限公司', '甲公司'],
    ] as const;
    for (const [one, other] of none) expect(shares(one, other), one).to.equal(false);
    expect(compareWithNames('海通电子', ['HAITONG ELECTRONICS', '海通电子有限公司'])).to.include({ result: 'match' });
  });

  it('a legal form whose letters are separated is set aside', () => {
    expect(compareNames('Example B.V.', 'EXAMPLE BV').score).to.equal(1);
    expect(compareNames('Smith & Sons', 'SMITH AND SONS P.T.E. LTD').score).to.equal(1);
  });

  it('one letter in twenty still matches, one in four does not', () => {
    expect(compareNames('Example Electronicsx', 'Example Electronics').result).to.equal('match');
    expect(compareNames('Acme', 'Acne').result).to.equal('differs');
  });

  it('of a long name the beginning is compared, as long as it is with its ligatures written out', () => {
    const long = 'x'.repeat(256);
    expect(compareNames(`${long} North`, `${long} South`)).to.include({ result: 'match', score: 1 });
    expect(compareNames('\uFDFA'.repeat(512), '\uFDFA'.repeat(15)).score).to.equal(1);
  });
});
