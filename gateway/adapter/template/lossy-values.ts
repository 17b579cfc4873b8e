/** Lossy changes of names, addresses and details, for partners whose fields or character sets are limited. */

export interface LossyRule {
  shorten(text: string): string;
  /** Whether the change can have produced this text. It is accepted unchanged. */
  accepts(text: string): boolean;
}

export const upper: LossyRule = { shorten: (text) => text.toUpperCase(), accepts: () => true };

export const trim: LossyRule = { shorten: (text) => text.trim(), accepts: () => true };

const breaks = /[\p{Cc}\p{Z}]+/gu;
// Testing is cheaper than replacing, and most texts need no change.
const broken = /[\p{Cc}\p{Zl}\p{Zp}]|[^\P{Z} ]|^ | $| {2}/u;
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;

export const oneLine: LossyRule = {
  shorten: (text) => (broken.test(text) ? text.replace(breaks, ' ').trim() : text),
  accepts: (text) => !control.test(text),
};

export const digits: LossyRule = {
  shorten: (text) => text.replace(/\D+/gu, ''),
  accepts: (text) => /^\d+$/u.test(text),
};

/** Cuts the end between two graphemes (Unicode Standard Annex 29), and trailing spaces. `sizeOf`: what a text has of the length. */
export function max(length: number, sizeOf = countCharacters): LossyRule {
  const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return {
    shorten(text) {
      if (sizeOf(text) <= length) return text;
      let kept = '';
      let count = 0;
      for (const { segment } of graphemes.segment(text)) {
        count += sizeOf(segment);
        if (count > length) break;
        kept += segment;
      }
      return kept.trimEnd();
    },
    accepts: (text) => sizeOf(text) <= length,
  };
}

/** Counts Unicode code points, as widths and lengths in partners' formats do. */
export function countCharacters(text: string): number {
  let count = text.length;
  // A low surrogate is the second half of a code point.
  for (let i = 0; i < text.length; i += 1) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count -= 1;
  return count;
}
