/** Missed benefits: the entries behind each count of the outcomes, with the reason, and the assessment that says the rest. */

import { termsOf } from '../../clearance/requests.ts';
import { getPartner } from '../../gateway.ts';
import { GatewayError } from '../../model/errors.ts';
import { missed, type EntryResult } from '../../model/outcomes/entry-result.ts';
import { monthsBetween, type Months } from '../../outcomes/arrangement-outcome.ts';
import { entriesWithResult, type FoundEntry } from '../../store/entry-outcomes.ts';
import { asked, page, type Call, type Section } from '../page.ts';
import { choice, html, link, pathOf, searchForm, table, time, withQuery, type VNode } from '../parts.ts';
import { monthFields, monthsOf } from './outcomes.ts';

const pageSize = 50;

type Reason = (typeof missed)[number];

interface MissedBenefits extends Months {
  /** Null: no partner has an arrangement. */
  readonly partner: string | null;
  /** Null: all. */
  readonly reason: Reason | null;
  readonly items: readonly (FoundEntry & { readonly month: string })[];
  /** The month and the entry behind which the next page begins; null: there are no more. */
  readonly next: string | null;
}

/** Throws E_REQUEST_INVALID. */
function reasonOf(call: Call): Reason | null {
  const text = asked(call, 'reason');
  const reason = missed.find((each) => each === text);
  if (text === undefined || reason !== undefined) return reason ?? null;
  throw new GatewayError('E_REQUEST_INVALID', 'there is no such reason', {
    at: '/reason',
    fix: `Take one of ${missed.join(', ')}, or none.`,
  });
}

async function load(call: Call): Promise<MissedBenefits> {
  const { gateway } = call;
  const months = monthsOf(call);
  const reason = reasonOf(call);
  const code = asked(call, 'partner') ?? termsOf(gateway)[0]?.partner;
  const partner = code === undefined ? null : getPartner(gateway, code).code;
  const shown = { ...months, partner, reason };
  if (partner === null) return { ...shown, items: [], next: null };
  const results: readonly EntryResult[] = reason === null ? missed : [reason];
  const [begin = '', behind = ''] = (asked(call, 'after') ?? '').split(/ (.*)/u);
  const items: MissedBenefits['items'][number][] = [];
  for (const month of monthsBetween(months)) {
    if (month < begin) continue;
    const after = month === begin ? behind : '';
    const limit = pageSize + 1 - items.length;
    const found = await entriesWithResult(gateway.db.sql, { partner, month, results, after, limit });
    items.push(...found.map((entry) => ({ ...entry, month })));
    if (items.length > pageSize) break;
  }
  const last = items.length > pageSize ? items[pageSize - 1] : undefined;
  return { ...shown, items: items.slice(0, pageSize), next: last === undefined ? null : `${last.month} ${last.entry}` };
}

function view({ partner, reason, items, next, ...months }: MissedBenefits, call: Call): VNode {
  const { words, gateway } = call;
  const { t } = words;
  const partners = termsOf(gateway).map(({ partner: code, name }) => [code, `${code} ${name}`] as const);
  const reasons = [['', t('form.all')] as const, ...missed.map((each) => [each, reasonText(call, each)] as const)];
  const fields = html`${choice('partner', t('head.partner'), partners, partner ?? '')}
  ${choice('reason', t('missed.reason'), reasons, reason ?? '')} ${monthFields(call, months)}`;
  return html`<p>${t('missed.about')}</p>
    ${searchForm(words, '/missed', fields, 'form.filter')}
    ${table(
      t('nav.missed'),
      [
        ...[{ head: t('entries.entry') }, { head: t('missed.reason') }, { head: t('missed.assessed') }],
        ...[{ head: t('missed.office') }, { head: t('missed.mode') }, { head: t('missed.chapter') }],
        ...[{ head: t('missed.examined') }, { head: t('missed.release'), number: true }],
      ],
      items.map(
        ({ entry, assessment, result, assessed_at: at, office, mode, chapter, examined, release_s: seconds }) => [
          ...[link(pathOf('entries', assessment), entry), reasonText(call, result), time(words, at), office],
          ...[mode === null ? '' : words.code('mode', mode), chapter],
          t(examined === 1 ? 'form.yes' : 'form.no'),
          seconds === null ? '' : words.duration(seconds),
        ],
      ),
      t('missed.none'),
    )}
    ${next !== null && html`<p>${link(withQuery(call, 'after', next), t('form.more'))}</p>`}
    ${partner !== null && html`<p>${link(pathOf('partners', partner, 'card'), t('missed.card'))}</p>`}`;
}

const reasonText = ({ words }: Call, reason: EntryResult): string => words.code('missed_reason', reason);

export const missedBenefits: Section = {
  pages: [page({ path: '/missed', needs: 'register.read', title: ({ words }) => words.t('nav.missed'), load, view })],
};
