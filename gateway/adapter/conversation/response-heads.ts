/** Verdicts that stand in no document: the status of a response says them, or a word in one of its headers. */

import type { Acknowledgement, Verdict } from '../../model/message.ts';
import { invalid } from '../faults.ts';
import type { CodeTables } from '../template/code-tables.ts';
import type { ReadHead, StatusAnswerData } from './stages.ts';

type AckVerdict = Acknowledgement['verdict'];

/** Throws E_ADAPTER_INVALID for a header without a code table. */
export function headReader({ statuses, header }: StatusAnswerData, tables: CodeTables, at: string): ReadHead {
  if (header !== undefined && statuses !== undefined)
    throw invalid('both a status and a header say the verdict', at, 'Leave statuses out.');
  if (header !== undefined) {
    const words = verdictTable(tables, at).toOurs;
    return ({ headers }) => words.get(String(headers[header.toLowerCase()])) as AckVerdict | undefined;
  }
  if (statuses === undefined) return () => 'applied';
  const verdicts = Object.entries(statuses) as [AckVerdict, number][];
  return ({ status }) => verdicts.find(([, own]) => own === status)?.[0];
}

/** The header that says our verdict. Throws E_ADAPTER_INVALID where a verdict has no code. */
export function headWriter(
  name: string,
  tables: CodeTables,
  at: string,
): (verdict: Verdict) => readonly [string, string] {
  const { toTheirs } = verdictTable(tables, at);
  const words: readonly Verdict[] = ['applied', 'held', 'rejected'];
  const missing = words.find((word) => !toTheirs.has(word));
  if (missing !== undefined)
    throw invalid(`table verdict has no code for ${missing}`, at, `Add ${missing} under codes/verdict.`);
  return (verdict) => [name, toTheirs.get(verdict) ?? ''];
}

function verdictTable(tables: CodeTables, at: string) {
  const table = tables.get('verdict');
  if (table !== undefined) return table;
  throw invalid('a header says the verdict, and there is no code table for it', at, 'Add codes/verdict.');
}
