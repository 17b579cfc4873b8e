/**
 * `npm run evaluation`: how often intervals hold an effect that is known, and how often one is claimed where there is none, for months of
 * different size. `--runs 1000` sets how many months of each; exit code 1 where less is held, or more is claimed, than is promised.
 */

import { parseArgs } from 'node:util';
import { confidence } from '../../gateway/model/outcomes/interval.ts';
import { judgeSimulated } from '../support/simulated-entries.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000' } } });
const runs = Number(values.runs);
const truths = [
  { rate: 1, secondsEarlier: 0 },
  { rate: 0.5, secondsEarlier: 600 },
  { rate: 0.1, secondsEarlier: 3600 },
];
/** Of so many months, three standard deviations below what is promised. */
const least = confidence - 3 * Math.sqrt((confidence * (1 - confidence)) / runs);
const rows = [200, 1_000, 5_000].flatMap((entries) =>
  truths.map((truth) => {
    const judged = Array.from({ length: runs }, (_, seed) => judgeSimulated({ seed, entries, ...truth }));
    const share = (is: (one: (typeof judged)[number]) => boolean): number => judged.filter(is).length / runs;
    return {
      ...{ entries, ...truth },
      ...{ 'examined held': share(({ holds }) => holds.examined), 'release held': share(({ holds }) => holds.release) },
      'examined claimed': share(({ claims }) => claims.examined),
      'release claimed': share(({ claims }) => claims.release),
    };
  }),
);
console.table(rows);
if (rows.some((row) => Math.min(row['examined held'], row['release held']) < least)) process.exitCode = 1;
