/** Identifiers as people type them: what is set right for whom, and what is left alone. */

import { expect } from 'chai';
import {
  checkDigitOf,
  cleanIdentifier,
  follows,
  readIdentifier,
  type WrittenForm,
} from '../../gateway/model/identifier.ts';

const written = (form: string, code: string, more: Partial<WrittenForm> = {}): WrittenForm => ({
  form,
  grammar: new RegExp(`^${form.replace('{code}', `(?:${code})`)}$`, 'u'),
  words: '',
  example: '',
  ...more,
});
/** Forms as partners have them, under invented letters: open length, fixed length, a longer prefix, a state's letters. */
const open = { partner: 'NN', form: written('NN{code}', '[0-9A-Z]{4,15}') };
const fixed = { partner: 'SS', form: written('SS{code}', '[0-9A-Z]{12}') };
const grouped = { partner: 'HH', form: written('HHE{code}', '[0-9]{8}[0-9A-Z]') };
const mirrored = { partner: 'OO', form: written('AEOOO{code}', '[0-9]{6}[0-9A-Z]{4}') };
const states = { partner: 'FF', form: written('{code}', '[A-Z]{2}[0-9A-Z]{1,15}', { issuers: ['XA', 'XB'] }) };
const read = (sent: string, issuer: Parameters<typeof readIdentifier>[1]) => {
  const { value, changes } = readIdentifier(sent, issuer);
  return [follows(issuer.form, value) ? value : 'malformed', ...changes];
};

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

  it('each Cyrillic or Greek letter that looks Latin becomes that letter', () => {
    expect(cleanIdentifier('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ').value).to.equal('ABEZHIKMNOPTYX');
    expect(cleanIdentifier('АВСЕНІЈКМОРЅТХУ').value).to.equal('ABCEHIJKMOPSTXY');
    expect(cleanIdentifier('асеіјорѕху')).to.deep.equal({ value: 'ACEIJOPSXY', changes: ['look_alike', 'case'] });
  });

  it('a letter is never made a digit, and a prefix is never added', () => {
    expect(cleanIdentifier('NNO234567').value).to.equal('NNO234567');
    expect(cleanIdentifier('1234567').value).to.equal('1234567');
    expect(cleanIdentifier('AEONN1234567').value).to.equal('AEONN1234567');
  });

  it('letters in front that came once too often, or with AEO before them, are set right for their partner', () => {
    expect(read('AEOSS123456789012', fixed)).to.deep.equal(['SS123456789012', 'prefix']);
    expect(read('SSSS123456789012', fixed)).to.deep.equal(['SS123456789012', 'prefix']);
    expect(read('ＡＥＯ＜SS123456789012＞', fixed)).to.deep.equal(['SS123456789012', 'full_width', 'wrapping']);
    expect(read('AEONNNN1234', open)).to.deep.equal(['NN1234', 'prefix']);
    expect(read('OOOO4403131697', mirrored)).to.deep.equal(['AEOOO4403131697', 'prefix']);
    expect(read('AEOOOAEOOO4403131697', mirrored)).to.deep.equal(['AEOOO4403131697', 'prefix']);
    expect(read('AEOXA1234567', states)).to.deep.equal(['XA1234567', 'prefix']);
    expect(read('FFXB1234567', states)).to.deep.equal(['XB1234567', 'prefix']);
  });

  it('letters left out are put before a digit only: before a letter it could be another country’s code', () => {
    expect(read('123456789012', fixed)).to.deep.equal(['SS123456789012', 'prefix_added']);
    expect(read('4403131697', mirrored)).to.deep.equal(['AEOOO4403131697', 'prefix_added']);
    expect(read('AB3456789012', fixed)).to.deep.equal(['malformed']);
    expect(read('SS123456789012', open)).to.deep.equal(['malformed']);
    expect(read('AEOSS123456789012', open)).to.deep.equal(['malformed']);
    expect(read('1234567', states)).to.deep.equal(['malformed']);
    expect(read('1234567', { ...states, state: 'XB' })).to.deep.equal(['XB1234567', 'prefix_added']);
  });

  it('separators are dropped where the rest has the form', () => {
    expect(read('HHE-123.456.788', grouped)).to.deep.equal(['HHE123456788', 'separators']);
    expect(read('HHE–123/456·788', grouped)).to.deep.equal(['HHE123456788', 'separators']);
    expect(read('123.456.788', grouped)).to.deep.equal(['HHE123456788', 'separators', 'prefix_added']);
    expect(read('HHE-123.456', grouped)).to.deep.equal(['malformed']);
  });

  it('what follows the form is left alone, though it looks like a typing error', () => {
    expect(read('NNNN1234', open)).to.deep.equal(['NNNN1234']);
    const hyphens = { partner: 'HY', form: written('HY{code}', '-[0-9]{4}') };
    expect(read('HY-1234', hyphens)).to.deep.equal(['HY-1234']);
    const small = { partner: 'SM', form: written('SM{code}', ' [a-z]{4}') };
    expect(read('SM abcd', small)).to.deep.equal(['SM abcd']);
  });

  it('a form of many states takes the letters of those states only', () => {
    expect(follows(states.form, 'XA1')).to.equal(true);
    expect(follows(states.form, 'NN1')).to.equal(false);
  });

  it('the check digit is that of the code, or of the part its pattern names', () => {
    const whole = written('EE{code}', '[0-9]{9}', { check: { kind: 'il.idnr' } });
    expect(checkDigitOf(whole, 'EE516179157')).to.equal('ok');
    expect(checkDigitOf(whole, 'EE516179158')).to.equal('wrong');
    const part = written('JJ{code}', '[0-9]{17}', { check: { kind: 'jp.cn', digits: /^JJ(\d{13})/u } });
    expect(checkDigitOf(part, 'JJ58356782562460001')).to.equal('ok');
    expect(checkDigitOf(part, 'JJ58356782562470001')).to.equal('wrong');
    expect(checkDigitOf(open.form, 'NN1234')).to.equal('none');
  });
});
