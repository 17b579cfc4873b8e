/**
 * The time line of one operator on both axes, drawn: what is true of it on each day by what is known at the end, and what was known of it at
 * each moment. The table of its versions says the same in words.
 */

import { html, state, type Kind, type VNode } from './parts.ts';
import type { Words } from './words.ts';

/** As the page has it; null: no end is known. */
export interface DatedVersion {
  readonly status: string;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly known_from: string;
  readonly known_to: string | null;
}

/** A time with one status, from its first millisecond to before its last. */
export interface StatusSpan {
  readonly status: string;
  readonly from: number;
  readonly to: number;
}

/** What is true on each day by what is known at a moment, up to the end of the drawing. */
export function trueSpans(versions: readonly DatedVersion[], knownAt: number, end: number): readonly StatusSpan[] {
  const known = versions.filter((each) => isKnown(each, knownAt));
  const days = known.flatMap(({ valid_from: from, valid_to: to }) => [from, ...(to === null ? [] : [to])]);
  return spansBetween(days.map(Date.parse), end, (moment) => statusOn(known, moment));
}

/** What was known at each moment to be true on its day. */
export function knownSpans(versions: readonly DatedVersion[], end: number): readonly StatusSpan[] {
  const moments = versions.flatMap((each) => Object.values({ ...each, status: null }).flatMap((text) => text ?? []));
  return spansBetween(moments.map(Date.parse), end, (moment) =>
    statusOn(
      versions.filter((each) => isKnown(each, moment)),
      moment,
    ),
  );
}

function isKnown({ known_from: from, known_to: to }: DatedVersion, moment: number): boolean {
  return Date.parse(from) <= moment && (to === null || moment < Date.parse(to));
}

/** The version that begins last on or before the day counts, as in an answer. */
function statusOn(known: readonly DatedVersion[], moment: number): string | undefined {
  const begun = known.filter(({ valid_from: from }) => Date.parse(from) <= moment);
  const newest = begun.toSorted((a, b) => (a.valid_from < b.valid_from ? 1 : -1))[0];
  if (newest === undefined) return undefined;
  return newest.valid_to !== null && Date.parse(newest.valid_to) <= moment ? 'expired' : newest.status;
}

/** Neighbours with one status are one span. */
function spansBetween(
  moments: readonly number[],
  end: number,
  statusAt: (moment: number) => string | undefined,
): readonly StatusSpan[] {
  const sorted = [...new Set(moments)].filter((moment) => moment < end).toSorted((a, b) => a - b);
  const spans: StatusSpan[] = [];
  for (const [i, from] of sorted.entries()) {
    const status = statusAt(from);
    const to = sorted[i + 1] ?? end;
    const before = spans.at(-1);
    if (status === undefined) continue;
    if (before?.status === status && before.to === from) spans[spans.length - 1] = { ...before, to };
    else spans.push({ status, from, to });
  }
  return spans;
}

interface TimeLine {
  readonly versions: readonly DatedVersion[];
  /** What the page is as of. */
  readonly at: number;
  readonly knownAt: number;
  readonly now: number;
}

const kinds: Readonly<Record<string, Kind>> = { active: 'good', suspended: 'held', revoked: 'bad', expired: 'bad' };
const kindOf = (status: string): Kind => kinds[status] ?? 'none';
/** The less may be granted, the thinner: the shape says it where colours do not. */
const heights: Readonly<Partial<Record<Kind, number>>> = { good: 8, held: 5, bad: 3 };

/** At least a month. Begins a tenth of its length before the first knowledge, so that what was back-dated is seen. */
export function timeLine(words: Words, line: TimeLine): VNode {
  const { versions, at, knownAt, now } = line;
  const { t } = words;
  const known = versions.map((each) => Date.parse(each.known_from));
  const changes = versions.flatMap((each) => [each.valid_from, ...(each.valid_to === null ? [] : [each.valid_to])]);
  const first = Math.min(...known, ...(known.length > 1 ? changes.map(Date.parse).filter(isNear(known)) : []));
  const last = Math.max(now, at, ...changes.map(Date.parse));
  const begun = Math.min(first, last - 30 * 86_400_000);
  const [begin, end] = [begun - (last - begun) / 10, last + (last - begun) / 20];
  const rows = [
    { text: t('register.line_true'), spans: trueSpans(versions, knownAt, end), mark: at },
    { text: t('register.line_known'), spans: knownSpans(versions, Math.min(now, end)), mark: knownAt },
  ];
  const statuses = new Set(rows.flatMap(({ spans }) => spans.map(({ status }) => status)));
  return html`<figure class="chart time-line">
    <figcaption><strong>${t('register.line')}</strong> ${lateSentence(words, versions)}</figcaption>
    <ul>
      ${rows.map(
        ({ text, spans, mark }) =>
          html`<li>
            <span>${text}</span>
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
              ${spans.map((span) => spanView(span, begin, end))}
              <rect class="mark" x=${place(Math.min(mark, end), begin, end) - 0.1} y="0" width="0.2" height="10" />
            </svg>
          </li>`,
      )}
      <li class="scale">
        <span />
        <span><time>${dayOf(begin)}</time> <time>${dayOf(end)}</time></span>
      </li>
    </ul>
    <p>
      ${[...statuses].map((status) => html`${state(kindOf(status), statusText(words, status))} `)}
      <span class="why">${t('register.line_mark')}</span>
    </p>
  </figure>`;
}

/** Days on which something changed within a year of the first knowledge: a certificate of ten years ago would leave no room for the rest. */
function isNear(known: readonly number[]): (day: number) => boolean {
  const least = Math.min(...known) - 365 * 86_400_000;
  return (day) => day >= least;
}

function spanView({ status, from, to }: StatusSpan, begin: number, end: number): VNode | undefined {
  if (to <= begin) return undefined;
  const kind = kindOf(status);
  const height = heights[kind] ?? 2;
  const x = place(Math.max(from, begin), begin, end);
  const width = Math.max(place(to, begin, end) - x, 0.4);
  return html`<rect class=${`span ${kind}`} x=${x} y=${(10 - height) / 2} width=${width} height=${height} />`;
}

function place(moment: number, begin: number, end: number): number {
  return Math.round(((moment - begin) / (end - begin)) * 10_000) / 100;
}

const dayOf = (moment: number): string => new Date(moment).toISOString().slice(0, 10);

function statusText({ code }: Words, status: string): string {
  return status === 'expired' ? code('outcome', status) : code('status', status);
}

/** The newest change that counts from a day before it became known, of those that changed what was known. */
function lateSentence(words: Words, versions: readonly DatedVersion[]): string {
  const first = versions.at(-1);
  const late = versions.find(({ valid_from: from, known_from: known, status }) => {
    const isFirst = known === first?.known_from;
    return !isFirst && status !== 'active' && Date.parse(known) - Date.parse(from) > 86_400_000;
  });
  if (late === undefined) return words.t('register.line_on_time');
  const { status, valid_from: day, known_from: known } = late;
  const delay = words.duration((Date.parse(known) - Date.parse(day)) / 1000);
  return words.t('register.line_late', { status: statusText(words, status), day, known: words.moment(known), delay });
}
