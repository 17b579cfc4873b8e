/** A log with answers, its report, and somebody who alters its store. */

import { DatabaseSync } from 'node:sqlite';
import { checkpointsIn, logKey } from '../../gateway/audit/seal-log.ts';
import { verifyLog, type LogReport } from '../../gateway/audit/verify-log.ts';
import { checkBatch } from '../../gateway/clearance/requests.ts';
import type { CheckRequest } from '../../gateway/model/clearance/answer.ts';
import { isGatewayError } from '../../gateway/model/errors.ts';
import type { TestClearance } from './clearance-fixture.ts';

export const ask = (number: number): CheckRequest => ({
  partner: number % 7 === 0 ? 'UU' : 'NN',
  identifier:
    ['NN0000001', 'nn0000002', 'NN0000003', 'NN0000004', 'NN9999999', 'not one', 'NN 0000006'][number % 7] ?? '',
  ...(number % 3 === 0 ? { name: 'Example & "Söhne" 公司', direction: 'import', role: 'consignor' } : {}),
  reference: `E-${number}`,
});

/** Answers to many questions; returns their places in the log. */
export async function answerMany(clearance: TestClearance, count: number): Promise<readonly number[]> {
  const queries = new Map(Array.from({ length: count }, (_, i) => [String(i), ask(i)]));
  const results = await checkBatch(clearance, queries, 'desk "7"');
  return [...results.values()].map((answer) => {
    if (isGatewayError(answer)) throw answer;
    return answer.proof.log_index ?? 0;
  });
}

export async function reportOf(clearance: TestClearance): Promise<LogReport> {
  const key = await logKey(clearance.folder);
  if (key === undefined) throw new Error('no checkpoint was signed');
  return await verifyLog(clearance.db.sql, await checkpointsIn(clearance.folder, key));
}

/** Statements by somebody who owns the database and removes its guards. */
export function alterStore(clearance: TestClearance, ...statements: readonly string[]): void {
  const file = new DatabaseSync(clearance.file);
  const guards = file.prepare("select name from sqlite_master where type = 'trigger'").all() as { name: string }[];
  for (const { name } of guards) file.exec(`drop trigger ${name}`);
  for (const statement of statements) file.exec(statement);
  file.close();
}
