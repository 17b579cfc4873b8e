/** Makes docs/adapters/lint.md from the rules of lint; run by itself it writes the page. */

import { writeFileSync } from 'node:fs';
import { explainedRules } from '../../gateway/cli/explain.ts';

export const lintPagePath = new URL('../../docs/adapters/lint.md', import.meta.url);

/** The page as it should stand. */
export function lintPage(): string {
  const rules = explainedRules().flatMap(({ code, about, means, why, mend, example }) => [
    `## ${code} ${about}`,
    '',
    `${means} ${why}`,
    '',
    mend,
    '',
    `    ${example}`,
    '',
  ]);
  return [
    '# What lint finds',
    '',
    'Made from `schemas/lint-rules.json` by `npm run docs`. Codes never change: E stops an adapter, W warns.',
    '`mra adapter lint CC` reports each finding with file, line and fix; `-o json` and `-o sarif` are for programs; `mra explain CODE` prints one entry of this page.',
    '',
    ...rules,
  ]
    .join('\n')
    .replace(/\n+$/u, '\n');
}

if (import.meta.main) writeFileSync(lintPagePath, lintPage());
