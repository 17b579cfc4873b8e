/** The time line of an operator on both axes. */

import { expect } from 'chai';
import { knownSpans, trueSpans, type DatedVersion, type StatusSpan } from '../../gateway/console/time-line.ts';

const moment = (text: string): number => Date.parse(text);
const end = moment('2026-12-01');
const shown = (spans: readonly StatusSpan[]): readonly string[] =>
  spans.map(
    ({ status, from, to }) => `${status} ${[from, to].map((at) => new Date(at).toISOString().slice(0, 13)).join(' ')}`,
  );

/** Active since January; suspended from the third of May, which was known a day later; active again from June, known before. */
const learned = '2026-05-04T09:00:00.000Z';
const lifted = '2026-05-20T09:00:00.000Z';
const versions: readonly DatedVersion[] = [
  { status: 'active', valid_from: '2026-06-01', valid_to: null, known_from: lifted, known_to: null },
  { status: 'suspended', valid_from: '2026-05-03', valid_to: '2026-06-01', known_from: lifted, known_to: null },
  { status: 'suspended', valid_from: '2026-05-03', valid_to: null, known_from: learned, known_to: lifted },
  { status: 'active', valid_from: '2026-01-01', valid_to: '2026-05-03', known_from: learned, known_to: null },
  {
    status: 'active',
    valid_from: '2026-01-01',
    valid_to: null,
    known_from: '2026-02-01T00:00:00.000Z',
    known_to: learned,
  },
];

describe('the time line of an operator', () => {
  it('shows what was true on each day by what is known at a moment', () => {
    expect(shown(trueSpans(versions, moment('2026-07-01'), end))).to.deep.equal([
      'active 2026-01-01T00 2026-05-03T00',
      'suspended 2026-05-03T00 2026-06-01T00',
      'active 2026-06-01T00 2026-12-01T00',
    ]);
    expect(shown(trueSpans(versions, moment('2026-05-04T08:00:00Z'), end))).to.deep.equal([
      'active 2026-01-01T00 2026-12-01T00',
    ]);
  });

  it('shows what was known at each moment, a suspension from when it was learned', () => {
    expect(shown(knownSpans(versions, end))).to.deep.equal([
      'active 2026-02-01T00 2026-05-04T09',
      'suspended 2026-05-04T09 2026-06-01T00',
      'active 2026-06-01T00 2026-12-01T00',
    ]);
  });

  it('shows an end of validity that nothing follows as expired', () => {
    const [first] = versions.slice(-1);
    if (first === undefined) throw new Error('there is no version');
    const ended = [{ ...first, valid_to: '2026-09-01', known_to: null }];
    expect(shown(trueSpans(ended, end, end))).to.deep.equal([
      'active 2026-01-01T00 2026-09-01T00',
      'expired 2026-09-01T00 2026-12-01T00',
    ]);
  });
});
