/** Texts of any characters. */

import fc from 'fast-check';

/** Also control characters and halves of pairs. The unit `binary` of fast-check has the same ones, and takes a second to list them all. */
const character = fc
  .oneof(...[0x7f, 0xffff, 0x10ffff].map((max) => fc.integer({ min: 0, max })))
  .map((point) => String.fromCodePoint(point));

/** From one to `maxLength` characters; words that mean something to JavaScript among them. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(fc.string({ minLength: 1, maxLength, unit: character }), fc.string({ minLength: 1, maxLength }));
}
