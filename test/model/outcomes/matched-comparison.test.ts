/** Entries with a benefit compared with others like them: exact intervals, known effects found and none invented, no figure of a few entries. */

import { expect } from 'chai';
import { difference, medianOf, quantiles, shareOf } from '../../../gateway/model/outcomes/interval.ts';
import { compareMatched, type ObservedEntry } from '../../../gateway/model/outcomes/matched-comparison.ts';
import { judgeSimulated } from '../../support/simulated-entries.ts';

const entry = (changes: Partial<ObservedEntry>): ObservedEntry => ({
  ...{ alike: '85 5316 sea', benefit: false, examined: false, seconds: 60 },
  ...changes,
});
const entries = (count: number, changes: Partial<ObservedEntry> = {}): ObservedEntry[] =>
  Array.from({ length: count }, () => entry(changes));

describe('the interval of a share', () => {
  it('has the limits of published tables', () => {
    // Clopper and Pearson: 10 of 100, and none or all of 20.
    const { low, high } = shareOf(10, 100);
    expect(low).to.be.closeTo(0.0490047, 1e-6);
    expect(high).to.be.closeTo(0.1762226, 1e-6);
    expect(shareOf(0, 20).high).to.be.closeTo(0.168433, 1e-6);
    expect(shareOf(20, 20).low).to.be.closeTo(0.831567, 1e-6);
  });

  it('of a difference includes what both intervals allow', () => {
    const { value, low, high } = difference({ value: 0.5, low: 0.4, high: 0.6 }, { value: 0.3, low: 0.3, high: 0.3 });
    expect([value, low, high].map((each) => each.toFixed(3))).to.deep.equal(['0.200', '0.100', '0.300']);
  });
});

describe('the median of weighted values', () => {
  it('is the first value up to which half the weight lies', () => {
    const values = [1, 2, 3, 4].map((value) => ({ value, weight: value === 4 ? 10 : 1 }));
    expect(quantiles(values, [0.05, 0.5, 1])).to.deep.equal([1, 4, 4]);
    const median = medianOf(
      Array.from({ length: 101 }, (_, i) => ({ value: i, weight: 1 })),
      101,
    );
    expect([median.low, median.value, median.high]).to.deep.equal([40, 50, 60]);
  });
});

describe('the comparison with others that are alike', () => {
  it('finds no difference where goods and offices explain it', () => {
    const rare = (benefit: boolean, count: number): ObservedEntry[] => [
      ...entries(count / 50, { alike: 'a', benefit, examined: true, seconds: 100 }),
      ...entries((count * 49) / 50, { alike: 'a', benefit, seconds: 100 }),
    ];
    const frequent = (benefit: boolean, count: number): ObservedEntry[] => [
      ...entries(count / 2, { alike: 'b', benefit, examined: true, seconds: 9_000 }),
      ...entries(count / 2, { alike: 'b', benefit, seconds: 9_000 }),
    ];
    const { examined, release_s: release } = compareMatched(
      [...rare(true, 900), ...rare(false, 100), ...frequent(true, 100), ...frequent(false, 900)],
      30,
    );
    expect(examined?.others.value).to.be.closeTo(0.452, 1e-9);
    expect(examined?.matched.value).to.be.closeTo(0.068, 1e-9);
    expect(examined?.difference.value).to.be.closeTo(0, 1e-9);
    expect([examined?.differs, release?.differs, release?.matched.value]).to.deep.equal([false, false, 100]);
  });

  it('gives no figure of fewer entries than agreed, on either side, and says how many there were', () => {
    const few = compareMatched([...entries(29, { benefit: true }), ...entries(500)], 30);
    expect(few).to.deep.equal({
      ...{ entries: 29, others: 500, matched_entries: 29, matched_others: 500 },
      ...{ not_comparable: 0, least_entries: 30 },
    });
    expect(compareMatched([...entries(500, { benefit: true }), ...entries(29)], 30)).to.not.have.property('examined');
    expect(compareMatched([...entries(30, { benefit: true }), ...entries(30)], 30)).to.have.property('examined');
    expect(compareMatched([], 1)).to.not.have.property('examined');
  });

  it('leaves out entries that have none like them, or do not state what they are', () => {
    const found = compareMatched(
      [
        ...entries(40, { benefit: true }),
        ...entries(40),
        ...entries(7, { benefit: true, alike: 'alone' }),
        ...entries(5, { alike: undefined, examined: true }),
      ],
      30,
    );
    expect(found).to.include({ entries: 47, others: 45, matched_entries: 40, matched_others: 40, not_comparable: 5 });
    expect(found.examined?.matched.value).to.equal(0);
  });

  it('holds a known effect in at least 93 of 100 months, and claims one in at most 7 where there is none', () => {
    const counts = { examined: 0, release: 0, invented: 0 };
    for (let seed = 1; seed <= 100; seed += 1) {
      const { holds } = judgeSimulated({ seed, entries: 900, rate: 0.4, secondsEarlier: 1200 });
      const { claims } = judgeSimulated({ seed: 1000 + seed, entries: 900, rate: 1, secondsEarlier: 0 });
      counts.examined += holds.examined ? 1 : 0;
      counts.release += holds.release ? 1 : 0;
      counts.invented += claims.examined || claims.release ? 1 : 0;
    }
    expect(counts.examined).to.be.at.least(93);
    expect(counts.release).to.be.at.least(93);
    expect(counts.invented).to.be.at.most(7);
  });

  it('finds an effect that is there', () => {
    const { claims } = judgeSimulated({ seed: 1, entries: 6_000, rate: 0.4, secondsEarlier: 3600 });
    expect(claims).to.deep.equal({ examined: true, release: true });
  });
});
