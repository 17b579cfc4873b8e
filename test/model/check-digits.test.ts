/** Check digits: numbers published with the standards, and the same numbers altered. */

import { expect } from 'chai';
import { checkDigit, withCheckDigit } from '../../gateway/model/record/check-digits.ts';

describe('check digits', () => {
  it('passes numbers with the right check digit', () => {
    const right = {
      'cn.uscc': ['91110000600037341L', '91440000617653845D', '91510107079012337R'],
      'sg.uen': ['00192200M', '197401143C'],
      'au.abn': ['51824753556', '83914571673'],
      'uy.rut': ['211003420017'],
      'ch.uid': ['CHE100155212'],
      'il.idnr': ['516179157'],
      'il.hp': ['516179157'],
      'jp.cn': ['5835678256246'],
      'br.cnpj': ['16727230000197', '12ABC34501DE35'],
      'by.unp': ['200988541'],
      'cl.rut': ['760864285'],
      'rs.pib': ['101134702'],
    };
    for (const [kind, numbers] of Object.entries(right)) {
      for (const number of numbers) expect(checkDigit(kind, number), number).to.equal('ok');
    }
  });

  it('says wrong for another check digit, length or letter', () => {
    for (const number of ['91110000600037341M', '9111000060003734L', '91110000600037341l', '9111000060003734IL', '']) {
      expect(checkDigit('cn.uscc', number), number).to.equal('wrong');
    }
    const wrong = {
      // The second of each is a sample of an announcement, which does not carry a check digit of the kind.
      'au.abn': ['51824753557', '12345678910'],
      'ch.uid': ['CHE100155213', 'CHE12345678P'],
      'il.idnr': ['516179158'],
      'jp.cn': ['5835678256247', '6835678256246'],
      'sg.uen': ['00192200N', '197401143D'],
    };
    for (const [kind, numbers] of Object.entries(wrong)) {
      for (const number of numbers) expect(checkDigit(kind, number), number).to.equal('wrong');
    }
  });

  it('passes a unified social credit code whose check character is 0', () => {
    const ends = new Set<string>();
    for (let serial = 0; serial < 400; serial += 1) {
      const number = withCheckDigit('cn.uscc', `91510107${String(serial).padStart(9, '0')}`) ?? '';
      expect(checkDigit('cn.uscc', number), number).to.equal('ok');
      ends.add(number.slice(-1));
    }
    expect(ends).to.include('0');
    expect(ends).to.have.property('size', 31);
  });

  it('passes a registration authority that is a letter', () => {
    const number = withCheckDigit('cn.uscc', 'N2510107079012337') ?? '';
    expect(checkDigit('cn.uscc', number)).to.equal('ok');
  });

  it('says when a kind is not known', () => {
    expect(checkDigit('xx.none', '1')).to.equal('unknown_kind');
    expect(checkDigit('', '1')).to.equal('unknown_kind');
    expect(withCheckDigit('xx.none', '1')).to.equal(undefined);
  });

  it('completes a body only when a last character fits', () => {
    expect(withCheckDigit('au.abn', '5182475355')).to.equal('51824753556');
    expect(withCheckDigit('cn.uscc', '91')).to.equal(undefined);
  });
});
