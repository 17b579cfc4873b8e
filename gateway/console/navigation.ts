/** The navigation of every page: Today, and the other pages in groups, of which a person sees what it may. */

import { mayDo, type Permission } from '../people/roles.ts';
import type { Session } from '../people/sessions.ts';
import { html, type VNode } from './parts.ts';
import type { TextKey, Words } from './words.ts';

type Place = readonly [path: string, text: TextKey, needs: Permission | 'signed_in'];

/** The pages of the navigation in its order, by the names of their groups. */
const groups: Readonly<Partial<Record<TextKey, readonly Place[]>>> = {
  'nav.work': [
    ['/alarms', 'nav.alarms', 'alarms.read'],
    ['/held', 'nav.held', 'lists.read'],
    ['/schedule', 'nav.schedule', 'schedule.read'],
    ['/operators', 'nav.operators', 'operators.read'],
    ['/imports', 'nav.imports', 'imports.read'],
  ],
  'nav.partners': [
    ['/partners', 'nav.all_partners', 'partners.read'],
    ['/messages', 'nav.messages', 'messages.read'],
    ['/register', 'nav.register', 'register.read'],
    ['/files', 'nav.files', 'files.own'],
    ['/keys', 'nav.keys', 'keys.read'],
    ['/adapters', 'nav.adapters', 'partners.read'],
  ],
  'nav.border': [
    ['/check', 'nav.check', 'checks.ask'],
    ['/consultations', 'nav.consultations', 'register.read'],
    ['/entries', 'nav.entries', 'register.read'],
    ['/suggestions', 'nav.suggestions', 'register.read'],
    ['/missed', 'nav.missed', 'register.read'],
    ['/exposure', 'nav.exposure', 'register.read'],
    ['/proofs', 'nav.proofs', 'register.read'],
    ['/outcomes', 'nav.outcomes', 'outcomes.read'],
  ],
  'nav.administration': [
    ['/clients', 'nav.clients', 'clients.read'],
    ['/people', 'nav.people', 'people.read'],
    ['/audit', 'nav.audit', 'audit.read'],
    ['/account', 'nav.account', 'signed_in'],
  ],
};

/** Each group opens by itself, also by the keyboard and without scripts; the one with the present page is marked. */
export function navigation({ t }: Words, { person }: Session, path: string): VNode {
  const isCurrent = (place: string): boolean => path === place || (place !== '/' && path.startsWith(`${place}/`));
  const linkTo = (to: string, title: TextKey): VNode =>
    html`<a href=${to} aria-current=${isCurrent(to) ? 'page' : undefined}>${t(title)}</a>`;
  const shown = (Object.entries(groups) as [TextKey, readonly Place[]][]).flatMap(([text, places]) => {
    const allowed = places.filter(([, , needs]) => needs === 'signed_in' || mayDo(person, needs));
    return allowed.length === 0 ? [] : [{ text, allowed, isHere: allowed.some(([to]) => isCurrent(to)) }];
  });
  return html`<nav aria-label=${t('app.navigation')}>
    <ul class="groups">
      ${mayDo(person, 'alarms.read') && html`<li>${linkTo('/', 'nav.today')}</li>`}
      ${shown.map(
        ({ text, allowed, isHere }) =>
          html`<li>
            <details name="groups">
              <summary aria-current=${isHere ? 'true' : undefined}>${t(text)}</summary>
              <ul>
                ${allowed.map(([to, title]) => html`<li>${linkTo(to, title)}</li>`)}
              </ul>
            </details>
          </li>`,
      )}
    </ul>
  </nav>`;
}
