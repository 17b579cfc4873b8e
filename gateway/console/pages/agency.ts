/** The part of the page of a partner that is an agency at home: its memorandum, in place of an arrangement. */

import type { Memorandum } from '../../model/memorandum.ts';
import { english, facts, html, type VNode } from '../parts.ts';
import type { Words } from '../words.ts';

interface AgencyTerms {
  readonly title: string;
  readonly from: string;
  readonly until: string | null;
}

export function memorandumView(
  words: Words,
  { title, from, until }: AgencyTerms,
  { purpose, fields, retentionDays, statusQueries }: Memorandum,
): VNode {
  const { t } = words;
  return html`<h2>${t('agency.memorandum')}</h2>
    ${facts([
      [t('head.name'), english(title)],
      [t('agency.purpose'), english(purpose)],
      [t('partners.in_force'), `${from} – ${until ?? ''}`],
      [t('agency.fields'), fields.map((path) => words.code('column', path)).join(', ')],
      [t('agency.retention'), t('agency.days', { days: words.number(retentionDays) })],
      [t('agency.status_queries'), t(statusQueries ? 'form.yes' : 'form.no')],
    ])}`;
}
