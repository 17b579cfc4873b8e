/** What an adapter's owner states of its quality. */

import type { Day } from '../../model/record/domestic-record.ts';

/** quality.yaml, see schemas/quality.schema.json. */
export interface Quality {
  readonly owner: string;
  readonly reviewed: Day;
  readonly done?: Readonly<Record<string, { readonly by: string; readonly on: Day }>>;
  readonly exempt?: Readonly<Record<string, { readonly reason: string; readonly until: Day }>>;
}
