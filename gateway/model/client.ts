/** Clients: the systems that ask at the border, and what each may ask. */

import { GatewayError } from './errors.ts';

/** What a client may ask. `history`: also what others were answered; `feed`: what changes; `report`: to say what became of entries; `snapshot`: to answer offline. */
export const scopes = ['check', 'batch', 'assess', 'history', 'feed', 'report', 'snapshot'] as const;
export type Scope = (typeof scopes)[number];

/** The requester of callers that do not identify themselves, and of commands: names that no client has. */
export const reservedNames = ['border', 'command-line'] as const;

export function isClientName(text: string): boolean {
  return /^[A-Za-z\d][\w.-]{1,62}$/u.test(text) && !reservedNames.some((name) => name === text.toLowerCase());
}

/** Each once. Throws E_REQUEST_INVALID where a text is no scope, and where there is none. */
export function readScopes(texts: readonly string[], at: string): readonly Scope[] {
  const names = texts.map((text) => text.trim());
  if (names.length > 0 && names.every(isScope)) return [...new Set(names)];
  const fix = `Use, with commas between them: ${scopes.join(',')}.`;
  throw new GatewayError('E_REQUEST_INVALID', 'there is no such scope', { at, fix });
}

export function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

/** A token as a client sends it: a public part that finds it, and 256 random bits. */
interface TokenParts {
  readonly id: string;
  readonly token: string;
}

export function makeToken(random: (bytes: number) => Uint8Array): TokenParts {
  const id = Buffer.from(random(6)).toString('hex');
  return { id, token: `mra_${id}_${Buffer.from(random(32)).toString('base64url')}` };
}

/** The public part of a token; undefined for another text. */
export function tokenId(text: string): string | undefined {
  return /^mra_([\da-f]{12})_[\w-]{43}$/u.exec(text)?.[1];
}
