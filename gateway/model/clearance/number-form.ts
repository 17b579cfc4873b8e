/**
 * How a consultation number is written: two letters of the home country, twelve characters, one check character. Without anything of
 * Node, because the border page makes numbers in a browser.
 */

/** Digits and capitals without I, O, S, V and Z, as in the Chinese credit code (GB 32100-2015); 31 of them, a prime. */
export const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
export const bodyLength = 12;

/** Powers of 3 modulo 31: 3 generates all of 1…30, so places have different weights and swapped neighbours are detected. */
function weight(place: number): number {
  let value = 1;
  for (let step = 0; step < place; step += 1) value = (value * 3) % alphabet.length;
  return value;
}
const weights = Array.from({ length: bodyLength }, (_, place) => weight(place));

/** By the code of the character. */
const values = Uint8Array.from({ length: 128 }, (_, code) => Math.max(0, alphabet.indexOf(String.fromCharCode(code))));

export function checkCharacter(body: string): string {
  let sum = 0;
  for (let place = 0; place < bodyLength; place += 1)
    sum += (weights[place] ?? 0) * (values[body.charCodeAt(place)] ?? 0);
  return alphabet.charAt((alphabet.length - (sum % alphabet.length)) % alphabet.length);
}

/** Bytes of this value and above are discarded, so that every character is equally likely. */
const unbiased = 256 - (256 % alphabet.length);

/** A random number of the same form, 59 random bits. `random` must be cryptographic: the number gives access to what it stands for. */
export function randomNumber(country: string, random: (bytes: number) => Uint8Array): string {
  let body = '';
  while (body.length < bodyLength) {
    for (const byte of random(bodyLength * 2)) {
      if (byte < unbiased && body.length < bodyLength) body += alphabet.charAt(byte % alphabet.length);
    }
  }
  return `${country}${body}${checkCharacter(body)}`;
}

/** The number in upper case, without the hyphens and spaces with which people write it. */
export function readConsultationNumber(written: string): string {
  return written.replace(/[\s-]/gu, '').toUpperCase();
}

/** Verifies the check character, which detects any single wrong character and any two swapped neighbours. */
export function isConsultationNumber(number: string): boolean {
  if (!/^[A-Z]{2}[0-9A-HJ-NP-RTUWXY]{13}$/u.test(number)) return false;
  return checkCharacter(number.slice(2, -1)) === number.at(-1);
}

/** `CN7K2Q4M9XT3WHH` grouped for people: `CN-7K2Q-4M9X-T3WH-H`. */
export function shownConsultationNumber(number: string): string {
  return [number.slice(0, 2), number.slice(2, 6), number.slice(6, 10), number.slice(10, 14), number.slice(14)].join(
    '-',
  );
}
