/** Identifiers one edit away from the one sent, candidates for a suggestion. None ever replaces the identifier sent. */

import type { IdentifierEdit } from './answer.ts';
import {
  checkDigitOf,
  cleanIdentifier,
  follows,
  prefixReadings,
  variantReading,
  withoutSeparators,
} from '../identifier.ts';
import type { Issuer } from '../identifier.ts';

export interface Candidate {
  readonly identifier: string;
  readonly edit: IdentifierEdit;
  readonly from?: string;
  readonly to?: string;
}

/** Looked up at most for one answer; those with the smallest edits come first. */
const mostCandidates = 200;
/** Made at most for one answer, in less than a millisecond: of an identifier as people mistype it, all are. */
const mostEdits = 2_000;
/** Characters of the longest identifier that may be sent; one of them may stand for eighteen. */
const longest = 64;

/** Of a character, those that it is mistaken for on paper and on screens. */
const alike = new Map(
  ['0O', '1IL', '2Z', '5S', '8B'].flatMap((group) => Array.from(group, (each) => [each, group.replace(each, '')])),
);

/**
 * Every identifier of the issuer's form that differs from the one sent by its prefix, by one or two similar characters, or, if a
 * check digit confirms it, by one typing error. The smallest edits first, each identifier once, at most 200.
 */
export function candidatesOf(sent: string, issuer: Issuer): readonly Candidate[] {
  const bare = withoutSeparators(cleanIdentifier(sent).value);
  if (bare.length > longest) return [];
  const found = new Map<string, Candidate>();
  let made = 0;
  for (const candidate of edits(bare, issuer)) {
    const { identifier, edit } = candidate;
    if (made === mostEdits || found.size === mostCandidates) break;
    made += 1;
    if (found.has(identifier) || !follows(issuer.form, identifier)) continue;
    if (typingEdits.has(edit) && checkDigitOf(issuer.form, identifier) !== 'ok') continue;
    found.set(identifier, candidate);
  }
  return [...found.values()];
}

function* edits(bare: string, issuer: Issuer): Iterable<Candidate> {
  const variant = variantReading(bare, issuer.form);
  if (variant !== undefined) yield { ...variant, edit: 'variant' };
  const readings = prefixReadings(bare, issuer).map(({ value }) => value);
  for (const identifier of readings) yield { identifier, edit: 'prefix', from: bare, to: identifier };
  const texts = [bare, ...readings];
  for (const text of texts) yield* swapped(text);
  for (const text of issuer.form.check === undefined ? [] : texts) yield* typingErrors(text);
  for (const text of texts)
    for (const { identifier, ...first } of swapped(text)) yield* swappedAgain(identifier, first);
}

/** One character replaced by a similar one. */
function* swapped(text: string): Iterable<Candidate> {
  for (let place = 0; place < text.length; place += 1) {
    const from = text.charAt(place);
    for (const to of alike.get(from) ?? '')
      yield { identifier: replaced(text, place, 1, to), edit: 'look_alike', from, to };
  }
}

function* swappedAgain(text: string, first: Omit<Candidate, 'identifier'>): Iterable<Candidate> {
  for (const second of swapped(text)) {
    const [from, to] = [`${first.from ?? ''}${second.from ?? ''}`, `${first.to ?? ''}${second.to ?? ''}`];
    yield { ...second, from, to };
  }
}

/** Without a check digit nothing can confirm these. */
const typingEdits: ReadonlySet<IdentifierEdit> = new Set(['substitution', 'transposition', 'doubled', 'missing']);

/** A wrong digit, two neighbours exchanged, a character written twice, a digit left out. */
function* typingErrors(text: string): Iterable<Candidate> {
  for (const [place, character] of text.split('').entries()) {
    const next = text.charAt(place + 1);
    if (/\d/u.test(character)) {
      for (const to of digits)
        if (to !== character)
          yield { identifier: replaced(text, place, 1, to), edit: 'substitution', from: character, to };
    }
    if (next !== '' && next !== character) {
      const [from, to] = [character + next, next + character];
      yield { identifier: replaced(text, place, 2, to), edit: 'transposition', from, to };
    }
    if (next === character)
      yield { identifier: replaced(text, place, 1, ''), edit: 'doubled', from: character + character, to: character };
  }
  for (let place = 0; place <= text.length; place += 1)
    for (const to of digits) yield { identifier: replaced(text, place, 0, to), edit: 'missing', to };
}

const digits = '0123456789';

function replaced(text: string, place: number, length: number, by: string): string {
  return text.slice(0, place) + by + text.slice(place + length);
}

/** The edit in words. */
export function editInWords({ edit, from = '', to = '', identifier }: Candidate): string {
  switch (edit) {
    case 'prefix':
      return `${from} with its letters in front as they belong is ${identifier}`;
    case 'variant':
      return `it is another way of writing ${identifier}`;
    case 'look_alike':
      return `with ${to} in place of ${from}, which looks like it, it is ${identifier}`;
    case 'substitution':
      return `with ${to} in place of ${from} it is ${identifier}`;
    case 'transposition':
      return `with ${to} in place of ${from}, two characters exchanged, it is ${identifier}`;
    case 'missing':
      return `with one more ${to} it is ${identifier}`;
    case 'doubled':
      return `with ${to} once and not twice it is ${identifier}`;
    case 'other_partner':
      return `it looks like an identifier of another partner, ${identifier}`;
  }
}
