/** `mra adapter lint`: reports everything wrong or doubtful in the folder of an adapter. */

import type { Command } from 'commander';
import { lintAdapter, type LintFinding } from '../adapter/check/lint.ts';
import { folderOf, schemaChecker } from './adapter-folder.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './output.ts';
import { sarifLog } from './sarif.ts';

/** Registers the command under `mra adapter`. */
export function lintCommand(adapter: Command, context: CliContext): void {
  adapter
    .command('lint')
    .argument('<cc>', 'folder under adapters/')
    .description('report everything wrong or doubtful, with code, file, line and fix')
    .action((cc: string) => lint(context, cc));
}

async function lint(context: CliContext, cc: string): Promise<void> {
  const { out, tools } = context;
  const findings = await lintAdapter(folderOf(context.config().adapters, cc), tools, schemaChecker());
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) context.exit(exitCodes.findings);
  if (out.format === 'sarif') return out.json(sarifLog(findings));
  if (out.format === 'json') out.json({ adapter: cc, findings });
  else for (const finding of findings) out.print(findingLines(finding));
  out.note(`${errors} errors, ${findings.length - errors} warnings`);
  const [first] = findings;
  if (first !== undefined)
    out.next(`correct the first, then mra adapter lint ${cc}; mra explain ${first.code} says more`);
  else out.next(`mra adapter test ${cc}`);
}

function findingLines({ severity, code, rule, file, line, column, detail, fix }: LintFinding): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}  ${severity}  ${code} ${rule}  ${detail}${fix === undefined ? '' : `\n  fix  ${fix}`}`;
}
