/**
 * Compares the name on a declaration with the name on a list. Where operators go by identifier, a name never grants anything and the
 * result only warns or has a person look; where an arrangement has them found by name and address, both must have the same key.
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
    'ag gmbh kg mbh ab as asa aps oy oyj bv nv sa sas sarl sl srl spa sro spzoo sp zoo oo doo dd jsc ooo oao pjsc kk gk',
    'ug ohg ev se snc ltda eireli cv kft zrt ou uab sia ad ood eood pt tbk fze fzco fzc tnhh ооо оао зао пао ао ип тоо тов ае επε οε',
    '주 유 株 有 合',
  ].flatMap((line) => line.split(' ')),
);

/** Words of the trade that many names have: they do not tell whose name it is. */
const tradeWords = new Set(
  [
    'and of the for de la le du des und der die von el los y et e da do',
    'trade trading commerce commercial general import imports importing export exports exporting exporter international',
    'intl global world worldwide group holding holdings enterprise enterprises industry industries industrial',
    'liability joint stock public open closed cong ty kabushiki kaisha sociedad anonima societe anonyme aktiengesellschaft',
    'manufacturing products goods services service solutions logistics shipping transport supply',
  ].flatMap((line) => line.split(' ')),
);
const joinedTradeWords = /国际|國際|贸易|貿易|进出口|進出口|集团|集團|科技|实业|實業|物流|商事|工业|工業|公司/gu;

/** The same in scripts that write without spaces. */
const joinedForms = /股份有限公司|有限责任公司|有限公司|株式会社|有限会社|合同会社|주식회사|유한회사/gu;

/**
 * Full case folding (ß is ss): to capitals and back. The dotless i is left alone, because its capital is that of i, and a final sigma
 * is a sigma.
 */
function withoutCase(text: string): string {
  const folded = text
    .normalize('NFKC')
    .replace(/[^ı]+/gu, (part) => part.toLowerCase().toUpperCase().toLowerCase())
    .replaceAll('ς', 'σ');
  return folded.normalize('NFKC');
}

/**
 * The one key of names and addresses: Unicode NFKC, full case folding, and every run of blanks, punctuation and symbols as one blank.
 * Characters that take no room are left out, as in NFKC_Casefold.
 */
export function nameKey(text: string): string {
  // Normalised, an accent that stands alone would become a blank with a combining mark.
  const written = text
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/\p{Sk}/gu, ' ')
    .replaceAll('№', 'No ');
  return withoutCase(written)
    .replace(/[\p{P}\p{S}\s]+/gu, ' ')
    .trim();
}

const stages: readonly (readonly [Difference, (name: string) => string])[] = [
  ['case', withoutCase],
  ['accents', (name) => name.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC')],
  // `A & B` is `A AND B`.
  ['punctuation', (name) => nameKey(name).replace(/ and(?= )/gu, '')],
  ['legal form', withoutLegalForm],
  ['spacing', (name) => name.replace(/\s/gu, '')],
];

function withoutLegalForm(name: string): string {
  const rest = name.replace(joinedForms, '').trim();
  const parts = (rest === '' ? name : rest).split(' ');
  for (let length = formLength(parts); length > 0; length = formLength(parts)) parts.splice(-length);
  return parts.join(' ');
}

/** How many of the last words are a legal form: one, or the letters of one that dots separated (`p t e`). Never all of them. */
function formLength(parts: readonly string[]): number {
  return [1, 2, 3, 4].find((n) => n < parts.length && legalForms.has(formOf(parts.slice(-n)))) ?? 0;
}

function formOf(words: readonly string[]): string {
  return words.length === 1 || words.every((word) => word.length === 1) ? words.join('') : '';
}

/** The comparison with the most similar of the names held: an operator may have one in each of two scripts. */
export function compareWithNames(sent: string, held: readonly [string, ...string[]]): NameComparison {
  const compared = held.map((name) => compareNames(sent, name));
  return compared.reduce((best, other) => (rank(other) > rank(best) ? other : best));
}

const rank = ({ score, shares_word: shares }: NameComparison): number => score + (shares ? 1 : 0);

/**
 * The similarity of two names. `score`, from 0 to 1, is the share of the longer name that is equal after the differences in
 * `because` are removed.
 */
export function compareNames(sent: string, held: string): NameComparison {
  const because: Difference[] = [];
  const compared = [comparable(sent), comparable(held)] as const;
  let [one, other] = compared;
  let apart = distance(one, other);
  for (const [difference, strip] of stages) {
    if (apart === 0) break;
    const [before, ...stripped] = [apart, strip(one), strip(other)] as const;
    if (stripped[0] === one && stripped[1] === other) continue;
    [one, other] = stripped;
    apart = distance(one, other);
    if (apart < before) because.push(difference);
  }
  const longest = Math.max(one.length, other.length);
  const score = longest === 0 ? 0 : Math.round((1 - apart / longest) * 100) / 100;
  const result = score >= sameFrom ? 'match' : 'differs';
  const shares = result === 'match' || shareWord(...compared);
  return { because, compared: { held, sent }, result, score, shares_word: shares };
}

/** Of a longer name the beginning is compared: comparing takes the product of the lengths, and one character may stand for eighteen. */
const mostCompared = 256;

function comparable(name: string): string {
  const written = name.normalize('NFKC');
  return written.length <= mostCompared ? name : written.slice(0, mostCompared);
}

/** Whether the names have a significant word in common: the same, with a typing error, or written in one with its neighbour. */
function shareWord(sent: string, held: string): boolean {
  const [one, other] = [significantWords(sent), significantWords(held)];
  const within = (words: readonly string[], all: readonly string[]): boolean =>
    words.some((word) => word.length > 5 && all.join('').includes(word));
  return one.some((word) => other.some((each) => isLike(word, each))) || within(one, other) || within(other, one);
}

function isLike(word: string, other: string): boolean {
  const longest = Math.max(word.length, other.length);
  return word === other || (longest > 4 && distance(word, other) <= longest / 5);
}

/** Words that are neither single letters, legal forms nor words of the trade; where nothing is left, the whole name is one word. */
function significantWords(name: string): readonly string[] {
  const bare = name.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC');
  const words = withoutLegalForm(nameKey(bare))
    .split(' ')
    .filter((word) => word !== '');
  const telling = words.filter(
    (word) => !/^[\p{Script=Latin}\d]$/u.test(word) && !legalForms.has(word) && !tradeWords.has(word),
  );
  return (telling.length === 0 ? [words.join('')] : telling).flatMap(pairsIfJoined);
}

const joinedScripts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Where words are not separated, each pair of neighbouring characters stands for a word. */
function pairsIfJoined(word: string): readonly string[] {
  if (!joinedScripts.test(word)) return [word];
  const rest = word
    .replace(joinedTradeWords, ' ')
    .split(' ')
    .filter((part) => part !== '');
  return (rest.length === 0 ? [word] : rest).flatMap((part) => {
    const characters = Array.from(part);
    return characters.length < 2 ? [part] : characters.slice(1).map((next, i) => `${characters[i] ?? ''}${next}`);
  });
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
  const [wantedName, wantedAddress] = [nameKey(name), nameKey(address)];
  if (wantedName === '' || wantedAddress === '') return () => false;
  return (record) =>
    [record.name.latin, record.name.local].some((held) => held !== undefined && nameKey(held) === wantedName) &&
    addressesOf(record.address).some((held) => nameKey(held) === wantedAddress);
}

function addressesOf({ latin, local, city = '', postcode = '' }: ListRecord['address']): readonly string[] {
  return [latin, local]
    .filter((line) => line !== undefined && line !== '')
    .flatMap((line) => [`${line}`, `${line} ${city}`, `${line} ${city} ${postcode}`, `${line} ${postcode} ${city}`]);
}
