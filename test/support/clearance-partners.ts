/** Further invented partners: identifiers with a check digit, of many states, too long for a box; and a pilot. */

import type { ClearanceTerms } from '../../gateway/clearance/requests.ts';
import { northArrangement, northland } from './clearance-fixture.ts';

const form = (partner: string, written: Partial<ClearanceTerms['identifiers']['theirs']>): ClearanceTerms => ({
  ...northland,
  partner,
  identifiers: { ...northland.identifiers, theirs: { ...northland.identifiers.theirs, ...written } },
});

/** Eastland (EE): eleven digits with the check digit of an ABN. */
export const eastland = form('EE', {
  form: 'EE{code}',
  grammar: /^EE\d{11}$/u,
  words: 'EE and eleven digits',
  example: 'EE51824753556',
  check: { kind: 'au.abn', digits: /^EE(\d{11})$/u },
});

/** The Federation (FF) speaks for the states XA and XB, whose letters begin its identifiers. */
export const federation = form('FF', {
  form: '{code}',
  grammar: /^[A-Z]{2}[0-9A-Z]{1,15}$/u,
  words: 'letters of a member state and up to fifteen letters or digits',
  example: 'XA1234567',
  issuers: ['XA', 'XB'],
});

/** Longland (LL): nineteen characters, two more than the box of a WCO declaration holds. */
export const longland = form('LL', {
  form: 'LL{code}',
  grammar: /^LL\d{17}$/u,
  words: 'LL and seventeen digits',
  example: 'LL12345678901234567',
});

/** Midland (MM): eighteen characters, the last of them a check character. */
export const midland = form('MM', {
  form: '{code}',
  grammar: /^[0-9A-Z]{18}$/u,
  words: 'eighteen letters or digits',
  example: '914400006176538424',
  check: { kind: 'cn.uscc' },
});

/** Northland, whose operators are found by name and address on entries by sea and air. */
export const harbour: ClearanceTerms = {
  ...northland,
  arrangement: {
    ...northArrangement,
    matching: [
      { modes: ['sea', 'air'], by: 'name_and_address' },
      { modes: ['road'], by: 'identifier' },
    ],
  },
};

/** Northland as a pilot: by sea, through two ports here and one there. */
export const pilot: ClearanceTerms = {
  ...northland,
  arrangement: {
    ...northArrangement,
    limits: { modes: ['sea'], ports: { ours: { HHAAA: 'Alpha', HHBBB: 'Beta' }, theirs: { NNCCC: 'Gamma' } } },
  },
};
