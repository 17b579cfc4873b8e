/** What the demo has to show: what was sent and answered, and where to ask next. */

import type { CliContext, Serving } from './context.ts';
import { exitCodes } from './output.ts';

/** Lists in one direction: `sent` = `applied` + `held` + `rejected`; every one of them has its receipt. */
export interface Tally {
  sent: number;
  applied: number;
  held: number;
  rejected: number;
  receipts: number;
  /** Operators on the list as it stands now on the receiving side. */
  operators: number;
}

export interface Story {
  readonly partners: Record<string, { transport: string } & Tally & { from_partner: Tally }>;
  readonly entries: Record<string, number>;
  readonly example: { readonly identifier: string; readonly partner: string } | undefined;
  readonly seconds: Record<string, number>;
}

interface Shown {
  readonly broker: string | undefined;
  readonly servings: readonly Serving[];
  readonly exit: boolean;
}

/** Tables for people, or the whole summary for programs; then what to try while the doors stay open. */
export function showStory({ out, exit }: CliContext, story: Story, { broker, servings, exit: ends }: Shown): void {
  const { partners, entries, example, seconds } = story;
  const [door] = servings;
  const total = Object.values(entries).reduce((sum, n) => sum + n, 0);
  if (Object.values(partners).some(({ rejected, from_partner: back }) => rejected + back.rejected > 0))
    exit(exitCodes.findings);
  if (out.format === 'json') {
    out.json({
      broker: broker !== undefined,
      partners,
      entries,
      entries_total: total,
      seconds,
      ...(ends ? {} : { border: door?.borderUrl }),
    });
  } else {
    const row = (partner: string, way: string, transport: string, side: Tally): Record<string, string | number> => ({
      partner,
      way,
      over: transport,
      sent: side.sent,
      applied: side.applied,
      held: side.held,
      receipts: side.receipts,
      operators: side.operators,
    });
    out.table(
      Object.entries(partners).flatMap(([code, side]) => [
        row(code, 'to', side.transport, side),
        row(code, 'from', side.transport, side.from_partner),
      ]),
    );
    out.table(Object.entries(entries).map(([outcome, count]) => ({ outcome, entries: count })));
  }
  if (ends || door === undefined || example === undefined) return;
  const question = JSON.stringify({
    partner: example.partner,
    identifier: example.identifier,
    role: 'consignor',
    direction: 'import',
  });
  out.note(
    `Ask the border door, for instance:\n  curl -s ${door.borderUrl}/v1/checks -H 'content-type: application/json' -d '${question}'\n  curl -s ${door.borderUrl}/v1/partners\n  curl -s '${door.borderUrl}/readyz?verbose'`,
  );
  out.next('try one of these; Ctrl-C stops and removes everything');
}
