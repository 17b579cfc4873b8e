/** Canonical JSON (RFC 8785): one text for each value, so that its digest can be compared. */

import { hash } from 'node:crypto';
import { GatewayError } from './errors.ts';
import type { Digest } from './message.ts';

/**
 * The canonical text of a value: members sorted by the UTF-16 code units of their names, no white space, numbers and texts
 * as ECMAScript prints them. Members that are undefined are left out. Throws E_INTERNAL for what JSON cannot express,
 * lone surrogates among it (RFC 8785, 3.2.2.2): values from outside were read by parseStrictJson, which refuses them.
 */
export function canonicalJson(value: unknown): string {
  return isOrdered(value) ? JSON.stringify(value) : inOrder(value);
}

/** Whether JSON.stringify, which is five times as fast, prints the canonical text: members are in order, and all values are JSON. */
function isOrdered(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'boolean' || value === null) return true;
  if (Array.isArray(value)) return value.every(isOrdered);
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return areMembersOrdered(value as Readonly<Record<string, unknown>>);
}

function areMembersOrdered(members: Readonly<Record<string, unknown>>): boolean {
  let before = '';
  for (const name in members) {
    const member = members[name];
    if (name < before || !name.isWellFormed() || (member !== undefined && !isOrdered(member))) return false;
    before = name;
  }
  return true;
}

function inOrder(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`;
  if (typeof value !== 'object') throw new GatewayError('E_INTERNAL', `JSON cannot express this ${typeof value}`);
  const members = Object.entries(value).filter((member) => member[1] !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${inOrder(name)}:${inOrder(member)}`).join(',')}}`;
}

/** SHA-256 in lower-case hex. */
export function sha256(content: string | Uint8Array): Digest {
  return hash('sha256', content, 'hex');
}
