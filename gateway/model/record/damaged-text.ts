/** Recognises texts that another program damaged on their way: letters lost, bytes read in a wrong encoding, escapes left over. */

import type { FaultRule } from './fault-rules.ts';

interface Damage {
  readonly rule: FaultRule;
  readonly detail?: string;
}

const plain = /^[^\u0025\u0026\u003d\u003f\u005c\u007f-\u{10ffff}]*$/u;
// The last four are U+FFFD itself, read in another encoding.
const lost = /[\ufffd\ufdd0-\ufdef\ufffe\uffff]|\?{2,}|^\?$|烫烫烫|屯屯屯|锟斤|嚙踝|占쏙옙|ï¿½/u;
// What a spreadsheet shows instead of the result of a formula, or of a number in a narrow column.
const failed = /^#(?:N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|SPILL!|CALC!|#+$)|^Err:\d{3}$|^Error 20\d\d$/u;
// What programs write where there is no value.
const nothing =
  /^(?:[(<[]?(?:null|nil|nan|undefined|none|n\/a|n\.a\.)[)>\]]?|<na>|\(blank\)|\[object object\]|\$null\$|\\N|[\p{P}\p{Z}]+)$/iu;
// 〓 and □ stand for a character that a font or a character set lacks.
const doubtful = /\p{L}\?\p{L}|[\u3013\u25a1\u25a0]/u;
// An East Asian or Cyrillic text that was read as Latin-1: no name has so many accented letters in a row.
const asLatin = /[\u0080-\u00ff]{4,}/u;
const privateUse = /\p{Co}/u;
const names =
  'amp|lt|gt|quot|apos|nbsp|[lr][ds]quo|[nm]dash|[a-z]+(?:acute|grave|circ|tilde|uml|cedil|ring|slash)|szlig';
// HTML and XML; URLs; JavaScript and JSON; mails (quoted-printable, RFC 2047).
const escaped = new RegExp(
  `&(?:#\\d+|#x[\\da-f]+|${names});|(?:%[\\da-f]{2}){2,}|\\p{L}%2[\\da-f]\\p{L}|\\\\u[\\da-f]{4}|(?:=[\\da-f]{2}){2,}|=\\?[\\w-]+\\?[bq]\\?`,
  'iu',
);

/** The damage of a text; undefined where none is seen. */
export function damageIn(text: string): Damage | undefined {
  if (failed.test(text)) return { rule: 'formula_failed' };
  if (lost.test(text)) return { rule: 'letters_lost' };
  if (nothing.test(text)) return { rule: 'text_stands_for_nothing' };
  if (plain.test(text)) return undefined;
  const meant = decodedAnew(text);
  if (meant?.includes('\ufffd') === false) return { rule: 'text_decoded_wrongly', detail: `it seems to be “${meant}”` };
  if (meant !== undefined || asLatin.test(text)) return { rule: 'text_decoded_wrongly' };
  if (privateUse.test(text)) return { rule: 'letter_private' };
  if (doubtful.test(text)) return { rule: 'letter_doubtful' };
  return escaped.test(text) ? { rule: 'text_escaped' } : undefined;
}

/** Encodings in which programs open UTF-8 by mistake. */
const singleByte: readonly string[] = ['windows-1252', 'windows-1250', 'windows-1251', 'macintosh'];
const doubleByte: readonly string[] = ['gb18030', 'big5', 'shift_jis', 'euc-kr'];

type EncodingTable = ReadonlyMap<string, readonly number[]>;

/** Bytes of the characters of an encoding whose first byte is in a range, from the decoder: there is no encoder. */
function encodingTable(encoding: string, [from, to]: readonly [number, number]): EncodingTable {
  const decoder = new TextDecoder(encoding);
  const table = new Map<string, readonly number[]>();
  const add = (...bytes: number[]): void => {
    const text = decoder.decode(Uint8Array.from(bytes));
    if (text.length === 1 && text !== '\ufffd' && text > '\u007f' && !table.has(text)) table.set(text, bytes);
  };
  for (let lead = from; lead <= to; lead += 1) {
    add(lead);
    if (doubleByte.includes(encoding)) for (let trail = 0x40; trail <= 0xfe; trail += 1) add(lead, trail);
  }
  return table;
}

// Made when the first letter beyond ASCII is judged, and the whole tables when a text may need them: that takes a while.
const encodingsByFirst = new Map<string, string[]>();
const wholeTables = new Map<string, EncodingTable>();

function encodingsFor(first: string): readonly string[] {
  if (encodingsByFirst.size === 0) {
    for (const encoding of [...singleByte, ...doubleByte]) {
      // The first byte of a letter in UTF-8; letters of East Asia have three bytes.
      const leads = encodingTable(encoding, singleByte.includes(encoding) ? [0xc2, 0xf4] : [0xe2, 0xef]);
      for (const letter of leads.keys())
        encodingsByFirst.set(letter, [...(encodingsByFirst.get(letter) ?? []), encoding]);
    }
  }
  return encodingsByFirst.get(first) ?? [];
}

function wholeTable(encoding: string): EncodingTable {
  const table = wholeTables.get(encoding) ?? encodingTable(encoding, [0x80, 0xfe]);
  wholeTables.set(encoding, table);
  return table;
}

const beyondAscii = /[^\p{ASCII}]/u;

/** The text that is meant where UTF-8 was read as another encoding: its bytes in that encoding are UTF-8 of common letters. */
function decodedAnew(text: string): string | undefined {
  const first = beyondAscii.exec(text)?.[0] ?? '';
  for (const encoding of encodingsFor(first)) {
    const bytes = encoded(text, wholeTable(encoding));
    if (bytes === undefined) continue;
    // The last letter may be cut off: a wrong encoding drops the last of an odd number of bytes.
    const meant = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
    if (isLikely(meant)) return meant;
  }
  return undefined;
}

function encoded(text: string, table: EncodingTable): Uint8Array | undefined {
  const bytes: number[] = [];
  for (const character of text) {
    const found = character <= '\u007f' ? [character.charCodeAt(0)] : table.get(character);
    if (found === undefined) return undefined;
    bytes.push(...found);
  }
  return Uint8Array.from(bytes);
}

// Latin, Greek, Cyrillic, punctuation, East Asian scripts.
const likely = /^[\u00a0-\u017f\u0370-\u052f\u1e00-\u1eff\u2010-\u2122\u3000-\u9fff\uac00-\ud7a3\uff00-\uffef]$/u;

/**
 * One letter of two bytes may be chance (É and ® make one), unless it is of Latin-1. Of many letters one in four may be unreadable,
 * since characters that the wrong encoding lacks are often lost.
 */
function isLikely(meant: string): boolean {
  const letters = Array.from(meant).filter((character) => character > '\u007f');
  const good = letters.filter((letter) => likely.test(letter));
  const [first = ''] = letters;
  if (good.length < letters.length)
    return (
      letters.every((letter) => likely.test(letter) || letter === '\ufffd') &&
      good.length >= Math.max(4, letters.length * 0.75)
    );
  return letters.length > 1 || (first !== '' && (first <= '\u00ff' || first >= '\u0800'));
}
