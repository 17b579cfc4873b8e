/** The longest text that a simple pattern matches, for checks of field lengths. */

const piece = /(\[(?:[^\]\\]|\\.)+\]|\\d|\\.|[^\\[\](){}*+?|.^$])(?:\{(\d+)(?:,(\d+))?\})?/uy;

/** Undefined for patterns with alternatives, groups or unlimited repetition. */
export function longestMatch(pattern: string): string | undefined {
  let text = '';
  piece.lastIndex = 0;
  while (piece.lastIndex < pattern.length) {
    const match = piece.exec(pattern);
    if (match === null) return undefined;
    const [, one = '', least = '1', most = least] = match;
    text += matchingCharacter(one).repeat(Number(most));
  }
  return text;
}

function matchingCharacter(one: string): string {
  if (one === '\\d') return '1';
  if (one.startsWith('\\')) return one.slice(1);
  if (!one.startsWith('[')) return one;
  const set = new RegExp(`^${one}$`, 'u');
  return '1AaZz-./'.split(/(?:)/u).find((character) => set.test(character)) ?? one.charAt(1);
}
