/**
 * `npm run simulate -- [--seed N | --from N --histories M]`: runs histories, and prints each step where it is one. `--pretending`: with
 * stores that forget commits. `-o json`: the seeds that failed.
 */

import { parseArgs } from 'node:util';
import { openSimulation } from './administrations.ts';
import { runHistory } from './history.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    histories: { type: 'string', default: '1000' },
    pretending: { type: 'boolean', default: false },
    output: { type: 'string', short: 'o', default: 'text' },
  },
});
const print = (line: string): void => {
  if (values.output === 'text') console.log(line);
};
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.histories) : 1;

const simulation = await openSimulation();
const counts = new Map<string, number>();
const failed: number[] = [];
const begun = performance.now();
for (let seed = first; seed < first + count; seed += 1) {
  const told = await runHistory(simulation, seed, values.pretending);
  for (const [what, times] of told.counts) counts.set(what, (counts.get(what) ?? 0) + times);
  if (values.seed !== undefined) told.lines.forEach(print);
  if (told.faults.length === 0) continue;
  failed.push(seed);
  print(`seed ${String(seed)}: ${told.faults.slice(0, 3).join('; ')}`);
}
await simulation.close();
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
print(`${String(count)} histories, ${String(failed.length)} failed, ${seconds} s`);
for (const [what, times] of [...counts].sort()) print(`${what}: ${String(times)}`);
if (values.output === 'json') console.log(JSON.stringify({ failed, counts: Object.fromEntries(counts) }));
process.exitCode = failed.length === 0 ? 0 : 1;
