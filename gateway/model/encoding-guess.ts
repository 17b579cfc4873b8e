/** Which encodings the bytes of a text may be of, the likeliest first. A guess: a person who knows the language looks at what each shows. */

import { canEncode, decodeText, noCharacter, type TextEncoding } from './text-encoding.ts';

export interface EncodingGuess {
  readonly encoding: TextEncoding;
  readonly text: string;
}

/** Where two fit alike, the first: a larger encoding comes behind the one that it contains, and of those with single bytes that of the West first. */
const order: readonly TextEncoding[] = [
  ...(['euc-kr', 'shift-jis', 'cp949', 'gb18030', 'windows-31j', 'windows-1252', 'windows-1251'] as const),
  ...(['windows-1250', 'windows-1254', 'windows-1253', 'windows-1256', 'windows-1255', 'windows-1257'] as const),
  ...(['windows-1258', 'iso-8859-2', 'iso-8859-5', 'iso-8859-7', 'iso-8859-9', 'iso-8859-15'] as const),
];

/** Empty where no encoding has all bytes. Two that show the same are one. */
export function guessEncodings(bytes: Uint8Array): readonly EncodingGuess[] {
  const fitting = order.flatMap((encoding) => {
    const text = decodeText(bytes, encoding);
    return text.includes(noCharacter) || /[\u0080-\u009f\p{Co}]/u.test(text) || !canEncode(text, encoding)
      ? []
      : [{ encoding, text, score: likelihood(text) }];
  });
  const found = fitting.filter(({ text }, i) => fitting.findIndex((each) => each.text === text) === i);
  return found.sort((a, b) => b.score - a.score);
}

const scripts = [
  /^[\p{sc=Latin}\p{M}]+$/u,
  /^[\p{sc=Cyrillic}\p{M}]+$/u,
  /^[\p{sc=Greek}\p{M}]+$/u,
  /^[\p{sc=Hangul}]+$/u,
  /^(?:(?![\uff66-\uff9f])[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー々])+$/u,
  /^[\p{sc=Arabic}\p{M}]+$/u,
  /^[\p{sc=Hebrew}\p{M}]+$/u,
];

// Accented letters in a row are bytes of another script; ð and þ are rare, and mostly other letters in windows-1254.
const strange = /[\u00c0-\u024f]{3}|[ðþÐÞ]|\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}/u;

/** The share of words beyond ASCII that have one script and usual letters; signs within words speak against. */
function likelihood(text: string): number {
  const words = text.match(/[\p{L}\p{M}\u00a1-\u00bf\u00d7\u00f7ー々]+/gu) ?? [];
  const beyond = words.filter((word) => /[^\0-\x7f]/u.test(word));
  const usual = beyond.filter((word) => scripts.some((script) => script.test(word)) && !strange.test(word));
  return usual.length / Math.max(beyond.length, 1);
}
