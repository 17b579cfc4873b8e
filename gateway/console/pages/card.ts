/** The card of a corridor, to print: who writes which code in which box, here and abroad, in the language of the reader. */

import { getPartner } from '../../gateway.ts';
import { schemas } from '../../app/adapter-tools.ts';
import { inForce, type Direction } from '../../model/arrangement.ts';
import { cardLineIn, type CardLine } from '../../model/corridor-card.ts';
import { dayAt } from '../../model/day.ts';
import { entryBoxes, type EntryBox } from '../../wire/files/entry-boxes.ts';
import { loadEntryFormats, type EntryFormats } from '../../wire/files/entry-formats.ts';
import { page, param, type Call, type Section } from '../page.ts';
import { english, facts, html, link, pathOf, state, table, type Content, type VNode } from '../parts.ts';
import type { Words } from '../words.ts';

interface Card {
  readonly partner: string;
  readonly name: string;
  readonly title: string;
  readonly in_force: boolean;
  readonly from: string;
  readonly until: string | null;
  readonly roles: readonly string[];
  readonly benefits: Readonly<Record<string, string>>;
  readonly identifiers: { readonly theirs: string; readonly ours: string };
  /** An identifier of theirs. */
  readonly example: string;
  readonly lines: readonly CardLine[];
  readonly boxes: readonly (EntryBox & { readonly direction: Direction })[];
}

let formats: EntryFormats | undefined;

function load(call: Call): Promise<Card> {
  const { gateway, words } = call;
  const { code, adapter } = getPartner(gateway, param(call, 'partner'));
  const { arrangement, identifiers, card } = adapter;
  const { inForce: period, directions, entryRoles, benefits } = arrangement;
  const { profiles } = (formats ??= loadEntryFormats(schemas));
  const boxes = directions.flatMap((direction) =>
    entryBoxes(profiles, entryRoles, direction).map((box) => ({ ...box, direction })),
  );
  return Promise.resolve({
    ...{ partner: code, name: adapter.name, title: arrangement.title },
    in_force: inForce(arrangement, dayAt(gateway.now(), gateway.home.timeZone)).yes,
    ...{ from: period.from, until: period.until ?? null, roles: entryRoles, benefits },
    identifiers: { theirs: identifiers.theirs.words, ours: identifiers.ours.words },
    ...{ example: identifiers.theirs.example, boxes },
    lines: card.map((line) => cardLineIn(line, words.language)),
  });
}

function linesTable(card: Card, where: CardLine['where'], { words }: Call): VNode {
  const { t } = words;
  const { partner, lines } = card;
  const heads = ['card.system', 'card.box', 'card.form', 'card.example', 'card.written_by', 'card.source'] as const;
  const text = (written: string, line: CardLine): Content =>
    line.in?.[words.language] === undefined ? english(written) : written;
  const title = where === 'home' ? t('card.home', { partner }) : t('card.abroad', { partner });
  return html`<h2>${title}</h2>
    ${table(
      title,
      heads.map((head) => ({ head: t(head) })),
      lines
        .filter((line) => line.where === where)
        .map((line) => [
          ...[text(line.system, line), text(line.box, line)],
          html`${text(line.form, line)}${line.note !== undefined && html`<br />${text(line.note, line)}`}`,
          /\d/u.test(line.example) ? html`<code>${line.example}</code>` : text(line.example, line),
          text(line.writtenBy, line),
          line.source === undefined ? '' : english(line.source),
        ]),
      t('card.none'),
    )}`;
}

function boxesTable({ boxes, example }: Card, { words }: Call): VNode {
  const { t } = words;
  const room = (length: number | undefined): Content => {
    if (length === undefined) return t('card.any');
    return length < example.length
      ? state('form', t('card.too_short', { length, code: example.length }))
      : t('card.length', { length });
  };
  return html`<h2>${t('card.formats')}</h2>
    ${table(
      t('card.formats'),
      [
        ...[{ head: t('card.format') }, { head: t('head.direction') }, { head: t('card.role') }],
        ...[{ head: t('card.element') }, { head: t('card.fits') }],
      ],
      boxes.map(({ title, direction, role, element, length }) => [
        ...[english(title), words.code('direction', direction), words.code('entry_role', role)],
        ...[html`<code>${element}</code>`, room(length)],
      ]),
      t('card.none'),
    )}`;
}

function view(card: Card, call: Call): VNode {
  const { t, code } = call.words;
  const period = `${card.from} – ${card.until ?? ''}`;
  return html`${!card.in_force && html`<p>${state('held', t('card.not_in_force'))}</p>`}
    ${facts([
      [t('partners.arrangement'), english(card.title)],
      [t('card.in_force'), period],
      [t('partners.theirs'), html`${english(card.identifiers.theirs)}, <code>${card.example}</code>`],
      [t('partners.ours'), english(card.identifiers.ours)],
      [t('card.benefits'), Object.entries(card.benefits).map((benefit) => html`${benefitView(benefit, call)}<br />`)],
    ])}
    <p>
      <strong>${t('card.only_where', { roles: card.roles.map((role) => code('entry_role', role)).join(', ') })}</strong>
    </p>
    ${linesTable(card, 'home', call)} ${boxesTable(card, call)} ${linesTable(card, 'abroad', call)}`;
}

/** Letters that have words here are the same in every arrangement. */
function benefitView([letter, text]: readonly [string, string], { words }: Call): Content {
  const known = words.code('benefit', letter);
  return known === letter ? english(text) : known;
}

/** From the page of the partner. */
export function cardLink({ t }: Words, partner: string): VNode {
  return link(pathOf('partners', partner, 'card'), t('card.link'));
}

export const card: Section = {
  pages: [
    page({
      ...{ path: '/partners/:partner/card', needs: 'partners.read', load, view },
      title: ({ words }, { partner, name }) => words.t('card.title', { partner: `${partner} ${name}` }),
    }),
  ],
};
