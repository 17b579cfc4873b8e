/** Check digits of business numbers, by the kind that the home profile names. */

import { createRequire } from 'node:module';

type Validators = (typeof import('stdnum'))['stdnum'][string];

/** Loaded for the first number of a kind that it checks: most commands need none. */
const load = createRequire(import.meta.url);

/** The validators of one country. The whole package takes a tenth of a second to load. */
export const validatorsFile = (country: string): string => `stdnum/lib/cjs/${country}`;

type CheckDigit = 'ok' | 'wrong' | 'unknown_kind';

/** The check of one kind of number; `complete` returns the check character of a body. */
interface CheckDigitKind {
  ok(value: string): boolean;
  complete?(body: string): string | undefined;
}

/**
 * Kinds computed here, by their name without the country.
 * `uscc`: stdnum 1.12.0 refuses every unified social credit code that correctly ends in 0, one in 31, and every registration
 * authority that is a letter.
 */
const own: Readonly<Record<string, CheckDigitKind>> = {
  uscc: weightedCheckDigit({ body: /^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{9}$/u, base: 3, modulus: 31 }),
};

/**
 * Checks the check digit of a number. `kind` is `country.kind`, as stdnum names its validators (`kr.brn`).
 * A number of the wrong length or alphabet is `wrong`.
 */
export function checkDigit(kind: string, value: string): CheckDigit {
  const found = findKind(kind);
  if (found === undefined) return 'unknown_kind';
  return found.ok(value) ? 'ok' : 'wrong';
}

/** The body with its check character appended; undefined for an unknown kind, or when no character fits. */
export function withCheckDigit(kind: string, body: string): string | undefined {
  const found = findKind(kind);
  if (found === undefined) return undefined;
  if (found.complete !== undefined) {
    const last = found.complete(body);
    return last === undefined ? undefined : body + last;
  }
  for (const last of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ') if (found.ok(body + last)) return body + last;
  return undefined;
}

function findKind(kind: string): CheckDigitKind | undefined {
  const [country = '', name = ''] = kind.split('.');
  const mine = own[name];
  if (mine !== undefined) return mine;
  const validator = validatorsOf(country)?.[name];
  return validator === undefined ? undefined : { ok: (value) => validator.validate(value).isValid };
}

function validatorsOf(country: string): Validators | undefined {
  if (!/^[a-z]{2}$/iu.test(country)) return undefined;
  try {
    return load(validatorsFile(country.toLowerCase())) as Validators;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** GB 32100-2015, 4.4: the sum of value times base^(place - 1), and the last character brings it to 0 modulo 31. */
function weightedCheckDigit({
  body: form,
  base,
  modulus,
}: {
  body: RegExp;
  base: number;
  modulus: number;
}): CheckDigitKind {
  function complete(body: string): string | undefined {
    if (!form.test(body)) return undefined;
    let sum = 0;
    let weight = 1;
    for (const character of body) {
      sum += alphabet.indexOf(character) * weight;
      weight = (weight * base) % modulus;
    }
    return alphabet[(modulus - (sum % modulus)) % modulus];
  }
  return { complete, ok: (value) => complete(value.slice(0, -1)) === value.slice(-1) };
}
