/** Patterns of identifiers, as regular expressions that answer soon whatever is compared with them. */

import { invalid } from './faults.ts';

/** An identifier has at most so many characters (schemas/check-request.schema.json). */
const longest = 64;
/** A text is compared in so many ways at most: a few milliseconds. */
const mostWays = 100_000;

const atom = /\\(?:[pPu]\{[^}]*\}|x..|u....|k<[^>]*>|.)|\[(?:\\.|[^\]\\])*\]|[^]/uy;
const groupStart = /\((?:\?(?:[a-z-]*:|<?[=!]|<[^>]*>))?/uy;
const quantifier = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/uy;

/** `at`: its place, which costs a second reading of its file. Throws E_ADAPTER_INVALID for what is no regular expression, and for one that can take very long (catastrophic backtracking). */
export function compilePattern(pattern: string, at: () => string): RegExp {
  let compiled: RegExp;
  try {
    compiled = new RegExp(pattern, 'u');
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    const fix = 'Write a regular expression, without anchors for a code.';
    throw invalid(`not a regular expression: ${reason}`, at(), fix);
  }
  if (waysOf(pattern) <= mostWays) return compiled;
  const fix = 'Limit each repetition, as in {1,15}, and put none inside another.';
  throw invalid('the pattern can take very long: it tries a text in too many ways', at(), fix);
}

/** An upper bound of the ways in which the pattern can be compared with a text: each repetition and each alternative multiplies them. */
function waysOf(pattern: string): number {
  let at = 0;
  const take = (form: RegExp): RegExpExecArray | null => {
    form.lastIndex = at;
    const found = form.exec(pattern);
    at += found?.[0].length ?? 0;
    return found;
  };
  const alternatives = (): number => {
    let [others, ways] = [0, 1];
    for (; at < pattern.length && pattern[at] !== ')';) {
      if (pattern[at] === '|') {
        [others, ways] = [others + ways, 1];
        at += 1;
        continue;
      }
      let once = 1;
      if (take(groupStart) !== null) {
        once = alternatives();
        at += 1;
      } else take(atom);
      ways *= waysRepeated(once, take(quantifier));
    }
    return others + ways;
  };
  return alternatives();
}

function waysRepeated(once: number, repetition: RegExpExecArray | null): number {
  if (repetition === null) return once;
  const [, mark, least = mark === '+' ? '1' : '0', comma, most = ''] = repetition;
  const upTo = mark === '?' ? 1 : mark !== undefined || (comma !== undefined && most === '') ? longest : Number(most);
  let ways = 0;
  for (let times = Number(least); times <= Math.max(Number(least), Math.min(upTo, longest)); times += 1)
    ways += once ** times;
  return ways;
}
