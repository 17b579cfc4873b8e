/** Numbers of lists with the year, month or day in which they count, written together or apart: `2026-04/0017`, `17/2026`. */

import { periodNotation, type Restart } from '../template/dates.ts';

const patterns: Readonly<Record<Restart, readonly string[]>> = {
  day: ['yyyy-MM-dd', 'yyyyMMdd'],
  month: ['yyyy-MM', 'yyyy/MM', 'yyyyMM', 'MM/yyyy'],
  year: ['yyyy'],
};

interface Form {
  readonly restart: Restart;
  /** Empty where the period is written as the model writes it. */
  readonly chain: string;
}

const forms = Object.entries(patterns).flatMap(([restart, each]) =>
  each.map((pattern, i) => ({ restart: restart as Restart, pattern, chain: i === 0 ? '' : `|date:${pattern}` })),
);

/** The notation in which every value is a period of this century; undefined if there is none. */
export function periodForm(values: readonly string[]): Form | undefined {
  return values.length === 0 ? undefined : forms.find((form) => values.every(isPeriodOf(form)));
}

const isPeriodOf =
  ({ pattern, restart }: (typeof forms)[number]) =>
  (text = ''): boolean =>
    periodNotation(pattern, restart)?.read(text)?.startsWith('20') === true;

interface PeriodNumber extends Form {
  /** With holes for both. */
  readonly text: string;
}

/** The form in which every value is a number with its period; undefined if there is none. `optional`: the values may be absent. */
export function periodNumberForm(
  values: readonly string[],
  { period, number, optional }: { readonly period: string; readonly number: string; readonly optional: boolean },
): PeriodNumber | undefined {
  const mark = optional ? '?' : '';
  for (const form of forms)
    for (const isFirst of [true, false]) {
      const parts = values.map((value) => partsOf(value, form.pattern, isFirst));
      const [{ before = '', between = '', digits = '' } = {}] = parts;
      const isAlike = parts.every(
        (each) => isPeriodOf(form)(each['own']) && each['before'] === before && each['between'] === between,
      );
      if (values.length === 0 || !isAlike) continue;
      const isFilled = parts.some((each) => each['digits']?.startsWith('0'));
      const pad = isFilled && parts.every((each) => each['digits']?.length === digits.length);
      const holes = [`{${period}${mark}${form.chain}}`, `{${number}${mark}${pad ? `|pad:${digits.length}` : ''}}`];
      return { ...form, text: before + (isFirst ? holes : holes.toReversed()).join(between) };
    }
  return undefined;
}

function partsOf(value: string, pattern: string, isFirst: boolean): Readonly<Record<string, string | undefined>> {
  const own = `(?<own>${pattern.replaceAll(/[yMd]/gu, '\\d')})`;
  const [first, second] = isFirst
    ? [`${own}(?<between>\\D?)`, '(?<digits>\\d{1,9})']
    : ['(?<digits>\\d{1,9})(?<between>\\D)', own];
  return new RegExp(`^(?<before>\\D*)${first}${second}$`, 'u').exec(value)?.groups ?? {};
}
