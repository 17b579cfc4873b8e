/** The languages of the console: texts by key, and numbers, days and times as their readers write them. texts/ has one file for each. */

import { createInstance, type i18n } from 'i18next';
import en from './texts/en.json' with { type: 'json' };
import zh from './texts/zh-CN.json' with { type: 'json' };

export const languages = { en: 'English', 'zh-CN': '中文' } as const;
export type Language = keyof typeof languages;

/** A text that depends on a number has a key for each form: `days_one`, `days_other`. */
type Base<Key> = Key extends `${infer Name}_one` | `${infer Name}_other` ? Name : Key;
export type TextKey = Base<keyof typeof en>;
export type Values = Readonly<Record<string, string | number>>;

export interface Words {
  readonly language: Language;
  t(key: TextKey, values?: Values): string;
  /** A text for a code that is not known here is the code itself. */
  code(group: string, code: string): string;
  number(value: number): string;
  /** Of a share: 0.034 is 3.4 %. */
  percent(share: number): string;
  /** In the largest unit of which there are two or more. */
  duration(seconds: number): string;
  /** In the time zone of the office, with UTC beside. */
  moment(iso: string): string;
  /** How long ago, or until, in the largest unit that fits. */
  distance(iso: string, now: Date): string;
}

export const texts: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en, 'zh-CN': zh };

/** The first of the languages asked for that there is; a dialect counts as its language. */
export function chooseLanguage(asked: readonly string[]): Language {
  for (const one of asked) {
    if (/^zh\b/iu.test(one)) return 'zh-CN';
    if (/^en\b/iu.test(one)) return 'en';
  }
  return 'en';
}

/** `timeZone`: of the office. */
export async function openWords(timeZone: string): Promise<(language: Language) => Words> {
  const instance = createInstance();
  await instance.init({
    ...{ fallbackLng: 'en', keySeparator: false, nsSeparator: false, showSupportNotice: false },
    interpolation: { escapeValue: false }, // preact escapes
    resources: { en: { translation: en }, 'zh-CN': { translation: zh } },
  });
  const all = { en: wordsOf(instance, 'en', timeZone), 'zh-CN': wordsOf(instance, 'zh-CN', timeZone) };
  return (language) => all[language];
}

function wordsOf(instance: i18n, language: Language, timeZone: string): Words {
  const translate = instance.getFixedT(language);
  const numbers = new Intl.NumberFormat(language);
  const percents = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const distances = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const local = zoned(timeZone);
  const utc = zoned('UTC');
  const t = (key: string, values: Values = {}): string => translate(key, values);
  return {
    language,
    t,
    code: (group, code) => (Object.hasOwn(texts[language], `${group}.${code}`) ? t(`${group}.${code}`) : code),
    number: (value) => numbers.format(value),
    percent: (share) => percents.format(share),
    duration: (seconds) => durationIn(language, seconds),
    moment(iso) {
      const time = new Date(iso);
      return `${local.format(time)} (${utc.format(time).slice(-5)} UTC)`;
    },
    distance(iso, now) {
      const seconds = (Date.parse(iso) - now.getTime()) / 1000;
      const [unit, size] = units.find((each) => Math.abs(seconds) >= each[1]) ?? (['second', 1] as const);
      return distances.format(Math.trunc(seconds / size), unit);
    },
  };
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

function durationIn(language: Language, seconds: number): string {
  const [unit, size] = units.find((each) => Math.abs(seconds) >= 2 * each[1]) ?? (['second', 1] as const);
  const written = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, written).format(seconds / size);
}

/** `2026-11-30 22:05`: the same in all languages, and it sorts. */
function zoned(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
}
