/** Deletes what is older than agreed, a page at a time: each page is a transaction of some milliseconds, and others go in between. */

import type { Moment } from '../model/record/record.ts';
import type { Database, Tx } from './database.ts';
import { retentionRules } from './retention-rules.ts';
import type { AgedRow, RetentionKind, RetentionRule } from './retention-scan.ts';
import { changesOne } from './rows.ts';

export { retentionKinds, type RetentionKind } from './retention-scan.ts';

/** What may go of each kind: what is from before this moment. */
export type RetentionLimits = Readonly<Partial<Record<RetentionKind, Moment>>>;

export interface Retired {
  readonly kind: RetentionKind;
  readonly before: Moment;
  /** Messages whose bytes go, or rows. */
  readonly rows: number;
  readonly bytes: number;
}

interface RetentionHow {
  readonly limits: RetentionLimits;
  /** Nothing is deleted. */
  readonly dryRun: boolean;
  /** Before each deletion. */
  begin?(): Promise<void>;
  /** Between two pages. Rejects to stop early: what is left is deleted another night. */
  pause(): Promise<void>;
}

/** Rows of a page: read and deleted in some milliseconds. */
const pageRows = 100;

/** In the order of the kinds; kinds without a limit are absent. */
export async function retire(
  db: Pick<Database, 'sql' | 'transaction'>,
  how: RetentionHow,
): Promise<readonly Retired[]> {
  const results = new Map<RetentionKind, Retired>();
  for (const rule of retentionRules) {
    const before = how.limits[rule.kind];
    if (before === undefined) continue;
    const { rows, bytes } = await retireBy(db, rule, before, how);
    const earlier = results.get(rule.kind) ?? { rows: 0, bytes: 0 };
    results.set(rule.kind, { kind: rule.kind, before, rows: earlier.rows + rows, bytes: earlier.bytes + bytes });
  }
  return [...results.values()];
}

async function retireBy(
  db: Pick<Database, 'sql' | 'transaction'>,
  rule: RetentionRule,
  before: Moment,
  { dryRun, begin, pause }: RetentionHow,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  let [rows, bytes] = [0, 0];
  for (let after: AgedRow['key'] | undefined; ;) {
    const page = await rule.page(db.sql, before, after, pageRows);
    const due = page.filter((row) => row.due && (row.bytes > 0 || row.digests?.length === 0));
    const [first] = due;
    if (first !== undefined && !dryRun) {
      await begin?.();
      await db.transaction((tx) => dropDue(tx, rule, { before, after }, due));
    }
    rows += due.length;
    bytes += due.reduce((sum, row) => sum + row.bytes, 0);
    after = page.at(-1)?.key;
    if (page.length < pageRows) return { rows, bytes };
    await pause();
  }
}

/** What was read is read again in the transaction: a message may have come again meanwhile. */
async function dropDue(
  tx: Tx,
  rule: RetentionRule,
  { before, after }: { readonly before: Moment; readonly after: AgedRow['key'] | undefined },
  read: readonly AgedRow[],
): Promise<void> {
  const keys = new Set(read.map(({ key }) => JSON.stringify(key)));
  const page = await rule.page(tx, before, after, pageRows);
  const due = page.filter(({ key, due: isDue }) => isDue && keys.has(JSON.stringify(key)));
  if (due.length > 0) await rule.drop(tx, due);
}

/** Of several gateways on one store one does the work of a night. `night`: days since 1970. */
export async function claimNight(db: Pick<Database, 'transaction'>, night: number): Promise<boolean> {
  return await db.transaction((tx) =>
    changesOne(
      tx.updateTable('counter').set({ value: night }).where('name', '=', 'retention_night').where('value', '<', night),
    ),
  );
}
