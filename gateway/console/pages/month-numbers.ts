/** The part of the outcomes of a partner with the numbers that both sides counted: a tick stands only where both got the same. */

import type { savedNumbers } from '../../store/month-numbers.ts';
import { html, state, table, time, type VNode } from '../parts.ts';
import type { Words } from '../words.ts';

export type SavedNumbers = Awaited<ReturnType<typeof savedNumbers>>;

export function numbersView(words: Words, numbers: SavedNumbers): VNode {
  const { t, number } = words;
  const equal = numbers.filter(({ ours, theirs }) => ours === theirs).length;
  return html`<h2>${t('numbers.title')}</h2>
    ${numbers.length > 0 && html`<p>${t('numbers.agree', { equal, all: numbers.length })}</p>`}
    ${table(
      t('numbers.title'),
      [
        ...[{ head: t('numbers.month') }, { head: t('head.direction') }, { head: t('numbers.count') }],
        ...[
          { head: t('numbers.ours'), number: true },
          { head: t('numbers.theirs'), number: true },
        ],
        ...[{ head: t('head.state') }, { head: t('numbers.compared') }],
      ],
      numbers.map(({ month, direction, name, ours, theirs, compared_at: at }) => [
        ...[month, t(`direction.${direction}`), words.code('counted', name), number(ours), number(theirs)],
        ours === theirs ? state('good', t('numbers.same')) : state('bad', t('numbers.differ')),
        time(words, at),
      ]),
      t('numbers.none'),
    )}`;
}
