/** Makes docs/errors.md from the table of errors; run by itself it writes the page. */

import { writeFileSync } from 'node:fs';
import { errorTable } from '../../gateway/model/errors.ts';

export const errorsPagePath = new URL('../../docs/errors.md', import.meta.url);

/** The page as it should stand. */
export function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { title, category, retry, who, status }]) =>
      `| \`${code}\` | ${title} | ${category} | ${retry.replace('_', ' ')} | ${who.replace('_', ' ')} | ${status} |`,
  );
  return [
    '# Errors',
    '',
    'Made from `gateway/model/errors.ts` by `npm run docs`. Codes are stable; texts may improve. *Again* says whether the same attempt can succeed later.',
    'A rejected message is told its code in the signed receipt; a request at a door in `application/problem+json`.',
    '',
    '| code | what | category | again | who must act | HTTP |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(errorsPagePath, errorsPage());
