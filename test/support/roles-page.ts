/** Generates docs/roles.md from the table of roles; run directly, it writes the page. */

import { writeFileSync } from 'node:fs';
import { allRoles, decidedByTwo, permissions, type Permission, type Role } from '../../gateway/people/roles.ts';

export const rolesPagePath = new URL('../../docs/roles.md', import.meta.url);

/** The page as it should be. */
export function rolesPage(): string {
  const rows = (Object.entries(permissions) as [Permission, readonly Role[]][]).map(([permission, allowing]) => {
    const marks = allRoles.map((role) => (allowing.includes(role) ? 'yes' : ''));
    return `| \`${permission}\`${decidedByTwo.includes(permission) ? ' ²' : ''} | ${marks.join(' | ')} |`;
  });
  return [
    '# Roles',
    '',
    'Generated from `gateway/people/roles.ts` by `npm run docs`. Who may do what in the office; what the table does not allow is refused. A person may have several roles: `mra person role NAME ROLE…`.',
    '',
    `| act | ${allRoles.join(' | ')} |`,
    `|---|${allRoles.map(() => '---|').join('')}`,
    ...rows,
    '',
    '² takes effect only when a second person who may do it decides the same. A person counts once, in however many sessions; a decision does not count any more when its person has lost the role or is disabled before the second one decides.',
    '',
    'A person of a partner (`mra person add NAME --partner XX`) has the role `partner` and no other, and sees the files of this partner only.',
    '',
    'People are added, and get their roles, by commands on the machine of the gateway only: a page that could do it would let one person become two.',
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(rolesPagePath, rolesPage());
