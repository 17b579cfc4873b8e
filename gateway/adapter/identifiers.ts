/** Identifier forms from data: a fixed text around the registration code, and the grammar of the code. */

import type { IdentifierForm } from './adapter.ts';
import { invalid, type Place } from './faults.ts';

export interface IdentifierData {
  readonly form: string;
  /** Pattern of the code alone, without anchors. */
  readonly code: string;
  readonly words: string;
  readonly example: string;
}

/** A form from data; E_ADAPTER_INVALID when the form has no code, the pattern is none, or the example does not follow it. */
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
  const { form, words, example } = data;
  return {
    form,
    grammar,
    words,
    example,
    toIdentifier: (code) => before + code + after,
    toCode: (identifier) =>
      grammar.test(identifier) ? identifier.slice(before.length, identifier.length - after.length) : undefined,
  };
}

function grammarOf({ code }: IdentifierData, [before, after]: readonly [string, string], at: string): RegExp {
  try {
    return new RegExp(`^${RegExp.escape(before)}(?:${code})${RegExp.escape(after)}$`, 'u');
  } catch (error) {
    throw invalid(
      `the code is no pattern: ${error instanceof Error ? error.message : ''}`,
      at,
      'Write a regular expression without anchors.',
    );
  }
}
