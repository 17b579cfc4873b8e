/** Findings of lint as SARIF 2.1.0 (OASIS), which code reviews and editors show beside the line. */

import type { LintFinding } from '../adapter/check/lint.ts';
import { lintRules } from '../adapter/check/lint-rules.ts';

/** The whole log: one run, every rule that lint has, and the findings. */
export function sarifLog(findings: readonly LintFinding[]): unknown {
  const names = Object.keys(lintRules);
  const rules = Object.entries(lintRules).map(([name, { code, means, why, mend }]) => ({
    id: code,
    name,
    shortDescription: { text: means },
    fullDescription: { text: `${means} ${why}` },
    help: { text: mend },
    defaultConfiguration: { level: code.startsWith('E') ? 'error' : 'warning' },
  }));
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'mra-adapter-lint', rules } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, names.indexOf(finding.rule))),
      },
    ],
  };
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
