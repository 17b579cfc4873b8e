/** Text of unknown origin made safe to display: invisible, direction and control characters are found and shown by their code point. */

// \p{Cc} is U+0000…U+001F and U+007F…U+009F. U+2028, U+2029 are line ends that few programs expect.
const control = /[\p{Cc}\u2028\u2029]/u;
// Marks, embeddings, overrides and isolates that change the direction of the text around them.
const direction = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
// Characters without width, which make names different that look equal.
const invisible = /[\u00ad\u200b-\u200d\u2060-\u2064\ufeff]/u;
const unseen =
  /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad\u200b-\u200d\u2060-\u2064\ufeff]/gu;

type Hidden = 'control' | 'direction' | 'invisible';

/** The worst hidden kind of character in a text; a lone surrogate counts as control, since no file format can carry it. */
export function hiddenIn(text: string): Hidden | undefined {
  if (control.test(text) || !text.isWellFormed()) return 'control';
  if (direction.test(text)) return 'direction';
  return invisible.test(text) ? 'invisible' : undefined;
}

/** The text with every hidden character written as `\u{202e}`; `most` cuts it to that many characters and an ellipsis. */
export function shown(text: string, most?: number): string {
  const safe = text.toWellFormed().replaceAll(unseen, (character) => `\\u{${hexOf(character)}}`);
  if (most === undefined || safe.length <= most) return safe;
  const letters = Array.from(safe);
  return letters.length <= most ? safe : `${letters.slice(0, most - 1).join('')}…`;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
}

/** The text with what has a meaning in HTML and XML escaped, for content and for values of attributes. */
export function escapedMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

// OWASP, CSV injection; the full-width forms are read as the plain ones by some spreadsheets.
export const startsFormula = /^[=+\-@\t\r\n＝＋－＠]/u;

/** Whether a spreadsheet would run the text as a formula instead of showing it. */
export function isFormula(text: string): boolean {
  return startsFormula.test(text);
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const widthless = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns a text takes on a terminal: East Asian wide characters take two (Unicode Standard Annex 11), combining marks none. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += wide.test(character) ? 2 : widthless.test(character) ? 0 : 1;
  return columns;
}
