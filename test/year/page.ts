/** The simulated year in words: tables for the terminal, and docs/year.md. */

import { format } from 'prettier';
import { isCause, whoMustAct } from '../../gateway/app/health/causes.ts';
import type { Year } from './year.ts';

type Row = readonly (string | number)[];

/** A table of Markdown, which is read at a terminal too. */
function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

export function alarmTable({ alarms }: Year): string {
  const days = ({ openedAt, closedAt = openedAt }: Year['alarms'][number]): number =>
    (Date.parse(closedAt) - Date.parse(openedAt)) / (24 * 3600 * 1000);
  const byCause = Object.entries(Object.groupBy(alarms, ({ cause }) => cause)).sort(([a], [b]) => a.localeCompare(b));
  const rows = byCause.map(([cause, some = []]) => {
    const closed = some.filter(({ closedAt }) => closedAt !== undefined);
    const longest = Math.max(...some.map(days)).toFixed(1);
    return [`\`${cause}\``, isCause(cause) ? whoMustAct(cause) : 'we', some.length, closed.length, longest];
  });
  return table(['alarm', 'who must act', 'opened', 'closed', 'open for days, at most'], rows);
}

export function stepTable({ steps }: Year): string {
  const counted = new Map<string, number>();
  for (const [step, times] of Object.entries(steps)) {
    const [cause = ''] = step.split(' ');
    counted.set(cause, (counted.get(cause) ?? 0) + times);
  }
  return table(
    ['alarm', 'steps'],
    [...counted].map(([cause, times]) => [`\`${cause}\``, times]),
  );
}

export function sizeTable({ sizes }: Year): string {
  const rows = sizes.map(({ day, bodies, file, checkpoints, rows: counts }) => [
    ...[day, Object.values(counts).reduce((sum, n) => sum + n, 0)],
    ...[megabytes(bodies), megabytes(file), megabytes(checkpoints)],
  ]);
  return table(['day', 'rows', 'MB of bytes of messages', 'MB of the file', 'MB of checkpoints'], rows);
}

export function rowTable({ sizes }: Year): string {
  const [middle, end] = [sizes[sizes.length / 2 - 1], sizes.at(-1)];
  const rows = Object.entries(end?.rows ?? {}).flatMap(([name, n]) =>
    n < 100 ? [] : [[`\`${name}\``, middle?.rows[name] ?? 0, n]],
  );
  return table(['table', 'rows after half of the time', 'rows at the end'], rows);
}

interface Terms {
  readonly days: number;
  readonly partners: number;
  readonly seed: number;
  readonly minutes: number;
  readonly commit: string;
  readonly date: string;
}

export async function yearPage(year: Year, { days, partners, seed, minutes, commit, date }: Terms): Promise<string> {
  return await format(
    `# A simulated year

Written by \`npm run year -- --write\` on ${date}, at commit ${commit}: ${days} days with ${partners} partners, seed ${seed}, in ${minutes} minutes. Not edited by hand.

A gateway exchanges lists with its partners under a clock of its own: our operators change four times a day and those of partners once, partners fall silent for up to eight days, keys and certificates end, the process is restarted, and once an older copy is put in the place of the store. A person looks at it once a
day and does what its open alarms name, and nothing else. Retention: bytes, attempts and first answers for 30 days; all else that may go for 60.

${year.messages} messages were in the store at the end, after ${year.restarts} restarts. ${year.faults.length === 0 ? 'Both sides of each partner held the same list, no number was given twice, every alarm was closed, and no table grew beyond its retention.' : `Wrong: ${year.faults.join('; ')}.`}

## What a person had to do

${stepTable(year)}

## Alarms

${alarmTable(year)}

## The store

${sizeTable(year)}

Of the tables, those with a row for each received list, for each key, or for each decision of a person grow ([what bounds each](backup.md#what-bounds-each-table-and-folder)).

${rowTable(year)}
`,
    { parser: 'markdown', printWidth: 120 },
  );
}
