/** Shows one domestic record beside what a partner would read of it, and what of it is lost on the way. */

import { eligibility, type Ineligible } from '../../model/record/eligibility.ts';
import { asGatewayError } from '../../model/errors.ts';
import { decreeAt, type HomeProfile } from '../../model/home.ts';
import type { ListRecord } from '../../model/list/list.ts';
import type { DomesticRecord } from '../../model/record/domestic-record.ts';
import type { Adapter, RecordView } from '../adapter.ts';
import type { CheckSchema } from './read-text.ts';
import { trialList } from './trial-list.ts';

export interface Preview extends RecordView {
  /** Why the record would not be sent; empty when it would. */
  readonly reasons: readonly Ineligible[];
  /** What the template or the partner's schema says against it; such a record would stop the whole list. */
  readonly fault?: { readonly code: string; readonly detail: string; readonly at?: string };
  /** Values that the partner reads otherwise than they were: cut, in capitals, in one line. */
  readonly losses: readonly string[];
  /** Bytes of the record in a message. */
  readonly bytes: number;
  /** The law that gave the grade. */
  readonly law?: string;
}

/** The record as this partner would see it, or why it would not. With `checkSchema` the partner's schema is asked as well. */
export function previewAdapter(
  adapter: Adapter,
  record: DomesticRecord,
  home: HomeProfile,
  checkSchema?: CheckSchema,
): Preview {
  const { arrangement, identifiers, list } = adapter;
  const id = decreeAt(home, record.gradeSince)?.id;
  const about = { losses: [], fields: [], text: '', bytes: 0, ...(id === undefined ? {} : { law: id }) };
  const judged = eligibility(record, { arrangement, needs: list.needs, form: identifiers.ours });
  if (!judged.eligible) return { ...about, reasons: judged.reasons };
  const { entry } = judged;
  try {
    const view = list.view(entry);
    const shown = {
      ...about,
      ...view,
      reasons: [],
      losses: lossesOf(adapter, entry),
      bytes: Buffer.byteLength(view.text),
    };
    const fault = checkSchema === undefined ? undefined : schemaFault(adapter, entry, home, checkSchema);
    return fault === undefined ? shown : { ...shown, fault };
  } catch (error) {
    return { ...about, reasons: [], fault: faultOf(error) };
  }
}

function schemaFault(
  adapter: Adapter,
  entry: ListRecord,
  home: HomeProfile,
  checkSchema: CheckSchema,
): Preview['fault'] {
  const { list, partner } = adapter;
  try {
    const message = trialList(list, { records: [entry] }, [home.country, partner]);
    checkSchema([...list.encode(message)].join(''), list);
    return undefined;
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(error: unknown): NonNullable<Preview['fault']> {
  const { code, detail, at } = asGatewayError(error);
  if (code === 'E_INTERNAL') throw error;
  return { code, detail, ...(at === undefined ? {} : { at }) };
}

/** Values that are carried and not as they were. What is not carried at all is no loss: it was agreed so. */
function lossesOf({ list }: Adapter, entry: ListRecord): string[] {
  const seen = list.asSeen(entry);
  if (seen === entry) return [];
  const texts = (['local', 'latin'] as const).map((script) => [
    `name.${script}`,
    entry.name[script],
    seen.name[script],
  ]);
  const places = (['local', 'latin', 'city', 'postcode'] as const).map((part) => [
    `address.${part}`,
    entry.address[part],
    seen.address[part],
  ]);
  return [...texts, ...places].flatMap(([path = '', ours, theirs]) =>
    ours !== undefined && theirs !== undefined && ours !== theirs ? [path] : [],
  );
}
