/** People: who may sign in, with which roles, and what each role allows. They are changed by commands only, as docs/roles.md says. */

import { listPeople } from '../../people/people.ts';
import { allRoles, decidedByTwo, permissions, type Permission, type Role } from '../../people/roles.ts';
import { listEvents } from '../../store/events.ts';
import { page, type Call, type Section } from '../page.ts';
import { html, link, name, state, table, time, type VNode } from '../parts.ts';

interface Person {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Of a person of a partner. */
  readonly partner: string | null;
  readonly state: 'active' | 'disabled';
  /** False: it has not set a password yet. */
  readonly has_password: boolean;
  /** By the identity provider of the settings. */
  readonly has_subject: boolean;
  readonly last_sign_in: string | null;
}

interface People {
  readonly items: readonly Person[];
  readonly permissions: Readonly<Record<Permission, readonly Role[]>>;
}

async function load({ gateway }: Call): Promise<People> {
  const { sql } = gateway.db;
  const items: Person[] = [];
  for (const {
    id,
    name: fullName,
    roles: held,
    partner = null,
    state: is,
    hasPassword,
    hasSubject,
  } of await listPeople(sql)) {
    const [last] = await listEvents(sql, { ref: id, kind: 'signed_in', limit: 1 });
    const about = {
      person: id,
      name: fullName,
      roles: held,
      partner,
      state: is,
      has_password: hasPassword,
      has_subject: hasSubject,
    };
    items.push({ ...about, last_sign_in: last?.at ?? null });
  }
  return { items, permissions };
}

/** The ways by which a person may sign in. */
function waysIn({ has_password: byPassword, has_subject: bySubject }: Person, { words: { t } }: Call): string {
  const ways = [byPassword && t('sign_in.password'), bySubject && t('people.provider')].filter(
    (each) => each !== false,
  );
  return ways.length === 0 ? t('people.no_password') : ways.join(', ');
}

function view({ items }: People, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`${table(
      t('nav.people'),
      [
        ...[{ head: t('head.person') }, { head: t('head.name') }, { head: t('head.roles') }, { head: t('head.state') }],
        ...[{ head: t('sign_in.title') }, { head: t('people.last_sign_in') }],
      ],
      items.map((each) => [
        ...[
          link(`/audit?ref=${encodeURIComponent(each.person)}`, each.person),
          name(each.name),
          each.partner === null ? each.roles.join(', ') : t('people.of_partner', { partner: each.partner }),
        ],
        state(each.state === 'active' ? 'good' : 'none', words.code('person_state', each.state)),
        ...[waysIn(each, call), time(words, each.last_sign_in)],
      ]),
      t('people.none'),
    )}
    <p>${t('people.by_command')}</p>
    <pre tabindex="0" aria-label=${t('people.commands')}>${commands}</pre>
    <h2>${t('people.allowed')}</h2>
    ${table(
      t('people.allowed'),
      [{ head: t('people.act') }, ...allRoles.map((role) => ({ head: role }))],
      (Object.entries(permissions) as [Permission, readonly Role[]][]).map(([act, allowing]) => [
        html`<code>${act}</code>${decidedByTwo.includes(act) && ` ${t('people.two')}`}`,
        ...allRoles.map((role) => allowing.includes(role) && state('good', t('form.yes'))),
      ]),
      '',
    )}`;
}

const commands = [
  "mra person add NAME --full-name 'FULL NAME' --role ROLE",
  "mra person add NAME --full-name 'FULL NAME' --partner XX",
  'mra person role NAME ROLE…',
  'mra person link NAME',
  'mra person subject NAME SUBJECT',
  'mra person disable NAME --reason TEXT',
  'mra person enable NAME --reason TEXT',
].join('\n');

export const people: Section = {
  pages: [page({ path: '/people', needs: 'people.read', title: ({ words }) => words.t('nav.people'), load, view })],
};
