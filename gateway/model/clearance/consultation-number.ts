/**
 * The number that proves an answer: two letters of the home country, twelve characters, one check character.
 *
 * The twelve characters are the answer's place in the log under a secret permutation: nobody can guess a number, and each leads to its
 * row without an index. The permutation is a Feistel network of ten rounds over two halves of six characters, with AES as the round
 * function, as in FF1 of NIST SP 800-38G.
 */

import { createCipheriv } from 'node:crypto';
import { alphabet, bodyLength, checkCharacter } from './number-form.ts';

const halfLength = bodyLength / 2;
/** How many values one half has. */
const half = alphabet.length ** halfLength;
const rounds = 10;
const block = 16;

/** Consultation numbers of one store. */
export interface ConsultationNumbers {
  /** The numbers of `count` answers, the first at place `first` of the log (from 1, below 2^53). */
  numbersOf(first: number, count: number): readonly string[];
  /** The place of the answer that would have this number. The check character must have been verified. */
  placeOf(number: string): number;
}

/** `key`: 16 secret bytes; it must stay the same for as long as the answers are kept. */
export function consultationNumbers(country: string, key: Uint8Array): ConsultationNumbers {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  /** The round function for many right halves at a time. */
  function scrambled(round: number, values: Uint32Array): Uint32Array {
    const blocks = new DataView(new ArrayBuffer(block * values.length));
    for (let i = 0; i < values.length; i += 1) {
      blocks.setUint32(i * block, round);
      blocks.setUint32(i * block + 4, values[i] ?? 0);
    }
    const { buffer, byteOffset } = cipher.update(blocks);
    const random = new DataView(buffer, byteOffset);
    return values.map((_, i) => remainder(random.getUint32(i * block) * 2 ** 16 + random.getUint16(i * block + 4)));
  }
  return {
    numbersOf(first, count) {
      let left = Uint32Array.from({ length: count }, (_, i) => Math.floor((first + i) / half));
      let right = Uint32Array.from({ length: count }, (_, i) => (first + i) % half);
      for (let round = 0; round < rounds; round += 1) {
        const added = scrambled(round, right);
        const next = left.map((value, i) => remainder(value + (added[i] ?? 0)));
        [left, right] = [right, next];
      }
      return Array.from(left, (value, i) => {
        const body = textOf(value) + textOf(right[i] ?? 0);
        return `${country}${body}${checkCharacter(body)}`;
      });
    },
    placeOf(number) {
      let left = valueOf(number.slice(2, 2 + halfLength));
      let right = valueOf(number.slice(2 + halfLength, 2 + bodyLength));
      for (let round = rounds - 1; round >= 0; round -= 1) {
        const [added = 0] = scrambled(round, Uint32Array.of(left));
        [left, right] = [(right - added + half) % half, left];
      }
      return left * half + right;
    },
  };
}

/** Modulo `half`, of a value below 2^48: several times as fast as the operator. */
function remainder(value: number): number {
  const rest = value - Math.floor(value / half) * half;
  // The quotient may have been rounded up.
  return rest < 0 ? rest + half : rest;
}

/** Every text of three characters, in the order of their values. */
const triples: readonly string[] = Array.from(alphabet).flatMap((first) =>
  Array.from(alphabet).flatMap((second) => Array.from(alphabet, (third) => first + second + third)),
);

function textOf(value: number): string {
  return `${triples[Math.floor(value / triples.length)] ?? ''}${triples[value % triples.length] ?? ''}`;
}

function valueOf(text: string): number {
  let value = 0;
  for (const character of text) value = value * alphabet.length + alphabet.indexOf(character);
  return value;
}
