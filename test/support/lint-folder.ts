/** Lint of a changed copy of an adapter, for tests. */

import { expect } from 'chai';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lintAdapter, type LintFinding } from '../../gateway/adapter/check/lint.ts';
import { checkTools } from '../../gateway/app/adapter-checks.ts';
import { adapterTools, adaptersFolder } from './adapter-tools.ts';

export type Change = readonly [file: string, from: string | RegExp, to: string];

/** What lint finds in a copy of an adapter after some changes. */
export async function found(cc: string, changes: readonly Change[]): Promise<readonly LintFinding[]> {
  const folder = join(mkdtempSync(join(tmpdir(), 'lint-')), cc);
  try {
    cpSync(join(adaptersFolder, cc), folder, { recursive: true });
    for (const [file, from, to] of changes) {
      const before = readFileSync(join(folder, file), 'utf8');
      const after = before.replace(from, to);
      expect(after, `${file} changes`).to.not.equal(before);
      writeFileSync(join(folder, file), after);
    }
    const findings = await lintAdapter(folder, checkTools(adapterTools));
    // The reported line is read while the folder exists.
    return findings.map((finding) => ({ ...finding, detail: `${lineOf(finding)} # ${finding.detail}` }));
  } finally {
    rmSync(join(folder, '..'), { recursive: true });
  }
}

function lineOf({ file, line }: LintFinding): string {
  return line === undefined ? '' : (readFileSync(file, 'utf8').split('\n')[line - 1] ?? '');
}
