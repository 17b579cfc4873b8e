/** The figures of an arrangement, one after the other, as pages, files and reports state them; in what leaves, small counts are withheld. */

import type { ArrangementOutcome } from './arrangement-outcome.ts';
import { entryResults, missed, type EntryResult } from './entry-result.ts';
import type { Estimate } from './interval.ts';
import type { Compared } from './matched-comparison.ts';

export type Unit = 'entries' | 'operators' | 'answers' | 'messages' | 'seconds' | 'share';

export interface Figure {
  /** Published: `result.benefit`, `examined.difference`. */
  readonly figure: string;
  readonly unit: Unit;
  /** Null: there is none, or it is withheld. */
  readonly value: number | null;
  /** Of the interval that holds the true value. */
  readonly low?: number;
  readonly high?: number;
  /** The count is small, or would show one that is. */
  readonly withheld?: true;
}

/** `least`: counts of entries, operators and answers above zero and below it are withheld; 0: none is. */
export function figuresOf(outcome: ArrangementOutcome, least = 0): readonly Figure[] {
  const { results, treated, list_age_s: age, enforcement, exposure, exchange } = outcome;
  const small = (count: number): boolean => count > 0 && count < least;
  const hidden = hiddenResults(outcome, small);
  const isHidden = (...of: readonly EntryResult[]): boolean => of.some((result) => hidden.has(result));
  const count = (figure: string, unit: Unit, value: number | null, isSmall = value !== null && small(value)): Figure =>
    isSmall ? { figure, unit, value: null, withheld: true } : { figure, unit, value };
  const all = small(outcome.entries) || (hidden.size === 1 && isHidden(...entryResults));
  return [
    count('entries', 'entries', outcome.entries, all),
    count('with_code', 'entries', outcome.entries - results.no_code, all || isHidden('no_code')),
    count('recognised', 'entries', results.benefit + results.recognised, isHidden('benefit', 'recognised')),
    ...entryResults.map((result) => count(`result.${result}`, 'entries', results[result], isHidden(result))),
    ...(['benefit', 'others'] as const).flatMap((side) => {
      const { released, examined, documents_checked: checked } = treated[side];
      const isAllHidden = small(released) || (side === 'benefit' && isHidden('benefit'));
      const part = (figure: string, value: number): Figure =>
        count(`${figure}.${side}`, 'entries', value, isAllHidden || small(value) || small(released - value));
      return [
        count(`released.${side}`, 'entries', released, isAllHidden),
        ...[part('examined_entries', examined), part('documents_checked_entries', checked)],
      ];
    }),
    ...comparison(outcome, small),
    ...[count('list_age.median', 'seconds', age?.median ?? null), count('list_age.p95', 'seconds', age?.p95 ?? null)],
    count('enforcement.restrictions', 'operators', enforcement.restrictions),
    count('enforcement.median', 'seconds', enforcement.median_s, false),
    count('enforcement.slowest', 'seconds', enforcement.slowest_s, false),
    count('exposure.restrictions', 'operators', exposure.restrictions),
    count('exposure.answers', 'answers', exposure.answers),
    ...Object.entries(exchange).map(([what, messages]) => count(`exchange.${what}`, 'messages', messages, false)),
  ];
}

/** One cell that is missing could be computed from the sum: the next smallest is withheld with it. */
function hiddenResults({ results }: ArrangementOutcome, small: (count: number) => boolean): ReadonlySet<EntryResult> {
  const hidden = new Set(entryResults.filter((result) => small(results[result])));
  const rest = entryResults.filter((result) => results[result] > 0 && !hidden.has(result));
  const next = rest.toSorted((a, b) => results[a] - results[b])[0];
  if (hidden.size === 1 && next !== undefined) hidden.add(next);
  return hidden;
}

function comparison({ evaluation, treated }: ArrangementOutcome, small: (count: number) => boolean): readonly Figure[] {
  const { matched_entries: entries, matched_others: others, examined, release_s: release } = evaluation;
  const shows = (side: 'benefit' | 'others'): boolean => {
    const { examined: count, released } = treated[side];
    return small(count) || small(released - count);
  };
  const number = (figure: string, value: number): Figure =>
    small(value) ? { figure, unit: 'entries', value: null, withheld: true } : { figure, unit: 'entries', value };
  return [
    ...[number('matched_entries', entries), number('matched_others', others)],
    ...estimates('examined', 'share', examined, { benefit: shows('benefit'), others: shows('others') }),
    ...estimates('release', 'seconds', release, { benefit: false, others: false }),
  ];
}

function estimates(
  name: string,
  unit: Unit,
  found: Compared | undefined,
  hidden: { readonly benefit: boolean; readonly others: boolean },
): readonly Figure[] {
  const stated = (side: string, estimate: Estimate | undefined, isHidden: boolean): Figure => {
    const figure = `${name}.${side}`;
    if (isHidden) return { figure, unit, value: null, withheld: true };
    return estimate === undefined ? { figure, unit, value: null } : { figure, unit, ...estimate };
  };
  const either = hidden.benefit || hidden.others;
  return [
    stated('benefit', found?.benefit, found !== undefined && hidden.benefit),
    stated('others', found?.others, found !== undefined && hidden.others),
    stated('matched', found?.matched, found !== undefined && hidden.others),
    stated('difference', found?.difference, found !== undefined && either),
  ];
}

export const missedFigures: readonly string[] = missed.map((reason) => `result.${reason}`);
