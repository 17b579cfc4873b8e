/** Passwords: kept as what scrypt (RFC 7914) makes of them, with a salt of each and the costs beside it. */

import { scrypt, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../model/errors.ts';

/** 32 MiB and about a tenth of a second for each attempt, in a thread of its own. */
const usualCost = { N: 2 ** 15, r: 8, p: 3 };
type Cost = typeof usualCost;
const keyBytes = 32;
export const fewestCharacters = 12;
const mostCharacters = 256;

/** `scrypt:N:r:p:salt:key`, salt and key in base64url. `salt`: 16 random bytes. Throws E_PASSWORD_WEAK. */
export async function keptPassword(password: string, salt: Uint8Array, cost: Cost = usualCost): Promise<string> {
  const { length } = password;
  if (length < fewestCharacters || length > mostCharacters || new Set(password).size < 5)
    throw new GatewayError(
      'E_PASSWORD_WEAK',
      'the password is too short, too long, or of too few different characters',
      {
        fix: `Take ${fewestCharacters} to ${mostCharacters} characters, for instance four words that do not belong together.`,
      },
    );
  const { N, r, p } = cost;
  const key = await derived(password, salt, cost);
  return ['scrypt', N, r, p, Buffer.from(salt).toString('base64url'), key.toString('base64url')].join(':');
}

/** Compares in the same time whatever the result; `kept` undefined, of somebody unknown, takes as long and is false. */
export async function isPassword(password: string, kept: string | undefined): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = (kept ?? nobody).split(':');
  const given = await derived(password.slice(0, mostCharacters), Buffer.from(salt, 'base64url'), {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  const expected = Buffer.from(key, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected) && kept !== undefined;
}

const nobody = ['scrypt', usualCost.N, usualCost.r, usualCost.p, 'A'.repeat(22), 'A'.repeat(43)].join(':');

/** The same letters give the same key, however a keyboard composes them (NFKC). */
function derived(password: string, salt: Uint8Array, { N, r, p }: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
