/**
 * Charts as lists: each row has its label and its value in words, and between them a drawing of the server that adds nothing to them. They
 * fit every width, print, and are read aloud as they stand. The question is the title; a sentence says what is to be seen.
 */

import { html, type Content, type VNode } from './parts.ts';

interface Row {
  readonly label: Content;
  /** In words, beside the drawing. */
  readonly text: Content;
}

export interface Bar extends Row {
  /** Null: there is none, which is not zero; the row says so in words. */
  readonly value: number | null;
}

export interface Interval extends Row {
  readonly estimate: { readonly value: number; readonly low: number; readonly high: number } | null;
  /** The shape of the point, beside its label. */
  readonly shape: 'full' | 'open';
}

/** From zero. */
export function bars(title: string, sentence: string, rows: readonly Bar[]): VNode {
  const most = Math.max(1, ...rows.map(({ value }) => value ?? 0));
  return chart(title, sentence, rows, ({ value }) =>
    value === null ? undefined : html`<rect class="bar" x="0" y="2" width=${(value / most) * 100} height="6" />`,
  );
}

/** A point and the interval that holds the true value, on a scale that all rows share; zero is on it, and marked. */
export function intervals(title: string, sentence: string, rows: readonly Interval[]): VNode {
  const ends = rows.flatMap(({ estimate }) => (estimate === null ? [] : [estimate.low, estimate.high]));
  const [least, most] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const at = (value: number): number => place(value, least, most);
  return chart(title, sentence, rows, ({ estimate, shape }) =>
    estimate === null
      ? undefined
      : html`<rect class="zero" x=${at(0)} y="0" width="0.3" height="10" />
          <rect class="range" x=${at(estimate.low)} y="4" width=${at(estimate.high) - at(estimate.low)} height="2" />
          <rect class=${`point ${shape}`} x=${at(estimate.value) - 0.6} y="1" width="1.2" height="8" />`,
  );
}

/** Along a hundred, with room for a point at both ends. */
function place(value: number, least: number, most: number): number {
  return most === least ? 1 : Math.round(((value - least) / (most - least)) * 9_800) / 100 + 1;
}

function chart<R extends Row>(
  title: string,
  sentence: string,
  rows: readonly R[],
  draw: (row: R) => VNode | undefined,
): VNode {
  return html`<figure class="chart">
    <figcaption><strong>${title}</strong> ${sentence}</figcaption>
    <ul>
      ${rows.map(
        (row) =>
          html`<li>
            <span>${row.label}</span>
            <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">${draw(row)}</svg>
            <span class="number">${row.text}</span>
          </li>`,
      )}
    </ul>
  </figure>`;
}
