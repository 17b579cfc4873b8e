/** The number of an answer: known numbers, and every single slip of the pen that must be seen. */

import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { consultationNumbers } from '../../gateway/model/clearance/consultation-number.ts';
import {
  isConsultationNumber,
  randomNumber,
  readConsultationNumber,
  shownConsultationNumber,
} from '../../gateway/model/clearance/number-form.ts';

const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const known = ['CN7K2Q4M9XT3WHH', 'CN0TEQY7L1W53BK', 'CNFU7CH3J70P6DH', 'CN85XUQC5QR24KK'];

describe('consultation number', () => {
  it('numbers worked out elsewhere are well formed', () => {
    for (const number of known) expect(isConsultationNumber(number), number).to.equal(true);
  });

  it('every wrong character is found', () => {
    let tried = 0;
    for (const number of known) {
      for (let place = 2; place < number.length; place += 1) {
        for (const other of alphabet) {
          if (other === number[place]) continue;
          tried += 1;
          expect(isConsultationNumber(`${number.slice(0, place)}${other}${number.slice(place + 1)}`)).to.equal(false);
        }
      }
    }
    expect(tried).to.equal(4 * 13 * 30);
  });

  it('every swap of neighbours in the random part is found', () => {
    let tried = 0;
    for (let round = 0; round < 500; round += 1) {
      const number = randomNumber('KR', randomBytes);
      for (let place = 2; place < 13; place += 1) {
        const [a = '', b = ''] = number.slice(place, place + 2);
        if (a === b) continue;
        tried += 1;
        expect(isConsultationNumber(`${number.slice(0, place)}${b}${a}${number.slice(place + 2)}`), number).to.equal(
          false,
        );
      }
    }
    expect(tried).to.be.greaterThan(5000);
  });

  it('a new number is well formed and uses each character about equally often', () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 3000; round += 1) {
      const number = randomNumber('KR', randomBytes);
      expect(number).to.have.length(15);
      expect(isConsultationNumber(number)).to.equal(true);
      for (const character of number.slice(2, 14)) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).to.equal(31);
    // 36,000 characters, 1,161 of each expected, standard deviation 34; the first eight would be up by 12 % without rejection.
    for (const [character, count] of counts) expect(count, character).to.be.within(960, 1365);
  });

  it('bytes that would favour some characters are discarded', () => {
    const bytes = [new Uint8Array(24).fill(255), new Uint8Array(24).fill(30)];
    expect(randomNumber('KR', () => bytes.shift() ?? new Uint8Array(24)).slice(2, 14)).to.equal('YYYYYYYYYYYY');
  });

  it('each place in the log has a number of its own, which leads back to the place', () => {
    const numbers = consultationNumbers('KR', randomBytes(16));
    const given = [
      ...numbers.numbersOf(1, 5000),
      ...numbers.numbersOf(2 ** 53 - 3, 2),
      ...numbers.numbersOf(31 ** 6, 1),
    ];
    const places = [...Array.from({ length: 5000 }, (_, i) => i + 1), 2 ** 53 - 3, 2 ** 53 - 2, 31 ** 6];
    expect(given.map((number) => numbers.placeOf(number))).to.deep.equal(places);
    expect(new Set(given).size).to.equal(given.length);
    expect(given.every(isConsultationNumber)).to.equal(true);
  });

  it('numbers of neighbours have nothing in common, and another key gives others', () => {
    const [one, other] = [consultationNumbers('KR', randomBytes(16)), consultationNumbers('KR', randomBytes(16))];
    const counts = new Map<string, number>();
    for (const number of one.numbersOf(1, 3000))
      for (const character of number.slice(2, 14)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).to.equal(31);
    for (const [character, count] of counts) expect(count, character).to.be.within(960, 1365);
    const shared = new Set(one.numbersOf(1, 3000)).intersection(new Set(other.numbersOf(1, 3000)));
    expect(shared.size).to.equal(0);
  });

  it('the form people read is read back as the number', () => {
    expect(shownConsultationNumber('CN7K2Q4M9XT3WHH')).to.equal('CN-7K2Q-4M9X-T3WH-H');
    expect(readConsultationNumber('cn-7k2q 4m9x-t3wh-h')).to.equal('CN7K2Q4M9XT3WHH');
  });
});
