/** Lint of what a folder holds and nothing uses: templates and schemas that no file names, and code tables without a hole. */

import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { answersOf } from '../conversation/answers.ts';
import { lintFinding, type LintFinding, type LintSubject } from './lint-rules.ts';
import { blankComments } from './template-text.ts';

/** Of templates and schemas; other files are the author's own. */
const endings = new Set(['.xml', '.xsd', '.json', '.csv', '.fixed', '.txt']);
const ownFiles = new Set(['adapter.yaml', 'home.yaml', 'certificate.json']);

/** A table that no template translates by, and a file that neither adapter.yaml nor a file named there names. */
export async function lintUnused({ folder, manifest, place, tools }: LintSubject): Promise<LintFinding[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && endings.has(extname(entry.name))).map(({ name }) => name);
  const used = [JSON.stringify(manifest)];
  let unused = names.filter((name) => !ownFiles.has(name));
  for (const text of used) {
    const named = unused.filter((name) => text.includes(name));
    unused = unused.filter((name) => !named.includes(name));
    used.push(
      ...(await Promise.all(named.map(async (name) => blankComments(await tools.readText(join(folder, name)))))),
    );
  }
  // A header says a verdict by its code.
  const { send = {}, receive } = manifest.conversation ?? {};
  const hasHeader = [...answersOf(send), receive?.answer].some((answer) => answer !== undefined && 'header' in answer);
  const isUsed = (table: string): boolean =>
    (table === 'verdict' && hasHeader) || used.some((text) => new RegExp(`code:${table}(?![\\w-])`, 'u').test(text));
  const tables = Object.keys(manifest.codes).filter((table) => !isUsed(table));
  return [
    ...tables.map((table) => lintFinding('table_unused', place(`/codes/${table}`), `no template uses table ${table}`)),
    ...unused.map((name) => lintFinding('file_unused', join(folder, name), `nothing names ${name}`)),
  ];
}
