/** The parts that pages are made of: tables, facts, states, forms. Each state has a word and a shape, and colour only beside them. */

import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { mayDo, permissions, type Permission } from '../people/roles.ts';
import type { Call } from './page.ts';
import type { TextKey, Words } from './words.ts';

export { html };
export type { VNode };
export type Content = ComponentChildren;

export interface Column {
  readonly head: string;
  /** Numbers stand at the right. */
  readonly number?: boolean;
}

/** Rows under heads, in a region of its own that scrolls; `none`: what to say where there are none. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
  none: string,
): VNode {
  if (rows.length === 0) return html`<p class="none">${none}</p>`;
  const sides = columns.map(({ number }) => (number === true ? 'number' : undefined));
  return html`<div class="scroll" role="region" aria-label=${caption} tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ head }, i) => html`<th scope="col" class=${sides[i]}>${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => html`<td class=${sides[i]}>${isDay(cell) ? html`<time>${cell}</time>` : cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The lines of a table do not break within one. */
const isDay = (cell: Content): boolean => typeof cell === 'string' && /^\d{4}-\d\d-\d\d$/u.test(cell);

/** Names and values; those without a value are left out. */
export function facts(pairs: readonly (readonly [string, Content])[]): VNode {
  const known = pairs.filter(([, value]) => value !== undefined && value !== '');
  return html`<dl class="facts">
    ${known.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

const shapes = { good: '✓', part: '◐', none: '–', held: '‖', bad: '✗', old: '◔', form: '⚠' } as const;
export type Kind = keyof typeof shapes;

export function state(kind: Kind, text: string): VNode {
  return html`<span class=${`state ${kind}`}><span aria-hidden="true">${shapes[kind]}</span> ${text}</span>`;
}

/** A moment in the zone of the office with UTC beside, as programs read it in `datetime`. */
export function time(words: Words, iso: string | null | undefined): Content {
  return iso === null || iso === undefined ? '' : html`<time datetime=${iso}>${words.moment(iso)}</time>`;
}

/** A name as the partner or the operator wrote it; its script says in which language it is read aloud. */
export function name(text: string | undefined): Content {
  if (text === undefined) return '';
  return /\p{Script=Han}/u.test(text)
    ? html`<span lang="zh-Hans">${text}</span>`
    : html`<span lang="und">${text}</span>`;
}

/** Characters that look like others or like nothing stand out, each with its code point. */
export function seen(text: string): Content {
  return Array.from(text, (character) => {
    const isPlain = /^[\x21-\x7e\p{Script=Han}]$/u.test(character);
    const point = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    const isWide = /^[\uff01-\uff5e]$/u.test(character);
    return isPlain ? character : html`<span class="chip">${isWide ? character : ''}${point}</span>`;
  });
}

/** Text that the program has in English only. */
export function english(text: string): VNode {
  return html`<span lang="en">${text}</span>`;
}

export function link(to: string, text: Content): VNode {
  return html`<a href=${to}>${text}</a>`;
}

/** Links in a row, with the same space between all. */
export function rowOf(items: readonly Content[]): VNode {
  return html`<p>${items.flatMap((item, i) => (i === 0 ? [item] : [' · ', item]))}</p>`;
}

/** A path whose parts may hold any character. */
export function pathOf(...parts: readonly string[]): string {
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

interface FormOptions {
  readonly to: string;
  readonly needs: Permission | 'signed_in';
  readonly children?: Content;
  /** Why nobody can do it now; absent: all who have the permission can. */
  readonly unless?: string | undefined;
  /** It has a file among its fields. */
  readonly withFile?: boolean;
}

/** A form that changes something, with the token of the session. Without the permission its button is there and says why it does nothing. */
export function actForm(
  call: Call,
  { to, needs, children, unless, withFile = false }: FormOptions,
  buttons: readonly Button[],
): VNode {
  const missing = missingRole(call, needs) ?? unless;
  return html`<form method="post" action=${to} enctype=${withFile ? 'multipart/form-data' : undefined}>
    <input type="hidden" name="form_token" value=${call.session.formToken} />
    ${children}
    <p class="buttons">
      ${buttons.map(
        ({ name: field, value, text }) =>
          html`<button type="submit" name=${field} value=${value} disabled=${missing !== undefined}>${text}</button> `,
      )}
    </p>
    ${missing !== undefined && html`<p class="why">${missing}</p>`}
  </form>`;
}

interface Button {
  readonly text: string;
  readonly name?: string;
  readonly value?: string;
}

function missingRole({ session, words }: Call, needs: FormOptions['needs']): string | undefined {
  if (needs === 'signed_in' || mayDo(session.person, needs)) return undefined;
  return words.t('form.role_missing', { roles: permissions[needs].join(', ') });
}

interface Field {
  readonly name: string;
  /** Where two forms of a page have a field of this name. */
  readonly id?: string;
  readonly label: string;
  readonly value?: string | undefined;
  readonly hint?: string;
  readonly required?: boolean;
  readonly type?: 'text' | 'date' | 'month' | 'search' | 'password' | 'file' | 'number';
  readonly autocomplete?: string;
}

export function field({
  name: key,
  id = key,
  label,
  value,
  hint,
  required = false,
  type = 'text',
  autocomplete = 'off',
}: Field): VNode {
  const hinted = hint === undefined ? undefined : `${id}-hint`;
  return html`<p class="field">
    <label for=${id}>${label}</label>
    ${hint !== undefined && html`<span id=${hinted} class="hint">${hint}</span>`}
    <input
      id=${id}
      name=${key}
      type=${type}
      value=${value}
      required=${required}
      autocomplete=${autocomplete}
      aria-describedby=${hinted}
    />
  </p>`;
}

/** Several lines of text. */
export function area({
  name: key,
  label,
  value,
  hint,
  required = false,
}: Omit<Field, 'type' | 'autocomplete' | 'id'>): VNode {
  const hinted = hint === undefined ? undefined : `${key}-hint`;
  return html`<p class="field">
    <label for=${key}>${label}</label>
    ${hint !== undefined && html`<span id=${hinted} class="hint">${hint}</span>`}
    <textarea id=${key} name=${key} rows="8" required=${required} spellcheck="false" aria-describedby=${hinted}>
${value}</textarea>
  </p>`;
}

export function choice(
  id: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string | undefined,
): VNode {
  return html`<p class="field">
    <label for=${id}>${label}</label>
    <select id=${id} name=${id}>
      ${options.map(([value, text]) => html`<option value=${value} selected=${value === (chosen ?? '')}>${text}</option>`)}
    </select>
  </p>`;
}

/** Boxes of which any may be ticked; each that is sends its value under one name. */
export function boxes(id: string, label: string, options: readonly (readonly [value: string, text: string])[]): VNode {
  return html`<fieldset class="field">
    <legend>${label}</legend>
    ${options.map(([value, text]) => html`<label><input type="checkbox" name=${id} value=${value} /> ${text}</label> `)}
  </fieldset>`;
}

/** A form that only asks: its fields are in the address, so that a link to the result keeps them. */
export function searchForm(words: Words, to: string, fields: Content, button: TextKey = 'form.search'): VNode {
  return html`<form method="get" action=${to} class="search" role="search">
    ${fields}
    <p class="buttons"><button type="submit">${words.t(button)}</button></p>
  </form>`;
}

/** The same address with one value of the query changed. It names no path: one that begins with two slashes would name another host. */
export function withQuery({ target }: Pick<Call, 'target'>, key: string, value: string): string {
  const [, query] = target.split('?', 2);
  const changed = new URLSearchParams(query);
  changed.set(key, value);
  return `?${changed.toString()}`;
}
