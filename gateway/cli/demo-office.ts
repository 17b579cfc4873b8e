/** The office of the demo: its address, and two people who may do everything, since a held list needs two. */

import type { OfficeSettings } from '../app/office-settings.ts';
import { addPerson, type PeopleGateway } from '../people/people.ts';
import { roles } from '../people/roles.ts';

/** A port that the system chooses. */
export const demoOffice: OfficeSettings = { host: '127.0.0.1', port: 0, publicUrl: 'http://127.0.0.1', proxies: [] };

/** For each of the two a link by which it sets its password and signs in. */
export async function demoLinks(gateway: PeopleGateway, url: string): Promise<readonly string[]> {
  const links: string[] = [];
  for (const [id, name] of Object.entries({ 'li.na': 'Li Na', 'wang.wei': 'Wang Wei' })) {
    const { token } = await addPerson(gateway, { id, name, roles, by: 'demo' });
    links.push(`${url}/link/${token}`);
  }
  return links;
}
