/** Cleans an identifier as people type it, says what was changed, and guesses nothing. */

export type IdentifierChange = 'full_width' | 'invisible' | 'spaces' | 'look_alike' | 'wrapping' | 'case';

export interface CleanIdentifier {
  readonly value: string;
  /** In the order the changes were made; empty where the identifier came as it is written. */
  readonly changes: readonly IdentifierChange[];
}

/** Cyrillic capitals and small letters that look like a Latin letter. Nothing else is folded: a digit is never made a letter. */
const cyrillic = 'АВСЕНІЈКМОРЅТХУасеіјорѕху';
const latin = 'ABCEHIJKMOPSTXYaceijopsxy';
const lookAlike = new RegExp(`[${cyrillic}]`, 'gu');

/** Zero-width characters, joiners, soft hyphen, direction marks: they can be pasted and not seen. */
const invisible = /\p{Cf}/gu;
const spaces = /\s/gu;
/** The form of the remarks box of older declarations: `AEO<NZ1234>`. */
const wrapping = /^AEO<([^<>]*)>$/u;

const repairs: readonly (readonly [IdentifierChange, (text: string) => string])[] = [
  ['full_width', (text) => text.normalize('NFKC')],
  ['invisible', (text) => text.replace(invisible, '')],
  ['spaces', (text) => text.replace(spaces, '')],
  ['look_alike', (text) => text.replace(lookAlike, (letter) => latin.charAt(cyrillic.indexOf(letter)))],
  ['case', (text) => text.replace(/[a-z]/gu, (letter) => letter.toUpperCase())],
  ['wrapping', (text) => text.replace(wrapping, '$1')],
];

/** The identifier in the form partners write it: half-width capitals and digits, no spaces, not wrapped. */
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

const words: Readonly<Record<IdentifierChange, string>> = {
  full_width: 'full-width characters',
  invisible: 'invisible characters',
  spaces: 'spaces',
  look_alike: 'Cyrillic letters that look Latin',
  wrapping: 'the wrapping AEO<…>',
  case: 'small letters',
};

/** The changes in words, for whoever wrote the identifier. */
export function changesInWords(changes: readonly IdentifierChange[]): string {
  return changes.map((change) => words[change]).join(', ');
}
