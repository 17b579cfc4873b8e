/** The outcomes of an arrangement: charts with their tables, and sentences that say what the figures show and what may not be claimed. */

import { missedFigures, type Figure } from '../model/outcomes/figures.ts';
import type { ShownOutcome } from '../outcomes/report.ts';
import { bars, intervals, type Interval } from './charts.ts';
import { english, html, link, table, type VNode } from './parts.ts';
import type { TextKey, Words } from './words.ts';

/** `least`: counts below it are withheld; 0: none is. */
interface OutcomeView {
  readonly words: Words;
  readonly outcome: ShownOutcome;
  readonly least: number;
  /** Of the heading within: the one below that of the arrangement. */
  readonly heading: 'h2' | 'h3';
  /** The address of the entries on which a benefit was missed for this reason; absent in what leaves. */
  missedAt?(reason: string): string;
}

export function outcomeView(view: OutcomeView): VNode {
  const { words, outcome, heading } = view;
  const { t } = words;
  const entries = figureOf(outcome, 'entries').value;
  return html`<p>${english(outcome.title)}</p>
    ${entries === 0 && html`<p class="none">${t('outcomes.no_entries')}</p>`} ${trendView(view)} ${funnelView(view)}
    ${missedView(view)}
    <${heading}>${t('outcomes.evaluation')}</${heading}>
    ${comparisonView(view, 'examined', 'outcomes.examined_question')}
    ${comparisonView(view, 'release', 'outcomes.release_question')}
    <p class="done">${t('outcomes.caution')}</p>
    ${figuresTable(view)}`;
}

function figureOf({ figures }: ShownOutcome, name: string): Figure {
  return figures.find(({ figure }) => figure === name) ?? { figure: name, unit: 'entries', value: null };
}

/** A value as people read it, by its unit; of a difference of shares, percentage points. */
function shown(figure: Figure, { words, least }: OutcomeView): string {
  const { t } = words;
  if (figure.withheld === true) return t('outcomes.withheld', { least });
  if (figure.value === null) return t('outcomes.no_figure');
  const write = writer(figure, words);
  if (figure.low === undefined || figure.high === undefined) return write(figure.value);
  return t('outcomes.with_interval', { value: write(figure.value), low: write(figure.low), high: write(figure.high) });
}

function writer({ figure, unit }: Figure, words: Words): (value: number) => string {
  switch (unit) {
    case 'share':
      return figure.endsWith('.difference')
        ? (value) => words.t('outcomes.points', { points: words.number(Math.round(value * 1000) / 10) })
        : words.percent;
    case 'seconds':
      return words.duration;
    case 'entries':
    case 'operators':
    case 'answers':
    case 'messages':
      return words.number;
  }
}

function trendView({ words, outcome, least }: OutcomeView): VNode {
  const { t, number } = words;
  const text = (count: number | null): string => (count === null ? t('outcomes.withheld', { least }) : number(count));
  const sum = outcome.trend.reduce((total, { benefit }) => total + (benefit ?? 0), 0);
  return html`${bars(
    t('outcomes.trend_question'),
    t('outcomes.trend_sentence', { benefit: number(sum) }),
    outcome.trend.map(({ month, entries, benefit }) => ({
      label: month,
      value: entries === 0 ? null : benefit,
      text: entries === 0 ? t('outcomes.no_data') : text(benefit),
    })),
  )}
  ${details(
    words,
    table(
      t('outcomes.trend_question'),
      [
        { head: t('outcomes.month') },
        { head: t('figure.entries'), number: true },
        { head: t('figure.result.benefit'), number: true },
      ],
      outcome.trend.map(({ month, entries, benefit }) => [month, text(entries), text(benefit)]),
      t('outcomes.no_data'),
    ),
  )}`;
}

const funnel = ['entries', 'with_code', 'recognised', 'result.benefit'] as const;

function funnelView(view: OutcomeView): VNode {
  const { words, outcome } = view;
  const { t, number } = words;
  const [first, last] = [figureOf(outcome, 'entries').value, figureOf(outcome, 'result.benefit').value];
  const sentence =
    first === null || last === null ? '' : t('outcomes.funnel_sentence', { all: number(first), benefit: number(last) });
  return barsOf(view, funnel, t('outcomes.funnel_question'), sentence);
}

function missedView(view: OutcomeView): VNode {
  const { words, outcome } = view;
  const { t } = words;
  const ranked = missedFigures.toSorted(
    (a, b) => (figureOf(outcome, b).value ?? 0) - (figureOf(outcome, a).value ?? 0),
  );
  const [most] = ranked.filter((name) => (figureOf(outcome, name).value ?? 0) > 0);
  const sentence =
    most === undefined
      ? t('outcomes.missed_none')
      : t('outcomes.missed_sentence', { reason: words.code('figure', most) });
  return html`${barsOf(view, ranked, t('outcomes.missed_question'), sentence, view.missedAt)}
    <p class="why">${t('outcomes.missed_note')}</p>`;
}

/** `entriesAt`: the address of the entries of a result. */
function barsOf(
  view: OutcomeView,
  names: readonly string[],
  title: string,
  sentence: string,
  entriesAt?: (result: string) => string,
): VNode {
  const { words, outcome } = view;
  return bars(
    title,
    sentence,
    names.map((name) => {
      const figure = figureOf(outcome, name);
      const label = words.code('figure', name);
      const entries = (figure.value ?? 0) > 0 ? entriesAt?.(name.replace('result.', '')) : undefined;
      return {
        ...{ value: figure.value, text: shown(figure, view) },
        label: entries === undefined ? label : link(entries, label),
      };
    }),
  );
}

const sides = ['benefit', 'matched', 'others'] as const;

function comparisonView(view: OutcomeView, name: 'examined' | 'release', question: TextKey): VNode {
  const { words, outcome } = view;
  const { t } = words;
  const rows = sides.map((side): Interval => {
    const figure = figureOf(outcome, `${name}.${side}`);
    const { value, low, high } = figure;
    const isWhole = value !== null && low !== undefined && high !== undefined;
    return {
      label: words.code('figure', `${name}.${side}`),
      estimate: isWhole ? { value, low, high } : null,
      shape: side === 'benefit' ? 'full' : 'open',
      text: shown(figure, view),
    };
  });
  return intervals(t(question), difference(view, name), rows);
}

/** The difference in a sentence; where there is none, why. */
function difference(view: OutcomeView, name: 'examined' | 'release'): string {
  const { words, outcome } = view;
  const { t } = words;
  const figure = figureOf(outcome, `${name}.difference`);
  const { value, low, high } = figure;
  if (figure.withheld === true) return t('outcomes.difference_withheld');
  if (value === null || low === undefined || high === undefined) {
    const count = (side: string): string => words.number(figureOf(outcome, `matched_${side}`).value ?? 0);
    const counts = { least: outcome.least_entries, entries: count('entries'), others: count('others') };
    return t('outcomes.too_few', counts);
  }
  const write = writer(figure, words);
  const values = { value: write(Math.abs(value)), low: write(low), high: write(high) };
  if (low <= 0 && high >= 0) return t('outcomes.no_difference', values);
  if (name === 'examined') return t(value < 0 ? 'outcomes.examined_less' : 'outcomes.examined_more', values);
  return t(value < 0 ? 'outcomes.release_earlier' : 'outcomes.release_later', values);
}

function figuresTable(view: OutcomeView): VNode {
  const { words, outcome } = view;
  const { t } = words;
  return html`${table(
    t('outcomes.all_figures'),
    [{ head: t('outcomes.figure') }, { head: t('outcomes.value'), number: true }],
    outcome.figures.map((figure) => [words.code('figure', figure.figure), shown(figure, view)]),
    t('outcomes.no_data'),
  )}
  ${
    outcome.not_comparable > 0 &&
    html`<p class="why">${t('outcomes.not_comparable', { entries: words.number(outcome.not_comparable) })}</p>`
  }`;
}

function details({ t }: Words, content: VNode): VNode {
  return html`<details>
    <summary>${t('outcomes.as_table')}</summary>
    ${content}
  </details>`;
}
