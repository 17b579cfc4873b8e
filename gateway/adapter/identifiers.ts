/** Identifier forms from data: fixed text around the registration code, and the grammar of the code. */

import { checkDigit } from '../model/record/check-digits.ts';
import type { IdentifierForm } from './adapter.ts';
import { compilePattern } from './bounded-pattern.ts';
import { invalid, type Place } from './faults.ts';
import { present } from '../model/present.ts';

export interface IdentifierData {
  readonly form: string;
  /** Pattern of the code alone, without anchors. */
  readonly code: string;
  readonly words: string;
  readonly example: string;
  /** Kind of check digit, `country.kind`. `digits`: a pattern whose first group is the number. A wrong digit is a warning only. */
  readonly check?: { readonly kind: string; readonly digits?: string };
  /** Country codes that begin an identifier, when one partner represents several states. */
  readonly issuers?: readonly string[];
  /** Other ways of writing the number; `pattern` without separators and in capitals, `as`: what it is replaced with. */
  readonly variants?: readonly { readonly pattern: string; readonly as: string }[];
}

/** Throws E_ADAPTER_INVALID for a form without {code}, an invalid pattern or one that can take very long, an example of another form, or an unknown check digit. */
export function identifierForm(data: IdentifierData, place: Place, pointer: string): IdentifierForm {
  const [before, after, ...more] = data.form.split('{code}');
  if (before === undefined || after === undefined || more.length > 0) {
    const fix = 'Write the fixed text around {code}.';
    throw invalid('the form does not contain {code} exactly once', place(`${pointer}/form`), fix);
  }
  const pattern = `^${RegExp.escape(before)}(?:${data.code})${RegExp.escape(after)}$`;
  const grammar = compilePattern(pattern, () => place(`${pointer}/code`));
  if (!grammar.test(data.example)) {
    const fix = 'Correct the example, the form or the code.';
    throw invalid('the example does not follow the form', place(`${pointer}/example`), fix);
  }
  const { form, words, example, issuers } = data;
  const variants = data.variants?.map((variant, n) => {
    return { ...variant, pattern: compilePattern(variant.pattern, () => place(`${pointer}/variants/${n}/pattern`)) };
  });
  return {
    ...present({ form, grammar, words, example, check: checkDigitOf(data, place, pointer), issuers, variants }),
    toIdentifier: (code) => before + code + after,
    toCode: (identifier) =>
      grammar.test(identifier) ? identifier.slice(before.length, identifier.length - after.length) : undefined,
  };
}

function checkDigitOf({ check }: IdentifierData, place: Place, pointer: string): IdentifierForm['check'] {
  if (check === undefined) return undefined;
  const { kind, digits } = check;
  if (checkDigit(kind, '') === 'unknown_kind') {
    const fix = 'Use a name of the package stdnum: country.number.';
    throw invalid('the kind of check digit is not known', place(`${pointer}/check/kind`), fix);
  }
  return digits === undefined
    ? { kind }
    : { kind, digits: compilePattern(digits, () => place(`${pointer}/check/digits`)) };
}
