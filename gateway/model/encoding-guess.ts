/** Which encodings the bytes of a text may be of, the likeliest first. A guess: a person who knows the language looks at what each shows. */

import { canEncode, decodeText, noCharacter, type TextEncoding } from './text-encoding.ts';

interface EncodingGuess {
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

/** Of several bytes for a character, so that a lost byte makes most of what follows other characters. */
const ofPairs = ['euc-kr', 'shift-jis', 'gb18030'] as const satisfies readonly TextEncoding[];

/**
 * The encoding that most lines with letters beyond ASCII are of, where a few are not, and the number of the first of these: a byte was
 * lost. Undefined where another encoding fits all bytes as well.
 */
export function damagedLine(
  bytes: Uint8Array,
  [fitting]: readonly EncodingGuess[],
): { readonly encoding: TextEncoding; readonly line: number } | undefined {
  const lines = linesBeyondAscii(bytes);
  const found = ofPairs.flatMap((encoding) => {
    const isClean = ({ part }: Line): boolean => !decodeText(part, encoding).includes(noCharacter);
    const [clean, faulty] = [lines.filter(isClean), lines.filter((line) => !isClean(line))];
    const [first] = faulty;
    if (first === undefined || clean.length < 2 * faulty.length) return [];
    const read = (as: TextEncoding): number => likelihood(clean.map(({ part }) => decodeText(part, as)).join('\n'));
    const score = read(encoding);
    return score > (fitting === undefined ? 0 : read(fitting.encoding))
      ? [{ encoding, line: first.number, score }]
      : [];
  });
  return found.sort((a, b) => b.score - a.score)[0];
}

interface Line {
  readonly part: Uint8Array;
  readonly number: number;
}

/** A line end is part of no character. */
function linesBeyondAscii(bytes: Uint8Array): readonly Line[] {
  const lines: Line[] = [];
  for (let from = 0, number = 1; from < bytes.length; number += 1) {
    const end = bytes.indexOf(0x0a, from);
    const part = bytes.subarray(from, end === -1 ? bytes.length : end);
    if (part.some((byte) => byte >= 0x80)) lines.push({ part, number });
    from += part.length + 1;
  }
  return lines;
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
