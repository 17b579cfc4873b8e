/** The table of counts of a month that were compared with those of the partner. */

import type { AgreedNumber } from '../model/outcomes/agreed-numbers.ts';

export interface MonthNumberTables {
  /** `direction`: `out` for our lists. `ours`, `theirs`: what each side counts. */
  month_number: {
    partner: string;
    month: string;
    direction: 'out' | 'in';
    name: AgreedNumber;
    ours: number;
    theirs: number;
    compared_at: string;
  };
}

export function monthNumberTables({
  text,
  big,
  clustered,
}: Readonly<Record<'text' | 'big' | 'clustered', string>>): readonly string[] {
  return [
    `create table month_number (partner ${text} not null, month ${text} not null, direction ${text} not null,
      name ${text} not null, ours ${big} not null, theirs ${big} not null, compared_at ${text} not null,
      primary key (partner, month, direction, name)) ${clustered}`,
  ];
}
