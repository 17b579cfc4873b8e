/** The number that proves an answer: two letters of the home country, twelve random characters, one check character. */

/** Digits and capitals without I, O, S, V and Z, as in the Chinese credit code (GB 32100-2015); 31 of them, a prime. */
const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const randomLength = 12;

/** Bytes of this value and above are discarded, so that every character is equally likely. */
const unbiased = 256 - (256 % alphabet.length);

/** Powers of 3 modulo 31: 3 generates all of 1…30, so places have different weights and swapped neighbours are detected. */
function weight(place: number): number {
  let value = 1;
  for (let step = 0; step < place; step += 1) value = (value * 3) % alphabet.length;
  return value;
}
const weights = Array.from({ length: randomLength }, (_, place) => weight(place));

function checkCharacter(body: string): string {
  let sum = 0;
  for (const [place, factor] of weights.entries()) sum += factor * alphabet.indexOf(body.charAt(place));
  return alphabet.charAt((alphabet.length - (sum % alphabet.length)) % alphabet.length);
}

function randomBody(random: (bytes: number) => Uint8Array): string {
  let body = '';
  while (body.length < randomLength) {
    for (const byte of random(randomLength * 2)) {
      if (byte < unbiased && body.length < randomLength) body += alphabet.charAt(byte % alphabet.length);
    }
  }
  return body;
}

/** A new number, 15 characters, 59 random bits. `random` must be cryptographic: the number gives access to the answer. */
export function makeConsultationNumber(country: string, random: (bytes: number) => Uint8Array): string {
  const body = randomBody(random);
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
