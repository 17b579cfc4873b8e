/** `mra adapter lint`: reports everything wrong or doubtful in the folder of an adapter, also as SARIF. */

import type { Command } from 'commander';
import { lintRules } from '../adapter/check/lint-rules.ts';
import { lintAdapter, type LintFinding } from '../adapter/check/lint.ts';
import { checkTools } from '../app/adapter-checks.ts';
import { folderOf } from './adapter-folder.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './output.ts';
import { sarifLog } from './sarif.ts';

export function lintCommand(adapter: Command, context: CliContext): void {
  adapter
    .command('lint')
    .argument('<cc>', 'folder under adapters/')
    .description('report everything wrong or doubtful, with code, file, line and fix')
    .action((cc: string) => lint(context, cc));
}

async function lint(context: CliContext, cc: string): Promise<void> {
  const { out, tools } = context;
  const findings = await lintAdapter(folderOf(context.config().adapters, cc), checkTools(tools));
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) context.exit(exitCodes.findings);
  if (out.format === 'sarif') return out.json(logOf(findings));
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

function logOf(findings: readonly LintFinding[]): unknown {
  const names = Object.keys(lintRules);
  const rules = Object.entries(lintRules).map(([name, { code, means, why, mend }]) => ({
    id: code,
    name,
    shortDescription: { text: means },
    fullDescription: { text: `${means} ${why}` },
    help: { text: mend },
    defaultConfiguration: { level: code.startsWith('E') ? 'error' : 'warning' },
  }));
  return sarifLog({ rules, results: findings.map((finding) => resultOf(finding, names.indexOf(finding.rule))) });
}

function resultOf({ code, severity, file, line, column, detail, fix }: LintFinding, ruleIndex: number): unknown {
  // 3.30.5: a region without a line would mean the whole file, which is said by leaving it out.
  const region = line === undefined ? {} : { region: { startLine: line, startColumn: column ?? 1 } };
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: fix === undefined ? detail : `${detail}. ${fix}` },
    locations: [{ physicalLocation: { artifactLocation: { uri }, ...region } }],
  };
}
