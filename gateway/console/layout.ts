/** The frame of every page: languages, navigation, who is signed in, and the main part. */

import { renderToString } from 'preact-render-to-string';
import type { Problem, Visit } from '../doors/office.ts';
import type { Session } from '../people/sessions.ts';
import { navigation } from './navigation.ts';
import { english, facts, html, link, withQuery, type Content, type VNode } from './parts.ts';
import { languages, type Language, type Words } from './words.ts';

export interface Frame {
  readonly words: Words;
  readonly visit: Pick<Visit, 'target'>;
  readonly session: Session | undefined;
  /** Whose office it is, and whether it is a rehearsal. */
  readonly office: { readonly country: string; readonly name: string; readonly environment: 'test' | 'production' };
  readonly title: string;
  /** The address to which the browser goes on by itself. */
  readonly next?: string | undefined;
  /** The page keeps itself up to date where scripts run. */
  readonly live?: boolean | undefined;
}

/** A whole document. */
export function documentOf(frame: Frame, main: Content): string {
  const { words, title, office, next, live = false } = frame;
  const { t } = words;
  const body = html`<html lang=${words.language}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      ${next !== undefined && html`<meta http-equiv="refresh" content=${`0; url=${next}`} />`}
      <title>${title} · ${office.country} · ${t('app.name')}</title>
      <link rel="stylesheet" href="/office.css" />
      <link rel="icon" href="/office.svg" type="image/svg+xml" />
      ${live && html`<script src="/office.js" defer></script>`}
    </head>
    <body>
      <a class="skip" href="#main">${t('app.skip')}</a>
      ${header(frame)} ${live && liveBar(words)}
      <main id="main" tabindex="-1">
        <h1>${title}</h1>
        ${main}
      </main>
    </body>
  </html>`;
  return textOf(body);
}

/** The text of a whole document. */
export function textOf(document: VNode): string {
  return `<!doctype html>\n${renderToString(document)}`;
}

/** A reader can stop what moves by itself (WCAG 2.2, 2.2.2). Hidden where no script runs. */
function liveBar({ t }: Words): VNode {
  return html`<div class="live" hidden data-updated=${t('live.updated')} data-paused=${t('live.paused')}>
    <button type="button" class="plain" aria-pressed="false">${t('live.pause')}</button> <span role="status"></span>
  </div>`;
}

function header({ words, visit, session, office }: Frame): VNode {
  const { t } = words;
  const [path] = visit.target.split('?', 1);
  return html`<header>
    <p class="office">
      <strong>${t('app.name')}</strong> · <span lang="en">${office.name}</span>
      ${office.environment === 'test' && html` <span class="badge">${t('app.test')}</span>`}
    </p>
    <div class="account">
      ${languageLinks(words, visit)}
      ${
        session !== undefined &&
        html`<a class="person" href="/account">${session.person.name}</a>
          <form method="post" action="/sign-out">
            <input type="hidden" name="form_token" value=${session.formToken} />
            <button type="submit" class="plain">${t('app.sign_out')}</button>
          </form>`
      }
    </div>
    ${session !== undefined && navigation(words, session, path ?? '/')}
  </header>`;
}

function languageLinks({ language: current, t }: Words, visit: Pick<Visit, 'target'>): VNode {
  const all = Object.entries(languages) as [Language, string][];
  return html`<span class="languages" role="group" aria-label=${t('app.language')}>
    ${all.map(([language, name]) =>
      language === current
        ? html`<span lang=${language} aria-current="true">${name}</span> `
        : html`<a href=${withQuery(visit, 'language', language)} lang=${language} hreflang=${language}>${name}</a> `,
    )}
  </span>`;
}

/** What went wrong, who must act, and what to do. */
export function problemView({ t, code }: Words, problem: Problem): VNode {
  return html`<div class="problem" role="alert">
    <p>${english(problem.title)} ${english(problem.detail)}</p>
    ${problem.fix !== undefined && html`<p>${english(problem.fix)}</p>`}
    ${facts([
      [t('problem.code'), html`<code>${problem.code}</code>`],
      [t('problem.who'), code('actor', problem.who_must_act)],
      [t('problem.request'), html`<code>${problem.request_id}</code>`],
    ])}
    <p>${link('/', t('problem.today'))}</p>
  </div>`;
}
