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

/** A form from data. Throws E_ADAPTER_INVALID for a form without {code}, an invalid pattern, an example of another form, an unknown check digit. */
export function identifierForm(data: IdentifierData, place: Place, pointer: string): IdentifierForm {
  const [before, after, ...more] = data.form.split('{code}');
  if (before === undefined || after === undefined || more.length > 0) {
    const fix = 'Write the fixed text around {code}.';
    throw invalid('the form does not contain {code} exactly once', place(`${pointer}/form`), fix);
  }
  const pattern = `^${RegExp.escape(before)}(?:${data.code})${RegExp.escape(after)}$`;
  const grammar = compilePattern(pattern, place(`${pointer}/code`));
  if (!grammar.test(data.example)) {
    const fix = 'Correct the example, the form or the code.';
    throw invalid('the example does not follow the form', place(`${pointer}/example`), fix);
  }
  const { form, words, example, issuers } = data;
  const check = checkDigitOf(data, place, pointer);
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

function compilePattern(pattern: string, at: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    const fix = 'Write a regular expression; the one of the code has no anchors.';
    throw invalid(`not a pattern: ${reason}`, at, fix);
  }
}

function checkDigitOf({ check }: IdentifierData, place: Place, pointer: string): IdentifierForm['check'] {
  if (check === undefined) return undefined;
  const { kind, digits } = check;
  if (checkDigit(kind, '') === 'unknown_kind') {
    const fix = 'Name it as the package stdnum does: country, dot, number.';
    throw invalid('no check digit of that kind is known', place(`${pointer}/check/kind`), fix);
  }
  return digits === undefined ? { kind } : { kind, digits: compilePattern(digits, place(`${pointer}/check/digits`)) };
}
