/** The roles of people, and their permissions. docs/roles.md is generated from this table; whatever it does not allow is refused. */

import { GatewayError } from '../model/errors.ts';

export const roles = ['reader', 'operator', 'approver', 'partner-admin', 'key-admin', 'auditor'] as const;
/** `partner` is the only role of a person of a partner. */
export const allRoles = [...roles, 'partner'] as const;
export type Role = (typeof allRoles)[number];

const everybody = roles;

/** Each action in the office, and the roles that may do it. All signed-in staff may read, except people and the log. */
export const permissions = {
  'partners.read': everybody,
  'messages.read': everybody,
  'lists.read': everybody,
  'register.read': everybody,
  'operators.read': everybody,
  'schedule.read': everybody,
  'alarms.read': everybody,
  'keys.read': everybody,
  'imports.read': everybody,
  'clients.read': everybody,
  'outcomes.read': everybody,
  'checks.ask': ['operator', 'approver'],
  'messages.resend': ['operator'],
  'alarms.acknowledge': ['operator'],
  'operators.decide': ['operator'],
  'imports.upload': ['operator'],
  'imports.approve': ['approver'],
  'files.carry': ['operator'],
  'files.own': ['partner'],
  'lists.decide': ['approver'],
  'partners.decide': ['partner-admin'],
  'keys.decide': ['key-admin'],
  'clients.decide': ['partner-admin'],
  'adapters.draft': ['partner-admin'],
  'people.read': ['auditor'],
  'audit.read': ['auditor'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;
export type Permission = keyof typeof permissions;

/** Decisions that take effect only if a second person with the same permission agrees. */
export const decidedByTwo: readonly Permission[] = [
  'imports.approve',
  'lists.decide',
  'partners.decide',
  'keys.decide',
];

export function mayDo({ roles: held }: { readonly roles: readonly Role[] }, permission: Permission): boolean {
  const allowing: readonly Role[] = permissions[permission];
  return held.some((role) => allowing.includes(role));
}

/** Throws E_ROLE_MISSING. */
export function requireMay(person: { readonly roles: readonly Role[] }, permission: Permission): void {
  if (mayDo(person, permission)) return;
  const fix = `It needs the role ${permissions[permission].join(' or ')}: mra person role sets the roles of a person.`;
  throw new GatewayError('E_ROLE_MISSING', `it takes ${permission}`, { fix });
}

/** Parses role names, without duplicates, in the order of the table. Throws E_REQUEST_INVALID for an unknown role. */
export function readRoles(texts: readonly string[]): readonly Role[] {
  const known: readonly string[] = roles;
  if (texts.some((text) => !known.includes(text)))
    throw new GatewayError('E_REQUEST_INVALID', 'there is no such role', {
      fix: `Use one or more of: ${roles.join(', ')}.`,
    });
  return roles.filter((role) => texts.includes(role));
}
