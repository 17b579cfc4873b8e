/** What may be cut from a name, an address or a detail for a partner that has no room or no sign for it. */

export interface Cut {
  encode(text: string): string;
  /** Whether a text can be one that was cut: what is read is taken as it is. */
  decode(text: string): boolean;
}

export const upper: Cut = { encode: (text) => text.toUpperCase(), decode: () => true };

export const trim: Cut = { encode: (text) => text.trim(), decode: () => true };

const breaks = /[\p{Cc}\p{Z}]+/gu;
// Most texts need nothing done, and finding that out is cheaper.
const broken = /[\p{Cc}\p{Zl}\p{Zp}]|[^\P{Z} ]|^ | $| {2}/u;
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;

export const oneLine: Cut = {
  encode: (text) => (broken.test(text) ? text.replace(breaks, ' ').trim() : text),
  decode: (text) => !control.test(text),
};

export const digits: Cut = { encode: (text) => text.replace(/\D+/gu, ''), decode: (text) => /^\d+$/u.test(text) };

/** Cut at the end, between two characters as people see them, and without the blanks that then stand last. */
export function max(length: number): Cut {
  const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return {
    encode(text) {
      if (text.length <= length || charactersIn(text) <= length) return text;
      let kept = '';
      let count = 0;
      for (const { segment } of graphemes.segment(text)) {
        count += charactersIn(segment);
        if (count > length) break;
        kept += segment;
      }
      return kept.trimEnd();
    },
    decode: (text) => charactersIn(text) <= length,
  };
}

/** Unicode code points, which is what widths and lengths of partners count. */
export function charactersIn(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i += 1) if (isLowHalf(text.charCodeAt(i))) count -= 1;
  return count;
}

function isLowHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
