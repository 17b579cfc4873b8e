/** Reads an identifier as people type it, and reports every change. Letters never become digits, nor digits letters. */

import { checkDigit } from './record/check-digits.ts';

/** How the operators of one administration are written. An IdentifierForm of an adapter is one of these. */
export interface WrittenForm {
  /** The fixed text around the registration code: `AEOCN{code}`. */
  readonly form: string;
  readonly grammar: RegExp;
  /** The grammar in plain language, for error messages. */
  readonly words: string;
  readonly example: string;
  /** Which check digit a part of it carries (model/record/check-digits.ts). `digits`: its first group is that part; without it, the code. */
  readonly check?: { readonly kind: string; readonly digits?: RegExp };
  /** States whose letters begin an identifier, where one partner speaks for many. */
  readonly issuers?: readonly string[];
  /** How the same number is written elsewhere: what matches is replaced. Only suggested, never applied. */
  readonly variants?: readonly { readonly pattern: RegExp; readonly as: string }[];
}

/** An identifier in the partner's form, made from another way of writing it. */
interface VariantReading {
  readonly identifier: string;
  readonly from: string;
  readonly to: string;
}

/** Whose identifier it is read as: the partner, its form, and the state asked about where the partner speaks for several. */
export interface Issuer {
  readonly partner: string;
  readonly form: WrittenForm;
  readonly state?: string | undefined;
}

type IdentifierChange =
  'full_width' | 'invisible' | 'spaces' | 'look_alike' | 'wrapping' | 'case' | 'separators' | 'prefix' | 'prefix_added';

export interface CleanIdentifier {
  readonly value: string;
  /** In the order the changes were made; empty where the identifier came as it is written. */
  readonly changes: readonly IdentifierChange[];
}

/** Cyrillic letters and Greek capitals that resemble a Latin letter. No other characters are replaced. */
const foreign = 'АВСЕНІЈКМОРЅТХУасеіјорѕхуΑΒΕΖΗΙΚΜΝΟΡΤΥΧ';
const latin = 'ABCEHIJKMOPSTXYaceijopsxyABEZHIKMNOPTYX';
const lookAlike = new RegExp(`[${foreign}]`, 'gu');

/** Zero-width characters, joiners, soft hyphen, direction marks: they can be pasted without being visible. */
const invisible = /\p{Cf}/gu;
const spaces = /\s/gu;
/** Marks by which people group long numbers, and set their name off: dots, hyphens and dashes of any length, slashes, colons. */
const separators = /[.·:/\\−\p{Pd}]/gu;
/** The form of the remarks box of older declarations: `AEO<NZ1234>`. */
const wrapping = /^AEO<([^<>]*)>$/u;

const repairs: readonly (readonly [IdentifierChange, (text: string) => string])[] = [
  ['full_width', (text) => text.normalize('NFKC')],
  ['invisible', (text) => text.replace(invisible, '')],
  ['spaces', (text) => text.replace(spaces, '')],
  ['look_alike', (text) => text.replace(lookAlike, (letter) => latin.charAt(foreign.indexOf(letter)))],
  ['case', (text) => text.replace(/[a-z]/gu, (letter) => letter.toUpperCase())],
  ['wrapping', (text) => text.replace(wrapping, '$1')],
];

/** The identifier as half-width Latin capitals and digits, without spaces or wrapping: what can be set right whosever it is. */
export function cleanIdentifier(sent: string): CleanIdentifier {
  const changes: IdentifierChange[] = [];
  let value = sent;
  for (const [change, repair] of repairs) {
    const repaired = repair(value);
    if (repaired !== value) changes.push(change);
    value = repaired;
  }
  return { value, changes };
}

/**
 * The identifier as that partner writes it. One that follows the form is left alone; separators and the letters in front are
 * corrected only where the result follows the form. An identifier that cannot be read so is only cleaned. `cleaned`: what
 * cleanIdentifier made of it, where it is read as the identifier of many partners.
 */
export function readIdentifier(sent: string, issuer: Issuer, cleaned?: CleanIdentifier): CleanIdentifier {
  const { form } = issuer;
  if (follows(form, sent)) return { value: sent, changes: [] };
  const clean = cleaned ?? cleanIdentifier(sent);
  if (follows(form, clean.value)) return clean;
  const bare = withoutSeparators(clean.value);
  if (follows(form, bare)) return { value: bare, changes: [...clean.changes, 'separators'] };
  const [reading] = prefixReadings(bare, issuer).filter(({ value, sure }) => sure && follows(form, value));
  if (reading === undefined) return clean;
  const grouped: readonly IdentifierChange[] = bare === clean.value ? [] : ['separators'];
  return { value: reading.value, changes: [...clean.changes, ...grouped, reading.change] };
}

/** Whether the identifier has the partner's form, and begins with one of the states the partner speaks for. */
export function follows({ grammar, issuers }: WrittenForm, identifier: string): boolean {
  return grammar.test(identifier) && (issuers === undefined || stateOf(issuers, identifier) !== undefined);
}

/** The state whose letters begin the identifier. */
export function stateOf(issuers: readonly string[] | undefined, identifier: string): string | undefined {
  return issuers?.find((state) => identifier.startsWith(state));
}

export function withoutSeparators(identifier: string): string {
  return identifier.replace(separators, '');
}

interface PrefixReading {
  readonly value: string;
  /** `prefix`: the partner's letters were there, once too often or with others before them. */
  readonly change: 'prefix' | 'prefix_added';
  /** Nothing but the letters in front can be meant. What begins with other letters could be another country's code. */
  readonly sure: boolean;
}

/**
 * The identifier with the letters in front as the form has them, once: `AEOCN…`, `CNCN…`, and letters left out. Those with most
 * removed come first. They need not follow the form.
 */
export function prefixReadings(value: string, { partner, form, state }: Issuer): readonly PrefixReading[] {
  const [before = ''] = form.form.split('{code}');
  const lead = before === '' ? (state ?? '') : before;
  const letters = [lead, partner, ...(form.issuers ?? [])].filter((text) => text !== '');
  // The longest first: the lead may begin with the partner's own letters.
  const tokens = [...letters, 'AEO'];
  const rests: { readonly text: string; readonly named: boolean }[] = [{ text: value, named: false }];
  for (let last = rests[0]; last !== undefined;) {
    const { text, named } = last;
    const token = tokens.find((found) => text.startsWith(found));
    last = token === undefined ? undefined : { text: text.slice(token.length), named: named || token !== 'AEO' };
    if (last !== undefined) rests.push(last);
  }
  return rests
    .toReversed()
    .map(({ text, named }): PrefixReading => {
      const given = named || (lead === '' && follows(form, text));
      return { value: lead + text, change: given ? 'prefix' : 'prefix_added', sure: given || /^\d/u.test(text) };
    })
    .filter((reading) => reading.value !== value);
}

/** What was sent, read as another way of writing an identifier of this form; undefined where no variant leads to the form. */
export function variantReading(sent: string, form: WrittenForm): VariantReading | undefined {
  const bare = withoutSeparators(cleanIdentifier(sent).value);
  for (const { pattern, as } of form.variants ?? []) {
    const [from] = pattern.exec(bare) ?? [];
    const identifier = bare.replace(pattern, as);
    if (from !== undefined && follows(form, identifier)) return { identifier, from, to: from.replace(pattern, as) };
  }
  return undefined;
}

type CheckDigitFinding = 'ok' | 'wrong' | 'none';

/** Whether the check digit of an identifier that follows the form is right; `none` where it carries none. */
export function checkDigitOf({ form, check }: WrittenForm, identifier: string): CheckDigitFinding {
  if (check === undefined) return 'none';
  const [before = '', after = ''] = form.split('{code}');
  const code = identifier.slice(before.length, identifier.length - after.length);
  const number = check.digits === undefined ? code : check.digits.exec(identifier)?.[1];
  if (number === undefined) return 'none';
  const finding = checkDigit(check.kind, number);
  return finding === 'unknown_kind' ? 'none' : finding;
}

const words: Readonly<Record<IdentifierChange, string>> = {
  full_width: 'full-width characters',
  invisible: 'invisible characters',
  spaces: 'spaces',
  look_alike: 'Cyrillic or Greek letters that look Latin',
  wrapping: 'the wrapping AEO<…>',
  case: 'small letters',
  separators: 'dots, hyphens, slashes or colons',
  prefix: 'letters in front',
  prefix_added: 'letters missing in front',
};

/** The changes in plain language, for the sender of the identifier. */
export function changesInWords(changes: readonly IdentifierChange[]): string {
  return changes.map((change) => words[change]).join(', ');
}
