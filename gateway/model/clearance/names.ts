/**
 * Compares the name on a declaration with the name on a list. Where operators go by identifier, a name never grants anything and the
 * result only warns; where an arrangement has them found by name and address, both must be equal but for case, width and punctuation.
 */

import type { ListRecord } from '../record/record.ts';
import { distance } from 'fastest-levenshtein';
import type { NameComparison } from './answer.ts';

type Difference = 'case' | 'accents' | 'punctuation' | 'legal form' | 'spacing';

/** From this score on two names count as the same; below, staff is warned. */
const sameFrom = 0.9;

/** Words for the kind of company, which one side writes out, another shortens and a third leaves away. */
const legalForms = new Set(
  [
    'co company corp corporation inc incorporated limited llc llp lp ltd plc pte pty pvt private sdn bhd',
    'ag gmbh kg mbh ab as asa aps oy oyj bv nv sa sas sarl sl srl spa sro spzoo doo dd jsc ooo oao pjsc kk gk',
  ].flatMap((line) => line.split(' ')),
);

/** The same in scripts that write without spaces. */
const joinedForms = /股份有限公司|有限责任公司|有限公司|株式会社|有限会社|合同会社|주식회사|유한회사/gu;

const withoutCase = (text: string): string => text.normalize('NFKC').toLowerCase();

const stages: readonly (readonly [Difference, (name: string) => string])[] = [
  ['case', withoutCase],
  ['accents', (name) => name.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC')],
  ['punctuation', withoutPunctuation],
  ['legal form', withoutLegalForm],
  ['spacing', (name) => name.replace(/\s/gu, '')],
];

/** A dot or an apostrophe joins (`p.t.e.` is `pte`); every other mark separates. */
function withoutPunctuation(name: string): string {
  const joined = name.replace(/[.'’]/gu, '').replace(/&/gu, ' and ');
  return joined
    .replace(/[\p{P}\p{S}]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

function withoutLegalForm(name: string): string {
  const rest = name.replace(joinedForms, '').trim();
  const parts = (rest === '' ? name : rest).split(' ');
  while (parts.length > 1 && legalForms.has(parts.at(-1) ?? '')) parts.pop();
  return parts.join(' ');
}

/**
 * The similarity of two names. `score`, from 0 to 1, is the share of the longer name that is equal after the differences in
 * `because` are removed.
 */
export function compareNames(sent: string, held: string): NameComparison {
  const because: Difference[] = [];
  let pair: readonly [string, string] = [sent, held];
  for (const [difference, strip] of stages) {
    const stripped = [strip(pair[0]), strip(pair[1])] as const;
    if (pair[0] !== pair[1] && distance(...stripped) < distance(...pair)) because.push(difference);
    pair = stripped;
  }
  const longest = Math.max(pair[0].length, pair[1].length);
  const score = longest === 0 ? 0 : Math.round((1 - distance(...pair) / longest) * 100) / 100;
  return { result: score >= sameFrom ? 'match' : 'differs', score, compared: { sent, held }, because };
}

type Named = Pick<ListRecord, 'name' | 'address'>;

/** A name and an address as a declaration has them. */
export interface Registration {
  readonly name: string;
  readonly address: string;
}

/**
 * Makes the test whether an operator is registered under exactly this name and address, in one script or the other. City and postcode
 * may be written after the address or left out. Legal forms, accents and abbreviations must be equal.
 */
export function registeredAs({ name, address }: Registration): (record: Named) => boolean {
  const [wantedName, wantedAddress] = [plain(name), plain(address)];
  if (wantedName === '' || wantedAddress === '') return () => false;
  return (record) =>
    [record.name.latin, record.name.local].some((held) => held !== undefined && plain(held) === wantedName) &&
    addressesOf(record.address).some((held) => plain(held) === wantedAddress);
}

function addressesOf({ latin, local, city = '', postcode = '' }: ListRecord['address']): readonly string[] {
  return [latin, local]
    .filter((line) => line !== undefined && line !== '')
    .flatMap((line) => [`${line}`, `${line} ${city}`, `${line} ${city} ${postcode}`, `${line} ${postcode} ${city}`]);
}

function plain(text: string): string {
  return withoutPunctuation(withoutCase(text));
}
