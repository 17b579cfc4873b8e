/** Generates docs/errors.md from the table of errors; run directly, it writes the page. */

import { writeFileSync } from 'node:fs';
import { explained } from '../../gateway/cli/explain.ts';
import { errorTable } from '../../gateway/model/errors.ts';

export const errorsPagePath = new URL('../../docs/errors.md', import.meta.url);

/** The page as it should be. */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { title, category, retry, who, status }]) =>
      `| \`${code}\` | ${title} | ${explained(code)[0]?.mend ?? ''} | ${category} | ${retry.replace('_', ' ')} | ${who.replace('_', ' ')} | ${status} |`,
  );
  return [
    '# Errors',
    '',
    'Generated from `gateway/model/errors.ts` and `schemas/code-explanations.json` by `npm run docs`. Codes are stable; texts may improve.',
    '*Retry* says whether the same attempt can succeed later. `mra explain CODE` adds why an error matters, with an example. The signed receipt of a rejected',
    'message states the code; a door answers a rejected request with it as `application/problem+json`.',
    '',
    '| code | meaning | fix | category | retry | who must act | HTTP |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(errorsPagePath, errorsPage());
