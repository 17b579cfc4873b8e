/** Identifier forms from data: a fixed text around the registration code, and the grammar of the code. */

import { checkDigit } from '../model/record/check-digits.ts';
import type { IdentifierForm } from './adapter.ts';
import { invalid, type Place } from './faults.ts';

export interface IdentifierData {
  readonly form: string;
  /** Pattern of the code alone, without anchors. */
  readonly code: string;
  readonly words: string;
  readonly example: string;
  /** Check digit of a part of the code, `country.kind` (model/check-digits.ts). `digits`: a pattern whose first group is the number. Warns, never refuses. */
  readonly check?: { readonly kind: string; readonly digits?: string };
  /** States whose letters begin an identifier, where one partner speaks for many. */
  readonly issuers?: readonly string[];
}

/** A form from data; E_ADAPTER_INVALID when the form has no code, a pattern is none, the example does not follow it, or nobody knows the check digit. */
export function identifierForm(data: IdentifierData, place: Place, pointer: string): IdentifierForm {
  const [before, after, ...more] = data.form.split('{code}');
  if (before === undefined || after === undefined || more.length > 0) {
    throw invalid(
      'the form does not hold {code} once',
      place(`${pointer}/form`),
      'Write the fixed text around {code}.',
    );
  }
  const grammar = grammarOf(data, [before, after], place(`${pointer}/code`));
  if (!grammar.test(data.example)) {
    throw invalid(
      'the example does not follow the form',
      place(`${pointer}/example`),
      'Correct the example, the form or the code.',
    );
  }
  const { form, words, example, issuers } = data;
  const check = checkOf(data, place, pointer);
  return {
    form,
    grammar,
    words,
    example,
    ...(check === undefined ? {} : { check }),
    ...(issuers === undefined ? {} : { issuers }),
    toIdentifier: (code) => before + code + after,
    toCode: (identifier) =>
      grammar.test(identifier) ? identifier.slice(before.length, identifier.length - after.length) : undefined,
  };
}

function grammarOf({ code }: IdentifierData, [before, after]: readonly [string, string], at: string): RegExp {
  return patternOf(`^${RegExp.escape(before)}(?:${code})${RegExp.escape(after)}$`, at);
}

function patternOf(pattern: string, at: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch (error) {
    throw invalid(
      `no pattern: ${error instanceof Error ? error.message : ''}`,
      at,
      'Write a regular expression; that of the code has no anchors.',
    );
  }
}

function checkOf({ check }: IdentifierData, place: Place, pointer: string): IdentifierForm['check'] {
  if (check === undefined) return undefined;
  const { kind, digits } = check;
  if (checkDigit(kind, '') === 'unknown_kind') {
    throw invalid(
      'no check digit of that kind is known',
      place(`${pointer}/check/kind`),
      'Name it as the package stdnum does: country, dot, number.',
    );
  }
  return digits === undefined ? { kind } : { kind, digits: patternOf(digits, place(`${pointer}/check/digits`)) };
}
