/** The output of the demo: what was sent and answered, and requests to try. */

import type { CliContext, Serving } from './context.ts';
import { exitCodes, type Row } from './output.ts';

/** Lists in one direction: `sent` = `applied` + `held` + `rejected`. */
export interface ListCounts {
  sent: number;
  applied: number;
  held: number;
  rejected: number;
  receipts: number;
  /** Operators on the list in force at the receiving side. */
  operators: number;
}

export const noLists = (): ListCounts => ({ sent: 0, applied: 0, held: 0, rejected: 0, receipts: 0, operators: 0 });

export interface DemoReport {
  readonly partners: Readonly<Record<string, ListCounts & { transport: string; from_partner: ListCounts }>>;
  readonly entries: Readonly<Record<string, number>>;
  readonly example: { readonly identifier: string; readonly partner: string } | undefined;
  readonly seconds: Readonly<Record<string, number>>;
}

/** `serving`: our doors, if they stay open. */
export function showReport(
  { out, exit }: CliContext,
  { partners, entries, example, seconds }: DemoReport,
  broker: boolean,
  serving: Serving | undefined,
): void {
  if (Object.values(partners).some((counts) => counts.rejected + counts.from_partner.rejected > 0))
    exit(exitCodes.findings);
  const total = Object.values(entries).reduce((sum, count) => sum + count, 0);
  const border = serving === undefined ? {} : { border: serving.borderUrl };
  out.result(
    { broker, partners, entries, entries_total: total, seconds, ...border },
    Object.entries(partners).flatMap(([partner, { transport, from_partner: received, ...sent }]) => [
      rowOf({ partner, way: 'to', over: transport }, sent),
      rowOf({ partner, way: 'from', over: transport }, received),
    ]),
    Object.entries(entries).map(([outcome, count]) => ({ outcome, entries: count })),
  );
  if (serving === undefined || example === undefined) return;
  const question = JSON.stringify({ ...example, role: 'consignor', direction: 'import' });
  out.note(
    [
      'Requests to the border door, for instance:',
      `curl -s ${serving.borderUrl}/v1/checks -H 'content-type: application/json' -d '${question}'`,
      `curl -s ${serving.borderUrl}/v1/partners`,
      `curl -s '${serving.borderUrl}/readyz?verbose'`,
    ].join('\n  '),
  );
  out.next('try one of these; Ctrl-C stops the demo and removes its data');
}

function rowOf(link: Row, { sent, applied, held, receipts, operators }: ListCounts): Row {
  return { ...link, sent, applied, held, receipts, operators };
}
