/** The page of the experiments: docs/faults.md. */

import { circumstances } from '../bench/machine.ts';
import { isGood, mostRecoverySeconds, type Result } from './results.ts';

const places = ['SQLite HTTPS', 'SQLite AMQP', 'PostgreSQL HTTPS', 'PostgreSQL AMQP', 'SQLite SFTP'] as const;

/** One row for each fault, one column for each engine and way. */
export function pageOf(results: readonly Result[]): string {
  const { at, commit, machine } = circumstances(new Date());
  const faults = [...new Set([...results].sort((a, b) => a.no - b.no).map(({ fault }) => fault))];
  const rows = faults.map((fault) => {
    const cells = places.map((place) => {
      const result = results.find((each) => each.fault === fault && `${each.engine} ${each.way}` === place);
      return result === undefined ? '' : `${cellOf(result)} (${String(result.no)})`;
    });
    return `| ${[fault, ...cells].join(' | ')} |`;
  });
  const failed = results.filter((result) => !isGood(result)).length;
  const longest = Math.max(...results.filter(isGood).map(({ recoverySeconds }) => recoverySeconds));
  return `# Faults

${String(results.length)} experiments on real processes, ${String(failed)} failed; the longest recovery took ${longest.toFixed(1)} s. Measured ${at.slice(0, 10)} at commit ${commit}: ${machine.cores} cores, ${machine.memory}.
\`npm run test:faults -- --write\` runs them and writes this page; \`-- --only 12,13\` runs some.

Two administrations serve as processes of their own and exchange decisions about operators, both ways, while the fault happens. The seconds are from the end of its cause (of a process that was
killed: once its doors are open again) until both registers are as decided and no message waits; ${String(mostRecoverySeconds)} s are allowed. What must be in a register comes from a model that knows of the program its tables only
(\`test/faults/model.ts\`): nothing is lost, no list is applied twice or out of order, no number is given twice. The number of the experiment is in brackets.

| fault | ${places.join(' | ')} |
|---|---|---|---|---|---|
${rows.join('\n')}

Several machines are tried by \`npm run test:cluster\` ([deployment](deployment.md)). \`npm run simulate\` runs any number of histories with a simulated network and clock; \`npm test\` runs 2,000 of them, and \`npm run simulate -- --seed N\` repeats
one.
`;
}

function cellOf(result: Result): string {
  if (isGood(result)) return `${result.recoverySeconds.toFixed(1)} s`;
  return result.faults.length > 0 ? '**failed**' : `**${result.recoverySeconds.toFixed(1)} s**`;
}
