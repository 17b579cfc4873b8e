/** Shows one domestic record beside what a partner would read of it. */

import { eligibility, type Ineligible } from '../model/eligibility.ts';
import { decreeAt, type HomeProfile } from '../model/home.ts';
import type { DomesticRecord } from '../model/record.ts';
import type { Adapter, RecordView } from './adapter.ts';

export interface Preview extends RecordView {
  /** Why the record would not be sent; empty when it would. */
  readonly reasons: readonly Ineligible[];
  /** The law that gave the grade. */
  readonly law?: string;
}

/** The record as this partner would see it, or why it would not. */
export function previewAdapter(adapter: Adapter, record: DomesticRecord, home: HomeProfile): Preview {
  const { arrangement, identifiers, list } = adapter;
  const id = decreeAt(home, record.gradeSince)?.id;
  const law = id === undefined ? {} : { law: id };
  const judged = eligibility(record, { arrangement, needs: list.needs, form: identifiers.ours });
  if (!judged.eligible) return { reasons: judged.reasons, fields: [], text: '', ...law };
  return { reasons: [], ...list.view(judged.entry), ...law };
}
