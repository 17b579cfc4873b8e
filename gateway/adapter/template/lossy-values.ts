/** What may be cut from a name, an address or a detail for a partner that has no room or no sign for it. */

export interface LossyRule {
  shorten(text: string): string;
  /** Whether a text can be one that was cut: what is read is taken as it is. */
  accepts(text: string): boolean;
}

export const upper: LossyRule = { shorten: (text) => text.toUpperCase(), accepts: () => true };

export const trim: LossyRule = { shorten: (text) => text.trim(), accepts: () => true };

const breaks = /[\p{Cc}\p{Z}]+/gu;
// Most texts need nothing done, and finding that out is cheaper.
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

/** Cut at the end, between two characters as people see them, and without the blanks that then stand last. */
export function max(length: number): LossyRule {
  const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return {
    shorten(text) {
      if (text.length <= length || countCharacters(text) <= length) return text;
      let kept = '';
      let count = 0;
      for (const { segment } of graphemes.segment(text)) {
        count += countCharacters(segment);
        if (count > length) break;
        kept += segment;
      }
      return kept.trimEnd();
    },
    accepts: (text) => countCharacters(text) <= length,
  };
}

/** Unicode code points, which is what widths and lengths of partners count. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i += 1) if (isLowHalf(text.charCodeAt(i))) count -= 1;
  return count;
}

function isLowHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
