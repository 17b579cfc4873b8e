/** People for tests, whose passwords cost less to compare. */

import { addPerson, type PeopleGateway } from '../../gateway/people/people.ts';
import { keptPassword } from '../../gateway/people/passwords.ts';
import type { Role } from '../../gateway/people/roles.ts';
import { changePerson } from '../../gateway/store/people.ts';

export const testPassword = 'correct horse battery';

/** `partner`: of a person of a partner, who has no roles. */
export async function addTestPerson(
  gateway: PeopleGateway,
  id: string,
  roles: readonly Role[],
  partner?: string,
): Promise<void> {
  await addPerson(gateway, { id, name: 'Li Na', roles, partner, by: 'root' });
  const password = await keptPassword(testPassword, gateway.random(16), { N: 16, r: 1, p: 1 });
  await gateway.db.transaction((tx) => changePerson(tx, id, { password, link_hash: null, link_until: null }));
}
