/** Scans texts and attribute values in canonical form. */

import { escapedValue, wideValue } from '../../model/canonical-tokens.ts';

/** The bytes that a value may contain. */
interface ValueForm {
  readonly kinds: Uint8Array;
  readonly escapes: readonly (readonly [written: Uint8Array, character: string])[];
}

// Kinds of bytes; 0 is not allowed.
const [plain, wide, reference, ending] = [1, 2, 3, 4];

function formOf(ends: string, never: string, escapes: Readonly<Record<string, string>>): ValueForm {
  const kinds = new Uint8Array(256).fill(plain, 0x20, 0x80).fill(wide, 0x80);
  for (const character of '\t\n') kinds[character.charCodeAt(0)] = plain;
  for (const character of never) kinds[character.charCodeAt(0)] = 0;
  kinds['&'.charCodeAt(0)] = reference;
  kinds[ends.charCodeAt(0)] = ending;
  return { kinds, escapes: Object.entries(escapes).map(([written, character]) => [Buffer.from(written), character]) };
}

export const textForm = formOf('<', '>', { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&#xD;': '\r' });
export const attributeForm = formOf('"', '<\t\n', {
  '&amp;': '&',
  '&lt;': '<',
  '&quot;': '"',
  '&#x9;': '\t',
  '&#xA;': '\n',
  '&#xD;': '\r',
});

/** The end of a value that starts at `at`; negative when it is not canonical. `result.flags` receives the flags of its token. */
export function valueEnd(bytes: Uint8Array, at: number, form: ValueForm, result: { flags: number }): number {
  const { kinds } = form;
  let flags = 0;
  for (let i = at; ;) {
    const kind = kinds[bytes[i] ?? 0];
    if (kind === plain) i += 1;
    else if (kind === ending) {
      result.flags = flags;
      return i;
    } else if (kind === wide) {
      if (isNoncharacter(bytes, i)) return -1;
      flags |= wideValue;
      i += 1;
    } else if (kind === reference) {
      const length = escapeAt(bytes, i, form)?.[0].length ?? 0;
      if (length === 0) return -1;
      flags |= escapedValue;
      i += length;
    } else return -1;
  }
}

/** U+FFFE and U+FFFF, the only characters beyond ASCII that XML 1.0 does not allow. */
function isNoncharacter(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && (bytes[at + 2] ?? 0) >= 0xbe;
}

function escapeAt(bytes: Uint8Array, at: number, { escapes }: ValueForm): ValueForm['escapes'][number] | undefined {
  return escapes.find(([written]) => written.every((byte, i) => bytes[at + i] === byte));
}
