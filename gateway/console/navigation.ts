/** The navigation of every page: Today, and the other pages in groups, of which a person sees what it may. */

import { mayDo, type Permission } from '../people/roles.ts';
import type { Session } from '../people/sessions.ts';
import { html, type VNode } from './parts.ts';
import type { TextKey, Words } from './words.ts';

interface Place {
  readonly path: string;
  readonly text: TextKey;
  readonly needs: Permission | 'signed_in';
}

interface Group {
  readonly text: TextKey;
  readonly places: readonly Place[];
}

/** The pages of the navigation, in its order, under the names of their groups: work, partners, border, administration. */
const groups: readonly Group[] = [
  {
    text: 'nav.work',
    places: [
      { path: '/alarms', text: 'nav.alarms', needs: 'alarms.read' },
      { path: '/held', text: 'nav.held', needs: 'lists.read' },
      { path: '/schedule', text: 'nav.schedule', needs: 'schedule.read' },
      { path: '/operators', text: 'nav.operators', needs: 'operators.read' },
      { path: '/imports', text: 'nav.imports', needs: 'imports.read' },
    ],
  },
  {
    text: 'nav.partners',
    places: [
      { path: '/partners', text: 'nav.all_partners', needs: 'partners.read' },
      { path: '/messages', text: 'nav.messages', needs: 'messages.read' },
      { path: '/register', text: 'nav.register', needs: 'register.read' },
      { path: '/keys', text: 'nav.keys', needs: 'keys.read' },
    ],
  },
  {
    text: 'nav.border',
    places: [
      { path: '/check', text: 'nav.check', needs: 'checks.ask' },
      { path: '/consultations', text: 'nav.consultations', needs: 'register.read' },
      { path: '/entries', text: 'nav.entries', needs: 'register.read' },
      { path: '/proofs', text: 'nav.proofs', needs: 'register.read' },
      { path: '/outcomes', text: 'nav.outcomes', needs: 'outcomes.read' },
    ],
  },
  {
    text: 'nav.administration',
    places: [
      { path: '/clients', text: 'nav.clients', needs: 'clients.read' },
      { path: '/people', text: 'nav.people', needs: 'people.read' },
      { path: '/audit', text: 'nav.audit', needs: 'audit.read' },
      { path: '/account', text: 'nav.account', needs: 'signed_in' },
    ],
  },
];

/** Each group opens by itself, also by the keyboard and without scripts; the one with the present page is marked. */
export function navigation({ t }: Words, { person }: Session, path: string): VNode {
  const isCurrent = (place: string): boolean => path === place || (place !== '/' && path.startsWith(`${place}/`));
  const linkTo = (to: string, title: TextKey): VNode =>
    html`<a href=${to} aria-current=${isCurrent(to) ? 'page' : undefined}>${t(title)}</a>`;
  const shown = groups.flatMap(({ text, places }) => {
    const allowed = places.filter(({ needs }) => needs === 'signed_in' || mayDo(person, needs));
    return allowed.length === 0 ? [] : [{ text, allowed, isHere: allowed.some((place) => isCurrent(place.path)) }];
  });
  return html`<nav aria-label=${t('app.navigation')}>
    <ul class="groups">
      <li>${linkTo('/', 'nav.today')}</li>
      ${shown.map(
        ({ text, allowed, isHere }) =>
          html`<li>
            <details name="groups">
              <summary aria-current=${isHere ? 'true' : undefined}>${t(text)}</summary>
              <ul>
                ${allowed.map(({ path: to, text: title }) => html`<li>${linkTo(to, title)}</li>`)}
              </ul>
            </details>
          </li>`,
      )}
    </ul>
  </nav>`;
}
