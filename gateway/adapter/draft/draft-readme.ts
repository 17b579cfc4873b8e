/** README.md of a drafted adapter: where each value of the sample went, and what is still to be asked. */

import type { Ask } from '../manifest.ts';
import { pathOf } from './draft-sample.ts';
import type { Placement } from './placement.ts';

interface ReadmeFacts {
  readonly partner: string;
  readonly placements: readonly Placement[];
  readonly asks: readonly Ask[];
}

/** Markdown; ends with a line end. */
export function draftReadme({ partner, placements, asks }: ReadmeFacts): string {
  return [
    `# ${partner}`,
    '',
    'Drafted from a sample message. Replace this page by what the partner agreed to: quirks, sources, what is assumed.',
    '',
    '## Where the values of the sample stand',
    '',
    '| element | value | | told by |',
    '|---|---|---|---|',
    ...placements.map(
      ({ node, path, certainty, why }) =>
        `| \`${pathOf(node)}\` | ${path === 'ignore' ? '' : `\`${path}\``} | ${certainty} | ${cell(why)} |`,
    ),
    '',
    '## What is still asked',
    '',
    asks.length === 0
      ? 'Nothing.'
      : '`adapter.yaml` holds the same questions; take each away there once it is answered.',
    '',
    ...asks.map(({ at, question }) => `- \`${at}\`: ${question}`),
    '',
  ]
    .join('\n')
    .replace(/\n+$/u, '\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
