/** Figures of what leaves: small counts are withheld, and no sum or share shows one that is. */

import { expect } from 'chai';
import type { ArrangementOutcome } from '../../../gateway/model/outcomes/arrangement-outcome.ts';
import { entryResults, type EntryResult } from '../../../gateway/model/outcomes/entry-result.ts';
import { figuresOf, type Figure } from '../../../gateway/model/outcomes/figures.ts';
import { compareMatched, type ObservedEntry } from '../../../gateway/model/outcomes/matched-comparison.ts';

const entries = (count: number, benefit: boolean, examined: number): ObservedEntry[] =>
  Array.from({ length: count }, (_, i) => ({ alike: 'a', benefit, examined: i < examined, seconds: 60 + i }));

function outcome(
  counts: Partial<Record<EntryResult, number>>,
  { examined = 10, restrictions = 0 }: { readonly examined?: number; readonly restrictions?: number } = {},
): ArrangementOutcome {
  const results = Object.fromEntries(
    entryResults.map((each) => [each, counts[each] ?? 0]),
  ) as ArrangementOutcome['results'];
  const { no_code, malformed, wrong_party, stale_list } = results;
  const treated = { entries: 100, released: 100, documents_checked: 0 };
  return {
    ...{
      partner: 'NN',
      from: '2026-11',
      to: '2026-11',
      results,
      missed: { no_code, malformed, wrong_party, stale_list },
    },
    entries: Object.values(results).reduce((sum, count) => sum + count, 0),
    treated: { benefit: { ...treated, examined }, others: { ...treated, examined: 50 } },
    list_age_s: { median: 3600, p95: 7200 },
    enforcement: { restrictions, median_s: 3, slowest_s: 41 },
    exposure: { restrictions: 0, answers: 0, complete: true },
    exchange: { sent: 1, accepted: 1, rejected: 0, waiting: 0, received: 2, applied: 2, held: 0, refused: 0 },
    evaluation: compareMatched([...entries(100, true, examined), ...entries(100, false, 50)], 30),
  };
}
const withheld = (figures: readonly Figure[]): readonly string[] =>
  figures.filter((each) => each.withheld === true).map(({ figure }) => figure);

describe('figures of outcomes', () => {
  it('are all stated to staff', () => {
    const figures = figuresOf(outcome({ benefit: 100, no_code: 2, malformed: 1 }, { examined: 1, restrictions: 1 }));
    expect(withheld(figures)).to.deep.equal([]);
    const value = (name: string): number | null | undefined => figures.find(({ figure }) => figure === name)?.value;
    expect(
      ['entries', 'with_code', 'recognised', 'result.no_code', 'examined_entries.benefit'].map(value),
    ).to.deep.equal([...[103, 101, 100, 2, 1]]);
  });

  it('withhold small counts, but no zero', () => {
    const figures = figuresOf(
      outcome({ benefit: 100, no_code: 2, malformed: 4, not_on_list: 5 }, { restrictions: 3 }),
      5,
    );
    expect(withheld(figures)).to.deep.equal([
      ...['with_code', 'result.malformed', 'result.no_code', 'enforcement.restrictions'],
    ]);
  });

  it('withhold the next smallest with a count that could be computed from the sum', () => {
    const one = figuresOf(outcome({ benefit: 100, malformed: 2, not_on_list: 9, no_code: 50 }), 5);
    expect(withheld(one)).to.deep.equal(['result.malformed', 'result.not_on_list']);
    const recognised = figuresOf(outcome({ benefit: 100, recognised: 2 }), 5);
    expect(withheld(recognised)).to.include.members([
      ...['recognised', 'result.benefit', 'result.recognised', 'released.benefit', 'examined_entries.benefit'],
    ]);
  });

  it('withhold the sum where nothing else could hide the count', () => {
    expect(withheld(figuresOf(outcome({ malformed: 3 }), 5))).to.include.members([
      'entries',
      'with_code',
      'result.malformed',
    ]);
  });

  it('withhold shares, and the difference, of which one is of few entries, or of all but few', () => {
    for (const examined of [2, 97]) {
      const figures = figuresOf(outcome({ benefit: 100, no_code: 100 }, { examined }), 5);
      expect(withheld(figures)).to.deep.equal([
        ...['examined_entries.benefit', 'examined.benefit', 'examined.difference'],
      ]);
    }
    const figures = figuresOf(outcome({ benefit: 100, no_code: 100 }, { examined: 10 }), 5);
    expect(withheld(figures)).to.deep.equal([]);
    expect(figures.find(({ figure }) => figure === 'examined.difference')?.value).to.be.closeTo(-0.4, 1e-9);
  });
});
