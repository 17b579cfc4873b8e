/** Shows one domestic record beside what a partner reads of it, and what is lost. */

import { basename } from 'node:path';
import type { IneligibilityReason } from '../../model/record/eligibility.ts';
import { eligibility, viewRecord } from '../../model/record/partner-view.ts';
import { decreeAt, type HomeProfile } from '../../model/home.ts';
import { present } from '../../model/present.ts';
import type { GatewayError } from '../../model/errors.ts';
import { getterOf } from '../../model/paths.ts';
import type { Day, DomesticRecord, ListRecord } from '../../model/record/record.ts';
import type { Adapter, RecordPreview } from '../adapter.ts';
import { refusalIn, refusalOf } from './failures.ts';
import { exampleList } from './generate.ts';
import { encodeText, type CheckSchema } from './message-text.ts';

export interface Preview extends RecordPreview {
  /** Why the record would not be sent; empty when it would. */
  readonly reasons: readonly IneligibilityReason[];
  /** The fault that the template or the partner's schema finds; a list with such a record could not be sent. */
  readonly fault?: { readonly code: string; readonly detail: string; readonly at?: string; readonly fix?: string };
  /** Values that the partner reads changed: truncated, in capitals, in one line. */
  readonly losses: readonly string[];
  readonly bytes: number;
  /** File of the template that is in force on the day. */
  readonly template: string;
  readonly law?: string;
}

export interface PreviewContext {
  readonly home: HomeProfile;
  /** Selects the layout: the one that is sent on this day in the partner's zone. */
  readonly day: Day;
  /** Checks the partner's schema too. */
  readonly checkSchema?: CheckSchema;
}

/** The record as this partner would read it, or why it would not get it. */
export function previewAdapter(
  adapter: Adapter,
  record: DomesticRecord,
  { home, day, checkSchema }: PreviewContext,
): Preview {
  const { arrangement, identifiers, partner } = adapter;
  const { list } = adapter.formatsOn(day);
  const law = decreeAt(home, record.gradeSince)?.id;
  const about = present({ losses: [], fields: [], text: '', bytes: 0, template: basename(list.template), law });
  const judged = eligibility(record, { arrangement, requiredPaths: list.requiredPaths, form: identifiers.ours });
  if (!judged.eligible) return { ...about, reasons: judged.reasons };
  const { entry } = judged;
  try {
    const view = list.preview(entry);
    const losses = lossesOf(view, viewRecord(entry, list.view));
    const shown = { ...about, ...view, reasons: [], losses, bytes: Buffer.byteLength(view.text) };
    const refusal = refusalOf(() => {
      const message = exampleList(list, { records: [entry] }, [home.country, partner], adapter);
      checkSchema?.(encodeText(list, message), list);
    });
    return refusal === undefined ? shown : { ...shown, fault: faultOf(refusal) };
  } catch (error) {
    return { ...about, reasons: [], fault: faultOf(refusalIn(error)) };
  }
}

function faultOf({ code, detail, at, fix }: GatewayError): NonNullable<Preview['fault']> {
  return present({ code, detail, at, fix });
}

/** Values that are sent, and read changed or not at all. A value that is not sent is no loss: it was agreed so. */
function lossesOf({ fields }: RecordPreview, read: ListRecord): string[] {
  const valueOf = (path: string): string => ([getterOf(path)(read) ?? ''] as string[]).flat().join(', ');
  return fields.filter(({ path, ours, theirs }) => theirs !== '' && valueOf(path) !== ours).map(({ path }) => path);
}
