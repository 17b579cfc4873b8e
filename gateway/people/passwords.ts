/** Password hashes by scrypt (RFC 7914), each stored with its own salt and cost parameters. */

import { scrypt, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '../model/errors.ts';

/** 32 MiB and about 0.1 seconds per attempt, on the thread pool. */
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

/** Takes the same time for every result. If `kept` is undefined, because the person is unknown, it takes as long and returns false. */
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

/** Normalized by NFKC: the same letters give the same key, however a keyboard composes them. */
function derived(password: string, salt: Uint8Array, { N, r, p }: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, keyBytes, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
